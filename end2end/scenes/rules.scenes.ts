// Pictures of what the dashboard tells of the cluster's rules.
import { signInWithToken } from "../support/dashboard.ts";
import { DOCUMENTED, expect, RULES, test as base } from "../support/policies.ts";
import { RulesPage } from "../support/rules_page.ts";
import { TokensPage } from "../support/tokens_page.ts";
import { takePictures } from "./picture.ts";

const test = base.extend({ cleanConsole: async ({}, use) => use() });

test("rules of the cluster", async ({ page, start, kargo, project, enforce }, info) => {
  await project.tokens(["ci", "nightly", "smoke-test"]);
  await project.token("deploy-7f3kq", { annotations: DOCUMENTED });
  await enforce({ suspendedTokens: "Deny", onlyRoles: "Deny", permanentTokens: "Warn", uniqueNames: "Audit" });
  await TokensPage.open(page, start(undefined, "--namespace", kargo.namespace), project);
  const rules = await RulesPage.goTo(page);
  await rules.breaking("uniqueNames");
  await takePictures(page, info);
});

test("new token that a rule would refuse", async ({ page, start, kargo, project, enforce }, info) => {
  await enforce({ permanentTokens: "Deny" });
  const tokens = await TokensPage.open(page, start(undefined, "--namespace", kargo.namespace), project);
  const form = await tokens.newToken("reader");
  await form.fill({ expires: "never" });
  await expect(form.alert).toBeVisible();
  await takePictures(page, info);
});

test("signed in with a token of a role", async ({ page, start, kargo, project, enforce }, info) => {
  await project.allowEverything("promoter");
  const me = await project.token("me-7f3kq", { role: "promoter", annotations: DOCUMENTED });
  await enforce(Object.fromEntries(RULES.map((rule) => [rule, "Deny" as const])));
  const origin = await start(undefined, "--sign-in", "token", "--namespace", kargo.namespace).address();
  await signInWithToken(page, origin, await me.value());
  await page.goto(`${origin}${project.path}`);
  await expect(page.getByText("You are signed in with a token of the role")).toBeVisible();
  await takePictures(page, info);
});
