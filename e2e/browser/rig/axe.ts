/** What axe finds on a page, and a picture of it where somebody wants to look. */

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** The four looks that every page has. */
export const LOOKS = Object.entries({ desk: DESK, phone: PHONE }).flatMap(([width, viewport]) =>
  (["dark", "light"] as const).map((colorScheme) => ({
    look: `${width}-${colorScheme}`,
    use: { viewport, colorScheme },
  })),
);

/**
 * Expects axe to find nothing on the page, or within what a selector finds; goes on where it does, so
 * that one run tells all.
 */
export async function accessible(page: Page, name: string, within?: string): Promise<void> {
  const axe = new AxeBuilder({ page }).withTags(RULES);
  const { violations } = await (within === undefined ? axe : axe.include(within)).analyze();
  const breaches = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, target }) => `${id}: ${target.join(" ")} ${html.slice(0, 160)}`),
  );
  expect.soft(breaches, name).toEqual([]);
  const pictures = process.env.RIALTO_PICTURES;
  if (pictures === undefined) return;
  await page.screenshot({ path: `${pictures}/${name.replaceAll(/\W+/g, "-")}.png` });
}
