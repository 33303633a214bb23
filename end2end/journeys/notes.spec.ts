// Note and contact of a token: what people write for each other.
import { expect, test } from "../support/dashboard.ts";
import { TokenPage } from "../support/token_page.ts";

test("note and contact are saved, and nobody's words are overwritten unseen", async ({ page, dashboard, project, refusals }) => {
  refusals.push(409);
  const token = await project.token("noted");
  const about = await TokenPage.open(page, dashboard, token);
  const dialog = await about.editNotes();
  await dialog.note.fill("x".repeat(501));
  await dialog.expectText("It has 501 characters; the limit is 500.");
  await expect(dialog.saveButton).toBeDisabled();
  await dialog.note.fill("The nightly build\nuses it");
  await dialog.contact.fill("#ops");

  // Neither Esc nor somebody else's words take what was typed.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await dialog.expectOpen();
  await token.annotate({ "kargo-tokens/note": "Theirs " });
  await dialog.saveButton.click();
  await expect(dialog.alert).toContainText("Somebody else changed");
  await expect(dialog.locator.getByText("Theirs", { exact: true })).toBeVisible();
  await expect(dialog.note).toHaveValue("The nightly build\nuses it");
  await dialog.saveButton.click();
  await dialog.expectClosed();
  await about.expectNotice("are saved");
  await expect(about.notes).toContainText("#ops");
  await expect(about.history).toContainText("note");
  expect(await token.annotation("note")).toBe("The nightly build\nuses it");
  expect(await token.annotation("contact")).toBe("#ops");
});
