/** Orders written by hand, and what became of them as the signed API tells it. */

import type { Locator, Page } from "@playwright/test";

import {
  ladder,
  noOrder,
  openOrders,
  send,
  table,
  theOrder as theOrderOf,
  ticket,
  trader,
  write as fill,
} from "../rig/person.ts";
import { bestBid, type Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

const SYMBOL = "BTCUSDT";
const POST = { intervals: [50, 100, 200, 400] };

/** What the ticket asks for, by mouse. */
async function write(page: Page, kind: string, fields: Record<string, string>): Promise<void> {
  await ticket(page).getByRole("radio", { name: kind, exact: true }).first().check();
  await fill(page, fields);
}

/** More stops than any page has. */
const TABS_MAX = 150;

/** Goes on by Tab until something has the focus. */
async function reach(page: Page, name: string | RegExp, role: "textbox" | "button" | "radio") {
  const wanted = page.getByRole(role, { name, exact: true });
  await expect(wanted).toBeEnabled();
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`no Tab leads to ${name}`);
}

/** A price far from the market, in whole units of quote. */
async function farBelow(url: string): Promise<number> {
  return Math.floor((await bestBid(url, SYMBOL)) * 0.9);
}

function theOrder(signed: Signed, wanted: Record<string, unknown>): Promise<void> {
  return theOrderOf(signed, SYMBOL, wanted);
}

function amendment(page: Page): Locator {
  return page.getByRole("dialog", { name: /^Amend/ });
}

test("a limit order is placed, amended and cancelled by mouse", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const price = await farBelow(rialto.url);
  await write(page, "Limit", { Price: String(price), Amount: "0.5" });
  await send(page).click();
  await theOrder(signed, { side: "BUY", type: "LIMIT", price: `${price}.00000000`, status: "NEW" });
  const row = openOrders(page).getByRole("row", { name: /BTC\/USDT/ });
  await expect(row).toContainText(price.toLocaleString("en"));
  expect(await signed.free("USDT")).toBe(1_000_000 - price / 2);

  await row.getByRole("button", { name: /^Amend / }).click();
  const dialog = amendment(page);
  await dialog.getByRole("textbox", { name: "Amount" }).fill("0.2");
  await dialog.getByRole("button", { name: "Amend" }).click();
  await expect(dialog).toBeHidden();
  await theOrder(signed, { origQty: "0.20000000", price: `${price}.00000000` });
  await expect(row).toContainText("0.2");

  await row.getByRole("button", { name: /^Cancel / }).click();
  await expect(openOrders(page)).toBeHidden();
  await noOrder(signed, SYMBOL);
  expect((await signed.allOrders(SYMBOL)).at(-1)).toMatchObject({ status: "CANCELED" });
  expect(await signed.free("USDT")).toBe(1_000_000);
});

test("a limit order is placed, amended and cancelled by keyboard", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const price = await farBelow(rialto.url);
  await reach(page, "Price", "textbox");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(String(price));
  await reach(page, "Amount", "textbox");
  await page.keyboard.type("0.5");
  await reach(page, "Buy 0.5 BTC", "button");
  await page.keyboard.press("Enter");
  await theOrder(signed, { side: "BUY", price: `${price}.00000000`, origQty: "0.50000000" });

  await reach(page, /^Amend buy BTC/, "button");
  await page.keyboard.press("Enter");
  const dialog = amendment(page);
  await expect(dialog.getByRole("textbox", { name: "Price" })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await theOrder(signed, { price: `${price}.01000000`, origQty: "0.50000000" });

  await reach(page, /^Cancel buy BTC/, "button");
  await page.keyboard.press("Enter");
  await noOrder(signed, SYMBOL);
  expect((await signed.allOrders(SYMBOL)).at(-1)).toMatchObject({ status: "CANCELED" });
});

test("a market order fills at once and changes both balances", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  await write(page, "Market", { Amount: "0.1" });
  await send(page).click();
  await expect.poll(() => signed.allOrders(SYMBOL), POST).toMatchObject([
    { side: "BUY", type: "MARKET", status: "FILLED", executedQty: "0.10000000" },
  ]);
  expect(await signed.free("BTC")).toBeCloseTo(20.0999, 8);
  expect(await signed.free("USDT")).toBeLessThan(1_000_000);
  await page.getByRole("tab", { name: "Fills" }).click();
  const fills = table(page, "Fills");
  await expect(fills.getByRole("row", { name: /BTC\/USDT/ }).first()).toContainText("Taker");
  await page.getByRole("tab", { name: "Balances" }).click();
  const balances = page.getByRole("tabpanel", { name: "Balances" });
  await expect(balances.getByRole("row", { name: /BTC/ })).toContainText("20.0999");
});

