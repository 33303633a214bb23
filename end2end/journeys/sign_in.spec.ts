// Signing in with a token, and out again, for good.
import { api } from "../support/api_server.ts";
import type { Page } from "@playwright/test";
import { type Dashboard, expect, openWithoutScripts, signInWithToken, test } from "../support/dashboard.ts";
import { Places } from "../support/places.ts";
import { TokensPage } from "../support/tokens_page.ts";

test.describe("with a token", () => {
  test("its owner's rights decide, and signing out ends the session for a copy of its cookie", async ({ page, project, start, context }) => {
    const token = await project.token("me");
    const dashboard = start(undefined, "--sign-in", "token");
    const origin = await dashboard.address();
    await page.goto(`${origin}${project.path}`);
    await expect(page).toHaveURL(`${origin}/sign-in`);
    await expect(page.getByText("Kargo's admin password doesn't work")).toBeVisible();
    await page.getByLabel("Kubernetes token").fill(` ${await token.value()}\n`);
    await page.getByRole("button", { name: "Sign in" }).click();
    // The project is the token's own.
    await expect(page).toHaveURL(origin + project.path);
    await new Places(page).show();
    await expect(page.getByText(`system:serviceaccount:${project.namespace}:reader`)).toBeVisible();

    const cookies = await context.cookies(origin);
    expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toContainEqual([true, "Strict"]);
    await page.goto(`${origin}/session`);
    await expect(page.getByRole("heading", { level: 1, name: "Your session" })).toBeVisible();
    await page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page).toHaveURL(`${origin}/sign-in`);
    await context.addCookies(cookies);
    await page.goto(`${origin}/system`);
    await expect(page).toHaveURL(`${origin}/sign-in?refused=ended`);
    await expect(page.getByRole("alert")).toContainText("Your session has ended.");
  });

  test("signing out everywhere ends the person's other sessions", async ({ browser, project, start }) => {
    const token = await project.token("me");
    const dashboard = start(undefined, "--sign-in", "token");
    const origin = await dashboard.address();
    const pages = await Promise.all([0, 1].map(async () => (await browser.newContext()).newPage()));
    for (const page of pages) {
      await signInWithToken(page, origin, await token.value());
      await expect(page).toHaveURL(origin + project.path);
    }
    const [one, other] = pages as [typeof pages[0], typeof pages[0]];
    await one!.goto(`${origin}/session`);
    await one!.getByRole("button", { name: "Sign out everywhere" }).click();
    await expect(one!).toHaveURL(`${origin}/sign-in`);
    await other!.goto(`${origin}/session`);
    await expect(other!).toHaveURL(`${origin}/sign-in?refused=ended`);
    for (const page of pages) await page.context().close();
  });

  test("what the cluster refuses is refused, with what to do", async ({ page, project, start }) => {
    const token = await project.token("me");
    const value = await token.value();
    const dashboard = start(undefined, "--sign-in", "token");
    const origin = await dashboard.address();
    for (const [text, says] of [
      ["not a token", "This text is not a token."],
      [`${value}x`, "The cluster does not accept this token."],
      ["eyJhbGciOiJub25lIn0.e30.", "The cluster does not accept this token."],
    ] as const) {
      await signInWithToken(page, origin, text);
      await expect(page.getByRole("alert")).toContainText(says);
      expect(page.url()).not.toContain(text.slice(0, 10));
    }
    expect(dashboard.log).not.toContain(value.slice(0, 40));
  });

  test("tokens are tried only a few times a minute from one address", async ({ page, start }) => {
    const dashboard = start(undefined, "--sign-in", "token");
    const origin = await dashboard.address();
    await page.goto(`${origin}/sign-in`);
    const tries = await Promise.all(
      Array.from({ length: 15 }, () =>
        page.request.post(`${origin}/sign-in`, { form: { token: "x" }, headers: { origin }, maxRedirects: 0 }).then((answer) => answer.headers().location),
      ),
    );
    expect(tries.filter((location) => location?.includes("too-many")).length).toBeGreaterThanOrEqual(4);
    expect(tries.filter((location) => location?.includes("refused=refused")).length).toBeGreaterThanOrEqual(5);
  });

  test("a token's end ends what its session can do", async ({ page, project, start }) => {
    const token = await project.token("me");
    const dashboard = start(undefined, "--sign-in", "token");
    const origin = await dashboard.address();
    await signInWithToken(page, origin, await token.value());
    await expect(page).toHaveURL(origin + project.path);
    await api("DELETE", `/api/v1/namespaces/${project.namespace}/secrets/me`);
    await expect(async () => {
      await page.goto(`${origin}${project.path}`);
      await expect(page.getByRole("main").getByText("The cluster doesn't accept your credential any more.")).toBeVisible({ timeout: 500 });
    }).toPass();
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the local session ends with Sign out", async ({ page, start }) => {
    const dashboard = start();
    await openWithoutScripts(page, dashboard, "/session");
    await page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  });
});

