// A picture of every page and dialog, in both themes, wide and narrow. Each scene is arranged once for both themes.
import { writeFile } from "node:fs/promises";
import { expect, type Page, type TestInfo } from "@playwright/test";
import { kubeconfigOfServer } from "../support/api_server.ts";
import { Project } from "../support/cluster.ts";
import { CompromisePage } from "../support/compromise_page.ts";
import { type Dashboard, open, ready, test as base, visit } from "../support/dashboard.ts";
import { Confirmation, RecreateWithDialog, RevealDialog, SuspendDialog } from "../support/dialogs.ts";
import { Places } from "../support/places.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokenPage } from "../support/token_page.ts";
import { TokensPage } from "../support/tokens_page.ts";
import { takePictures } from "./picture.ts";

// Pictures are made of refusals, too: the browser's console is no concern here.
const test = base.extend({ cleanConsole: async ({}, use) => use() });

type Tools = { page: Page; dashboard: Dashboard; project: Project; start: (user?: string, ...flags: string[]) => Dashboard; info: TestInfo };

/** A scene: what is arranged and done until the picture is taken. */
const scene = (title: string, arrange: (tools: Tools) => Promise<unknown>) =>
  test(title, async ({ page, dashboard, project, start }, info) => {
    await arrange({ page, dashboard, project, start, info });
    await takePictures(page, info);
  });

/** A project with a token in each of several states. */
async function everyState({ page, dashboard, project }: Tools) {
  await project.allowSecrets("promoter", "get", "list");
  await project.token("release-bot-7f3kq", { role: "promoter", lastUsed: new Date().toISOString().slice(0, 10) });
  await project.token("paused-x2m9d", { isSuspended: true, annotations: { "kargo-tokens/note": "Paused for the audit" } });
  await project.dueToken("smoke-test-t6d4v");
  await project.rotation("ci-deploy-c5v7n", "ci-deploy-ch2js", { retires: new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 19) + "Z" });
  await project.token("by-hand", { isManaged: false });
  const tokens = await TokensPage.open(page, dashboard, project);
  await ServerFunctions.of(page).create(project, "grafana-p4w8t");
  await tokens.readUntil("grafana-p4w8t", "Reveal pending");
  return tokens;
}

/** A project with one token, on its page. */
async function oneToken({ page, dashboard, project }: Tools) {
  await project.token("release-bot-7f3kq");
  const tokens = await TokensPage.open(page, dashboard, project);
  return { tokens, row: tokens.row("release-bot-7f3kq") };
}

