/** What somebody chose for this browser is there after a reload. */

import type { Page } from "@playwright/test";

import { open } from "../rig/page.ts";
import { openOrders, ticket, trader } from "../rig/person.ts";
import { bestBid } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

/** The colour of what rises, and the background, as the browser paints them. */
function painted(page: Page): Promise<[rising: string, background: string]> {
  return page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    return [style.getPropertyValue("--up"), style.getPropertyValue("--app")];
  });
}

test.describe("far from Greenwich", () => {
  test.use({ timezoneId: "Asia/Kathmandu" });
  /** Minutes ahead of UTC. */
  const AHEAD = 345;

  test("theme, market colours, numbers and times outlive a reload", async ({ page, rialto }) => {
    const signed = await trader(page, rialto);
    const price = (await bestBid(rialto.url, "BTCUSDT")) * 0.9;
    const limit = { type: "LIMIT", timeInForce: "GTC", side: "BUY", quantity: "0.1" };
    await signed.post("/api/v3/order", { symbol: "BTCUSDT", ...limit, price: price.toFixed(2) });
    const [order] = await signed.openOrders("BTCUSDT");
    const clock = (ahead: number) =>
      new Date((order?.time ?? 0) + ahead * 60_000).toISOString().slice(11, 19);
    const row = openOrders(page).getByRole("row", { name: /BTC\/USDT/ });
    const figures = (language: string) =>
      Number(price.toFixed(2)).toLocaleString(language, { minimumFractionDigits: 2 });
    await expect(row.getByRole("time")).toHaveText(clock(AHEAD));
    await expect(row).toContainText(figures("en"));

    await open(page, "/settings");
    const before = await painted(page);
    await page.getByLabel("Colours", { exact: true }).selectOption({ label: "Dark" });
    await page.getByLabel("Market colours").selectOption({ label: "Blue up, orange down" });
    await page.getByLabel("Numbers").selectOption({ label: "67.412,50" });
    await page.getByLabel("Times").selectOption({ label: "UTC" });
    const after = await painted(page);
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);

    await page.reload();
    await expect(page.getByLabel("Market colours")).toHaveValue("blueOrange");
    expect(await painted(page)).toEqual(after);
    await open(page, "/trade/BTC-USDT");
    expect(await painted(page)).toEqual(after);
    await expect(row.getByRole("time")).toHaveText(clock(0));
    await expect(row).toContainText(figures("de"));
  });
});

test("favourites outlive a reload, and are found by themselves", async ({ page, rialto }) => {
  await trader(page, rialto);
  const list = page.getByRole("list", { name: "Markets" });
  const favourite = list.getByRole("button", { name: "Favourite ETH/USDT" });
  await page.keyboard.press("/");
  await favourite.click();
  await expect(favourite).toHaveAttribute("aria-pressed", "true");
  await page.reload();
  await expect(ticket(page)).toBeVisible();
  await page.keyboard.press("/");
  await expect(favourite).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("radio", { name: "Favourites" }).check();
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await favourite.click();
  await expect(page.getByText("No favourites yet")).toBeVisible();
});

test("a page that cannot encrypt says so, and how to mend it", async ({ page, rialto }) => {
  // A name of this machine that the browser does not know for one.
  const { port } = new URL(rialto.url);
  for (const path of ["/sign-in", "/register"]) {
    await page.goto(`http://rialto.test:${port}${path}`);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    const notice = page.getByText("This page cannot encrypt your password");
    await expect(notice).toBeVisible();
    await expect(page.getByText(`http://localhost:${port}`)).toBeVisible();
    await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
  }
  // And so it goes.
  await page.goto(`http://localhost:${port}/sign-in`);
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
});
