// What the dashboard tells of the rules before somebody acts: the page with the rules, the dialog of a new token, and the list of a role whose token one
// has signed in with.
import type { Locator } from "@playwright/test";
import { expectNoBarriers } from "../../support/accessibility.ts";
import { open, signInWithToken } from "../../support/dashboard.ts";
import { DOCUMENTED, expect, RULES, test } from "../../support/policies.ts";
import { RulesPage } from "../../support/rules_page.ts";
import { TokensPage } from "../../support/tokens_page.ts";

const ALL = Object.fromEntries(RULES.map((rule) => [rule, "Deny" as const]));
const RANDOM = "must end in a random suffix such as -7f3kq";
const UNDOCUMENTED = "may only be created with the annotations kargo-tokens/note and kargo-tokens/contact";

test("a page says which rules are on, and which tokens break them", async ({ page, start, kargo, project, enforce }) => {
  await project.token("plain");
  await project.token("known-7f3kq", { annotations: DOCUMENTED });
  await kargo.token("system", { annotations: DOCUMENTED });
  await kargo.token("of-kargo-7f3kq", { role: "kargo-api", annotations: DOCUMENTED });
  await enforce({ uniqueNames: "Deny", permanentTokens: "Warn", onlyRoles: "Audit" });
  const dashboard = start(undefined, "--namespace", kargo.namespace);
  await open(page, dashboard, project.path);
  const rules = await RulesPage.goTo(page);
  await expect(rules.rule("uniqueNames")).toContainText("Enforced");
  await expect(rules.rule("permanentTokens")).toContainText("Warning only");
  await expect(rules.rule("onlyRoles")).toContainText("Audit log only");
  for (const off of ["suspendedTokens", "ownRole", "annotations"] as const) await expect(rules.rule(off)).toContainText("Off");
  await expect(rules.rule("uniqueNames")).toContainText(`Applies to the system and to the project ${project.name}.`);
  const unique = await rules.breaking("uniqueNames");
  await expect(unique.getByRole("link", { name: "plain", exact: true })).toHaveAttribute("href", `${project.path}/tokens/plain`);
  await expect(unique.getByRole("link", { name: "system", exact: true })).toHaveAttribute("href", "/system/tokens/system");
  await expect(unique.getByRole("link", { name: "known-7f3kq" })).toHaveCount(0);
  const permanent = await rules.breaking("permanentTokens");
  await expect(permanent.getByRole("link", { name: "plain", exact: true })).toBeVisible();
  await expect(permanent.getByRole("link", { name: "system", exact: true })).toHaveCount(0);
  const onlyRoles = await rules.breaking("onlyRoles");
  await expect(onlyRoles.getByRole("link")).toHaveText(["of-kargo-7f3kq"]);
  await expectNoBarriers(page, "rules");
});

test("without rules the page says so", async ({ page, start, kargo }) => {
  await open(page, start(undefined, "--namespace", kargo.namespace), "/rules");
  await expect(page.getByText("No rule is on.")).toBeVisible();
  await expectNoBarriers(page, "rules");
});

test("a program that may not read the policies says what it lacks", async ({ page, start }) => {
  await open(page, start("viewer"), "/rules");
  await expect(page.getByRole("alert")).toContainText("list validatingadmissionpolic");
  await page.goto(new URL("/system", page.url()).href);
  await expect(page.getByText("You are signed in with a token")).toHaveCount(0);
});

test("the dialog of a new token tells what a rule would refuse before the token is created", async ({ page, start, kargo, project, enforce }) => {
  await enforce({ uniqueNames: "Deny", permanentTokens: "Deny" });
  const tokens = await TokensPage.open(page, start(undefined, "--namespace", kargo.namespace), project);
  const form = await tokens.newToken("reader");
  await expect(form.createButton).toBeEnabled();
  await form.fill({ name: "ci" });
  await expect(form.alert).toContainText(RANDOM);
  await form.fill({ name: "ci-7f3kq" });
  // The last answer stays until the next one.
  await expect(form.alert).toHaveCount(0);
  await form.fill({ expires: "never" });
  await expect(form.alert).toContainText(UNDOCUMENTED);
  await form.describe({ note: "deploys the shop", contact: "#shop" });
  await expect(form.alert).toHaveCount(0);
  expect(await project.secrets()).toEqual([]);
  const reveal = await form.create();
  await reveal.take();
  const token = await project.created("ci-7f3kq", "reader");
  expect([await token.annotation("note"), await token.annotation("contact")]).toEqual(["deploys the shop", "#shop"]);
});

test("the list names the refused acts to a person who signed in with a token of a role", async ({ page, start, kargo, project, enforce }) => {
  await project.allowEverything("promoter");
  const me = await project.token("me-7f3kq", { role: "promoter", annotations: DOCUMENTED });
  const stopped = await project.token("stopped-7f3kq", { role: "promoter", isSuspended: true, annotations: DOCUMENTED });
  const other = await project.token("other-7f3kq", { role: "reader", annotations: DOCUMENTED });
  await enforce(ALL);
  // The program reads the policies as itself, so that people need no right to.
  const origin = await start(undefined, "--sign-in", "token", "--namespace", kargo.namespace).address();
  await signInWithToken(page, origin, await me.value());
  await page.goto(`${origin}${project.path}`);
  const note = page.getByText("You are signed in with a token of the role promoter.");
  await expect(note).toContainText("You can't create or recreate tokens of this role.");
  await expect(note).toContainText("You can suspend or delete one, but you can't undo it");
  // The dashboard shows a refused command with the reason, and nobody can press it.
  const tokens = new TokensPage(page);
  const refused = { name: /A rule of this cluster refuses this/ };
  const isRefused = (button: Locator) => expect(button).toHaveAttribute("title", refused.name);
  await isRefused(tokens.row(stopped).button("Restore"));
  await isRefused(tokens.row(stopped).button("Recreate"));
  await isRefused(tokens.row(stopped).button("Delete"));
  await isRefused(page.getByRole("button", { name: "New token for promoter" }));
  await expect(tokens.row(other).button("Recreate")).not.toHaveAttribute("title");
  const form = await tokens.newToken();
  await expect(form.role("promoter")).toBeDisabled();
  await expect(form.role("reader")).toBeEnabled();
  await form.cancelButton.click();
  await page.goto(`${origin}${stopped.path}`);
  await isRefused(page.getByRole("button", { name: "Restore stopped-7f3kq" }));
  await page.goto(`${origin}/inventory`);
  await isRefused(tokens.row(stopped).button("Restore"));
  await page.goto(`${origin}${project.path}`);
  await note.getByRole("link", { name: "Rules of this cluster" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Rules" })).toBeVisible();
});
