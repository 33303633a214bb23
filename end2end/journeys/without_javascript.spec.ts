// Without JavaScript, and where the browser's code doesn't load: reading, deleting, restoring, finishing and the look still work.
import { expectAccepted } from "../support/api_server.ts";
import { type Dashboard, expect, openWithoutScripts, test, visit } from "../support/dashboard.ts";
import { Places } from "../support/places.ts";
import { TokenPage } from "../support/token_page.ts";
import { TokensPage } from "../support/tokens_page.ts";
import type { Page } from "@playwright/test";

async function openPage(page: Page, dashboard: Dashboard, of: { path: string }) {
  await openWithoutScripts(page, dashboard, of.path);
  return new TokensPage(page);
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("everything can be read, and only what works is offered", async ({ page, dashboard, project }) => {
    await project.token("by-kargo");
    const tokens = await openPage(page, dashboard, project);
    await tokens.row("by-kargo").expectState("Active");
    await expect(page.getByRole("button", { name: /Recreate|New token|More for/ })).toHaveCount(0);
    await expect(tokens.row("by-kargo").menuButton).toBeHidden();
    await expect(page.getByRole("checkbox")).toHaveCount(0);
    await expect(tokens.noScript).toBeVisible();
    expect(await tokens.noScript.innerHTML()).toContain("Without JavaScript you can read, delete and restore.");
    await new Places(page).go("System");
    await expect(tokens.heading).toHaveText("System");
  });

  test("a token's page can be read, its YAML included", async ({ page, dashboard, project }) => {
    const token = await project.token("plain");
    await openPage(page, dashboard, token);
    const about = new TokenPage(page, "plain");
    await expect(about.facts).toContainText("It works.");
    await expect(about.main.getByRole("button", { name: /Edit|Copy|Recreate/ })).toHaveCount(0);
    await expect(await about.showYaml()).toBeVisible();
  });

  test("a deletion is told once, and undone", async ({ page, dashboard, project }) => {
    const token = await project.token("posted");
    const value = await token.value();
    const tokens = await openPage(page, dashboard, project);
    await tokens.row(token).button("Delete").click();
    await expect(page).toHaveURL(new RegExp(`${project.path}$`));
    await tokens.expectNotice("posted is being deleted");
    await tokens.row(token).expectState("Deleting");
    await tokens.row(token).expectText(/until \d\d:\d\d:\d\d UTC/);
    // The notice is for the page that follows, and for no other.
    await page.reload();
    await expect(tokens.notice).toHaveCount(0);
    await tokens.row(token).undo();
    await tokens.expectNotice("posted is restored");
    await tokens.row(token).expectState("Active");
    await expectAccepted(value);
  });

  test("a command leads back to the page with its filter and order", async ({ page, dashboard, project }) => {
    const token = await project.token("posted");
    await openPage(page, dashboard, project);
    const path = `${project.path}?role=reader&show=active&sort=name`;
    await visit(page, path);
    await new TokensPage(page).row(token).button("Delete").click();
    await expect(page).toHaveURL(new RegExp(`${path.replace("?", "\\?")}$`));
  });

  test("a deletion from the token's own page is undone there", async ({ page, dashboard, project }) => {
    const token = await project.token("own-page");
    await openPage(page, dashboard, token);
    const about = new TokenPage(page, "own-page");
    await about.token.button("Delete").click();
    await about.expectNotice("own-page is being deleted");
    await about.token.undo();
    await about.expectNotice("own-page is restored");
  });

  test("a due deletion is finished", async ({ page, dashboard, project }) => {
    const [due, restored] = [await project.dueToken("due"), await project.dueToken("not-due")];
    const tokens = await openPage(page, dashboard, project);
    await tokens.row(due).expectState("Deletion due");
    await tokens.row(due).button("Finish").click();
    await tokens.expectNotice("due is deleted");
    await tokens.row(due).expectGone();
    await due.expectGone();
    await tokens.row(restored).button("Restore").click();
    await tokens.row(restored).expectState("Active");
  });

  test("what can't be done is told in words", async ({ page, dashboard, project }) => {
    const token = await project.token("gone");
    const tokens = await openPage(page, dashboard, project);
    await token.remove();
    await tokens.row(token).button("Delete").click();
    await tokens.expectNotice("gone was not changed");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(project.name);
  });

  test("theme and row height are chosen and remembered", async ({ page, dashboard, project }) => {
    await openPage(page, dashboard, project);
    const places = new Places(page);
    await places.chooseTheme("Dark");
    await places.chooseCompactRows(true);
    await expect(page).toHaveURL(new RegExp(`${project.path}$`));
    await expect(places.theme("Dark")).toHaveAttribute("aria-pressed", "true");
    await visit(page, "/system");
    await places.show();
    await expect(places.theme("Dark")).toHaveAttribute("aria-pressed", "true");
    await expect(places.compactRows).toHaveAttribute("aria-pressed", "true");
  });

  test("projects are reached by name where they can't be listed", async ({ page, start }) => {
    await openWithoutScripts(page, start("project-admin"), "/system");
    const tokens = new TokensPage(page);
    const field = tokens.main.getByLabel("Project");
    await field.fill("kargo-demo");
    await field.press("Enter");
    await expect(tokens.heading).toHaveText("kargo-demo");
  });
});

test.describe("where WebAssembly doesn't load", () => {
  test("one-click commands work, and what needs more is not offered as if it did", async ({ page, dashboard, project, refusals }) => {
    refusals.push(404, "uncaught", "preloaded using link preload but not used");
    const token = await project.token("no-wasm");
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await openWithoutScripts(page, dashboard, project.path);
    const tokens = new TokensPage(page);
    await tokens.row(token).expectState("Active");
    await tokens.row(token).button("Delete").click();
    await tokens.expectNotice("no-wasm is being deleted");
    await tokens.row(token).undo();
    await tokens.expectNotice("no-wasm is restored");
    // What needs the browser's code can't be pressed, and a sentence says why.
    await expect(tokens.row(token).button("Recreate")).toBeDisabled();
    await expect(page.getByText(/WebAssembly/)).toBeVisible();
  });
});
