// A deletion: it can be undone, it ends by itself, what was left is finished.
import { expectAccepted, expectRefused } from "../support/api_server.ts";
import { SUSPENDED } from "../support/cluster.ts";
import { expect, test } from "../support/dashboard.ts";
import { Confirmation, SuspendDialog } from "../support/dialogs.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("a deletion can be undone, exactly", async ({ page, context, dashboard, project }) => {
  const [working, paused] = await Promise.all([project.token("working"), project.token("paused")]);
  const value = await working.value();
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(paused).choose("Suspend");
  await new SuspendDialog(page, "paused").suspend("holiday");
  await tokens.row(paused).expectText("holiday");

  for (const token of [working, paused]) {
    await tokens.row(token).delete();
    await tokens.row(token).expectText(/Deleting · \d:\d\d/);
  }
  // Everybody else sees it, too.
  const other = new TokensPage(await context.newPage());
  await other.page.goto(page.url());
  await other.row(working).expectState("Deleting");
  await expectRefused(value);

  await tokens.noticeUndo.click();
  await tokens.row(paused).expectState("Suspended");
  await tokens.row(paused).expectText("holiday");
  await tokens.row(working).undo();
  await tokens.row(working).expectState("Active");
  await expectAccepted(value);
  const { labels, annotations } = await paused.metadata();
  expect(labels[SUSPENDED]).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(annotations["kargo-tokens/delete-after"]).toBeUndefined();
  await tokens.row(paused).button("Restore").click();
  await tokens.row(paused).expectState("Active");
});

test("a deletion ends by itself, and the page finds out", async ({ page, start, project, refusals }) => {
  // The page asks the API server whether the token is gone before it says so.
  refusals.push(404);
  const short = await project.token("short");
  const tokens = await TokensPage.open(page, start(undefined, "--undo-window", "6s"), project);
  await tokens.row(short).delete();
  await short.expectGone();
  await tokens.row(short).expectGone({ timeout: 20_000 });
  await tokens.expectNotice("short is deleted");
});

test("a deletion that a killed program has left is finished or restored", async ({ page, start, project }) => {
  const due = await project.tokens(["due-1", "due-2"]);
  const first = start(undefined, "--undo-window", "6s");
  const before = await TokensPage.open(page, first, project);
  for (const token of due) await before.row(token).delete();
  for (const token of due) await expect.poll(() => token.annotation("delete-after")).toBeTruthy();
  await page.goto("about:blank");
  await first.stop("SIGKILL");

  const tokens = await TokensPage.open(page, start(undefined, "--undo-window", "6s"), project);
  for (const token of due) await tokens.readUntil(token, "Deletion due");
  await tokens.row("due-1").button("Finish").click();
  await tokens.row("due-1").expectGone();
  await due[0]!.expectGone();
  await tokens.row("due-2").button("Restore").click();
  await tokens.row("due-2").expectState("Active");
});

test("where a deletion can't be undone, it is confirmed", async ({ page, start, project }) => {
  const plain = await project.token("plain");
  const tokens = await TokensPage.open(page, start(undefined, "--undo-window", "0"), project);
  await tokens.row(plain).button("Delete").click();
  const question = Confirmation.delete(page, "plain");
  await question.expectSafe();
  await question.confirm();
  await question.expectClosed();
  await tokens.row(plain).expectGone();
  await plain.expectGone();
});

test("a deletion at once is confirmed, and Esc leaves everything as it was", async ({ page, dashboard, project }) => {
  const token = await project.token("sure");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(token).choose("Delete at once");
  const question = Confirmation.delete(page, "sure");
  await question.expectSafe();
  await page.keyboard.press("Escape");
  await question.expectClosed();
  await tokens.row(token).expectState("Active");
  await tokens.row(token).choose("Delete at once");
  await question.confirm();
  await tokens.row(token).expectGone();
  await token.expectGone();
});

for (const pause of [60, 200, 400]) {
  test(`a double click with ${pause} ms between deletes, and Undo stays in reach`, async ({ page, dashboard, project }) => {
    const token = await project.token("twice");
    const tokens = await TokensPage.open(page, dashboard, project);
    const asked: string[] = [];
    page.on("request", (request) => request.url().includes("/api/") && asked.push(new URL(request.url()).pathname));
    const { x, y, width, height } = (await tokens.row(token).button("Delete").boundingBox())!;
    const place = [x + width / 2, y + height / 2] as const;
    await page.mouse.click(...place);
    await page.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), pause);
    await page.mouse.click(...place, { clickCount: 2 });
    await tokens.row(token).expectState("Deleting");
    await expect(tokens.noticeUndo).toBeVisible();
    expect(asked).toEqual(["/api/delete_token"]);
    expect(await token.annotation("delete-after")).toBeTruthy();
  });
}

test("a click right after the row has changed is not taken for its new button", async ({ page, dashboard, project }) => {
  const token = await project.token("slow");
  const tokens = await TokensPage.open(page, dashboard, project);
  // The second half of a double click, where the answer takes its time.
  await page.route("**/api/delete_token", async (route) => {
    const response = await route.fetch();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 800)));
    await route.fulfill({ response });
  });
  const { x, y, width, height } = (await tokens.row(token).button("Delete").boundingBox())!;
  await page.mouse.click(x + width / 2, y + height / 2);
  await tokens.row(token).expectState("Deleting");
  await page.mouse.click(x + width / 2, y + height / 2);
  await expect(tokens.noticeUndo).toBeVisible();
  await tokens.row(token).expectState("Deleting");
  expect(await token.annotation("delete-after")).toBeTruthy();
});

test("a key that is held on Delete deletes once", async ({ page, dashboard, project }) => {
  const token = await project.token("held");
  const tokens = await TokensPage.open(page, dashboard, project);
  const asked: string[] = [];
  page.on("request", (request) => request.url().includes("/api/") && asked.push(new URL(request.url()).pathname));
  await tokens.row(token).button("Delete").focus();
  // `down` without `up`: each further one is a repetition.
  for (let n = 0; n < 30; n++) await page.keyboard.down("Enter");
  await tokens.row(token).expectState("Deleting");
  for (let n = 0; n < 30; n++) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await tokens.row(token).expectState("Deleting");
  expect(asked).toEqual(["/api/delete_token"]);
});

test("a deletion that somebody else was quicker with is told, and the page shows it", async ({ page, dashboard, project, refusals }) => {
  refusals.push(404);
  const token = await project.token("quick");
  const tokens = await TokensPage.open(page, dashboard, project);
  await page.route("**/api/delete_token", async (route) => {
    await token.remove();
    await route.continue();
  });
  await tokens.row(token).button("Delete").click();
  await expect(tokens.notice.filter({ hasText: "quick" })).toContainText(/There is no token|doesn't exist|deleted/);
  await tokens.row(token).expectGone();
});

test("the first of very many can still be undone when the last is begun", async ({ page, dashboard, project }) => {
  await TokensPage.open(page, dashboard, project);
  const server = ServerFunctions.of(page);
  for (const [more, seconds] of [["100", 130], ["99999", 3630]] as const) {
    const token = await project.token(`of-${more}`);
    expect((await server.delete(token, { more })).undo_seconds).toBe(seconds);
    const { annotations } = await token.metadata();
    const begun = JSON.parse(annotations["kargo-tokens/history"]).at(-1).at;
    expect((Date.parse(annotations["kargo-tokens/delete-after"]) - Date.parse(begun)) / 1000).toBe(seconds);
  }
});
