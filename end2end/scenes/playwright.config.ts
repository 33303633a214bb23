// The journeys' browser, for pictures: a wide and a narrow window. A picture that fails stops no other one.
import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config.ts";

process.env.KARGO_TOKENS_PICTURES = "yes";

export default defineConfig({
  ...journeys,
  testDir: ".",
  testMatch: "*.scenes.ts",
  outputDir: "../test-results/scenes",
  timeout: 45_000,
  reporter: [["./contact_sheet.ts"]],
  use: { trace: "off" },
  projects: journeys.projects!.map(({ name, use }) => ({ name: `${use!.viewport!.width}`, use })),
});
