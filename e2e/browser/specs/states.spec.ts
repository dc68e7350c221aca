/** Pages that have something to show, and all that opens over them: axe finds nothing in any look. */

import type { Locator, Page } from "@playwright/test";

import { accessible, LOOKS } from "../rig/axe.ts";
import { open, settled } from "../rig/page.ts";
import { newEmail, PASSWORD, register, send, ticket } from "../rig/person.ts";
import type { Rialto } from "../rig/rialto.ts";
import { bestBid, Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";
import { totp } from "../rig/totp.ts";

/** The states of three pages, each opened anew: more than one look at a page. */
const LONG = 300_000;

/** A new person with open orders in two markets, a history, fills and a key. */
async function busyPerson(page: Page, rialto: Rialto): Promise<void> {
  const email = newEmail();
  await register(page, email);
  const signed = new Signed(rialto.url, rialto.keyOf(email));
  const limit = { type: "LIMIT", timeInForce: "GTC" };
  const bid = await bestBid(rialto.url, "BTCUSDT");
  const near = (part: number) => (bid * part).toFixed(2);
  const order = (words: Record<string, string>) => signed.post("/api/v3/order", words);
  const btc = { symbol: "BTCUSDT", quantity: "0.1" };
  await order({ ...btc, ...limit, side: "BUY", price: near(0.999) });
  // The market may come to the first while it is looked at, never to this one.
  await order({ ...btc, ...limit, side: "BUY", price: near(0.9) });
  await order({ ...btc, ...limit, side: "SELL", price: near(1.05) });
  const stop = { type: "STOP_LOSS_LIMIT", timeInForce: "GTC", stopPrice: near(0.95) };
  await order({ ...btc, ...stop, side: "SELL", price: near(0.94) });
  await order({ symbol: "ETHUSDT", side: "SELL", type: "MARKET", quantity: "1" });
  await order({ ...btc, side: "BUY", type: "MARKET" });
}

/** What differs from state to state: the page around it is looked at once. */
const DIALOG = "[role=dialog], [role=alertdialog]";
const TICKET = '[aria-label="Order ticket"]';
const PANEL = "[role=tabpanel]";

function anyDialog(page: Page): Locator {
  return page.getByRole("dialog").or(page.getByRole("alertdialog"));
}

async function shut(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await expect(anyDialog(page)).toHaveCount(0);
}

/** Looks at what a step opens, and closes it. */
async function look(page: Page, name: string, step: () => Promise<unknown>): Promise<void> {
  await step();
  await expect(anyDialog(page).first()).toBeVisible();
  await settled(page);
  await accessible(page, name, DIALOG);
  await shut(page);
}

function onPhone(page: Page): boolean {
  return (page.viewportSize()?.width ?? 0) < 768;
}

/** Where the open orders are: on a phone behind a tab. */
async function toOrders(page: Page): Promise<void> {
  if (onPhone(page)) await page.getByRole("tab", { name: /^Orders/ }).click();
  await page.getByRole("tab", { name: /^Open orders/ }).click();
}

async function toTicket(page: Page): Promise<void> {
  if (onPhone(page)) await page.getByRole("button", { name: /^Buy BTC/ }).click();
  await expect(send(page)).toBeVisible();
}

async function lists(page: Page, where: string): Promise<void> {
  await toOrders(page);
  for (const name of ["Open orders", "Order history", "Fills", "Balances"]) {
    await page.getByRole("tab", { name: new RegExp(`^${name}`) }).last().click();
    await settled(page);
    await accessible(page, `${name}, ${where}`, PANEL);
  }
}

async function kindsOfOrder(page: Page, where: string): Promise<void> {
  await toTicket(page);
  for (const kind of ["Market", "Stop", "Trailing", "OCO", "Limit"]) {
    await ticket(page).getByRole("radio", { name: kind, exact: true }).first().check();
    await accessible(page, `ticket ${kind}, ${where}`, TICKET);
  }
  await ticket(page).getByRole("switch", { name: "Iceberg" }).check();
  await accessible(page, `ticket iceberg, ${where}`, TICKET);
  await ticket(page).getByRole("switch", { name: "Iceberg" }).uncheck();
}

async function carelessOrder(page: Page, where: string): Promise<void> {
  const price = (await ticket(page).getByRole("textbox", { name: "Price", exact: true }).inputValue())
    .replaceAll(",", "");
  await ticket(page).getByRole("textbox", { name: "Price", exact: true }).fill(
    String(Math.floor(Number(price) * 1.04)),
  );
  await ticket(page).getByRole("textbox", { name: "Amount", exact: true }).fill("0.1");
  await send(page).click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("more than 2 % beyond the best ask");
  await accessible(page, `order confirmation, ${where}`, DIALOG);
  await question.getByRole("button", { name: "Change it" }).click();
  await expect(question).toBeHidden();
}

/** Proves by password who sits there, where the page asks. */
async function prove(page: Page, where: string, wanted: Locator): Promise<void> {
  const asked = page.getByRole("dialog", { name: "Is it you?" });
  await expect(wanted.or(asked).first()).toBeVisible();
  if (!(await asked.isVisible())) return;
  await accessible(page, `step-up, ${where}`, DIALOG);
  await asked.getByLabel("Your password", { exact: true }).fill(PASSWORD);
  await asked.getByRole("button", { name: "Continue" }).click();
  await expect(asked).toBeHidden();
}

for (const { look: where, use } of LOOKS) {
  test.describe(where, () => {
    test.use(use);
    test.setTimeout(LONG);

    test("axe finds nothing on a busy trade page and in what it opens", async ({ page, rialto }) => {
      await busyPerson(page, rialto);
      await open(page, "/trade/BTC-USDT");
      await accessible(page, `busy trade, ${where}`);
      await lists(page, where);
      const press = (name: string | RegExp) => () =>
        page.getByRole("button", { name }).first().click();
      await toOrders(page);
      await look(page, `amend, ${where}`, press(/^Amend buy BTC/));
      await look(page, `cancel all, ${where}`, press("Cancel all"));
      await look(page, `markets, ${where}`, press(/^BTC\/USDT/));
      await look(page, `commands, ${where}`, () => page.keyboard.press("ControlOrMeta+k"));
      await look(page, `keys, ${where}`, () => page.keyboard.press("?"));
      await look(page, `notifications, ${where}`, press(/^Notifications/));
      await look(page, `account, ${where}`, press(/^Account /));
      await kindsOfOrder(page, where);
      await carelessOrder(page, where);
      if (onPhone(page)) await shut(page);

      for (const name of onPhone(page) ? ["Trades", "Book"] : ["Trades", "Order book"]) {
        await page.getByRole("tab", { name, exact: true }).click();
        await settled(page);
        await accessible(page, `${name}, ${where}`, PANEL);
      }
      await page.getByRole("region", { name: "Order book" }).getByRole("radio", {
        name: "Table of the ten best levels",
      }).check();
      await page.getByRole("region", { name: "Chart" }).getByRole("radio", { name: "Table" }).check();
      await settled(page);
      await accessible(page, `tables, ${where}`);
      // What is wide scrolls by itself, and leaves the way back where it was.
      const back = page.getByRole("region", { name: "Chart" }).getByRole("radio", { name: "Chart" });
      await expect(back).toBeInViewport({ ratio: 1 });
      await open(page, "/dashboard");
      await accessible(page, `busy dashboard, ${where}`);
    });

    test("axe finds nothing in two-factor, keys and their dialogs", async ({ page }) => {
      await register(page, newEmail());
      await open(page, "/api-keys");
      const press = (name: string | RegExp) => () =>
        page.getByRole("button", { name }).first().click();
      await look(page, `new key, ${where}`, press("Create key"));
      await press("Create key")();
      const form = page.getByRole("dialog", { name: "Create an API key" });
      await form.getByLabel("Name", { exact: true }).fill("robot");
      await form.getByRole("radio", { name: "My own key pair" }).check();
      await accessible(page, `own key pair, ${where}`, DIALOG);
      await form.getByRole("radio", { name: /^Secret made here/ }).check();
      await form.getByRole("button", { name: "Create key" }).click();
      const made = page.getByRole("dialog", { name: "Your new key" });
      await prove(page, where, made);
      await expect(made).toBeVisible();
      await accessible(page, `key created, ${where}`, DIALOG);
      await made.getByRole("checkbox", { name: "I saved the secret" }).check();
      await made.getByRole("button", { name: "Done" }).click();
      await expect(made).toBeHidden();
      await accessible(page, `keys, ${where}`);
      await look(page, `usage, ${where}`, press("Usage of robot"));
      await look(page, `change key, ${where}`, press("Change robot"));
      await look(page, `delete key, ${where}`, press("Delete robot"));

      await open(page, "/security");
      await look(page, `sign out everywhere, ${where}`, press("Sign out everywhere"));
      await press("Switch on two-factor")();
      const key = page.getByRole("code").filter({ hasText: /^[A-Z2-7 ]{16,}$/ });
      await prove(page, where, key);
      const secret = (await key.innerText()).replaceAll(" ", "");
      await accessible(page, `two-factor set-up, ${where}`);
      await page.getByLabel("Then type the 6 digits it shows").fill(totp(secret));
      await page.getByRole("button", { name: "Verify and switch on" }).click();
      const codes = page.getByRole("dialog", { name: "Your recovery codes" });
      await expect(codes.getByRole("listitem")).toHaveCount(10);
      await accessible(page, `recovery codes, ${where}`, DIALOG);
      await codes.getByRole("checkbox", { name: "I saved them" }).check();
      await codes.getByRole("button", { name: "Done" }).click();
      await expect(page.getByText("10 of 10 recovery codes left.")).toBeVisible();
      await accessible(page, `two-factor on, ${where}`);
      await look(page, `switch off two-factor, ${where}`, press("Switch off two-factor"));
    });
  });
}
