// The inventory: the tokens of all projects in one list.
import { expect, openWithoutScripts, test, visit } from "../support/dashboard.ts";
import { Project } from "../support/cluster.ts";
import { InventoryPage } from "../support/inventory_page.ts";
import { Places } from "../support/places.ts";
import { TokensPage } from "../support/tokens_page.ts";

const today = () => new Date().toISOString().slice(0, 10);

test("the inventory has the tokens of every project, in groups, and filters them", async ({ page, dashboard, project }) => {
  const other = await Project.create("reader");
  const mine = await project.token(`of-${project.name}`);
  const theirs = await other.token(`of-${other.name}`, { isSuspended: true });
  const inventory = await InventoryPage.open(page, dashboard, "?q=of-journey");
  await expect(inventory.row(mine).locator).toBeVisible();
  await inventory.row(theirs).expectState("Suspended");
  await expect(inventory.group(project.name)).toContainText("1 token");
  await inventory.groupBy("Role");
  await expect(inventory.group("reader")).toContainText(mine.name);
  await expect(inventory.group("reader")).toContainText(other.name);
  await inventory.groupBy("Nothing");
  await expect(inventory.row(mine).locator).toContainText(project.name);
  await inventory.filter("Suspended").click();
  await expect(inventory.row(theirs).locator).toBeVisible();
  await inventory.row(mine).expectGone();
  await other.remove();
});

