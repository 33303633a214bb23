// Pictures of what is to be seen.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page, TestInfo } from "@playwright/test";

const FOLDER = join(import.meta.dirname, "..", "pictures");

/** Makes the pictures of what is to be seen now, in both themes. */
export async function takePictures(page: Page, info: TestInfo) {
  mkdirSync(FOLDER, { recursive: true });
  const isWhole = (await page.getByRole("dialog").count()) === 0 && (await page.locator("details.menu[open], :popover-open").count()) === 0;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const path = join(FOLDER, `${info.title.replace(/\W+/g, "-")}.${info.project.name}.${colorScheme}.png`);
    await page.screenshot({ path, fullPage: isWhole, animations: "disabled" });
  }
}
