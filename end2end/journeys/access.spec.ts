// For everybody: no barrier that axe can find, on any page or dialog, in both themes; by keyboard alone; without JavaScript.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { kargoToken } from "../support/cluster.ts";
import { expect, open, row, test } from "../support/dashboard.ts";

async function noBarriers(page: Page) {
  // What the header covers is no barrier: the page scrolls.
  await page.evaluate(() => scrollTo(0, 0));
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`)).toEqual([]);
}

async function noSidewaysScrolling(page: Page) {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`no barriers, ${colorScheme}`, async ({ page, dashboard, projectName }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await kargoToken(projectName, "reader", "by-hand", { managed: false });
    await kargoToken(projectName, "reader", "paused", { labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-02" } });
    await open(page, dashboard);
    await noBarriers(page);
    await noSidewaysScrolling(page);
    await page.locator("summary").first().click();
    await page.getByRole("button", { name: "System" }).click();
    await noBarriers(page);

    await page.goto(`/projects/${projectName}`);
    await expect(page.locator("html[data-hydrated]")).toBeAttached();
    await noBarriers(page);
    await page.getByRole("button", { name: "New token", exact: true }).click();
    const form = page.getByRole("dialog", { name: "New token" });
    await form.getByLabel("Name").fill("A_b");
    await noBarriers(page);
    await form.getByLabel("Name").fill("axe-1");
    await form.getByLabel("Expires after").selectOption("never");
    await noBarriers(page);
    await form.getByLabel("Name").press("Enter");
    const reveal = page.getByRole("dialog", { name: "Token axe-1" });
    await expect(reveal.getByRole("region", { name: "Value" })).toBeVisible();
    await noBarriers(page);
    await noSidewaysScrolling(page);
    await reveal.getByRole("button", { name: "Close" }).click();
    await noBarriers(page);
    await reveal.getByRole("button", { name: "Close without saving" }).click();
    await noBarriers(page);
    for (const item of ["Suspend", "Compromised", "Recreate with another lifetime"]) {
      await row(page, "axe-1").getByLabel("More for axe-1").click();
      await noBarriers(page);
      await row(page, "axe-1").getByRole("button", { name: `${item} axe-1` }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await noBarriers(page);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toBeHidden();
    }
    await row(page, "axe-1").getByRole("checkbox").check();
    await noBarriers(page);
    await row(page, "axe-1").getByRole("checkbox").uncheck();
    await row(page, "axe-1").getByRole("button", { name: "Delete" }).click();
    await expect(row(page, "axe-1")).toContainText("deleting");
    await noBarriers(page);
    await noSidewaysScrolling(page);

    await page.goto(`/projects/${projectName}?show=clean-up&days=0`);
    await noBarriers(page);
    await noSidewaysScrolling(page);

    await page.goto("/projects/-");
    await noBarriers(page);
    await page.context().clearCookies();
    await page.goto("/system");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are not signed in");
    await noBarriers(page);
  });
}

test("by keyboard alone: create, reveal, save, delete", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
      });
      if (name.test(focused)) return;
    }
    throw new Error(`Tab never reached ${name}`);
  };
  await tabTo(/^New token for reader$/);
  await page.keyboard.press("Enter");
  const name = page.getByRole("dialog", { name: "New token" }).getByLabel("Name");
  await expect(name).toBeFocused();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("keys-1");
  const lifetime = page.getByLabel("Expires after");
  while (!(await lifetime.evaluate((element) => element === document.activeElement))) await page.keyboard.press("Tab");
  await page.keyboard.press("End");
  await expect(lifetime).toHaveValue("never");
  await name.focus();
  await page.keyboard.press("Enter");
  const reveal = page.getByRole("dialog", { name: "Token keys-1" });
  await expect(reveal.getByRole("button", { name: "Copy" })).toBeVisible();
  await tabTo(/^I saved it$/);
  await page.keyboard.press("Enter");
  await expect(reveal).toBeHidden();
  await expect(row(page, "keys-1")).toContainText("active");
  await tabTo(/^Delete keys-1$/);
  await page.keyboard.press("Enter");
  await expect(row(page, "keys-1")).toContainText("deleting");
  await tabTo(/^Undo keys-1$/);
  await page.keyboard.press("Enter");
  await expect(row(page, "keys-1")).toContainText("active");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });
  test("everything can be read, and nothing is offered that doesn't work", async ({ page, dashboard, projectName }) => {
    await kargoToken(projectName, "reader", "by-kargo");
    await page.goto(await dashboard.address());
    await page.getByRole("link", { name: "Go on" }).or(page.getByRole("heading", { name: "System" })).first().waitFor();
    await page.goto(`/projects/${projectName}`);
    await expect(row(page, "by-kargo")).toContainText("active");
    await expect(page.getByRole("button", { name: /Delete|Recreate|New token/ })).toHaveCount(0);
    await expect(page.locator("details.menu:visible")).toHaveCount(0);
    await expect(page.locator("noscript")).toBeVisible();
    expect(await page.locator("noscript").innerHTML()).toContain("need JavaScript");
    await page.getByRole("button", { name: /Project/ }).click();
    await page.getByRole("link", { name: "System" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("System");
  });
});
