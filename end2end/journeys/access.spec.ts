// Why a person has or doesn't have a role: pasted claims are compared with each role, and what a person may not do is shown with the Role that
// would allow it.
import { AccessPage } from "../support/access_page.ts";
import { done } from "../support/api_server.ts";
import { expectNoBarriers } from "../support/accessibility.ts";
import type { Project } from "../support/cluster.ts";
import { expect, openWithoutScripts, test } from "../support/dashboard.ts";
import { Places } from "../support/places.ts";
import { TokensPage } from "../support/tokens_page.ts";

const CLAIMS = { sub: "7f0c", email: "Dev@corp.example", groups: ["web-shop"], level: 3 };

/** Adds a role with an annotation of claims, word for word. */
const claimed = (project: Project, name: string, claims: string) =>
  done("POST", `/api/v1/namespaces/${project.name}/serviceaccounts`, {
    body: { metadata: { name, annotations: { "rbac.kargo.akuity.io/claims": claims } } },
  });

async function withClaims(project: Project) {
  await claimed(project, "a-match", '{"groups":["ops","web-shop"]}');
  await claimed(project, "b-void", '{"groups":"web-shop"}');
  await claimed(project, "c-case", '{"email":["dev@corp.example"]}');
  await claimed(project, "d-value", '{"groups":["platform-admins"]}');
  await claimed(project, "e-missing", '{"team":["x"]}');
  await claimed(project, "f-type", '{"level":["3"]}');
}

const idToken = (claims: object) => {
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
};

test("pasted claims get a verdict for each role, and no address has them", async ({ page, dashboard, project }) => {
  await withClaims(project);
  const tokens = await TokensPage.open(page, dashboard);
  await new Places(page).go("Why this role?");
  await expect(tokens.heading).toHaveText("Why this role?");
  const access = new AccessPage(page);
  await access.explain(CLAIMS, project.name);
  const says = (name: string, text: string) => expect(access.verdict(project.name, name)).toContainText(text);
  await says("a-match", "Matches groups = web-shop.");
  await says("b-void", "Kargo ignores this role's claims: the claim groups has a single value");
  await says("b-void", "which would match");
  await says("c-case", "Needs email = dev@corp.example; the token says email = Dev@corp.example. Upper and lower case count.");
  await access.unfold(project.name);
  await says("d-value", "Needs groups = platform-admins; the token says groups = web-shop.");
  await says("e-missing", "the token has no such claim");
  await says("f-type", "is no text and no list of texts");
  await expect(access.main.getByText(/Without claims, so nobody acts as them:.*reader/)).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: /^1 of \d+ roles with claims matches\.$/ })).toBeVisible();
  expect(new URL(page.url()).search).toBe("");
  await expect(access.field).toHaveValue(JSON.stringify(CLAIMS));
  await expect(access.find).toHaveValue(project.name);
  await expectNoBarriers(page, "Why this role?");
});

test("of an ID token, only the claims are sent", async ({ page, dashboard, project }) => {
  await withClaims(project);
  const access = await AccessPage.open(page, dashboard);
  await expect(page.locator("html")).toHaveAttribute("data-ready");
  const posted = page.waitForRequest((request) => request.method() === "POST");
  const token = idToken({ ...CLAIMS, groups: ["nobody"] });
  await access.explain(token, project.name);
  expect(new URLSearchParams((await posted).postData() ?? "").get("claims")).toBe(token.slice(0, token.lastIndexOf(".") + 1));
  await access.unfold(project.name);
  await expect(access.verdict(project.name, "a-match")).toContainText("the token says groups = nobody");
});

test("claims of more than 64 KB are refused", async ({ page, dashboard }) => {
  const access = await AccessPage.open(page, dashboard);
  await access.explain({ groups: ["x".repeat(70_000)] });
  await expect(access.alert).toContainText("the limit is 65536");
  await expect(access.field).not.toBeEmpty();
});

test("a corrected annotation is copied", async ({ page, dashboard, project, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await withClaims(project);
  const access = await AccessPage.open(page, dashboard);
  await access.explain(CLAIMS, project.name);
  await access.copyCorrected(project.name, "b-void").click();
  await access.expectNotice("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('{"groups":["web-shop"]}');
});

test("a mistake in pasted claims is named with its place", async ({ page, dashboard }) => {
  const access = await AccessPage.open(page, dashboard);
  for (const [text, says] of [
    ['{\n  "groups": ["ops",]\n}', "line 2, column 20"],
    ["ops", "neither JSON nor an ID token"],
    ["eyJh.e!J.x", "character 7"],
  ] as const) {
    await access.explain(text);
    await expect(access.alert).toContainText(says);
    await expect(access.field).toHaveAttribute("aria-invalid", "true");
  }
});

test("the page names the ServiceAccounts that the person may not list", async ({ page, start }) => {
  const access = await AccessPage.open(page, start("project-admin"), "/access?find=ci-promoter&scope=projects%2Fkargo-demo");
  await access.explain({ groups: ["ci"] }, "ci-promoter");
  await expect(access.verdict("kargo-demo", "ci-promoter")).toContainText("Matches groups = ci.");
  await expect(access.main).toContainText("You may not list ServiceAccounts in kargo");
  await expect(access.main).toContainText("roles of projects may be missing");
});

test("a role whose claims are void says so where the role is, and leads to the verdict", async ({ page, dashboard, project }) => {
  await withClaims(project);
  const tokens = await TokensPage.open(page, dashboard, project);
  await expect(tokens.section("b-void").locator).toContainText("claims ignored");
  await tokens.section("b-void").locator.getByRole("link", { name: "b-void" }).click();
  await expect(tokens.heading).toContainText("claims ignored");
  await expect(tokens.main).toContainText("which voids the whole annotation");
  await expect(tokens.main.getByRole("button", { name: "Copy the corrected one" })).toBeVisible();
  await tokens.link("Why this role?").and(tokens.main.getByRole("link")).click();
  await expect(new AccessPage(page).find).toHaveValue("b-void");
});

test("what a person may not do is shown with the Role that would allow it", async ({ page, start, project }) => {
  await project.token("audited");
  const tokens = await TokensPage.open(page, start("auditor"), project);
  const row = tokens.row("audited");
  await expect(row.button("Delete")).toHaveAttribute("aria-disabled", "true");
  await expect(row.button("Delete")).toHaveAccessibleDescription(`You may not delete secrets in namespace ${project.name}: without it, tokens can't be deleted.`);
  await expect(tokens.section("reader").newTokenButton).toHaveAttribute("aria-disabled", "true");
  await tokens.main.getByText("Show the Role that would allow it").click();
  await expect(page.getByLabel("The Role with the missing rights as YAML")).toContainText("verbs: [create, patch, delete]");
  await expectNoBarriers(page, "missing rights");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("pasted claims are explained, and an ID token loses its signature", async ({ page, dashboard, project }) => {
    await withClaims(project);
    await openWithoutScripts(page, dashboard, "/access");
    const access = new AccessPage(page);
    await access.explain(idToken(CLAIMS), project.name);
    await expect(access.verdict(project.name, "a-match")).toContainText("Matches groups = web-shop.");
    expect(await access.field.inputValue()).not.toContain("c2lnbmF0dXJl");
  });
});
