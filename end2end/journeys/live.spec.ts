// An open page stays true while others change the cluster, and what the person does on it stays.
import type { Browser, Page } from "@playwright/test";
import { api, done } from "../support/api_server.ts";
import { type Dashboard, expect, open, signInWithToken, test } from "../support/dashboard.ts";
import { TokensPage } from "../support/tokens_page.ts";

/** A page that says when it hears of changes. */
async function openLive(page: Page, dashboard: Dashboard, scope: { path: string }) {
  await open(page, dashboard, scope.path);
  return new TokensPage(page);
}

test("what kubectl does appears, changes and leaves on an open page", async ({ page, dashboard, project }) => {
  const tokens = await openLive(page, dashboard, project);
  const token = await project.token("made-elsewhere");
  await tokens.row(token).expectState("Active");
  await expect(tokens.section("reader").rows).toHaveCount(1);
  await token.change({ labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } });
  await tokens.row(token).expectState("Suspended");
  await token.remove();
  await tokens.row(token).expectGone();
});

test("two browsers see each other's acts", async ({ page, browser, dashboard, project }) => {
  const [kept, deleted] = await project.tokens(["kept", "deleted"]);
  const context = await browser.newContext();
  const [one, other] = [await openLive(page, dashboard, project), await openLive(await context.newPage(), dashboard, project)];
  await one.row(deleted!).delete();
  await other.row(deleted!).expectState("Deleting");
  const reveal = await other.create("of-the-other");
  await reveal.expectValue();
  await one.row("of-the-other").expectText(/Reveal/);
  await reveal.saveAndClose();
  await one.row("of-the-other").expectState("Active");
  await one.row(kept!).expectState("Active");
  await context.close();
});

test("menu, selection, typed text, dialog and focus survive many changes", async ({ page, dashboard, project }) => {
  const [held, selected] = await project.tokens(["m-held", "n-selected"]);
  const tokens = await openLive(page, dashboard, project);
  await tokens.row(selected!).box.check();
  await tokens.row(held!).menuButton.click();
  await tokens.row(held!).menuButton.focus();
  await page.evaluate(() => ((document.querySelector('tr[data-token="m-held"]') as any).mark = 1));
  for (let n = 0; n < 20; n++) await selected!.annotate({ "kargo-tokens/note": `note ${n}` });
  const added = await project.tokens(["a-first", "z-last"]);
  for (const token of added) await tokens.row(token).expectState("Active");
  await added[0]!.remove();
  await tokens.row(added[0]!).expectGone();
  await expect(tokens.row(held!).button("Suspend")).toBeVisible();
  await expect(tokens.row(held!).menuButton).toBeFocused();
  await expect(tokens.row(selected!).box).toBeChecked();
  await tokens.bulk.expectCount(1);
  expect(await page.evaluate(() => (document.querySelector('tr[data-token="m-held"]') as any).mark)).toBe(1);
  await page.keyboard.press("Escape");

  const form = await tokens.newToken("reader");
  await form.fill({ name: "half-typed" });
  await added[1]!.remove();
  await tokens.row(added[1]!).expectGone();
  await expect(form.name).toHaveValue("half-typed");
});

test("the row under the pointer stays where it is while others appear above it", async ({ page, dashboard, project }) => {
  await project.tokens(Array.from({ length: 30 }, (_, n) => `token-${String(n).padStart(2, "0")}`));
  await page.setViewportSize({ width: 1000, height: 400 });
  const tokens = await openLive(page, dashboard, project);
  const row = tokens.row("token-15");
  await row.locator.scrollIntoViewIfNeeded();
  await row.link.hover();
  const before = (await row.locator.boundingBox())!.y;
  const added = await project.tokens(["newest-1", "newest-2"]);
  for (const token of added) await expect(tokens.row(token).locator).toHaveCount(1);
  expect(Math.abs((await row.locator.boundingBox())!.y - before)).toBeLessThan(2);
});

test("the tenth tab works, and a tab that nobody sees asks for nothing", async ({ page, dashboard, project }) => {
  const context = page.context();
  const tabs = [await openLive(page, dashboard, project)];
  while (tabs.length < 10) tabs.push(await openLive(await context.newPage(), dashboard, project));
  const token = await project.token("for-all-tabs");
  for (const tab of tabs) await tab.row(token).expectState("Active");
});

test("the page says when it is not live, and when it is again", async ({ page, start, project }) => {
  const dashboard = start();
  const address = new URL(await dashboard.address());
  await page.goto(address.href);
  await page.waitForURL(`${address.origin}/system`);
  await page.goto(address.origin + project.path);
  const tokens = new TokensPage(page);
  const token = await project.token("before");
  await tokens.row(token).expectState("Active");
  await dashboard.stop();
  await expect(tokens.main.getByText("What changes now is not shown here")).toBeVisible();
});

test("a right that ends closes the page", async ({ page, start, project }) => {
  const viewer = await project.token("viewer-token");
  await project.allowSecrets("reader", "list", "watch");
  const dashboard = start(undefined, "--sign-in", "token");
  const origin = await dashboard.address();
  await signInWithToken(page, origin, await viewer.value());
  await expect(page).toHaveURL(origin + project.path);
  const tokens = new TokensPage(page);
  await tokens.row(viewer).expectState("Active");
  await project.forbidSecrets("reader");
  await project.token("not-for-their-eyes");
  await expect(async () => {
    await page.goto(origin + project.path);
    await expect(tokens.alert.first()).toContainText("You may not list secrets", { timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(tokens.row("not-for-their-eyes").locator).toHaveCount(0);
});
