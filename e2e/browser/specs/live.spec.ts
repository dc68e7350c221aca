/** What moves by itself, and what a page does when its server goes away. */

import { ladder, openOrders, send, table, ticket, trader } from "../rig/person.ts";
import { bestBid } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

test("book, last price and candles move by themselves", async ({ page }) => {
  await page.goto("/trade/BTC-USDT");
  await expect(ladder(page)).toContainText("% bids");
  const book = await ladder(page).innerText();
  const market = await page.getByRole("region", { name: "Market", exact: true }).innerText();
  await expect.poll(() => ladder(page).innerText()).not.toBe(book);
  const strip = page.getByRole("region", { name: "Market", exact: true });
  await expect.poll(() => strip.innerText()).not.toBe(market);

  const chart = page.getByRole("region", { name: "Chart", exact: true });
  await expect(chart.getByRole("group", { name: /^Candles of BTC-USDT/ })).toBeVisible();
  await chart.getByRole("radio", { name: "Table" }).check();
  const newest = table(page, "Candles").getByRole("row").nth(1);
  const candle = await newest.innerText();
  await expect.poll(() => newest.innerText()).not.toBe(candle);
});

test("trades come in at the top of the tape", async ({ page }) => {
  await page.goto("/trade/BTC-USDT");
  await page.getByRole("tab", { name: "Trades" }).click();
  const tape = page.getByRole("region", { name: "Trades", exact: true });
  await expect(tape.getByRole("row").nth(1)).toContainText(/(buy|sell) /);
  const before = await tape.getByRole("row").nth(1).innerText();
  await expect.poll(() => tape.getByRole("row").nth(1).innerText()).not.toBe(before);
});

test("a page whose server was killed says so and comes back", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const price = String(Math.floor((await bestBid(rialto.url, "BTCUSDT")) * 0.9));
  await ticket(page).getByRole("textbox", { name: "Price", exact: true }).fill(price);
  await ticket(page).getByRole("textbox", { name: "Amount", exact: true }).fill("0.5");
  await send(page).click();
  await expect(openOrders(page).getByRole("row", { name: /BTC\/USDT/ })).toBeVisible();

  await rialto.kill();
  const banner = page.getByRole("alert").filter({ hasText: /Reconnecting|No connection/ });
  await expect(banner).toContainText("Prices are");
  await expect(ticket(page).getByText("Waiting for live prices")).toBeVisible();
  await rialto.serveAgain();
  await expect(banner).toBeHidden({ timeout: 60_000 });
  await expect(ticket(page).getByText("Waiting for live prices")).toBeHidden();
  const book = await ladder(page).innerText();
  await expect.poll(() => ladder(page).innerText()).not.toBe(book);

  // Whoever was signed in still is, and what was placed is there to be cancelled.
  const row = openOrders(page).getByRole("row", { name: /BTC\/USDT/ });
  expect(await signed.openOrders("BTCUSDT")).toHaveLength(1);
  await row.getByRole("button", { name: /^Cancel / }).click();
  await expect.poll(() => signed.openOrders("BTCUSDT")).toEqual([]);
});
