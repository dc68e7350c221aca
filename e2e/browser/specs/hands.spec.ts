/** By keyboard alone, and by the pointer on the chart: where the focus is, where lines can be moved. */

import type { Locator, Page } from "@playwright/test";

import { open } from "../rig/page.ts";
import { openOrders, ticket, trader } from "../rig/person.ts";
import { bestBid, type Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

const SYMBOL = "BTCUSDT";
/** More stops than any page has. */
const TABS_MAX = 150;

/** Places a limit order to buy at a part of the best bid; its price. */
async function buy(signed: Signed, part: number): Promise<string> {
  const price = ((await bestBid(signed.url, SYMBOL)) * part).toFixed(2);
  const limit = { type: "LIMIT", timeInForce: "GTC", side: "BUY", quantity: "0.1" };
  await signed.post("/api/v3/order", { symbol: SYMBOL, ...limit, price });
  return price;
}

/** Whether what has the focus has a mark that can be seen, its own or that of what frames it. */
function focusShows(): string | null {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return null;
  let framed: Element | null = focused;
  for (let level = 0; level < 3 && framed !== null; level += 1) {
    const { outlineStyle, outlineWidth } = getComputedStyle(framed);
    if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) return "";
    framed = framed.parentElement;
  }
  return focused.outerHTML.slice(0, 160);
}

test("the focus can be seen wherever Tab leads", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  await buy(signed, 0.9);
  for (const path of ["/trade/BTC-USDT", "/dashboard", "/security", "/api-keys", "/settings"]) {
    await open(page, path);
    const hidden: string[] = [];
    let stops = 0;
    for (; stops < TABS_MAX; stops += 1) {
      await page.keyboard.press("Tab");
      const shown = await page.evaluate(focusShows);
      // Behind the last stop is the browser's own bar.
      if (shown === null) break;
      if (shown !== "") hidden.push(shown);
    }
    expect.soft(hidden, path).toEqual([]);
    expect(stops, path).toBeGreaterThan(5);
  }
});

test("what was opened by keyboard gives the focus back", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  await buy(signed, 0.9);
  const opened: [string | RegExp, string][] = [
    [/^BTC\/USDT/, "dialog"],
    [/^Search or run/, "dialog"],
    [/^Amend buy BTC/, "dialog"],
    ["Cancel all", "alertdialog"],
    [/^Notifications/, "dialog"],
    [/^Account /, "dialog"],
  ];
  for (const [name, role] of opened) {
    const opener = page.getByRole("button", { name }).first();
    await opener.focus();
    await page.keyboard.press("Enter");
    const box = page.getByRole(role === "dialog" ? "dialog" : "alertdialog");
    await expect(box).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(box).toBeHidden();
    await expect(opener).toBeFocused();
  }
  const price = ticket(page).getByRole("textbox", { name: "Price", exact: true });
  await price.focus();
  await page.keyboard.press("ControlOrMeta+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(price).toBeFocused();
});

test("a market is chosen by keyboard, and an ended order leaves the focus in its list", async ({
  page,
  rialto,
}) => {
  const signed = await trader(page, rialto, "ETH-USDT");
  await page.keyboard.press("/");
  await page.getByRole("textbox", { name: "Search markets" }).pressSequentially("btc/usdt");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/trade\/BTC-USDT/);

  await buy(signed, 0.9);
  const amend = openOrders(page).getByRole("button", { name: /^Amend buy BTC/ });
  await amend.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Amend/ });
  await expect(dialog.getByRole("textbox", { name: "Price" })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  const list = page.getByRole("tabpanel", { name: /^Open orders/ });
  await expect.poll(() => list.evaluate((it) => it.contains(document.activeElement))).toBe(true);

  await openOrders(page).getByRole("button", { name: /^Cancel buy BTC/ }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => signed.openOrders(SYMBOL)).toEqual([]);
  await expect(page.getByText("No open orders.")).toBeVisible();
  await expect.poll(() => list.evaluate((it) => it.contains(document.activeElement))).toBe(true);
});

/** The chart's box, once it has candles. */
async function candles(page: Page): Promise<Locator> {
  const box = page.getByRole("group", { name: /^Candles of BTC-USDT/ });
  await expect(box).toBeVisible();
  return box;
}

/** Moves the pointer onto the only line that can be taken; where it is. */
async function onLine(page: Page, chart: Locator): Promise<{ x: number; y: number }> {
  const box = await chart.boundingBox();
  if (box === null) throw new Error("the chart has no place");
  const x = box.x + box.width * 0.3;
  const taken = () =>
    chart.evaluate((it) => getComputedStyle(it).cursor === "ns-resize");
  let y = box.y;
  await expect(async () => {
    for (y = box.y + 4; y < box.y + box.height; y += 4) {
      await page.mouse.move(x, y);
      if (await taken()) return;
    }
    throw new Error("no line can be taken");
  }).toPass();
  return { x, y };
}

/** Takes the line and moves it, without letting go. */
async function drag(page: Page, chart: Locator, by: number): Promise<void> {
  const { x, y } = await onLine(page, chart);
  await page.mouse.down();
  await page.mouse.move(x, y + by / 2);
  await page.mouse.move(x, y + by);
}

test("an order is amended by its line on the chart, and left alone by Esc", async ({
  page,
  rialto,
}) => {
  const signed = await trader(page, rialto);
  const chart = await candles(page);
  const before = await buy(signed, 0.99);
  let amendments = 0;
  page.on("request", (request) => {
    if (request.method() === "PATCH") amendments += 1;
  });
  await drag(page, chart, 30);
  await page.keyboard.press("Escape");
  await page.mouse.up();

  await drag(page, chart, 30);
  await page.mouse.up();
  const lower = async () => {
    const [order, ...others] = await signed.openOrders(SYMBOL);
    return others.length === 0 && order !== undefined && Number(order.price) < Number(before);
  };
  await expect.poll(lower).toBe(true);
  // Each drag asks as the pointer is let go: the first asked for nothing.
  expect(amendments).toBe(1);
  expect((await signed.allOrders(SYMBOL)).map(({ status }) => status)).toEqual(["CANCELED", "NEW"]);
});

test("a line let go where it would trade at once is asked about", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const chart = await candles(page);
  const price = await buy(signed, 0.99);
  const { x } = await onLine(page, chart);
  await page.mouse.down();
  const top = (await chart.boundingBox())?.y ?? 0;
  await page.mouse.move(x, top + 40);
  await page.mouse.move(x, top + 2);
  await page.mouse.up();
  const question = page.getByRole("alertdialog", { name: /^Buy at / });
  await expect(question).toContainText("it trades at once");
  await question.getByRole("button", { name: "Leave it" }).click();
  await expect(question).toBeHidden();
  const [order] = await signed.openOrders(SYMBOL);
  expect(Number(order?.price)).toBe(Number(price));
});
