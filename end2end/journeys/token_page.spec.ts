// A token's own page: what is known of it, what people wrote about it, what it can do, what was done to it, its Secret.
import { expectNoSidewaysScrolling } from "../support/accessibility.ts";
import { expect, ready, test, visit } from "../support/dashboard.ts";
import { TokenPage } from "../support/token_page.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("the page tells everything but the value", async ({ page, dashboard, project }) => {
  const token = await project.token("ci.old-1", {
    annotations: {
      "kargo-tokens/created-by": "alice",
      "kargo-tokens/reveal": "claimed",
      "kargo-tokens/revealed-at": "2026-01-02T03:04:05Z",
      "kargo-tokens/fingerprint": "0123456789ab",
      "kargo-tokens/replaced-by": "ci.new-2",
      "kargo-tokens/retire-after": "2099-01-01T00:00:00Z",
      "kargo-tokens/note": "First line <b>\nsecond line",
      "kargo-tokens/history": JSON.stringify([{ at: "2026-01-02T03:04:05Z", by: "bob", did: "retiring", about: "until later" }]),
      "argocd.argoproj.io/tracking-id": "x",
    },
  });
  const about = await TokenPage.open(page, dashboard, token);
  await expect(page).toHaveTitle(/^ci\.old-1 · /);
  await expect(about.heading).toHaveText("ci.old-1");
  await about.token.expectState("Reveal unconfirmed");
  for (const text of ["alice", "2026-01-02 03:04:05 UTC", "0123456789ab", "Argo CD", "in 72 y", "Role reader"]) {
    await expect(about.main).toContainText(text);
  }
  await expect(about.facts.getByRole("link", { name: "ci.new-2" })).toHaveAttribute("href", `/${project.scope}/tokens/ci.new-2`);
  await expect(about.notes).toContainText("First line <b>\nsecond line", { useInnerText: true });
  await expect(about.rights).toContainText("acts as the role reader");
  await expect(about.history).toContainText(/bob .*: until later/);
  const yaml = await about.showYaml();
  await expect(yaml).toContainText("name: ci.old-1");
  await expect(yaml).toContainText("*** redacted ***");
  expect(await page.content()).not.toContain(await token.value());
  await expectNoSidewaysScrolling(page, "the token's page");

  await about.breadcrumb.getByRole("link", { name: project.name }).click();
  await expect(about.heading).toHaveText(project.name);
});

test("the commands of the row are on the page, and it follows them", async ({ page, dashboard, project }) => {
  const token = await project.token("full");
  const about = await TokenPage.open(page, dashboard, token);
  await about.token.delete();
  await about.expectNotice(/is being deleted/);
  await about.token.undo();
  await about.token.expectState("Active");
  await expect(about.history).toContainText(/deletion|restored/i);
});

test("a token that Argo CD manages is not deleted without a word", async ({ page, dashboard, project }) => {
  const token = await project.token("tracked", { annotations: { "argocd.argoproj.io/tracking-id": "x" } });
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(token).expectText("managed by Argo CD, which may recreate it");
});

test("the YAML is copied", async ({ page, context, dashboard, project }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const about = await TokenPage.open(page, dashboard, await project.token("copied"));
  await about.showYaml();
  await about.copyYamlButton.click();
  await about.expectNotice("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^apiVersion: v1\ndata:\n[^]*name: copied\n/);
});

test("a token that is not there answers 404 and leads back", async ({ page, dashboard, project, refusals }) => {
  refusals.push(404);
  const tokens = await TokensPage.open(page, dashboard, project);
  const answer = await visit(page, `${project.path}/tokens/gone`);
  expect(answer?.status()).toBe(404);
  await ready(page);
  await expect(tokens.alert).toContainText("There is no token gone");
  await tokens.link("Show all tokens").click();
  await expect(tokens.heading).toHaveText(project.name);
  await visit(page, `${project.path}/tokens/A_b`);
  await expect(tokens.alert).toContainText("can't be used");
});

test("who may not read it is told what is missing", async ({ page, start, project }) => {
  const about = await TokenPage.open(page, start("viewer"), await project.token("secret"));
  await expect(about.alert).toContainText(/(list|get) secrets/);
  await expect(about.link("Try again")).toBeVisible();
});

test("who can only read sees the page, and commands that they can't use", async ({ page, start, project }) => {
  const about = await TokenPage.open(page, start("auditor"), await project.token("audited"));
  await expect(about.heading).toHaveText("audited");
  await expect(about.history).toContainText(/can't list events|list events/);
  await expect(about.editNotesButton).toHaveAttribute("aria-disabled", "true");
  for (const label of ["Delete", "Recreate"]) await expect(about.token.button(label)).toHaveAttribute("aria-disabled", "true");
});
