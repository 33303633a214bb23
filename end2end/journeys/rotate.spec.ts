// A rotation: the successor is in hand before the old token stops.
import { expectAccepted } from "../support/api_server.ts";
import { expect, staysBehind, test } from "../support/dashboard.ts";
import { RecreateWithDialog } from "../support/dialogs.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("with an overlap both tokens work, and the old one shows its end", async ({ page, dashboard, project }) => {
  const old = await project.token("ci");
  const value = await old.value();
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.row(old).recreate();
  await reveal.save();
  await reveal.old.keep("Keep it for 24 hours");
  await tokens.row(old).expectText(/replaced by ci-/);
  await tokens.row(old).expectText(/retires in (1 d|23 h)/);
  const successor = await tokens.successor(old);
  expect(successor.name).toMatch(/^ci-\w{5}$/);
  await expectAccepted(value);
  // Somebody changes their mind.
  const retire = await tokens.row(old).retire();
  await retire.keep("Keep it until somebody deletes it");
  await expect(tokens.row(old).locator).not.toContainText("retires in");
});

test("a rotation without a decision asks for one", async ({ page, dashboard, project }) => {
  const { old } = await project.rotation("ci", "ci-next1");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(old).expectText("replaced by ci-next1");
  await tokens.row("ci-next1").expectText("replaces ci");
  const retire = await tokens.row(old).retire();
  await retire.stop();
  await tokens.row(old).expectState("Deleting");
});

test("a successor can have another lifetime than the old token", async ({ page, dashboard, project }) => {
  const old = await project.token("forever");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(old).choose("Recreate with another lifetime");
  const reveal = await new RecreateWithDialog(page, "forever").recreate(String(30 * 24 * 3600));
  await reveal.save();
  await reveal.old.keep("Keep it until somebody deletes it");
  const successor = await tokens.successor(old);
  expect(await (await project.created(successor.name)).annotation("expires-at")).toBeTruthy();
});

test("an outdated page names the existing successor before it creates another", async ({ page, context, dashboard, project, refusals }) => {
  refusals.push(409);
  const token = await project.token("twice");
  await staysBehind(page);
  const stale = await TokensPage.open(page, dashboard, project);
  const other = await TokensPage.open(await context.newPage(), dashboard, project);
  await (await other.row(token).recreate()).save();
  const reveal = await stale.row(token).recreate();
  await expect(reveal.alert).toContainText("was recreated meanwhile: its successor is twice-");
  expect((await project.secrets()).length).toBe(2);
  await reveal.button("Try again").click();
  await reveal.expectValue();
  expect((await project.secrets()).length).toBe(3);
});
