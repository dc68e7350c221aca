/** A session ends when nobody does anything. Page and server have clocks that the tests move. */

import { type BrowserContext, type Page } from "@playwright/test";

import { account, ladder, newEmail, register } from "../rig/person.ts";
import { Rialto } from "../rig/rialto.ts";
import { expect, test as base } from "../rig/test.ts";

const MINUTE = 60;
const IDLE = "You were signed out after 20 minutes without activity.";

const test = base.extend<object, { rialto: Rialto }>({
  // Its own: a clock that was moved is moved for all.
  rialto: [
    async ({}, use) => {
      const rialto = await Rialto.start(["--demo", "--demo-venues", "none", "--test-clock"]);
      await use(rialto);
      await rialto.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

function advanceServer(rialto: Rialto, seconds: number): void {
  rialto.operate(["clock", "advance", "--seconds", String(seconds)]);
}

/** Time passes for the server and for the page. */
async function pass(rialto: Rialto, page: Page, seconds: number): Promise<void> {
  advanceServer(rialto, seconds);
  await page.clock.fastForward(seconds * 1_000);
}

/** Live prices come in: waits until they have moved the page, under a dialog too. */
async function seePricesMove(page: Page): Promise<void> {
  const ladder = page.getByRole("region", { name: "Order book", includeHidden: true });
  const book = await ladder.innerText();
  await expect.poll(() => ladder.innerText()).not.toBe(book);
}

/** A new person who looks at a market, with a clock that can be moved. */
async function watcher(page: Page): Promise<void> {
  await page.clock.install();
  await register(page, newEmail());
  await page.goto("/trade/BTC-USDT");
  await seePricesMove(page);
}

/** What the server says to a browser that shows its cookie. */
async function refreshed(context: BrowserContext, url: string): Promise<number> {
  const csrf = await context.request.get(`${url}/api/v1/auth/csrf`);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const headers = { "X-CSRF-Token": csrfToken };
  const answer = await context.request.post(`${url}/api/v1/auth/refresh`, { headers, data: {} });
  return answer.status();
}

test("who only looks on is warned, then signed out, by page and server", async ({
  page, context, rialto,
}) => {
  await watcher(page);
  await pass(rialto, page, 18 * MINUTE);
  await seePricesMove(page);
  const warning = page.getByRole("dialog", { name: "Still there?" });
  await expect(warning).toBeHidden();
  // A token lasts five minutes: it was renewed meanwhile, and that is no sign of life either.
  await pass(rialto, page, 75);
  await expect(warning).toContainText(/signed out in 0:\d\d/);
  await seePricesMove(page);
  expect(await refreshed(context, rialto.url)).toBe(200);

  await page.clock.fastForward(46_000);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText(IDLE)).toBeVisible();
  advanceServer(rialto, 46);
  await expect.poll(() => refreshed(context, rialto.url)).toBe(401);
});

test("whoever does something stays, as long as they do", async ({ page, context, rialto }) => {
  await watcher(page);
  // A token that ran out meanwhile is renewed first.
  const reported = () =>
    page.waitForResponse((it) => it.url().endsWith("/auth/activity") && it.status() === 204);
  for (const act of [
    () => page.keyboard.press("Shift"),
    () => ladder(page).click({ position: { x: 3, y: 3 } }),
  ]) {
    await pass(rialto, page, 18 * MINUTE);
    await Promise.all([reported(), act()]);
  }
  await pass(rialto, page, 19 * MINUTE + 15);
  const warning = page.getByRole("dialog", { name: "Still there?" });
  const stay = warning.getByRole("button", { name: "Stay signed in" });
  await Promise.all([reported(), stay.click()]);
  await expect(warning).toBeHidden();
  await pass(rialto, page, 18 * MINUTE);
  await seePricesMove(page);
  await page.reload();
  await expect(account(page)).toBeVisible();
  expect(await refreshed(context, rialto.url)).toBe(200);
});

test("a page whose session the server ended for want of activity asks to sign in", async ({
  page, rialto,
}) => {
  await watcher(page);
  // The page's own clock stands: only the server tells it.
  advanceServer(rialto, 20 * MINUTE);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(account(page)).toBeHidden();
});
