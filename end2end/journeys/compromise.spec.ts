// A compromised token: suspended, replaced and deleted with one click; a report says what else was in its holder's reach.
import { expectAccepted, expectRefused } from "../support/api_server.ts";
import type { Project } from "../support/cluster.ts";
import { CompromisePage } from "../support/compromise_page.ts";
import { expect, ready, test, visit } from "../support/dashboard.ts";
import { Confirmation, RevealDialog } from "../support/dialogs.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

/** Reports a token, saves its successor's value, and waits for the report. */
async function report(tokens: TokensPage, name: string) {
  await tokens.row(name).choose("Compromised");
  const question = Confirmation.compromise(tokens.page, name);
  await question.expectSafe();
  await question.confirm();
  const reveal = new RevealDialog(tokens.page);
  await reveal.expectValue();
  await reveal.save();
  const report = new CompromisePage(tokens.page);
  await report.expectOpen(name);
  await ready(tokens.page);
  return report;
}

/** A project whose role `promoter` may read every Secret, with a leaked token of it and others in reach. */
async function withReach(project: Project, ...others: string[]) {
  await project.allowSecrets("promoter", "get", "list");
  await project.token("leaked", { role: "promoter" });
  await project.tokens(others, { role: "reader" });
}

test("a compromised token is suspended, replaced and deleted", async ({ page, dashboard, project }) => {
  const leaked = await project.token("leaked");
  const value = await leaked.value();
  await expectAccepted(value);
  const tokens = await TokensPage.open(page, dashboard, project);
  const after = await report(tokens, "leaked");
  await after.expectTokenDeleted();
  await expect(page.getByRole("heading", { name: "No other token was in reach" })).toBeVisible();
  await expectRefused(value);
  await leaked.expectGone();
  await visit(page, project.path);
  await (await tokens.successor("leaked")).expectState("Active");
});

test("a false alarm is taken back only when that is confirmed", async ({ page, dashboard, project }) => {
  const token = await project.token("fine");
  const value = await token.value();
  const tokens = await TokensPage.open(page, dashboard, project);
  await ServerFunctions.of(page).compromise(project, token);
  await tokens.reload();
  await tokens.row(token).expectState("Compromised");
  await tokens.row(token).button("Restore").click();
  const question = Confirmation.restore(page, "fine");
  await question.expectSafe();
  await question.confirm();
  await question.expectClosed();
  await tokens.row(token).expectState("Active");
  await expectAccepted(value);
});

test("the report is a checklist that is worked through one by one", async ({ page, dashboard, project }) => {
  await withReach(project, "one", "two");
  const tokens = await TokensPage.open(page, dashboard, project);
  const after = await report(tokens, "leaked");
  await expect(after.main).toContainText(`The holder could read the value of every token in namespace ${project.name}`);
  await expect(after.recreateButton(/^Recreate leaked-/)).toBeVisible();
  for (const [name, left] of [["one", ["two"]], ["two", []]] as const) {
    const reveal = await after.recreate(name);
    await reveal.save();
    await reveal.old.stop();
    // Back on the page, with what is left to do.
    await expect(after.recreateButton(/^Recreate (one|two)$/)).toHaveCount(left.length);
    await expect(after.main).toContainText(new RegExp(`${2 - left.length} of 3 replaced`));
  }
  await expect(after.main).toContainText(/one\s*replaced by one-\w{5}/);
});

test("the report has an address to come back to", async ({ page, dashboard, project }) => {
  await withReach(project, "one");
  const tokens = await TokensPage.open(page, dashboard, project);
  const after = await report(tokens, "leaked");
  await after.expectTokenDeleted();
  const address = page.url();
  await visit(page, project.path);
  await page.goto(address);
  await ready(page);
  await after.expectTokenDeleted();
  await expect(after.recreateButton("one")).toBeVisible();
  await expect(after.main).toContainText("0 of 2 replaced");
  await expect(after.main).toContainText(/reported \d{4}-\d\d-\d\d/);
});

test("everything in reach is recreated, one reveal after the other", async ({ page, dashboard, project }) => {
  await withReach(project, "one", "two");
  const tokens = await TokensPage.open(page, dashboard, project);
  const after = await report(tokens, "leaked");
  await after.recreateAllButton.click();
  const saved: string[] = [];
  for (let left = 3; left > 0; left--) {
    const reveal = new RevealDialog(page);
    saved.push(await reveal.show());
    await reveal.save();
    await expect(reveal.old.choice("Delete it now")).toBeChecked();
    await reveal.old.button("Delete the old token").click();
  }
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(after.openRows).toHaveCount(0);
  expect(new Set(saved).size).toBe(3);
  for (const value of saved) await expectAccepted(value);
});

test("all can be recreated up to the one that is cancelled", async ({ page, dashboard, project }) => {
  await withReach(project, "one", "two");
  const tokens = await TokensPage.open(page, dashboard, project);
  const after = await report(tokens, "leaked");
  await after.recreateAllButton.click();
  const reveal = new RevealDialog(page);
  await reveal.expectValue();
  await reveal.closeButton.click();
  await reveal.closeButton.click();
  await reveal.expectClosed();
  // What was not begun is still to be done.
  await expect(after.recreateButton(/^Recreate (one|two)$/).first()).toBeVisible();
});

test("the report of a token that never was in reach of others needs no right that its reader lacks", async ({ page, start, project }) => {
  await withReach(project, "one");
  await TokensPage.open(page, start("viewer"));
  await visit(page, `/${project.scope}/compromised/leaked?role=promoter&since=1700000000`);
  await expect(page.getByRole("alert").first()).toContainText(/can't|may not|permission|list secrets/);
});
