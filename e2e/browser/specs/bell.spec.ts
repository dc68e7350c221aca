/** What the bell keeps for whoever was elsewhere. */

import { open } from "../rig/page.ts";
import { enter, newEmail, register } from "../rig/person.ts";
import { Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

test("a fill is new in the bell until it was seen, on every device", async ({
  page,
  rialto,
  browser,
}) => {
  const email = newEmail();
  await register(page, email);
  const signed = new Signed(rialto.url, rialto.keyOf(email));
  await open(page, "/settings");
  const words = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.1" };
  await signed.post("/api/v3/order", words);
  const bell = page.getByRole("button", { name: /^Notifications, \d+ new$/ });
  await bell.click();
  const list = page.getByRole("dialog", { name: "Notifications" });
  const fill = list.getByRole("listitem").filter({ hasText: "Order filled" });
  await expect(fill).toContainText("Bought 0.1 BTC");
  await expect(fill).toContainText("New: ");

  const elsewhere = await browser.newContext({ baseURL: rialto.url });
  const other = await elsewhere.newPage();
  await enter(other, email);
  await expect(other.getByRole("button", { name: /^Notifications, \d+ new$/ })).toBeVisible();

  // Its title leads to the market; whoever closes the list has seen it.
  await fill.getByRole("link", { name: "Order filled" }).click();
  await expect(page).toHaveURL(/\/trade\/BTC-USDT/);
  const seen = { name: "Notifications", exact: true };
  await expect(page.getByRole("button", seen)).toBeVisible();
  await expect(other.getByRole("button", seen)).toBeVisible();
  await elsewhere.close();
  await page.reload();
  await page.getByRole("button", seen).click();
  await expect(list.getByRole("listitem").filter({ hasText: "Order filled" })).toBeVisible();
  await expect(list.getByText("New: ")).toHaveCount(0);
});

test("somebody new has nothing in the bell that is not theirs", async ({ page }) => {
  await register(page, newEmail());
  await page.getByRole("button", { name: /^Notifications/ }).click();
  const list = page.getByRole("dialog", { name: "Notifications" });
  await expect(list).toBeVisible();
  await expect(list).not.toContainText("Order filled");
});

test("what the operator decides about a person is said at once", async ({ page, rialto }) => {
  const email = newEmail();
  await register(page, email);
  await open(page, "/security");
  const section = page.locator("section").filter({ hasText: "How far this exchange knows" });
  await expect(section).toContainText("Verified");
  rialto.operate(["user", "set-kyc", "--email", email, "--kyc", "pending"]);
  await expect(section).toContainText("Pending");
  await page.getByRole("button", { name: "Notifications, 1 new" }).click();
  const list = page.getByRole("dialog", { name: "Notifications" });
  await expect(list).toContainText("Verification changed");
  await page.keyboard.press("Escape");
  await open(page, "/api-keys");
  await page.getByRole("button", { name: "Create key" }).first().click();
  const transfer = page.getByRole("checkbox", { name: /^Transfer/ });
  await expect(transfer).toBeDisabled();
  rialto.operate(["user", "set-kyc", "--email", email, "--kyc", "approved"]);
  await expect(transfer).toBeEnabled();
});
