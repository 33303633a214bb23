// The places: the way from scope to scope, and the look that a person chooses.
import { expect, test, visit } from "../support/dashboard.ts";
import { Places } from "../support/places.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("the places list the projects", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard);
  const places = new Places(page);
  await places.show();
  await expect(places.link("System")).toHaveAttribute("aria-current", "page");
  await places.link(project.name).click();
  await expect(tokens.heading).toHaveText(project.name);
  await places.show();
  await expect(places.link(project.name)).toHaveAttribute("aria-current", "page");
});

test("the menu of places is for narrow screens", async ({ page, dashboard, viewport }) => {
  await TokensPage.open(page, dashboard);
  const places = new Places(page);
  const isNarrow = viewport!.width < 860;
  await expect(places.menuButton).toBeVisible({ visible: isNarrow });
  await expect(places.nav).toBeVisible({ visible: !isNarrow });
});

test("who may not list projects types the name", async ({ page, start }) => {
  const tokens = await TokensPage.open(page, start("project-admin"));
  const places = new Places(page);
  // In the places, and on the page that they may not read.
  for (const where of ["places", "page"] as const) {
    await visit(page, "/system");
    if (where === "places") await places.show();
    const field = where === "places" ? places.projectField : tokens.main.getByLabel("Project");
    await field.fill("kargo-demo");
    await field.press("Enter");
    await expect(tokens.heading).toHaveText("kargo-demo");
  }
  await expect(tokens.alert).toHaveCount(0);
  await expect(tokens.section("ci-promoter").locator).toBeVisible();
  await places.show();
  await expect(places.link("kargo-demo")).toHaveAttribute("aria-current", "page");
});

test("a name that no project can have leads to a page that says so", async ({ page, start }) => {
  const tokens = await TokensPage.open(page, start("project-admin"));
  const field = tokens.main.getByLabel("Project");
  await field.fill("Not a/project?");
  await field.press("Enter");
  await expect(tokens.alert).toContainText("can't be used");
});

const lightness = (page: TokensPage["page"]) =>
  page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d")!;
    canvas.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data[0]!;
  });

test("a theme is chosen and remembered", async ({ page, dashboard }) => {
  await page.emulateMedia({ colorScheme: "light" });
  const tokens = await TokensPage.open(page, dashboard);
  const places = new Places(page);
  expect(await lightness(page)).toBeGreaterThan(200);
  await places.chooseTheme("Dark");
  expect(await lightness(page)).toBeLessThan(60);
  await tokens.reload();
  expect(await lightness(page)).toBeLessThan(60);
  await visit(page, "/projects/kargo-demo");
  expect(await lightness(page)).toBeLessThan(60);
  await places.chooseTheme("Light");
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await lightness(page)).toBeGreaterThan(200);
  await places.chooseTheme("Auto");
  expect(await lightness(page)).toBeLessThan(60);
});

test("compact rows are chosen and remembered", async ({ page, dashboard, viewport }) => {
  const tokens = await TokensPage.open(page, dashboard, "/projects/kargo-demo");
  const places = new Places(page);
  const height = async () => (await tokens.row("dashboard-q9f3b").locator.boundingBox())!.height;
  const before = await height();
  await places.chooseCompactRows(true);
  if (viewport!.width > 860) expect(await height()).toBeLessThan(before);
  else expect(await height()).toBeLessThanOrEqual(before);
  await tokens.reload();
  await places.chooseCompactRows(false);
  expect(await height()).toBe(before);
});
