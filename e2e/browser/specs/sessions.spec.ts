/** Who is signed in where, and how that ends. */

import { account, enter, newEmail, PASSWORD, register, table } from "../rig/person.ts";
import { expect, listen, test } from "../rig/test.ts";

const SIGNED_OUT = "Your session has ended.";

test("a session that is ended elsewhere leaves its page by itself", async ({
  page, browser, baseURL, complaints,
}) => {
  const email = newEmail();
  await register(page, email);
  const elsewhere = await browser.newContext({ baseURL });
  await listen(elsewhere, complaints);
  const other = await elsewhere.newPage();
  await enter(other, email);
  await expect(account(other)).toBeVisible();
  await other.goto("/dashboard");
  await expect(account(other)).toBeVisible();

  await page.goto("/security");
  const sessions = table(page, "Sessions");
  await expect(sessions.getByRole("row")).toHaveCount(3);
  await expect(sessions.getByRole("row", { name: /This one/ })).toContainText("127.0.0.1");
  await sessions.getByRole("button", { name: /^End the session on/ }).click();
  await expect(sessions.getByRole("row")).toHaveCount(2);
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(other.getByText(SIGNED_OUT)).toBeVisible();
  await page.reload();
  await expect(account(page)).toBeVisible();
  await elsewhere.close();
});

test("signing out everywhere ends this page and the others", async ({
  page, browser, baseURL, complaints,
}) => {
  const email = newEmail();
  await register(page, email);
  const elsewhere = await browser.newContext({ baseURL });
  await listen(elsewhere, complaints);
  const other = await elsewhere.newPage();
  await enter(other, email);
  await expect(account(other)).toBeVisible();

  await page.goto("/security");
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  const sure = page.getByRole("alertdialog", { name: "Sign out everywhere?" });
  await sure.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.goto("/security");
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await elsewhere.close();
});

test("a changed password is the one that opens the account", async ({ page }) => {
  const email = newEmail();
  const wanted = `${PASSWORD} anew`;
  await register(page, email);
  await page.goto("/security");
  await page.getByLabel("Current password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("New password", { exact: true }).fill(wanted);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await page.context().clearCookies();
  await enter(page, email);
  await expect(page.getByRole("alert")).toBeVisible();
  await enter(page, email, wanted);
  await expect(account(page)).toBeVisible();
});
