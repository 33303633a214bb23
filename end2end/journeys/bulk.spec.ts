// Many tokens at once.
import { expect, test } from "../support/dashboard.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

const NAMES = Array.from({ length: 6 }, (_, n) => `many-${n}`);

test("tokens are selected with Shift, deleted, and restored with one click", async ({ page, dashboard, project }) => {
  await project.tokens(NAMES);
  await project.token("by-hand", { isManaged: false });
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?sort=name`);
  await expect(tokens.row("by-hand").box).toHaveCount(0);
  await tokens.row("many-0").box.click();
  await tokens.row("many-3").box.click({ modifiers: ["Shift"] });
  await tokens.bulk.expectCount(4);
  await tokens.row("many-4").box.check();
  await tokens.bulk.expectCount(5);
  await tokens.bulk.delete();
  await tokens.expectNotice("5 tokens are being deleted");
  for (const name of NAMES.slice(0, 5)) await tokens.row(name).expectState("Deleting");
  await tokens.row("many-5").expectState("Active");
  await tokens.noticeUndo.click();
  await tokens.expectNotice("5 tokens are restored");
  for (const name of NAMES) await tokens.row(name).expectState("Active");
});

test("undoing one row leaves Undo of the others", async ({ page, dashboard, project }) => {
  const names = ["one", "two", "three"];
  await project.tokens(names);
  const tokens = await TokensPage.open(page, dashboard, project);
  for (const name of names) await tokens.row(name).box.check();
  await tokens.bulk.delete();
  await tokens.expectNotice("3 tokens are being deleted");
  await tokens.row("two").expectState("Deleting");
  await tokens.row("two").undo();
  await tokens.expectNotice("two is restored. Undo restores the other 2 tokens.");
  await tokens.row("two").expectState("Active");
  await tokens.noticeUndo.click();
  await tokens.expectNotice("2 tokens are restored");
  for (const name of names) await tokens.row(name).expectState("Active");
});

test("everything that is shown is selected with one click", async ({ page, dashboard, project, viewport }) => {
  test.skip(viewport!.width < 860, "A narrow screen has no table head: its bar selects the whole view.");
  await project.tokens(NAMES);
  const tokens = await TokensPage.open(page, dashboard, project);
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await tokens.bulk.expectCount(6);
  await expect(tokens.bulk.button("Select all of this view")).toHaveCount(0);
  await tokens.row("many-5").box.uncheck();
  await tokens.bulk.expectCount(5);
  await expect(page.getByRole("checkbox", { name: "Select all shown" })).not.toBeChecked();
});

test("the whole view is selected, what its page doesn't show included", async ({ page, dashboard, project }) => {
  await project.tokens(Array.from({ length: 52 }, (_, n) => `busy-${n}`));
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.section("reader").rows.first().getByRole("checkbox").check();
  await tokens.bulk.button("Select all of this view").click();
  await tokens.bulk.expectCount(52);
  await expect(tokens.bulk.button("Select all of this view")).toHaveCount(0);
});

test("what can't be undone is confirmed before it is deleted", async ({ page, dashboard, project }) => {
  await project.tokens(["undoable"]);
  await TokensPage.open(page, dashboard, project);
  await ServerFunctions.of(page).create(project, "expiring", { lifetime: "86400" });
  const tokens = new TokensPage(page);
  await tokens.reload();
  for (const name of ["undoable", "expiring"]) await tokens.row(name).box.check();
  await tokens.bulk.delete();
  await expect(tokens.bulk.locator).toContainText("1 of 2 can't be restored");
  await tokens.bulk.button("Delete permanently").click();
  await tokens.row("expiring").expectGone();
  await tokens.row("undoable").expectState("Deleting");
});

test("a failure is named, the rest is done, and Undo stays in sight", async ({ page, dashboard, project, refusals }) => {
  refusals.push(404);
  const [, gone] = await project.tokens(["stays", "gone"]);
  const tokens = await TokensPage.open(page, dashboard, project);
  for (const name of ["stays", "gone"]) await tokens.row(name).box.check();
  await gone!.remove();
  await tokens.bulk.delete();
  await expect(tokens.bulk.locator).toContainText(/1 of 2 .*deleted.*, 1 failed/);
  await expect(tokens.bulk.locator).toContainText("gone");
  // Nothing covers the way back.
  await tokens.noticeUndo.click();
  await tokens.expectNotice(/restored/);
  await tokens.row("stays").expectState("Active");
});

test("who can only read selects nothing", async ({ page, start, project }) => {
  await project.token("audited");
  const tokens = await TokensPage.open(page, start("auditor"), project);
  await tokens.row("audited").expectState("Active");
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await expect(tokens.row("audited").button("Delete")).toHaveAttribute("aria-disabled", "true");
});