scene("system", ({ page, dashboard }) => TokensPage.open(page, dashboard));
scene("project without tokens", ({ page, dashboard, project }) => TokensPage.open(page, dashboard, project));
scene("project without roles", async ({ page, dashboard }) => TokensPage.open(page, dashboard, await Project.create()));
scene("project with tokens in every state", everyState);
scene("project with many tokens", async ({ page, dashboard, project }) => {
  project.fill(300);
  await TokensPage.open(page, dashboard, project);
});
scene("role", async (tools) => {
  await everyState(tools);
  await visit(tools.page, `${tools.project.path}?role=promoter#rules`);
  await ready(tools.page);
});
scene("clean-up", async (tools) => {
  await everyState(tools);
  await visit(tools.page, `${tools.project.path}?show=clean-up&days=0`);
});
scene("filter that nothing passes", async ({ page, dashboard, project }) => TokensPage.open(page, dashboard, `${project.path}?show=suspended`));
scene("more filters", async (tools) => {
  await everyState(tools);
  const tokens = new TokensPage(tools.page);
  await visit(tools.page, `${tools.project.path}?used=not-in-90d&managed=yes&sort=name`);
  await ready(tools.page);
  await tokens.moreFilters.open();
});
scene("parts of an address that mean nothing", async (tools) => {
  await everyState(tools);
  await visit(tools.page, `${tools.project.path}?show=foo&used=sometimes`);
});
scene("inventory", async (tools) => {
  await everyState(tools);
  await visit(tools.page, `/inventory?scope=${encodeURIComponent(tools.project.scope)}`);
});
scene("inventory by role", async (tools) => {
  await everyState(tools);
  await visit(tools.page, "/inventory?group=role");
});
scene("inventory without groups", async (tools) => {
  await everyState(tools);
  await visit(tools.page, "/inventory?group=none&used=never");
});
scene("inventory of somebody who may not list projects", async ({ page, start }) => open(page, start("project-admin"), "/inventory?also=kargo-demo"));
scene("shortcuts", async ({ page, dashboard, project }) => {
  await TokensPage.open(page, dashboard, project);
  await page.keyboard.press("?");
});
scene("compact rows", async (tools) => {
  await everyState(tools);
  await new Places(tools.page).chooseCompactRows(true);
  await tools.page.reload();
});
scene("token", async ({ page, dashboard, project }) => {
  const { old } = await project.rotation("ci-deploy-7f3kq", "ci-deploy-ch2js", { retires: "2099-01-01T00:00:00Z" });
  await old.annotate({
    "kargo-tokens/created-by": "ops@example.com",
    "kargo-tokens/note": "Deploy job of the web shop; breaks the nightly release.",
    "kargo-tokens/contact": "#web-shop",
    "kargo-tokens/history": JSON.stringify([{ at: "2026-01-02T03:04:05Z", by: "ops@example.com", did: "retiring", about: "until 2099" }]),
  });
  await TokenPage.open(page, dashboard, old);
});
scene("token with its YAML", async ({ page, dashboard, project }) => {
  const about = await TokenPage.open(page, dashboard, await project.token("shown-7f3kq"));
  await about.showYaml();
});
scene("token that is not managed", async ({ page, dashboard, project }) => TokenPage.open(page, dashboard, await project.token("by-hand", { isManaged: false })));
scene("token that is not there", async ({ page, dashboard, project }) => {
  await open(page, dashboard);
  await visit(page, `${project.path}/tokens/gone`);
});
scene("compromise report", async ({ page, dashboard, project }) => {
  await project.allowSecrets("promoter", "get", "list");
  const leaked = await project.token("leaked-7f3kq", { role: "promoter" });
  await project.tokens(["one-x2m9d", "two-c5v7n"]);
  await project.token("by-hand", { isManaged: false });
  await TokensPage.open(page, dashboard, project);
  const since = Math.floor(Date.now() / 1000) + 1;
  await ServerFunctions.of(page).compromise(project, leaked);
  await visit(page, `/${project.scope}/compromised/leaked-7f3kq?role=promoter&since=${since}`);
  await new CompromisePage(page).expectOpen("leaked-7f3kq");
});
scene("sign-in", async ({ page, dashboard }) => {
  await open(page, dashboard);
  await page.context().clearCookies();
  await visit(page, "/sign-in");
});
scene("not found", async ({ page, dashboard }) => {
  await open(page, dashboard);
  await visit(page, "/nowhere");
});
scene("forbidden", async ({ page, start }) => open(page, start("viewer")));
scene("read only", async ({ page, start }) => open(page, start("auditor")));
scene("project field", async ({ page, start }) => open(page, start("project-admin")));
scene("unreachable", async ({ page, start, info }) => {
  const path = info.outputPath("kubeconfig");
  await writeFile(path, kubeconfigOfServer("https://127.0.0.1:1"));
  await open(page, start(undefined, "--kubeconfig", path));
});
scene("places", async ({ page, dashboard }) => {
  await open(page, dashboard);
  await new Places(page).show();
});
scene("menu of a row", async (tools) => (await oneToken(tools)).row.menuButton.click());
scene("bar of what is selected", async (tools) => {
  const tokens = await everyState(tools);
  for (const name of ["release-bot-7f3kq", "paused-x2m9d", "ci-deploy-ch2js"]) await tokens.row(name).box.check();
});
scene("notice with Undo", async (tools) => (await oneToken(tools)).row.delete());
scene("notice with Undo above the bar", async (tools) => {
  const tokens = await everyState(tools);
  await tokens.row("paused-x2m9d").box.check();
  await tokens.row("release-bot-7f3kq").delete();
});
scene("error in the notice", async (tools) => {
  const { row } = await oneToken(tools);
  await (await tools.project.created("release-bot-7f3kq")).remove();
  await row.button("Delete").click();
  await expect(tools.page.getByRole("status").filter({ hasText: "release-bot" })).toBeVisible();
});
scene("dialog New token", async ({ page, dashboard }) => (await TokensPage.open(page, dashboard)).newToken());
scene("dialog New token of a role", async (tools) => (await oneToken(tools)).tokens.newToken("reader"));
scene("dialog New token with a bad name", async (tools) => (await (await oneToken(tools)).tokens.newToken("reader")).fill({ name: "A_b", expires: "never" }));
scene("dialog reveal", async (tools) => (await (await oneToken(tools)).tokens.create("grafana-p4w8t")).expectValue());
scene("dialog reveal, shown", async (tools) => (await (await oneToken(tools)).tokens.create("grafana-p4w8t")).show());
scene("dialog reveal as kubeconfig", async (tools) => {
  const reveal = await (await oneToken(tools)).tokens.create("grafana-p4w8t");
  await reveal.choose("kubeconfig");
  await reveal.button("Test it").click();
  await reveal.expectText("It works");
});
scene("dialog reveal, waiting", async (tools) => {
  await tools.page.route("**/api/reveal_token", () => {});
  await expect((await (await oneToken(tools)).tokens.create("grafana-p4w8t")).waiting).toBeVisible();
});
scene("dialog close without saving", async (tools) => {
  const reveal = await (await oneToken(tools)).tokens.create("grafana-p4w8t");
  await reveal.closeButton.click();
  await expect(reveal.button("Go back")).toBeVisible();
});
scene("dialog when it retires", async (tools) => {
  const reveal = await (await oneToken(tools)).row.recreate();
  await reveal.save();
  await expect(reveal.old.choice("Delete it now")).toBeChecked();
});
scene("dialog recreate with another lifetime", async (tools) => {
  await (await oneToken(tools)).row.choose("Recreate with another lifetime");
  await new RecreateWithDialog(tools.page, "release-bot-7f3kq").expectOpen();
});
scene("dialog suspend", async (tools) => {
  await (await oneToken(tools)).row.choose("Suspend");
  await new SuspendDialog(tools.page, "release-bot-7f3kq").expectOpen();
});
scene("dialog delete permanently", async (tools) => {
  await (await oneToken(tools)).row.choose("Delete at once");
  await Confirmation.delete(tools.page, "release-bot-7f3kq").expectOpen();
});
scene("dialog compromised", async (tools) => {
  await (await oneToken(tools)).row.choose("Compromised");
  await Confirmation.compromise(tools.page, "release-bot-7f3kq").expectOpen();
});
scene("dialog restore a compromised token", async (tools) => {
  const { tokens, row } = await oneToken(tools);
  await ServerFunctions.of(tools.page).compromise(tools.project, await tools.project.created("release-bot-7f3kq"));
  await tokens.reload();
  await row.button("Restore").click();
  await Confirmation.restore(tools.page, "release-bot-7f3kq").expectOpen();
});
scene("dialog note and contact", async ({ page, dashboard, project }) => {
  const token = await project.token("noted-7f3kq", { annotations: { "kargo-tokens/note": "The nightly build uses it." } });
  await (await TokenPage.open(page, dashboard, token)).editNotes();
});
scene("dialog with an error", async (tools) => {
  await tools.project.token("taken-7f3kq");
  const form = await (await oneToken(tools)).tokens.newToken("reader");
  await form.fill({ name: "taken-7f3kq", expires: "never" });
  await form.createButton.click();
  await expect(form.alert).toBeVisible();
});
scene("dialog reveal that is refused", async (tools) => {
  const { tokens } = await oneToken(tools);
  const token = await ServerFunctions.of(tools.page).create(tools.project, "twice-7f3kq");
  await tokens.readUntil(token, "Reveal pending");
  await ServerFunctions.of(tools.page).reveal(token);
  await tokens.row(token).button("Reveal once").click();
  await expect(new RevealDialog(tools.page).alert).toBeVisible();
});
