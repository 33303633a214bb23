// A scope's page: its roles and tokens, filtered, sorted and cut into pages; what it says where something is missing.
import { expect, test, visit } from "../support/dashboard.ts";
import { Places } from "../support/places.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("roles without tokens are shown, and say so", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  for (const role of ["promoter", "reader"]) {
    const { locator } = tokens.section(role);
    await expect(locator).toContainText("no tokens");
    await expect(locator).toContainText(`Role ${role}`);
  }
});

test("suspended and unmanaged tokens are marked, and unmanaged ones not touched", async ({ page, dashboard, project }) => {
  await project.token("by-hand", { isManaged: false });
  await project.token("paused", { isSuspended: true });
  await project.token("by-kargo");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row("by-hand").expectText("not managed by Kargo");
  await expect(tokens.row("by-hand").buttons).toHaveCount(0);
  await tokens.row("paused").expectState("Suspended");
  await expect(tokens.row("by-kargo").button("Recreate")).toBeVisible();
});

test("a ServiceAccount that is no role of Kargo is shown as a danger, with the reason", async ({ page, dashboard }) => {
  const tokens = await TokensPage.open(page, dashboard);
  const section = tokens.section("kargo-management-controller");
  await expect(section.locator).toContainText("can take over the cluster");
  await expect(section.newTokenButton).toHaveCount(0);
  // What needs a decision comes first.
  const sections = page.getByRole("rowgroup").filter({ has: page.getByRole("rowheader") });
  await expect(sections.first()).toContainText("kargo-management-controller");
});

test("numbers are filters, and an empty one says what to do", async ({ page, dashboard, project }) => {
  await project.token("works");
  await project.token("paused", { isSuspended: true });
  const tokens = await TokensPage.open(page, dashboard, project);
  await expect(tokens.filter("All")).toHaveText("All 2");
  await expect(tokens.filter("Suspended")).toHaveText("Suspended 1");
  await tokens.filter("Suspended").click();
  await expect(tokens.row("paused").locator).toBeVisible();
  await tokens.row("works").expectGone();
  await expect(tokens.filter("Suspended")).toHaveAttribute("aria-current", "true");
  await tokens.filter("To reveal").click();
  await expect(tokens.main).toContainText("No tokens pass this filter.");
  await tokens.link("Show all tokens").click();
  await expect(tokens.row("works").locator).toBeVisible();
});

test("what is not understood in an address is ignored, and named", async ({ page, dashboard, project }) => {
  await project.token("shown");
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?show=foo&used=sometimes&sort=x&page=0`);
  await expect(tokens.heading).toHaveText(project.name);
  await expect(tokens.row("shown").locator).toBeVisible();
  for (const part of ["show=foo", "used=sometimes", "sort=x", "page=0"]) await expect(tokens.main).toContainText(`${part} is not understood.`);
});

test("tokens are sorted by the head of a column", async ({ page, dashboard, project, viewport }) => {
  test.skip(viewport!.width < 860, "A narrow screen has no table head.");
  for (const name of ["b", "c", "a"]) await project.token(name);
  const tokens = await TokensPage.open(page, dashboard, project);
  const head = tokens.column("Name");
  await head.getByRole("link").click();
  await expect(head).toHaveAttribute("aria-sort", "ascending");
  expect(await tokens.section("reader").names).toEqual(["a", "b", "c"]);
  await head.getByRole("link").click();
  await expect(head).toHaveAttribute("aria-sort", "descending");
  expect(await tokens.section("reader").names).toEqual(["c", "b", "a"]);
  expect(new URL(page.url()).searchParams.get("sort")).toBe("-name");
});

test("the order is in the address, beside filter and role", async ({ page, dashboard, project }) => {
  for (const name of ["b", "c", "a"]) await project.token(name, { isSuspended: name !== "c" });
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?role=reader&show=suspended&sort=-name`);
  expect(await tokens.section("reader").names).toEqual(["b", "a"]);
  await visit(page, `${project.path}?sort=nonsense`);
  await expect(tokens.section("reader").rows).toHaveCount(3);
});

test("many tokens: some of each role, the rest by page", async ({ page, dashboard, project }) => {
  await project.tokens(Array.from({ length: 60 }, (_, n) => `busy-${n}`));
  const tokens = await TokensPage.open(page, dashboard, project);
  const section = tokens.section("reader");
  await expect(section.locator).toContainText("60 tokens");
  await expect(section.rows).toHaveCount(50);
  await tokens.link("Show all 60").click();
  await expect(section.rows).toHaveCount(60);
  await visit(page, `${project.path}?role=reader&page=999`);
  await expect(tokens.main).toContainText("No tokens on page 999 of 1");
  await tokens.link("Previous").click();
  await expect(section.rows).toHaveCount(60);
});

