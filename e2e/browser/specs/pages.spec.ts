/** Every page, dark and light, on a desk and in a hand. */

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { ladder, newEmail, register, send, ticket } from "../rig/person.ts";
import { bestBid, Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const STRANGERS = ["/sign-in", "/register", "/claim", "/trade/BTC-USDT"];
const OWN = ["/trade/BTC-USDT", "/dashboard", "/security", "/api-keys", "/settings"];

/** A page is there once nothing on it waits for its first answer. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("main")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: /^(Waiting|Loading)/ })).toHaveCount(0);
  if (path.startsWith("/trade")) await expect(ladder(page)).toContainText("% bids");
}

async function breaches(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, target }) => `${id}: ${target.join(" ")} ${html.slice(0, 160)}`),
  );
}

async function walk(page: Page, paths: string[], look: string): Promise<void> {
  const pictures = process.env.RIALTO_PICTURES;
  for (const path of paths) {
    await open(page, path);
    expect.soft(await breaches(page), `${path}, ${look}`).toEqual([]);
    const name = `${path.replaceAll("/", "-").slice(1)}-${look}.png`;
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}` });
  }
}

for (const [width, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
  for (const colorScheme of ["dark", "light"] as const) {
    test.describe(`on a ${width}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });

      test("axe finds nothing on any page", async ({ page }) => {
        await walk(page, STRANGERS, `${width}-${colorScheme}-stranger`);
        await register(page, newEmail());
        await walk(page, OWN, `${width}-${colorScheme}`);
      });
    });
  }
}

test.describe("in a hand", () => {
  test.use({ viewport: PHONE, hasTouch: true });

  test("an order is placed and cancelled on a phone", async ({ page, rialto }) => {
    const email = newEmail();
    await register(page, email);
    const signed = new Signed(rialto.url, rialto.keyOf(email));
    const price = String(Math.floor((await bestBid(rialto.url, "BTCUSDT")) * 0.9));
    await open(page, "/trade/BTC-USDT");
    await page.getByRole("button", { name: "Buy BTC" }).tap();
    const drawer = page.getByRole("dialog", { name: "New order" });
    await ticket(page).getByRole("textbox", { name: "Price", exact: true }).fill(price);
    await ticket(page).getByRole("textbox", { name: "Amount", exact: true }).fill("0.5");
    await send(page).tap();
    await expect(drawer).toBeHidden();
    const placed = { price: `${price}.00000000`, origQty: "0.50000000" };
    await expect.poll(() => signed.openOrders("BTCUSDT")).toMatchObject([placed]);

    await page.getByRole("tab", { name: /^Orders/ }).tap();
    await page.getByRole("button", { name: /^Cancel buy BTC/ }).tap();
    await expect.poll(() => signed.openOrders("BTCUSDT")).toEqual([]);
    const wider = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
    expect(await page.evaluate(wider)).toBe(false);
  });
});
