import { defineConfig } from "@playwright/test";

import tests from "./playwright.config.ts";

/** Measures pages at length; `bench/pages` runs it, the tests do not. */
export default defineConfig({
  ...tests,
  testDir: "measure",
  testMatch: "*.ts",
  outputDir: "../../target/measure",
  timeout: 3_600_000,
  use: { ...tests.use, trace: "off" },
});