test("the inventory fits on a narrow screen, and a page beyond the end leads back", async ({ page, dashboard, project }) => {
  await project.token("only");
  const inventory = await InventoryPage.open(page, dashboard, `?scope=${project.scope}&page=99&foo=bar`);
  await expect(inventory.main).toContainText("No tokens on page 99 of 1");
  await expect(inventory.main).toContainText("foo=bar is not understood.");
  await page.getByRole("link", { name: "Previous" }).click();
  await expect(inventory.row("only").locator).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test("a bar of a chart filters, and a second click takes the filter away", async ({ page, dashboard, project }) => {
  await project.token("used", { lastUsed: today() });
  await project.tokens(["never-1", "never-2"]);
  const inventory = await InventoryPage.open(page, dashboard, `?scope=${project.scope}`);
  await expect(inventory.bar("Last use: Never used, 2")).toBeVisible();
  await expect(inventory.numbers("Last use")).toContainText(/Never used\s*2/);
  await inventory.bar("Last use: 0–7 days ago, 1").click();
  await expect(inventory.row("used").locator).toBeVisible();
  await inventory.row("never-1").expectGone();
  await inventory.bar("Last use: 0–7 days ago, 1").click();
  await expect(inventory.row("never-1").locator).toBeVisible();
});

test("the riskiest come first, with the reasons", async ({ page, dashboard, project }) => {
  await project.allowEverything("promoter");
  await project.token("harmless", { lastUsed: today(), annotations: { "kargo-tokens/contact": "#web" } });
  await project.token("powerful", { role: "promoter", lastUsed: today(), annotations: { "kargo-tokens/contact": "#web" } });
  await project.token("unowned", { lastUsed: today() });
  const inventory = await InventoryPage.open(page, dashboard, `?scope=${project.scope}`);
  expect(await inventory.names).toEqual(["powerful", "unowned", "harmless"]);
  await inventory.row("powerful").expectText("all-powerful");
  await inventory.row("unowned").expectText("no owner");
  await expect(inventory.row("harmless").locator).not.toContainText("no owner");
});

test("tokens of several projects are selected and deleted together", async ({ page, dashboard, project }) => {
  const other = await Project.create("reader");
  const mine = await project.token(`bulk-${project.name}`);
  const theirs = await other.token(`bulk-${other.name}`);
  const inventory = await InventoryPage.open(page, dashboard, "?q=bulk-journey");
  await inventory.row(mine).box.check();
  await inventory.row(theirs).box.check();
  await inventory.bulk.delete();
  await inventory.row(mine).expectState("Deleting");
  await inventory.row(theirs).expectState("Deleting");
  await inventory.noticeUndo.click();
  await inventory.row(mine).expectState("Active");
  await inventory.row(theirs).expectState("Active");
  await other.remove();
});

test("the inventory is live, and a command works as on the project's page", async ({ page, dashboard, project }) => {
  const [first] = await project.tokens(["first"]);
  const inventory = await InventoryPage.open(page, dashboard, `?scope=${project.scope}`);
  const added = await project.token("added");
  await inventory.row(added).expectState("Active");
  await inventory.row(first!).delete();
  await inventory.row(first!).undo();
  await inventory.row(first!).expectState("Active");
  const reveal = await inventory.row(first!).recreate();
  await reveal.expectValue();
});

test("an export has what the page shows, and no formula of others", async ({ page, dashboard, project }) => {
  await project.token("plain", { lastUsed: today(), annotations: { "kargo-tokens/contact": "=HYPERLINK(1)", "kargo-tokens/note": 'a "note", two\nlines' } });
  await project.token("paused", { isSuspended: true });
  const inventory = await InventoryPage.open(page, dashboard, `?scope=${project.scope}&used=ever`);
  const csv = await inventory.export("CSV");
  const lines = csv.split("\r\n");
  expect(lines[0]).toBe("scope,role,name,state,created,last_used,expires,created_by,contact,note,managed,compromised,replaced_by,risks");
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain(`${project.scope},reader,plain,active,`);
  expect(lines[1]).toContain("'=HYPERLINK(1)");
  expect(lines[1]).toContain('"a ""note"", two\nlines"');
  const json = JSON.parse(await inventory.export("JSON"));
  expect(json.map(({ name, state, contact }: any) => [name, state, contact])).toEqual([["plain", "active", "=HYPERLINK(1)"]]);
  // A misspelled filter must not export everything.
  const answer = await page.request.get(`${dashboard.origin}/inventory.json?used=sometimes`);
  expect([answer.status(), await answer.text()]).toEqual([400, expect.stringContaining("used=sometimes is not understood.")]);
});

test("who may not list projects names them, and sees what they may", async ({ page, start, project }) => {
  const inventory = await InventoryPage.open(page, start("project-admin"));
  await expect(inventory.main).toContainText("Not shown, because you may not list the tokens there: System.");
  await inventory.showProjects("kargo-empty", project.name);
  await expect(inventory.main).toContainText(`Not shown, because you may not list the tokens there: System, ${project.name}, kargo-empty.`);
  expect(new URL(page.url()).searchParams.get("also")).toBe(`kargo-empty,${project.name}`);
  await expect(inventory.group("kargo-demo")).toHaveCount(0);

  // A project that was visited is remembered, here and among the places.
  await visit(page, "/projects/kargo-demo");
  await visit(page, "/inventory");
  await expect(inventory.group("kargo-demo")).toContainText("tokens");
  const places = new Places(page);
  await places.show();
  await expect(places.link("kargo-demo")).toBeVisible();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the inventory groups, filters and pages", async ({ page, dashboard, project }) => {
    project.fill(250);
    await openWithoutScripts(page, dashboard, `/inventory?scope=${project.scope}&sort=name`);
    const inventory = new InventoryPage(page);
    await expect(inventory.main).toContainText("1–200 of 250, page 1 of 2");
    await page.getByRole("link", { name: "Next" }).click();
    await expect(inventory.main).toContainText("201–250 of 250, page 2 of 2");
    await inventory.bar(/^State: Active, /).click();
    await expect(inventory.main).toContainText("page 1 of");
  });
});

test("the token's page follows its token", async ({ page, dashboard, project }) => {
  const token = await project.token("followed");
  const tokens = await TokensPage.open(page, dashboard, project);
  await visit(page, token.path);
  await expect(tokens.heading).toHaveText("followed");
  await token.change({ labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } });
  await expect(page.getByText(/^Suspended/).first()).toBeVisible();
  await project.token("another");
  await token.annotate({ "kargo-tokens/note": "said elsewhere" });
  await expect(tokens.main).toContainText("said elsewhere");
});
