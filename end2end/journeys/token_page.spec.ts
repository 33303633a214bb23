// A token's own page: what is known of it, what people wrote about it, what it can do, what was done to it, its Secret.
import AxeBuilder from "@axe-core/playwright";
import { api, kargoToken, secret } from "../support/cluster.ts";
import { expect, hydrated, open, test } from "../support/dashboard.ts";

/** Changes a Secret's annotations as another program would. */
const annotate = (namespace: string, name: string, annotations: object) =>
  api("PATCH", `/api/v1/namespaces/${namespace}/secrets/${name}`, { body: { metadata: { annotations } }, type: "application/merge-patch+json" });

for (const colorScheme of ["light", "dark"] as const) {
  test(`tells everything but the value, without barriers, ${colorScheme}`, async ({ page, dashboard, projectName }) => {
    await page.emulateMedia({ colorScheme });
    await kargoToken(projectName, "reader", "ci.old-1");
    await annotate(projectName, "ci.old-1", {
      "kargo-tokens/created-by": "alice",
      "kargo-tokens/reveal": "claimed",
      "kargo-tokens/revealed-at": "2026-01-02T03:04:05Z",
      "kargo-tokens/fingerprint": "0123456789ab",
      "kargo-tokens/replaced-by": "ci.new-2",
      "kargo-tokens/retire-after": "2099-01-01T00:00:00Z",
      "kargo-tokens/note": "First line <b>\nsecond line",
      "kargo-tokens/history": JSON.stringify([{ at: "2026-01-02T03:04:05Z", by: "bob", did: "retiring", about: "until later" }]),
      "argocd.argoproj.io/tracking-id": "x",
    });
    await open(page, dashboard, `/projects/${projectName}/tokens/ci.old-1`);
    await expect(page).toHaveTitle(/^ci\.old-1 · /);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("ci.old-1");
    const about = page.getByRole("region", { name: "About this token" });
    for (const said of ["perhaps never seen", "alice", "2026-01-02 03:04:05 UTC", "0123456789ab", "Argo CD", "in 72 y", "Role reader"]) {
      await expect(page.getByRole("main")).toContainText(said);
    }
    await expect(about.getByRole("link", { name: "ci.new-2" })).toHaveAttribute("href", `/projects/${projectName}/tokens/ci.new-2`);
    await expect(page.getByRole("region", { name: "Note and contact" })).toContainText("First line <b>\nsecond line", { useInnerText: true });
    await expect(page.getByRole("region", { name: "What it can do" })).toContainText("acts as the role reader");
    await expect(page.getByRole("region", { name: "What was done to it" })).toContainText("bob changed when it retires: until later");
    await expect(page.getByText("The Secret as YAML")).toBeVisible();
    await page.getByText("The Secret as YAML").click();
    await expect(page.locator("#yaml-text")).toContainText("name: ci.old-1");
    const { body } = await secret(projectName, "ci.old-1");
    expect(await page.content()).not.toContain(Buffer.from(body.data.token, "base64").toString());
    await expect(page.locator("#yaml-text")).toContainText("*** redacted ***");

    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);

    await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: `Project ${projectName}` }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Project ${projectName}`);
  });
}

test("note and contact are written, and nobody's words are overwritten unseen", async ({ page, dashboard, projectName, refusals }) => {
  refusals.push(409);
  await kargoToken(projectName, "reader", "noted");
  await open(page, dashboard, `/projects/${projectName}/tokens/noted`);
  await page.getByRole("button", { name: "Edit note and contact" }).click();
  const dialog = page.getByRole("dialog", { name: /Note and contact/ });
  await dialog.getByLabel("Note").fill("x".repeat(501));
  await expect(dialog).toContainText("501 of 500 characters");
  await expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
  await dialog.getByLabel("Note").fill("The nightly build\nuses it");
  await dialog.getByLabel("Contact").fill("#ops");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => v.id)).toEqual([]);

  // Neither Esc nor somebody else's words take what was typed.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeVisible();
  await annotate(projectName, "noted", { "kargo-tokens/note": "Theirs " });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Somebody else changed");
  await expect(dialog.getByText("Theirs", { exact: true })).toBeVisible();
  await expect(dialog.getByLabel("Note")).toHaveValue("The nightly build\nuses it");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("status")).toContainText("are saved");
  await expect(page.getByRole("region", { name: "Note and contact" })).toContainText("#ops");
  await expect(page.getByRole("region", { name: "What was done to it" })).toContainText("changed its note");
  const { annotations } = (await secret(projectName, "noted")).body.metadata;
  expect(annotations["kargo-tokens/note"]).toBe("The nightly build\nuses it");
  expect(annotations["kargo-tokens/contact"]).toBe("#ops");
});

test("the YAML is copied", async ({ page, context, dashboard, projectName }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await kargoToken(projectName, "reader", "copied");
  await open(page, dashboard, `/projects/${projectName}/tokens/copied`);
  await page.getByText("The Secret as YAML").click();
  await page.getByRole("button", { name: "Copy YAML" }).click();
  await expect(page.getByRole("status")).toContainText("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^apiVersion: v1\ndata:\n[^]*name: copied\n/);
});

test("a token that is not there answers 404 and leads back", async ({ page, dashboard, projectName, refusals }) => {
  refusals.push(404);
  await open(page, dashboard, `/projects/${projectName}`);
  const answer = await page.goto(`/projects/${projectName}/tokens/gone`);
  expect(answer?.status()).toBe(404);
  await hydrated(page);
  await expect(page.getByRole("alert")).toContainText("There is no token gone");
  await page.getByRole("link", { name: "See which tokens there are" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Project ${projectName}`);
  await page.goto(`/projects/${projectName}/tokens/A_b`);
  await expect(page.getByRole("alert")).toContainText("can't be used");
});

test("who may not read it is told what is missing", async ({ page, start }) => {
  const dashboard = start("viewer");
  await open(page, dashboard, "/system/tokens/ci-deploy-7f3kq");
  await expect(page.getByRole("alert")).toContainText("list secrets");
  await expect(page.getByRole("link", { name: "Try again" })).toBeVisible();
});

test("who may read but not write sees the page, without what it can't have or do", async ({ page, start, projectName }) => {
  await kargoToken(projectName, "reader", "audited");
  await open(page, start("auditor"), `/projects/${projectName}/tokens/audited`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("audited");
  await expect(page.getByRole("region", { name: "What was done to it" })).toContainText("You may not list events");
  await expect(page.getByRole("button", { name: /Edit/ })).toHaveCount(0);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });
  test("everything can be read, and nothing is offered that doesn't work", async ({ page, dashboard, projectName }) => {
    await kargoToken(projectName, "reader", "plain");
    await page.goto(await dashboard.address());
    await page.getByRole("link", { name: "Go on" }).or(page.getByRole("heading", { name: "System" })).first().waitFor();
    await page.goto(`/projects/${projectName}/tokens/plain`);
    await expect(page.getByRole("region", { name: "About this token" })).toContainText("It works.");
    await expect(page.getByRole("button", { name: /Edit|Copy/ })).toHaveCount(0);
    await page.getByText("The Secret as YAML").click();
    await expect(page.locator("#yaml-text")).toBeVisible();
  });
});
