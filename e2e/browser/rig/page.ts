/** Pages that are opened, and have all that they wait for. */

import { expect, type Page } from "@playwright/test";

import { ladder } from "./person.ts";

/** A page is there once nothing on it waits for its first answer. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("main")).toBeVisible();
  await settled(page);
  if (path.startsWith("/trade/BTC")) await expect(ladder(page)).toContainText("% bids");
}

export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("status").filter({ hasText: /^(Waiting|Loading)/ })).toHaveCount(0);
}
