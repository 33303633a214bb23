// The page fits: at every width, zoomed to 400 %, on touch screens, and on paper.
import type { Locator } from "@playwright/test";
import { expectNoSidewaysScrolling } from "../../support/accessibility.ts";
import { expect, ready, test, visit } from "../../support/dashboard.ts";
import { Places } from "../../support/places.ts";
import { TokenPage } from "../../support/token_page.ts";
import { TokensPage } from "../../support/tokens_page.ts";

const WIDTHS = [320, 390, 768, 1440, 1920];

/** By how many pixels an element's content is too wide for it. */
const overflow = (locator: Locator) => locator.evaluate(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth);

test("nothing hangs out sideways at any width", async ({ page, dashboard, project }) => {
  test.slow();
  const long = `long-${"x".repeat(240)}`;
  await project.token(long, { annotations: { "kargo-tokens/note": "y".repeat(500) } });
  await project.rotation("old", "new", { retires: "2099-01-01T00:00:00Z" });
  await project.token("by-hand", { isManaged: false });
  const tokens = await TokensPage.open(page, dashboard, project);
  for (const path of [
    project.path,
    "/system",
    "/system?role=kargo-admin#rules",
    "/access",
    `${project.path}?show=clean-up`,
    `${project.path}/tokens/${long}`,
    `/${project.scope}/compromised/old?role=reader&since=1`,
    "/sign-in",
  ]) {
    await visit(page, path);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScrolling(page, `${path} at ${width}`);
    }
  }
  await visit(page, project.path);
  await ready(page);
  const form = await tokens.newToken("reader");
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    expect.soft(await overflow(form.locator), `New token at ${width}`).toBeLessThanOrEqual(0);
  }
  await form.fill({ name: "wide-1", expires: "never" });
  const reveal = await form.create();
  await reveal.expectValue();
  await reveal.choose("kubeconfig");
  await reveal.show();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    expect.soft(await overflow(reveal.locator), `the value at ${width}`).toBeLessThanOrEqual(0);
    await expect(reveal.savedButton).toBeInViewport();
  }
});

test("a row takes 96 px at most on a narrow screen", async ({ page, dashboard, project }) => {
  await project.tokens(["plain", "another"]);
  await project.token("by-hand", { isManaged: false });
  await project.token("paused", { isSuspended: true });
  await project.dueToken("due");
  await project.rotation("old", "new", { retires: "2099-01-01T00:00:00Z" });
  await project.token(`long-${"x".repeat(240)}`);
  await page.setViewportSize({ width: 390, height: 844 });
  const tokens = await TokensPage.open(page, dashboard, project);
  const heights = await tokens.section("reader").rows.evaluateAll((rows) =>
    rows.map((row) => [row.getAttribute("data-token")!.slice(0, 20), row.getBoundingClientRect().height] as const),
  );
  expect(heights.length).toBe(8);
  expect(heights.filter(([, height]) => height > 96)).toEqual([]);
});

test.describe("on a touch screen", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

  test("what is touched is at least 44 px high", async ({ page, dashboard, project }) => {
    await project.token("touched");
    const tokens = await TokensPage.open(page, dashboard, project);
    await tokens.row("touched").menuButton.tap();
    const small = (locator: Locator) =>
      locator.evaluateAll((controls) =>
        controls
          .filter((control) => control.checkVisibility())
          .map((control) => [control.textContent, Math.round(control.getBoundingClientRect().height)] as const)
          .filter(([, height]) => height < 44),
      );
    expect.soft(await small(tokens.main.getByRole("button")), "buttons of the page and its menu").toEqual([]);
    await visit(page, project.path);
    await ready(page);
    await new Places(page).show();
    expect.soft(await small(new Places(page).nav.getByRole("link")), "places").toEqual([]);
    await visit(page, project.path);
    await ready(page);
    const form = await tokens.newToken("reader");
    await form.expectOpen();
    expect.soft(await small(form.locator.getByRole("button")), "New token").toEqual([]);
  });

  test("a row's menu and the bulk bar stay on the screen", async ({ page, dashboard, project }) => {
    await project.tokens(["one", "two", "three"]);
    const tokens = await TokensPage.open(page, dashboard, project);
    await tokens.row("one").box.check();
    await tokens.row("two").delete();
    await expect(tokens.noticeUndo).toBeInViewport({ ratio: 1 });
    await expect(tokens.bulk.button(/^Delete/)).toBeInViewport({ ratio: 1 });
    await tokens.noticeUndo.click({ trial: true });
    await tokens.row("three").menuButton.tap();
    await tokens.row("three").button("Compromised").scrollIntoViewIfNeeded();
    await expect(tokens.row("three").button("Compromised")).toBeInViewport({ ratio: 1 });
  });
});

test("a menu is in sight wherever its row is", async ({ page, dashboard, project }) => {
  const names = ["a", "b", "c"];
  await project.tokens(names);
  const tokens = await TokensPage.open(page, dashboard, project);
  for (const name of names) {
    const row = tokens.row(name);
    await row.menuButton.click();
    for (const item of ["Suspend", "Delete at once", "Compromised"]) await row.button(item).click({ trial: true });
    await row.menuButton.click();
  }
});

test("a shown value is not printed, and nothing that can be pressed is", async ({ page, dashboard, project }) => {
  await project.token("printed");
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("secret-1");
  await reveal.show();
  await page.emulateMedia({ media: "print" });
  await expect(reveal.value).toBeHidden();
  await expect(tokens.row("printed").button("Delete")).toBeHidden();
  await expect(new Places(page).nav).toBeHidden();
  await expect(tokens.row("printed").locator).toContainText("Active");
  await page.emulateMedia({ media: "screen" });
  await reveal.saveAndClose();
});

test("a token's page fits on a narrow screen", async ({ page, dashboard, project }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const about = await TokenPage.open(page, dashboard, await project.token("narrow"));
  await about.showYaml();
  await expectNoSidewaysScrolling(page, "a token's YAML at 390");
  await about.token.menuButton.click();
  await expectNoSidewaysScrolling(page, "the menu of a token's page at 390");
});