test.describe("a session that ends", () => {
  test.use({ refusals: [401] });

  /** Ends the page's session, as its end or a sign-out in another tab does. */
  const end = (page: Page) => page.request.post(new URL("/sign-out", page.url()).href, { headers: { origin: new URL(page.url()).origin }, maxRedirects: 0 });

  /** Signs in again, in another tab. */
  async function signInAgain(page: Page, dashboard: Dashboard) {
    const tab = await page.context().newPage();
    const address = await dashboard.address();
    await tab.goto(address);
    await tab.waitForURL(`${new URL(address).origin}/system`);
    await tab.close();
  }

  test("loses nothing that was typed or shown", async ({ page, project, start }) => {
    const dashboard = start();
    const tokens = await TokensPage.open(page, dashboard, project);
    const form = await tokens.newToken("reader");
    await form.fill({ name: "kept", expires: "never" });
    await end(page);
    await form.createButton.click();
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Sign in again in another tab");
    await expect(form.name).toHaveValue("kept");
    await signInAgain(page, dashboard);
    const reveal = await form.create();
    const value = await reveal.show();

    await end(page);
    await reveal.save();
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Sign in");
    await expect(reveal.value).toContainText(value);
    await signInAgain(page, dashboard);
    await reveal.saveAndClose();
    await tokens.row("kept").expectState("Active");
  });

  test("leaves a deletion that has begun suspended, and the next session finishes or undoes it", async ({ page, project, start }) => {
    const token = await project.token("begun");
    const dashboard = start(undefined, "--undo-window", "3s");
    const tokens = await TokensPage.open(page, dashboard, project);
    await tokens.row(token).delete();
    await end(page);
    await signInAgain(page, dashboard);
    await tokens.readUntil(token, "Deletion due");
    await tokens.row(token).choose("Restore");
    await tokens.row(token).expectState("Active");
  });
});

test("replicas with the same keys read each other's sessions", async ({ page, start }, info) => {
  const { writeFile } = await import("node:fs/promises");
  const { randomBytes } = await import("node:crypto");
  const keys = info.outputPath("keys");
  await writeFile(keys, `${randomBytes(32).toString("base64")}\n`);
  const [one, other] = [start(undefined, "--session-keys", keys), start(undefined, "--session-keys", keys)];
  const address = new URL(await one.address());
  const second = new URL(await other.address());
  await page.goto(address.href);
  await page.waitForURL(`${address.origin}/system`);
  const [session] = (await page.context().cookies(address.origin)).filter(({ name }) => name === `kargo-tokens-${address.port}`);
  // The name of the cookie has the port, so the copy gets the other's.
  await page.context().addCookies([{ ...session!, name: `kargo-tokens-${second.port}` }]);
  await page.goto(`${second.origin}/session`);
  await expect(page.getByRole("heading", { level: 1, name: "Your session" })).toBeVisible();
});
