// A suspended token: refused until somebody restores it, with the reason for all to read.
import { expectAccepted, expectRefused } from "../support/api_server.ts";
import { expect, test } from "../support/dashboard.ts";
import { SuspendDialog } from "../support/dialogs.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("a token is suspended with a reason, refused, and restored", async ({ page, dashboard, project }) => {
  const token = await project.token("paused");
  const value = await token.value();
  await expectAccepted(value);
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(token).choose("Suspend");
  const dialog = new SuspendDialog(page, "paused");
  await expect(dialog.reason).toBeFocused();
  await dialog.suspend("while the laptop is away");
  await tokens.expectNotice(/paused is suspended/);
  await tokens.row(token).expectState("Suspended");
  await tokens.row(token).expectText("while the laptop is away");
  await expectRefused(value);
  await tokens.row(token).button("Restore").click();
  await tokens.row(token).expectState("Active");
  await expectAccepted(value);
});

test("a suspension can be undone from its notice", async ({ page, dashboard, project }) => {
  const token = await project.token("paused");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(token).choose("Suspend");
  await new SuspendDialog(page, "paused").suspend("");
  await tokens.noticeUndo.click();
  await tokens.row(token).expectState("Active");
});
