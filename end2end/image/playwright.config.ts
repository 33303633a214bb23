// The image in the journeys' browser.
import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config.ts";

export default defineConfig({ ...journeys, testDir: ".", testMatch: "*.image.ts", projects: [journeys.projects![0]!] });
