/** `test` with one server of the demo for all tests, and an ear for what a browser complains of. */

import { type BrowserContext, expect, test as base } from "@playwright/test";

import { Rialto } from "./rialto.ts";

export { expect };

/** What Chromium itself prints about answers, sockets and plain HTTP that tests provoke. */
const EXPECTED =
  /^(Failed to load resource: |WebSocket connection to |The Cross-Origin-Opener-Policy header has)/;

/** Collects errors of scripts, of the console and of the content security policy. */
export async function listen(context: BrowserContext, complaints: string[]): Promise<void> {
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`refused by the policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() !== "error" || EXPECTED.test(message.text())) return;
    complaints.push(`${message.location().url}: ${message.text()}`);
  });
}

interface Own {
  baseURL: string;
  /** What the browser complained of: none by the end of a test. */
  complaints: string[];
}

export const test = base.extend<Own, { rialto: Rialto }>({
  rialto: [
    async ({}, use) => {
      const rialto = await Rialto.start(
        ["--demo", "--demo-venues", "none", "--allowed-host", "rialto.test"]);
      await use(rialto);
      await rialto.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  baseURL: async ({ rialto }, use) => use(rialto.url),
  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      await listen(context, complaints);
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});
