// Pictures of what is to be seen.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page, TestInfo } from "@playwright/test";

const FOLDER = join(import.meta.dirname, "..", "pictures");
const DOCS = join(import.meta.dirname, "..", "..", "docs", "pictures");
/** Pictures that the documentation shows, by the title of their scene. */
const DOCUMENTED: Record<string, string> = {
  "project with tokens in every state": "tokens",
  "dialog when it retires": "retire",
  "compromise report": "compromise-report",
  "rules of the cluster": "rules",
};

/** Makes the pictures of what is to be seen now, in both themes. */
export async function takePictures(page: Page, info: TestInfo) {
  for (const folder of [FOLDER, DOCS]) mkdirSync(folder, { recursive: true });
  const isWhole = (await page.getByRole("dialog").count()) === 0 && (await page.locator("details.menu[open], :popover-open").count()) === 0;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const path = join(FOLDER, `${info.title.replace(/\W+/g, "-")}.${info.project.name}.${colorScheme}.png`);
    await page.screenshot({ path, fullPage: isWhole, animations: "disabled" });
    const name = DOCUMENTED[info.title];
    if (name && info.project.name === "1440") copyFileSync(path, join(DOCS, `${name}.${colorScheme}.png`));
  }
}
