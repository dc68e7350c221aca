/** Every page, dark and light, on a desk and in a hand. */

import { accessible, LOOKS, PHONE } from "../rig/axe.ts";
import { open } from "../rig/page.ts";
import { newEmail, register, send, ticket } from "../rig/person.ts";
import { bestBid, Signed } from "../rig/signed.ts";
import { expect, test } from "../rig/test.ts";

const STRANGERS = ["/sign-in", "/register", "/claim", "/trade/BTC-USDT", "/trade/NO-SUCH"];
const OWN = ["/trade/BTC-USDT", "/dashboard", "/security", "/api-keys", "/settings"];

for (const { look, use } of LOOKS) {
  test.describe(look, () => {
    test.use(use);

    test("axe finds nothing on any page, and each says that its money is play money", async ({ page }) => {
      for (const path of STRANGERS) {
        await open(page, path);
        await expect(page.getByText("PAPER", { exact: true }), path).toBeVisible();
        await accessible(page, `stranger${path}, ${look}`);
      }
      await register(page, newEmail());
      for (const path of OWN) {
        await open(page, path);
        await expect(page.getByText("PAPER", { exact: true }), path).toBeVisible();
        await accessible(page, `empty${path}, ${look}`);
      }
    });
  });
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
