// The one reveal: nobody leaves it by accident, it can be resumed, it happens once.
import { readFile } from "node:fs/promises";
import { expectAccepted } from "../support/api_server.ts";
import { system, unique } from "../support/cluster.ts";
import { expect, ready, staysBehind, test } from "../support/dashboard.ts";
import { RevealDialog } from "../support/dialogs.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("the reveal names the token, its role, its scope and its cluster", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("named-1");
  await reveal.expectValue();
  await expect(reveal.title).toBeVisible();
  for (const text of ["named-1", "reader", project.name]) await reveal.expectText(text);
});

test("neither Esc nor the backdrop nor a reload loses the value", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("esc-1");
  await reveal.expectValue();
  for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
  await page.mouse.click(3, 3);
  await reveal.expectValue();

  // The browser asks before a reload.
  const asked = new Promise<string>((resolve) => page.once("dialog", async (dialog) => (resolve(dialog.type()), await dialog.dismiss())));
  await page.evaluate(() => setTimeout(() => location.reload()));
  expect(await asked).toBe("beforeunload");

  // Closing asks too, and leads back.
  await reveal.closeButton.click();
  await reveal.expectText("You haven't confirmed that you saved the value");
  await reveal.button("Go back").click();
  await reveal.expectValue();
  await reveal.closeButton.click();
  await reveal.closeButton.click();
  await reveal.expectClosed();
  await tokens.row("esc-1").expectState("Reveal unconfirmed");
});

test("a value that is on its way can't be lost by a key", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let answered = () => {};
  const claimed = new Promise<void>((resolve) => (answered = resolve));
  await page.route("**/api/reveal_token", async (route) => {
    const response = await route.fetch();
    answered();
    await held;
    await route.fulfill({ response });
  });
  const reveal = await tokens.create("held-1");
  await expect(reveal.waiting).toBeVisible();
  await claimed;
  for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
  answer();
  await reveal.saveAndClose();
  await tokens.row("held-1").expectState("Active");
});

test("the value comes in the forms that its users paste", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("forms-1");
  const value = await reveal.show();
  await expectAccepted(value);

  await reveal.choose("Environment");
  await expect(reveal.value).toContainText(`export KARGO_API_TOKEN='${value}'`);
  await reveal.expectText("Replace the address with your Kargo's");
  await reveal.choose("Kargo config");
  await expect(reveal.value).toContainText(`bearerToken: ${value}`);
  await expect(reveal.value).toContainText(`project: ${project.name}`);
  await reveal.choose("kubeconfig");
  await expect(reveal.value).toContainText(`token: ${value}`);
  await expect(reveal.value).toContainText("certificate-authority-data: ");

  const downloaded = page.waitForEvent("download");
  await reveal.button("Download").click();
  const file = await downloaded;
  expect(file.suggestedFilename()).toBe("forms-1.kubeconfig");
  expect(await readFile(await file.path(), "utf8")).toContain(`token: ${value}`);

  await reveal.button("Hide").click();
  await expect(reveal.value).not.toContainText(value);
});

test("a shown value is masked again after a minute", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  await page.clock.install();
  const reveal = await tokens.create("mask-1");
  await reveal.show();
  // The clock goes on by itself, too.
  await page.clock.fastForward(40_000);
  await expect(reveal.value).toContainText("eyJ");
  await page.clock.fastForward(21_000);
  await expect(reveal.value).not.toContainText("eyJ");
});

test("a token that nobody has seen waits, even for a program that was killed", async ({ page, project, start }) => {
  const killed = start();
  await TokensPage.open(page, killed);
  // Created and not revealed: as when the tab is closed, or the program dies, between the two.
  await ServerFunctions.of(page).create(project, "resume-1");
  await page.goto("about:blank");
  await killed.stop("SIGKILL");

  const tokens = await TokensPage.open(page, start(), project);
  await tokens.readUntil("resume-1", "Reveal pending");
  const reveal = await tokens.row("resume-1").reveal();
  await expectAccepted(await reveal.take());
  await reveal.expectClosed();
});

test("only the creator of a token can reveal it", async ({ page, dashboard, start }) => {
  const other = start("admin");
  await TokensPage.open(page, other);
  const token = await ServerFunctions.of(page).create(system, unique("theirs"), { role: "kargo-viewer" });
  await page.goto("about:blank");
  await other.stop();

  const tokens = await TokensPage.open(page, dashboard);
  await tokens.readUntil(token, "Reveal pending");
  await expect(tokens.row(token).button("Reveal once")).toHaveCount(0);
  await tokens.row(token).delete();
});

test("the end of a sign-in is not taken for a value that doesn't work", async ({ page, context, dashboard, project, refusals }) => {
  refusals.push(401);
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("ended-1");
  const value = await reveal.show();
  await context.clearCookies();
  await reveal.button("Test it").click();
  await reveal.expectText("your own sign-in has ended");
  await expect(reveal.value).toHaveText(value);
});

test("copying works on plain HTTP as well", async ({ playwright, project, start }) => {
  const dashboard = start(undefined, "--allow-host", "tokens.test");
  const address = new URL(await dashboard.address());
  const host = `tokens.test:${address.port}`;
  await dashboard.stop();
  const named = start(undefined, "--listen", address.host, "--allow-host", host);
  const browser = await playwright.chromium.launch({
    executablePath: process.env.KARGO_TOKENS_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP tokens.test 127.0.0.1"],
  });
  const page = await browser.newPage();
  await page.goto((await named.address()).replace(address.host, host));
  await page.waitForURL(`http://${host}/system`);
  await page.goto(`http://${host}${project.path}`);
  await ready(page);
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  const tokens = new TokensPage(page);
  const reveal = await tokens.create("plain-1");
  await reveal.copyButton.click();
  await reveal.expectText("Copied.");
  await reveal.saveAndClose();
  // What was copied can be pasted.
  const form = await tokens.newToken("reader");
  await form.name.fill("");
  await page.keyboard.press("Control+V");
  await expect(form.name).toHaveValue(/^eyJ/);
  await browser.close();
});

test("a second window can't reveal what the first one has revealed", async ({ page, context, dashboard, project, refusals }) => {
  refusals.push(409);
  const tokens = await TokensPage.open(page, dashboard, project);
  await ServerFunctions.of(page).create(project, "twice-1");
  await tokens.readUntil("twice-1", "Reveal pending");
  const other = new TokensPage(await context.newPage());
  await staysBehind(other.page);
  await other.page.goto(page.url());
  await ready(other.page);
  const reveal = await tokens.row("twice-1").reveal();
  await reveal.expectValue();
  await other.row("twice-1").button("Reveal once").click();
  const second = new RevealDialog(other.page);
  await expect(second.alert).toContainText("was already shown");
  await expect(second.savedButton).toHaveCount(0);
  await reveal.saveAndClose();
});
