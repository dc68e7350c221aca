/** The second factor and API keys: what needs a fresh proof of who sits there. */

import type { Page } from "@playwright/test";

import { account, enter, newEmail, PASSWORD, register, signOut, table } from "../rig/person.ts";
import { Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";
import { totp } from "../rig/totp.ts";

const CODE = "6 digits from your authenticator";

/** Proves by password who sits there, where the page asks. */
async function prove(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Is it you?" });
  await dialog.getByLabel("Your password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(dialog).toBeHidden();
}

interface SwitchedOn {
  secret: string;
  /** The code that it was switched on with. */
  used: string;
  codes: string[];
}

/** Switches two-factor on with the code of now; its secret and its recovery codes. */
async function switchOn(page: Page): Promise<SwitchedOn> {
  await page.goto("/security");
  await page.getByRole("button", { name: "Switch on two-factor" }).click();
  const key = page.getByRole("code").filter({ hasText: /^[A-Z2-7 ]{16,}$/ });
  const asked = page.getByRole("dialog", { name: "Is it you?" });
  await expect(key.or(asked)).toBeVisible();
  if (await asked.isVisible()) await prove(page);
  const secret = (await key.innerText()).replaceAll(" ", "");
  const used = totp(secret);
  await expect(page.getByRole("img", { name: "QR code for your authenticator" })).toBeVisible();
  await page.getByLabel("Then type the 6 digits it shows").fill(used);
  await page.getByRole("button", { name: "Verify and switch on" }).click();
  const dialog = page.getByRole("dialog", { name: "Your recovery codes" });
  await expect(dialog.getByRole("listitem")).toHaveCount(10);
  const codes = await dialog.getByRole("listitem").allInnerTexts();
  await dialog.getByRole("checkbox", { name: "I saved them" }).check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("10 of 10 recovery codes left.")).toBeVisible();
  return { secret, used, codes };
}

test("two-factor asks for a code, each of them good once", async ({ page }) => {
  const email = newEmail();
  await register(page, email);
  const { secret, used, codes } = await switchOn(page);
  const [first = "", second = ""] = codes;

  await signOut(page);
  await enter(page, email);
  await page.getByLabel(CODE).fill(used);
  await page.getByRole("button", { name: "Continue" }).click();
  // The code that switched it on is used up, also here.
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(account(page)).toBeHidden();
  await page.getByLabel(CODE).fill(totp(secret, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(account(page)).toBeVisible();

  await signOut(page);
  for (const [code, opens] of [[first, true], [first, false], [second, true]] as const) {
    await enter(page, email);
    await page.getByRole("button", { name: "Use a recovery code" }).click();
    await page.getByLabel("One of your recovery codes").fill(code);
    await page.getByRole("button", { name: "Continue" }).click();
    if (opens) {
      await expect(account(page)).toBeVisible();
      if (code === first) await signOut(page);
    } else {
      await expect(page.getByRole("alert")).toBeVisible();
      await expect(account(page)).toBeHidden();
    }
  }

  await page.goto("/security");
  await expect(page.getByText("8 of 10 recovery codes left.")).toBeVisible();
});

/** What the server says to this password and this code, if any. */
async function login(
  page: Page, email: string, second: Record<string, string> = {},
): Promise<{ status: number; code?: string; user?: { twoFactor: boolean } }> {
  const data = { email, password: PASSWORD, cookie: false, ...second };
  const answer = await page.request.post("/api/v1/auth/login", { data });
  return { status: answer.status(), ...(await answer.json()) };
}

test("new recovery codes open the account and those before them no more", async ({ page }) => {
  const email = newEmail();
  await register(page, email);
  const { codes: [first = "", second = ""] } = await switchOn(page);
  expect(await login(page, email, { recoveryCode: first })).toMatchObject({ status: 200 });

  await page.reload();
  await expect(page.getByText("9 of 10 recovery codes left.")).toBeVisible();
  await page.getByRole("button", { name: "New recovery codes" }).click();
  const sure = page.getByRole("dialog", { name: "New recovery codes?" });
  await sure.getByRole("button", { name: "Get new codes" }).click();
  const dialog = page.getByRole("dialog", { name: "Your recovery codes" });
  await expect(dialog.getByRole("listitem")).toHaveCount(10);
  const [fresh = ""] = await dialog.getByRole("listitem").allInnerTexts();
  await dialog.getByRole("checkbox", { name: "I saved them" }).check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("10 of 10 recovery codes left.")).toBeVisible();

  const old = await login(page, email, { recoveryCode: second });
  expect(old).toMatchObject({ status: 401, code: "invalidCredentials" });
  expect(await login(page, email, { recoveryCode: fresh })).toMatchObject({ status: 200 });
  await page.reload();
  await expect(page.getByText("9 of 10 recovery codes left.")).toBeVisible();
});

test("two-factor is switched off by a code, and then the password is enough", async ({ page }) => {
  const email = newEmail();
  await register(page, email);
  const { secret, used } = await switchOn(page);
  expect(await login(page, email)).toMatchObject({ status: 401, code: "twoFactorRequired" });

  await page.getByRole("button", { name: "Switch off two-factor" }).click();
  const dialog = page.getByRole("dialog", { name: "Switch off two-factor?" });
  const code = dialog.getByLabel("6 digits from your authenticator, or a recovery code");
  const off = dialog.getByRole("button", { name: "Switch off", exact: true });
  await code.fill(used);
  await off.click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  expect(await login(page, email)).toMatchObject({ status: 401, code: "twoFactorRequired" });
  await code.fill(totp(secret, 1));
  await off.click();
  await expect(page.getByRole("button", { name: "Switch on two-factor" })).toBeVisible();
  const { status, user } = await login(page, email);
  expect([status, user?.twoFactor]).toEqual([200, false]);
});

test("an operator takes a lost factor away, and whoever was signed in is out", async ({
  page, rialto,
}) => {
  const email = newEmail();
  await register(page, email);
  await switchOn(page);
  rialto.operate(["user", "reset-two-factor", "--email", email]);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await login(page, email)).toMatchObject({ status: 200 });
});

test("a key made in the page trades, and is refused once deleted", async ({ page, rialto }) => {
  await register(page, newEmail());
  await page.goto("/api-keys");
  await page.getByRole("button", { name: "Create key" }).click();
  const form = page.getByRole("dialog", { name: "Create an API key" });
  await form.getByLabel("Name", { exact: true }).fill("robot");
  await form.getByRole("button", { name: "Create key" }).click();
  const made = page.getByRole("dialog", { name: "Your new key" });
  const asked = page.getByRole("dialog", { name: "Is it you?" });
  await expect(made.or(asked)).toBeVisible();
  if (await asked.isVisible()) await prove(page);
  const [apiKey = "", secretKey = ""] = await made.getByRole("code").allInnerTexts();
  await made.getByRole("checkbox", { name: "I saved the secret" }).check();
  await made.getByRole("button", { name: "Done" }).click();
  await expect(made).toBeHidden();

  const signed = new Signed(rialto.url, { apiKey, secretKey });
  expect(await signed.free("BTC")).toBe(20);
  await page.reload();
  const keys = table(page, "API keys");
  await expect(keys.getByRole("row", { name: /robot/ })).toContainText(apiKey.slice(0, 6));
  expect(await page.content()).not.toContain(secretKey);

  await keys.getByRole("button", { name: "Delete robot" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete key" }).click();
  await expect(page.getByText("No keys yet.")).toBeVisible();
  const refused = await signed.ask("/api/v3/account");
  expect(refused.status).toBe(401);
});
