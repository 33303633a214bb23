// A page that is brought up to date: what has changed is merged, what the person is doing stays, and nothing but a page of ours is merged.
import type { Page } from "@playwright/test";
import { expect, reload, test } from "../support/dashboard.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokenPage } from "../support/token_page.ts";
import { TokensPage } from "../support/tokens_page.ts";

/** Counts the requests for the page itself that follow what the person does. */
function countPages(page: Page) {
  const seen: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    const isAutomatic = "kargo-tokens-automatic" in request.headers();
    if (request.method() === "GET" && !isAutomatic && /^\/(system|projects\/[^/]+)$/.test(pathname)) seen.push(pathname);
  });
  return seen;
}

test("create to saved asks for the page once", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const pages = countPages(page);
  const reveal = await tokens.create("once-1");
  await reveal.expectValue();
  await reveal.saveAndClose();
  await tokens.row("once-1").expectState("Active");
  expect(pages).toEqual([project.path]);
});

test("a deletion and its undo ask for the page once each", async ({ page, dashboard, project }) => {
  const token = await project.token("once-2");
  const tokens = await TokensPage.open(page, dashboard, project);
  const pages = countPages(page);
  await tokens.row(token).delete();
  expect(pages).toEqual([project.path]);
  await tokens.row(token).undo();
  await tokens.row(token).expectState("Active");
  expect(pages).toEqual([project.path, project.path]);
});

test("what changed elsewhere appears after a command, and selection, open menu, focus and rows stay", async ({ page, dashboard, project }) => {
  const [kept, gone, acted] = await project.tokens(["kept", "gone", "acted"]);
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(kept!).box.check();
  await page.evaluate(() => ((document.querySelector('tr[data-token="kept"]') as any).mark = 1));
  // Elsewhere: one is deleted, one is created, one changes.
  await gone!.remove();
  await project.token("appeared", { annotations: { "kargo-tokens/replaces": "kept" } });
  await kept!.annotate({ "kargo-tokens/replaced-by": "appeared" });
  // A command whose answer is held back, so that there is time for the menu and the focus.
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(`**${project.path}`, async (route) => {
    await held;
    await route.continue();
  });
  await tokens.row(acted!).button("Delete").click();
  await tokens.row(kept!).menuButton.click();
  await expect(tokens.row(kept!).button("Suspend")).toBeVisible();
  await tokens.row(kept!).menuButton.focus();
  answer();

  await tokens.row(acted!).expectState("Deleting");
  await tokens.row("appeared").expectState("Active");
  await tokens.row(gone!).expectGone();
  await tokens.row(kept!).expectText("replaced by appeared");
  await expect(tokens.row(kept!).box).toBeChecked();
  await tokens.bulk.expectCount(1);
  await expect(tokens.row(kept!).button("Suspend")).toBeVisible();
  await expect(tokens.row(kept!).menuButton).toBeFocused();
  expect(await page.evaluate(() => (document.querySelector('tr[data-token="kept"]') as any).mark)).toBe(1);
});

test("typed text survives an update of the page", async ({ page, dashboard, project }) => {
  const token = await project.token("acted");
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?show=clean-up&days=0`);
  const days = tokens.cleanUp.getByLabel("Unused for");
  await days.fill("45");
  await tokens.row(token).delete();
  await expect(days).toHaveValue("45");
});

test("details that a person has opened stay open", async ({ page, dashboard, project }) => {
  const token = await project.token("opened");
  const about = await TokenPage.open(page, dashboard, token);
  const yaml = await about.showYaml();
  await about.token.delete();
  await expect(yaml).toBeVisible();
  await expect(yaml).toContainText("kargo-tokens/delete-after");
});

for (const [what, answer] of [
  ["a redirect", { status: 303, headers: { location: "/sign-in" } }],
  ["a page of something else", { status: 200, contentType: "text/html", body: "<html><body><main id=main><h1>Proxy sign-in</h1></main></body></html>" }],
  ["an error", { status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }],
] as const) {
  test(`${what} in place of the page is never merged, and the error is told`, async ({ page, dashboard, project, refusals }) => {
    refusals.push(502);
    const token = await project.token("stays", { isSuspended: true });
    const tokens = await TokensPage.open(page, dashboard, project);
    await page.route(`**${project.path}`, (route) => route.fulfill(answer));
    await tokens.row(token).button("Restore").click();
    await tokens.expectNotice(/could not be updated/);
    await expect(tokens.heading).toHaveText(project.name);
    await expect(tokens.main).toContainText("Role reader");
    await expect(page.getByText(/Proxy sign-in|Bad gateway|printed in its terminal/)).toHaveCount(0);
    // The way back from a deletion is worth more than that.
    await tokens.row(token).button("Delete").click();
    await expect(tokens.noticeUndo).toBeVisible();
    await page.unroute(`**${project.path}`);
    await reload(page);
    await tokens.row(token).expectState("Deleting");
  });
}

test("an unchanged page is answered with 304", async ({ page, dashboard, project }) => {
  const token = await project.token("same");
  await TokensPage.open(page, dashboard, project);
  const server = ServerFunctions.of(page);
  let tag = "";
  const ask = () => page.request.get(`${server.origin}${project.path}`, { headers: { "if-none-match": tag } });
  // Ages are told in minutes, so with the minute the page changes, too.
  await expect(async () => {
    tag = (await server.get(project.path)).headers().etag!;
    expect(tag).toBeTruthy();
    expect((await ask()).status()).toBe(304);
  }).toPass();
  await token.annotate({ "kargo-tokens/replaced-by": "other" });
  expect((await ask()).status()).toBe(200);
});

test("a reveal that is open is left alone by an update", async ({ page, start, project }) => {
  const short = await project.token("short");
  const tokens = await TokensPage.open(page, start(undefined, "--undo-window", "6s"), project);
  await tokens.row(short).delete();
  const reveal = await tokens.create("open-1");
  const value = await reveal.show();
  // The page finds out by itself that the deletion has ended.
  await tokens.row(short).expectGone({ timeout: 20_000 });
  await expect(reveal.value).toHaveText(value);
  await reveal.saveAndClose();
});
