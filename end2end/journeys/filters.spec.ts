// Filters of several kinds at once, and the keys of the keyboard.
import { expect, openWithoutScripts, ready, test } from "../support/dashboard.ts";
import { Places } from "../support/places.ts";
import { TokensPage } from "../support/tokens_page.ts";

const today = () => new Date().toISOString().slice(0, 10);

test("filters combine, and each number is that of the tokens that it would show", async ({ page, dashboard, project }) => {
  await project.token("used-paused", { isSuspended: true, lastUsed: today() });
  await project.token("never-paused", { isSuspended: true });
  await project.token("never-works", { annotations: { "kargo-tokens/contact": "#web" } });
  await project.token("by-hand", { isManaged: false });
  const tokens = await TokensPage.open(page, dashboard, project);
  await expect(tokens.filter("All")).toHaveText("All 4");
  await expect(tokens.filter("Never used")).toHaveText("Never used 3");
  await tokens.filter("Suspended").click();
  await expect(tokens.filter("Never used")).toHaveText("Never used 1");
  await tokens.filter("Never used").click();
  await expect(tokens.row("never-paused").locator).toBeVisible();
  await expect(tokens.section("reader").rows).toHaveCount(1);
  // A number of the same kind says what would be shown in its place.
  await expect(tokens.filter("Active")).toHaveText("Active 2");
  await expect(tokens.filter("All")).toHaveText("All 4");
  // A second click takes a filter away.
  await tokens.filter("Suspended").click();
  await expect(tokens.section("reader").rows).toHaveCount(3);

  await tokens.moreFilters.open();
  await tokens.moreFilters.choose("Kargo", /^Not managed/);
  await tokens.moreFilters.show();
  await expect(tokens.section("reader").rows).toHaveCount(1);
  await expect(tokens.row("by-hand").locator).toBeVisible();
  expect(new URL(page.url()).search).toBe("?used=never&managed=no");

  // Back and forward lead through the filters, and a filter without a chip can be taken away.
  await page.goBack();
  await expect(tokens.section("reader").rows).toHaveCount(3);
  await page.goForward();
  await expect(tokens.section("reader").rows).toHaveCount(1);
  await page.getByRole("link", { name: /^Not managed by Kargo/ }).click();
  await expect(tokens.section("reader").rows).toHaveCount(3);
  await tokens.filter("All").click();
  await expect(tokens.section("reader").rows).toHaveCount(4);

  await tokens.moreFilters.open();
  await tokens.moreFilters.choose("Owner", /^No contact/);
  await tokens.moreFilters.show();
  await tokens.row("never-works").expectGone();
  await expect(tokens.section("reader").rows).toHaveCount(3);
});

test("selecting everything selects what passes all filters", async ({ page, dashboard, project }) => {
  await project.tokens(Array.from({ length: 60 }, (_, n) => `never-${n}`));
  await project.tokens(["used-1", "used-2"], { lastUsed: today() });
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?used=never`);
  await tokens.section("reader").rows.first().getByRole("checkbox").check();
  await tokens.bulk.button(/^Select all/).click();
  await tokens.bulk.expectCount(60);
});

test("slash goes to the search and a question mark lists the shortcuts, unless they are turned off", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await page.keyboard.press("/");
  await expect(tokens.search).toBeFocused();
  await page.keyboard.type("a?/b");
  await expect(tokens.search).toHaveValue("a?/b");
  await expect(list).toBeHidden();
  await tokens.search.blur();
  await page.keyboard.press("?");
  await expect(list).toBeVisible();
  await expect(list.getByRole("button", { name: "Close" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();

  await new Places(page).turnShortcutsOff();
  await ready(page);
  await page.keyboard.press("/");
  await page.keyboard.press("?");
  await expect(tokens.search).not.toBeFocused();
  await expect(list).toBeHidden();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("filters combine, and the form keeps search and order", async ({ page, dashboard, project }) => {
    await project.token("used-paused", { isSuspended: true, lastUsed: today() });
    await project.token("never-paused", { isSuspended: true });
    await openWithoutScripts(page, dashboard, `${project.path}?show=suspended&sort=name&q=paused`);
    const tokens = new TokensPage(page);
    await tokens.moreFilters.open();
    await tokens.moreFilters.choose("Last use", /^Never used/);
    await tokens.moreFilters.show();
    await expect(tokens.row("never-paused").locator).toHaveCount(1);
    await tokens.row("used-paused").expectGone();
    const query = new URL(page.url()).searchParams;
    expect(Object.fromEntries([...query].filter(([, value]) => value))).toEqual({ show: "suspended", sort: "name", q: "paused", used: "never" });
  });
});
