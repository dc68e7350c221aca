/** Every kind of order that the ticket has, placed and cancelled by mouse, told by the signed API. */

import type { Page } from "@playwright/test";

import { noOrder, openOrders, send, theOrder, ticket, trader, write } from "../rig/person.ts";
import { bestBid, type Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

const SYMBOL = "BTCUSDT";

interface Kind {
  name: string;
  side: "Buy" | "Sell";
  kind: string;
  fields: Record<string, string>;
  /** What to choose beside: radio buttons and switches by name. */
  choices?: string[];
  switches?: string[];
  sends?: "Limit" | "Market";
  lives?: "IOC" | "FOK";
  want: Record<string, unknown>;
}

const digits = (price: string) => `${price}.00000000`;

/** What rests or waits, far from the market: at nine tenths and eleven tenths of it. */
function resting(low: string, high: string): Kind[] {
  const amount = { Amount: "0.1" };
  const limit = { side: "Buy", kind: "Limit", want: { side: "BUY" } } as const;
  return [
    {
      ...limit,
      name: "post only",
      fields: { Price: low, ...amount },
      switches: ["Post only"],
      want: { type: "LIMIT_MAKER", price: digits(low) },
    },
    {
      ...limit,
      name: "iceberg, post only",
      fields: { Price: low, ...amount, "Shown in the book at once": "0.02" },
      switches: ["Post only", "Iceberg"],
      want: { type: "LIMIT_MAKER", icebergQty: "0.02000000" },
    },
    {
      ...limit,
      name: "iceberg",
      fields: { Price: low, ...amount, "Shown in the book at once": "0.02" },
      switches: ["Iceberg"],
      want: { type: "LIMIT", icebergQty: "0.02000000", timeInForce: "GTC" },
    },
    {
      name: "stop limit",
      side: "Buy",
      kind: "Stop",
      sends: "Limit",
      fields: { "Trigger price": high, Price: high, ...amount },
      want: { type: "STOP_LOSS_LIMIT", stopPrice: digits(high), price: digits(high) },
    },
    {
      name: "take profit",
      side: "Sell",
      kind: "Stop",
      sends: "Market",
      choices: ["Take profit"],
      fields: { "Trigger price": high, ...amount },
      want: { type: "TAKE_PROFIT", side: "SELL", stopPrice: digits(high) },
    },
    {
      name: "trailing",
      side: "Sell",
      kind: "Trailing",
      sends: "Market",
      fields: { "Follows at a distance of": "10", ...amount },
      want: { type: "STOP_LOSS", side: "SELL", trailingDelta: 1_000 },
    },
  ];
}

async function choose(page: Page, { side, kind, ...rest }: Kind): Promise<void> {
  const form = ticket(page);
  await form.getByRole("radio", { name: side, exact: true }).check();
  const group = (name: string) => form.getByRole("radiogroup", { name });
  await group("Kind of order").getByRole("radio", { name: kind, exact: true }).check();
  for (const name of rest.choices ?? []) await form.getByRole("radio", { name }).check();
  for (const name of ["Post only", "Iceberg"]) {
    if (kind === "Limit") {
      await form.getByRole("switch", { name }).setChecked(rest.switches?.includes(name) ?? false);
    }
  }
  if (rest.sends) {
    await group("Triggered order").getByRole("radio", { name: rest.sends, exact: true }).check();
  }
  if (rest.lives) await form.getByLabel("Time in force").selectOption({ label: rest.lives });
  await write(page, rest.fields);
}

/** Cancels the only open order by its button. */
async function cancel(page: Page, signed: Signed): Promise<void> {
  const row = openOrders(page).getByRole("row", { name: /BTC\/USDT/ }).first();
  await row.getByRole("button", { name: /^Cancel / }).click();
  await noOrder(signed, SYMBOL);
}

async function prices(url: string): Promise<[low: string, high: string]> {
  const bid = await bestBid(url, SYMBOL);
  return [String(Math.floor(bid * 0.9)), String(Math.floor(bid * 1.1))];
}

test("what rests and what waits is placed as the ticket says, and cancelled", async ({
  page,
  rialto,
}) => {
  const signed = await trader(page, rialto);
  for (const kind of resting(...(await prices(rialto.url)))) {
    await test.step(kind.name, async () => {
      await choose(page, kind);
      await send(page).click();
      await theOrder(signed, SYMBOL, { ...kind.want, status: "NEW", origQty: "0.10000000" });
      await cancel(page, signed);
    });
  }
  expect((await signed.allOrders(SYMBOL)).every(({ status }) => status === "CANCELED")).toBe(true);
});

test("what must be filled at once or not at all ends at once", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const [low] = await prices(rialto.url);
  for (const lives of ["IOC", "FOK"] as const) {
    const fields = { Price: low, Amount: "0.1" };
    await choose(page, { name: lives, side: "Buy", kind: "Limit", lives, fields, want: {} });
    await send(page).click();
    const want = { timeInForce: lives, status: "EXPIRED", executedQty: "0.00000000" };
    await expect.poll(async () => (await signed.allOrders(SYMBOL)).at(-1)).toMatchObject(want);
  }
});

test("of two linked orders both are placed, and cancelled together", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const [low, high] = await prices(rialto.url);
  const fields = { "Stop trigger": low, "Profit price": high, Amount: "0.1" };
  const sale = { name: "OCO", side: "Sell", sends: "Market" } as const;
  await choose(page, { ...sale, kind: "OCO", fields, want: {} });
  await send(page).click();
  const both = [
    { type: "LIMIT_MAKER", side: "SELL", price: digits(high) },
    { type: "STOP_LOSS", side: "SELL", stopPrice: digits(low) },
  ];
  const types = (orders: { type: string }[]) =>
    orders.toSorted((one, other) => one.type.localeCompare(other.type));
  await expect.poll(async () => types(await signed.openOrders(SYMBOL))).toMatchObject(both);
  // The exchange changes neither of them.
  await expect(openOrders(page).getByRole("row", { name: /BTC\/USDT/ })).toHaveCount(2);
  await expect(openOrders(page).getByRole("button", { name: /^Amend/ })).toHaveCount(0);
  await cancel(page, signed);
});

test("the ticket says what the exchange will hold", async ({ page, rialto }) => {
  const signed = await trader(page, rialto);
  const [low, high] = await prices(rialto.url);
  const after = ticket(page).getByText("Balance after").locator("..").getByRole("definition");
  const amount = { Amount: "0.1" };
  for (const kind of [
    { side: "Buy", kind: "Stop", sends: "Market", fields: { "Trigger price": high, ...amount } },
    {
      side: "Buy",
      kind: "OCO",
      sends: "Market",
      fields: { "Stop trigger": high, "Profit price": low, ...amount },
    },
    { side: "Buy", kind: "Limit", fields: { Price: low, ...amount } },
  ] as const) {
    await choose(page, { ...kind, name: kind.kind, want: {} });
    const said = Number((await after.innerText()).replaceAll(/[^\d.]/g, ""));
    expect(said).toBeLessThan(1_000_000);
    await send(page).click();
    await expect.poll(() => signed.openOrders(SYMBOL)).not.toEqual([]);
    expect(await signed.free("USDT"), kind.kind).toBeCloseTo(said, 2);
    await cancel(page, signed);
  }
});