test("a role has a view of its own, with its rules", async ({ page, dashboard, project }) => {
  await project.allowSecrets("reader", "get", "list");
  await project.token("of-reader");
  await project.token("of-promoter", { role: "promoter" });
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.section("reader").locator.getByRole("link", { name: "reader", exact: true }).click();
  await expect(tokens.heading).toHaveText("reader");
  await expect(tokens.main).toContainText("Role reader");
  await expect(tokens.row("of-reader").locator).toBeVisible();
  await tokens.row("of-promoter").expectGone();
  await expect(page.getByText(/^Rules and claims: 1 rule/)).toBeVisible();
  // Its numbers are the role's own.
  await expect(tokens.filter("All")).toHaveText("All 1");
  const rules = page.getByRole("table").filter({ hasText: "API group" });
  await expect(rules).toContainText("get, list");
  await expect(rules).toContainText("secrets");
  await tokens.link(project.name).last().click();
  await expect(tokens.row("of-promoter").locator).toBeVisible();
});

test("a role's rules lead to its view", async ({ page, dashboard, project, viewport }) => {
  test.skip(viewport!.width < 860, "A narrow screen has the link on the role's name only.");
  await project.allowSecrets("reader", "get");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.section("reader").locator.getByRole("link", { name: "1 rule" }).click();
  await expect(page).toHaveURL(/\?role=reader#rules$/);
  await expect(tokens.heading).toHaveText("reader");
  await expect(page.getByRole("table").filter({ hasText: "API group" })).toBeVisible();
});

test("a role that may do everything is marked", async ({ page, dashboard, project }) => {
  await project.allowEverything("promoter");
  const tokens = await TokensPage.open(page, dashboard, project);
  await expect(tokens.section("promoter").locator).toContainText("all-powerful");
  await expect(tokens.section("reader").locator).not.toContainText("all-powerful");
  await visit(page, `${project.path}?role=promoter`);
  await expect(tokens.heading).toContainText("all-powerful");
});

test("a role that is not there says so", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?role=nobody`);
  await expect(tokens.main).toContainText("There is no role nobody here");
  await tokens.link("Show all roles").click();
  await expect(tokens.section("reader").locator).toBeVisible();
});

test("who may not list Secrets reads which permission is missing", async ({ page, start }) => {
  const tokens = await TokensPage.open(page, start("viewer"));
  await expect(tokens.alert).toContainText("list secrets");
  await expect(tokens.section("kargo-admin").locator).toBeVisible();
});

test("who can only read sees the tokens, and commands that they can't use", async ({ page, start }) => {
  const tokens = await TokensPage.open(page, start("auditor"));
  await expect(tokens.main).toContainText("You can't create, patch or delete Secrets here");
  for (const button of await page.getByRole("button", { name: /^(New token|Delete|Recreate)/ }).all()) await expect(button).toHaveAttribute("aria-disabled", "true");
  await tokens.row("ci-deploy-7f3kq").expectState("Active");
});

test("an address that leads nowhere answers 404", async ({ page, dashboard }) => {
  await TokensPage.open(page, dashboard);
  const answer = await ServerFunctions.of(page).get("/nowhere");
  expect(answer.status()).toBe(404);
  expect(await answer.text()).toContain("There is nothing at this address");
});

test("a project that doesn't exist says so, and nothing else", async ({ page, dashboard }) => {
  const tokens = await TokensPage.open(page, dashboard, "/projects/nosuch");
  await expect(tokens.alert).toContainText("nosuch is not a Kargo project");
  await expect(tokens.main).not.toContainText("no roles yet");
  await expect(page.getByRole("navigation", { name: "Filters" })).toHaveCount(0);
});

test("a name of a project that can't be is refused in words", async ({ page, dashboard }) => {
  const tokens = await TokensPage.open(page, dashboard);
  await visit(page, "/projects/-");
  await expect(tokens.alert).toContainText("can't be used");
});

test("the places show the cluster and as whom the person acts", async ({ page, dashboard }) => {
  await TokensPage.open(page, dashboard);
  const places = new Places(page);
  await places.show();
  const banner = page.getByRole("banner");
  await expect(banner).toContainText("acting as");
  await expect(banner).toContainText("admin@local");
  await expect(banner).toContainText(/on\s*localSession/);
});
