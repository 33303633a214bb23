// What everybody needs of every page: no barrier that axe can find, nothing that hangs out sideways, a focus that is somewhere.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const LOOKS = [
  { name: "light", colorScheme: "light", forcedColors: "none" },
  { name: "dark", colorScheme: "dark", forcedColors: "none" },
  { name: "forced colours", colorScheme: "dark", forcedColors: "active" },
] as const;

/** In light with all rules; in dark and in forced colours with the rule about colours, because no other rule depends on them. */
export async function expectNoBarriers(page: Page, what: string) {
  // Scrolls to the top, so that axe doesn't report controls that only the sticky header covers.
  await page.evaluate(() => scrollTo(0, 0));
  for (const { name, ...media } of LOOKS) {
    await page.emulateMedia({ ...media, reducedMotion: "reduce" });
    // Legacy mode runs without a second page; our pages have no frames.
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await (name === "light" ? axe.withTags(RULES) : axe.withRules("color-contrast")).analyze();
    expect.soft(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`), `${what}, ${name}`).toEqual([]);
  }
  await expectNoSidewaysScrolling(page, what);
}

export async function expectNoSidewaysScrolling(page: Page, what: string) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(overflow, `${what}: pixels too wide`).toBeLessThanOrEqual(0);
}

/** Presses Tab until the focus is on a control with this name. */
export async function tabTo(page: Page, name: RegExp) {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return (element?.getAttribute("aria-label") ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? "").trim();
    });
    if (name.test(focused)) return;
  }
  throw new Error(`Tab never reached ${name}.`);
}