test("a market order is sent by keyboard", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  await reach(page, "Limit", "radio");
  await page.keyboard.press("ArrowRight");
  await expect(ticket(page).getByRole("radio", { name: "Market", exact: true })).toBeChecked();
  await reach(page, "Amount", "textbox");
  await page.keyboard.type("0.1");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect.poll(() => signed.allOrders(SYMBOL), POST).toMatchObject([
    { side: "BUY", type: "MARKET", status: "FILLED", executedQty: "0.10000000" },
  ]);
  await expect(ticket(page).getByRole("textbox", { name: "Amount" })).toHaveValue("");
});

test("a stop order is placed, amended and cancelled by mouse", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const trigger = await farBelow(rialto.url);
  await ticket(page).getByRole("radio", { name: "Sell" }).check();
  await write(page, "Stop", {});
  await ticket(page).getByRole("radio", { name: "Market", exact: true }).last().check();
  await write(page, "Stop", { "Trigger price": String(trigger), Amount: "0.5" });
  await send(page).click();
  const stop = { side: "SELL", type: "STOP_LOSS", stopPrice: `${trigger}.00000000` };
  await theOrder(signed, { ...stop, origQty: "0.50000000", executedQty: "0.00000000" });
  const row = openOrders(page).getByRole("row", { name: /BTC\/USDT/ });
  await expect(row).toContainText(trigger.toLocaleString("en"));

  await row.getByRole("button", { name: /^Amend / }).click();
  await amendment(page).getByRole("textbox", { name: "Amount" }).fill("21");
  // What is free and what the order holds already.
  await expect(amendment(page).getByText("Only 20 BTC available for it")).toBeVisible();
  await amendment(page).getByRole("textbox", { name: "Amount" }).fill("0.7");
  await expect(amendment(page).getByText("waits for the same trigger")).toBeVisible();
  await amendment(page).getByRole("button", { name: "Amend" }).click();
  await expect(amendment(page)).toBeHidden();
  await theOrder(signed, { ...stop, origQty: "0.70000000" });

  await row.getByRole("button", { name: /^Cancel / }).click();
  await noOrder(signed, SYMBOL);
  expect(await signed.free("BTC")).toBe(20);
});

