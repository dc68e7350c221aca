import { defineConfig } from "@playwright/test";

/** What a headless browser of the distribution needs, and nothing that calls out. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A name of this machine that a browser does not take for one.
  "--host-resolver-rules=MAP rialto.test 127.0.0.1",
];

export default defineConfig({
  testDir: "specs",
  outputDir: "../../target/browser",
  reporter: [["list"]],
  // One server and one browser at a time: two cores serve both.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  use: {
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ARGUMENTS,
    },
  },
});
