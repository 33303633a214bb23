// One long test in the journeys' browser.
import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config.ts";

export default defineConfig({
  ...journeys,
  testDir: ".",
  testMatch: "*.soak.ts",
  workers: 1,
  retries: 0,
  timeout: 3_600_000,
  projects: [journeys.projects![0]!],
});