test("a stop order is placed, amended and cancelled by keyboard", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const trigger = Math.floor((await bestBid(rialto.url, SYMBOL)) * 1.1);
  await reach(page, "Limit", "radio");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await reach(page, "Trigger price", "textbox");
  await page.keyboard.type(String(trigger));
  await reach(page, "Price", "textbox");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(String(trigger + 100));
  await reach(page, "Amount", "textbox");
  await page.keyboard.type("0.5");
  await reach(page, "Buy 0.5 BTC", "button");
  await page.keyboard.press("Enter");
  const stop = { side: "BUY", type: "STOP_LOSS_LIMIT", stopPrice: `${trigger}.00000000` };
  await theOrder(signed, { ...stop, price: `${trigger + 100}.00000000`, origQty: "0.50000000" });

  await reach(page, /^Amend buy BTC/, "button");
  await page.keyboard.press("Enter");
  await expect(amendment(page).getByRole("textbox", { name: "Price" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(amendment(page)).toBeHidden();
  await theOrder(signed, { ...stop, price: `${trigger + 99}.99000000`, origQty: "0.50000000" });

  await reach(page, /^Cancel buy BTC/, "button");
  await page.keyboard.press("Enter");
  await noOrder(signed, SYMBOL);
});

test("Ctrl and Enter send the ticket from the page, and from no dialog over it", async ({
  page,
  rialto,
}) => {
  const signed = await trader(page, rialto);
  const price = await farBelow(rialto.url);
  await write(page, "Limit", { Price: String(price), Amount: "0.5" });
  await page.keyboard.press("ControlOrMeta+Enter");
  await theOrder(signed, { origQty: "0.50000000" });
  await expect(ticket(page).getByRole("textbox", { name: "Amount" })).toHaveValue("");
  await write(page, "Limit", { Amount: "0.3" });
  await expect(send(page)).toBeEnabled();

  const opened: [string | RegExp, "dialog" | "alertdialog"][] = [
    [/^Amend buy BTC/, "dialog"],
    ["Cancel all", "alertdialog"],
    [/^BTC\/USDT/, "dialog"],
    [/^Search or run/, "dialog"],
  ];
  for (const [name, role] of opened) {
    await page.getByRole("button", { name }).first().click();
    await expect(page.getByRole(role)).toBeVisible();
    await page.keyboard.press("ControlOrMeta+Enter");
    if (await page.getByRole(role).isVisible()) await page.keyboard.press("Escape");
    await expect(page.getByRole(role)).toBeHidden();
  }
  // Whatever was sent meanwhile came before this.
  await page.getByRole("button", { name: /^Cancel buy BTC/ }).click();
  await noOrder(signed, SYMBOL);
  expect(await signed.allOrders(SYMBOL)).toHaveLength(1);
});

test("an amendment that cannot be costs nobody their order", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const price = await farBelow(rialto.url);
  await write(page, "Limit", { Price: String(price), Amount: "0.5" });
  await send(page).click();
  await theOrder(signed, { price: `${price}.00000000` });
  await openOrders(page).getByRole("button", { name: /^Amend buy BTC/ }).click();
  const field = amendment(page).getByRole("textbox", { name: "Price" });
  const button = amendment(page).getByRole("button", { name: "Amend" });
  await field.fill(String(price * 50));
  await expect(amendment(page).getByText("Only 1,000,000 USDT available for it")).toBeVisible();
  await expect(button).toBeDisabled();
  // What only the exchange knows: a digit too few is too far from the market.
  await field.fill(String(Math.floor(price / 10)));
  await button.click();
  await expect(amendment(page).getByText(/^Not amended\. .*too far from the market/)).toBeVisible();
  await theOrder(signed, { price: `${price}.00000000`, status: "NEW" });
});

test("the switch that cancels on disconnect sets the exchange's timer, after a reload, too", async ({
  page,
  rialto,
}) => {
  await trader(page, rialto);
  const told = async (act: () => Promise<unknown>): Promise<number | null> => {
    const answer = page.waitForResponse((it) => it.url().endsWith("/trading/cancel-after"));
    await act();
    const { cancelAt } = (await (await answer).json()) as { cancelAt: string | null };
    return cancelAt === null ? null : Date.parse(cancelAt) - Date.now();
  };
  const onOff = ticket(page).getByRole("switch", { name: "Cancel on disconnect" });
  const sign = page.getByText("Cancel on disconnect is on");
  for (const act of [() => onOff.check(), () => page.reload()]) {
    const left = await told(act);
    expect(left).toBeGreaterThan(120_000);
    expect(left).toBeLessThanOrEqual(185_000);
    await expect(sign).toBeVisible();
    await expect(onOff).toBeChecked();
  }
  expect(await told(() => onOff.uncheck())).toBeNull();
  await expect(sign).toBeHidden();
});

test("an order that cannot be is refused and changes nothing", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const price = await farBelow(rialto.url);
  await write(page, "Limit", { Price: String(price), Amount: "0.00001" });
  await expect(ticket(page).getByText("Worth less than the least of 5 USDT")).toBeVisible();
  await expect(send(page)).toBeDisabled();
  await write(page, "Limit", { Amount: "100" });
  await expect(ticket(page).getByText("Only 1,000,000 USDT available")).toBeVisible();
  await expect(send(page)).toBeDisabled();

  // What only the exchange knows: so far from the market nobody may bid.
  await write(page, "Limit", { Price: "100", Amount: "0.5" });
  await send(page).click();
  const refusal = page.getByRole("alert").filter({ hasText: "The order was not placed" });
  await expect(refusal).toContainText("No money moved.");
  expect(await signed.allOrders(SYMBOL)).toEqual([]);
  expect(await signed.free("USDT")).toBe(1_000_000);
});

test("a ticket calls nothing wrong before somebody writes in it", async ({ page, rialto }) => {
  await trader(page, rialto);
  const hints = ticket(page).getByText(/^Must be /);
  const price = ticket(page).getByRole("textbox", { name: "Price", exact: true });
  await expect(price).not.toHaveValue("");
  for (const kind of ["Market", "Stop", "Trailing", "OCO"]) {
    await write(page, kind, {});
    await expect(hints).toHaveCount(0);
  }
  await expect(ticket(page).getByRole("textbox", { name: "Profit price" })).toHaveValue("");
  const above = String((await farBelow(rialto.url)) * 2);
  await write(page, "OCO", { "Profit price": above });
  await expect(hints).toHaveText(/^Must be below the last price/);
  // A price written for another kind is not held against this one.
  await write(page, "Limit", {});
  await write(page, "OCO", {});
  await expect(hints).toHaveCount(0);
});

test("a click in the book takes its price into the ticket", async ({ page, rialto }) => {
  await trader(page, rialto);
  const rows = ladder(page).getByText(/^\d[\d,]*\.\d\d$/);
  const field = ticket(page).getByRole("textbox", { name: "Price", exact: true });
  await field.fill("1");
  await rows.last().click();
  await expect(field).not.toHaveValue("1");
  const taken = Number((await field.inputValue()).replaceAll(",", ""));
  const bid = await bestBid(rialto.url, SYMBOL);
  expect(Math.abs(taken / bid - 1)).toBeLessThan(0.1);
});
