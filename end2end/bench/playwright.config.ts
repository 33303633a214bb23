// The journeys' browser, one measurement at a time.
import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config.ts";

export default defineConfig({
  ...journeys,
  testDir: ".",
  globalSetup: "./setup.ts",
  testMatch: "*.bench.ts",
  workers: 1,
  fullyParallel: false,
  timeout: 1_200_000,
  use: { ignoreHTTPSErrors: true },
  projects: [journeys.projects![0]!],
});
