/** What people do on many pages: come, go, write an order. */

import { expect, type Locator, type Page } from "@playwright/test";

import type { Rialto } from "./rialto.ts";
import { Signed } from "./signed.ts";

/** How often is asked what became of an order, in milliseconds. */
const POLL = { intervals: [50, 100, 200, 400] };

/** A password that no list has. */
export const PASSWORD = "correct horse battery staple 17";

let people = 0;

/** An address that nobody has yet. */
export function newEmail(): string {
  people += 1;
  return `person-${process.pid}-${people}@example.com`;
}

/** Fills in the form for a new account; the page behind it is open afterwards. */
export async function register(page: Page, email: string): Promise<void> {
  await page.goto("/register");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(account(page)).toBeVisible();
}

/** Fills in the form; what it leads to is for the test to say. */
export async function enter(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signOut(page: Page): Promise<void> {
  await account(page).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
}

/** What only somebody who is signed in sees. */
export function account(page: Page): Locator {
  return page.getByRole("button", { name: /^Account / });
}

/** A new person at a market, and the signed client that looks over their shoulder. */
export async function trader(page: Page, rialto: Rialto, symbol = "BTC-USDT"): Promise<Signed> {
  const email = newEmail();
  await register(page, email);
  await page.goto(`/trade/${symbol}`);
  await expect(ladder(page)).toContainText("% bids");
  return new Signed(rialto.url, rialto.keyOf(email));
}

export function ladder(page: Page): Locator {
  return page.getByRole("region", { name: "Order book" });
}

export function ticket(page: Page): Locator {
  return page.getByRole("region", { name: "Order ticket" });
}

/** The button of the ticket that sends it, whatever it says. */
export function send(page: Page): Locator {
  return ticket(page).getByRole("button", { name: /^(Buy|Sell) / });
}

/** A table by the name of the box that it scrolls in. */
export function table(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true }).getByRole("table");
}

export function openOrders(page: Page): Locator {
  return table(page, "Open orders");
}

/** Fills in fields of the ticket, by mouse. */
export async function write(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) {
    await ticket(page).getByRole("textbox", { name: label, exact: true }).fill(value);
  }
}

/** Waits until there is just one open order and it is as wanted. */
export async function theOrder(
  signed: Signed,
  symbol: string,
  wanted: Record<string, unknown>,
): Promise<void> {
  await expect.poll(() => signed.openOrders(symbol), POLL).toMatchObject([wanted]);
}

export async function noOrder(signed: Signed, symbol: string): Promise<void> {
  await expect.poll(() => signed.openOrders(symbol), POLL).toEqual([]);
}
