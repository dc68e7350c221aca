/** Coming and going. */

import { account, enter, newEmail, PASSWORD, register, signOut, table } from "../rig/person.ts";
import { Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

test("a new person sees the play funds that the signed API counts", async ({ page, rialto }) => {
  const email = newEmail();
  await register(page, email);
  await page.goto("/dashboard");
  const funds = table(page, "Balances").first();
  await expect(funds.getByRole("row", { name: /^BTC 20\.00 / })).toBeVisible();
  await expect(funds.getByRole("row", { name: /^USDT 1,000,000\.00 / })).toBeVisible();
  const signed = new Signed(rialto.url, rialto.keyOf(email));
  expect(await signed.free("BTC")).toBe(20);
  expect(await signed.free("USDT")).toBe(1_000_000);
});

test("a password leaves the page encrypted and never plain", async ({ page }) => {
  const email = newEmail();
  const sent: { url: string; body: string }[] = [];
  page.on("request", (request) => {
    sent.push({ url: request.url(), body: request.postData() ?? "" });
  });
  await register(page, email);
  await signOut(page);
  await enter(page, email);
  await expect(account(page)).toBeVisible();

  for (const path of ["/auth/register", "/auth/login"]) {
    const body = JSON.parse(sent.find(({ url }) => url.endsWith(path))?.body ?? "{}");
    expect(body.passwordEncrypted.ciphertext.length).toBeGreaterThan(600);
    expect(body).not.toHaveProperty("password");
  }
  const everything = JSON.stringify(sent);
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), btoa(PASSWORD).slice(0, -4)]) {
    expect(everything).not.toContain(secret);
  }
});

test("whoever signs out is out, also after a reload", async ({ page }) => {
  await register(page, newEmail());
  await signOut(page);
  await page.goto("/security");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(account(page)).toBeHidden();
});

test("a wrong password is refused in the words that a stranger hears", async ({ page }) => {
  const email = newEmail();
  await register(page, email);
  await signOut(page);
  const told: string[] = [];
  for (const who of [email, newEmail()]) {
    await enter(page, who, "wrong horse battery staple 17");
    told.push(await page.getByRole("alert").innerText());
    await expect(account(page)).toBeHidden();
  }
  expect(told[0]).not.toBe("");
  expect(told[1]).toBe(told[0]);
});

test("a password that everybody has is refused where it is typed", async ({ page }) => {
  await page.goto("/register");
  await page.getByLabel("E-mail").fill(newEmail());
  await page.getByLabel("Password", { exact: true }).fill("password1234");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert")).toContainText(/password/i);
  await expect(page).toHaveURL(/\/register$/);
});
