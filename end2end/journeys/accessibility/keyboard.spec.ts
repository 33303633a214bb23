// By keyboard alone: everything can be reached, and the focus is never lost.
import { tabTo } from "../../support/accessibility.ts";
import { expect, test } from "../../support/dashboard.ts";
import { Confirmation, NewTokenDialog, RecreateWithDialog, RevealDialog, SuspendDialog } from "../../support/dialogs.ts";
import { TokenPage } from "../../support/token_page.ts";
import { TokensPage } from "../../support/tokens_page.ts";

test("a token is created, revealed, saved, deleted and restored by keyboard", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  await tabTo(page, /^New token for reader$/);
  await page.keyboard.press("Enter");
  const form = new NewTokenDialog(page);
  await expect(form.role("reader")).toBeFocused();
  await tabTo(page, /^Name$/);
  await page.keyboard.press("Control+A");
  await page.keyboard.type("keys-1");
  await tabTo(page, /^Expires after$/);
  await page.keyboard.press("End");
  await expect(form.lifetime).toHaveValue("never");
  await form.name.focus();
  await page.keyboard.press("Enter");
  const reveal = new RevealDialog(page);
  await reveal.expectValue();
  await tabTo(page, /^I saved it$/);
  await page.keyboard.press("Enter");
  await reveal.expectClosed();
  const row = tokens.row("keys-1");
  await row.expectState("Active");
  await tabTo(page, /^Delete keys-1$/);
  await page.keyboard.press("Enter");
  await row.expectState("Deleting");
  // Never to another command: to the row's name.
  await expect(row.link).toBeFocused();
  await tabTo(page, /^Undo keys-1$/);
  await page.keyboard.press("Enter");
  await row.expectState("Active");
  await expect(row.link).toBeFocused();
});

test("Undo of the notice is reached by keyboard, and the focus goes to the row", async ({ page, dashboard, project }) => {
  const token = await project.token("keys-2");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(token).button("Delete").focus();
  await page.keyboard.press("Enter");
  await tokens.row(token).expectState("Deleting");
  await tabTo(page, /^Undo$/);
  await page.keyboard.press("Enter");
  await tokens.row(token).expectState("Active");
  await expect(tokens.row(token).link).toBeFocused();
});

test("a menu opens, closes with Esc, and gives the focus back", async ({ page, dashboard, project }) => {
  const token = await project.token("keys-3");
  const row = (await TokensPage.open(page, dashboard, project)).row(token);
  await tabTo(page, /^More for keys-3$/);
  await page.keyboard.press("Enter");
  await expect(row.button("Suspend")).toBeVisible();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(row.button("Suspend")).toBeHidden();
  await expect(row.menuButton).toBeFocused();
});

test("each dialog of the menu takes the focus, and Esc gives it back", async ({ page, dashboard, project }) => {
  const token = await project.token("keys-4");
  const row = (await TokensPage.open(page, dashboard, project)).row(token);
  for (const [item, dialog] of [
    ["Suspend", new SuspendDialog(page, "keys-4")],
    ["Compromised", Confirmation.compromise(page, "keys-4")],
    ["Recreate with another lifetime", new RecreateWithDialog(page, "keys-4")],
    ["Delete at once", Confirmation.delete(page, "keys-4")],
  ] as const) {
    await row.menuButton.focus();
    await page.keyboard.press("Enter");
    await row.button(item).focus();
    await page.keyboard.press("Enter");
    await dialog.expectOpen();
    await expect(dialog.locator.locator(":focus")).toHaveCount(1);
    await page.keyboard.press("Escape");
    await dialog.expectClosed();
    await expect(row.menuButton).toBeFocused();
  }
});

test("New token gives the focus back to the button that opened it", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const opener = tokens.section("reader").newTokenButton;
  await opener.focus();
  await page.keyboard.press("Enter");
  await new NewTokenDialog(page).expectOpen();
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
});

test("after a dialog's command the focus is on the row, or where the row was", async ({ page, dashboard, project }) => {
  await project.token("first");
  const token = await project.token("second");
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?sort=name`);
  await tokens.row(token).choose("Suspend");
  await new SuspendDialog(page, "second").suspend("");
  await tokens.row(token).expectState("Suspended");
  await expect(tokens.row(token).link).toBeFocused();

  const reveal = await tokens.row("first").recreate();
  await reveal.save();
  await reveal.old.keep("Keep it until somebody deletes it");
  await tokens.row("first").expectText("replaced by");
  await expect(tokens.row("first").link).toBeFocused();

  await tokens.row(token).choose("Delete at once");
  await Confirmation.delete(page, "second").confirm();
  await tokens.row(token).expectGone();
  await expect.poll(() => tokens.focused()).not.toBe("nowhere");
});

test("dismissing a notice and a bulk command leave the focus somewhere", async ({ page, dashboard, project }) => {
  await project.tokens(["a", "b"]);
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row("a").delete();
  await page.getByRole("button", { name: "Dismiss" }).press("Enter");
  await expect(tokens.noticeUndo).toHaveCount(0);
  await expect.poll(() => tokens.focused()).not.toBe("nowhere");
  await tokens.row("b").box.check();
  await tokens.bulk.button(/^Suspend/).press("Enter");
  await tokens.row("b").expectState("Suspended");
  await expect.poll(() => tokens.focused()).not.toBe("nowhere");
});

test("the skip link leads past the places", async ({ page, dashboard }) => {
  await TokensPage.open(page, dashboard);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("what has the focus is not hidden below the head of the table", async ({ page, dashboard, project }) => {
  await project.tokens(Array.from({ length: 40 }, (_, n) => `row-${n}`));
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.section("reader").rows.last().getByRole("link").first().focus();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Shift+Tab");
    if (n % 6) continue;
    const covered = await page.evaluate(() => {
      const element = document.activeElement!;
      const { left, top, width, height } = element.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      return hit && (element.contains(hit) || hit.contains(element)) ? "" : `${element.textContent} is below ${hit?.outerHTML.slice(0, 80)}`;
    });
    expect(covered).toBe("");
  }
});

test("a token's page gives the focus back after its notes are edited", async ({ page, dashboard, project }) => {
  const about = await TokenPage.open(page, dashboard, await project.token("noted"));
  await about.editNotesButton.press("Enter");
  await page.keyboard.press("Escape");
  await expect(about.editNotesButton).toBeFocused();
});
