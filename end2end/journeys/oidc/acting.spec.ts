// What a person who acts as roles sees of them: their claims, each role's verdict, and the choice to act as less.
import { readFile } from "node:fs/promises";
import { expectNoBarriers } from "../../support/accessibility.ts";
import { ready, visit } from "../../support/dashboard.ts";
import { expect, expectSignedIn, goToIssuer, test } from "../../support/oidc/test.ts";
import { TokensPage } from "../../support/tokens_page.ts";

test("a person sees why they have a role, and can act as one role only", async ({ page, project, program, startProvider, startFor }) => {
  const provider = await startProvider("go", "dex");
  await program.accept(provider.person.group);
  const origin = await startFor(provider, "--kubeconfig", program.kubeconfig);
  await goToIssuer(page, origin);
  await provider.signIn(page);
  await expectSignedIn(page, origin);

  await visit(page, "/access");
  await ready(page);
  const main = page.getByRole("main");
  await expect(main).toContainText(provider.person.group);
  await expect(main).toContainText("Matches groups");
  await expectNoBarriers(page, "Why this role?");

  await visit(page, "/session");
  await ready(page);
  const account = `system:serviceaccount:${project.namespace}:promoter`;
  await page.getByLabel("Act as").selectOption(account);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(`${origin}/session`);
  await expect(page.getByLabel("Act as")).toHaveValue(account);
  await visit(page, project.path);
  await expect(page.getByText("acting as")).toBeVisible();
  await expectNoBarriers(page, "tokens of a person who acts as a role");
});

test("the audit log and the token name the person and the role", async ({ page, project, program, startProvider, startFor }, info) => {
  const provider = await startProvider("node", "dex");
  await program.accept(provider.person.group);
  const file = info.outputPath("audit.log");
  const origin = await startFor(provider, "--kubeconfig", program.kubeconfig, "--audit-log", file);
  await goToIssuer(page, origin);
  await provider.signIn(page);
  await expectSignedIn(page, origin);
  await visit(page, project.path);
  await ready(page);
  const tokens = new TokensPage(page);
  const reveal = await tokens.create("audited", "promoter");
  const value = await reveal.take();
  await tokens.row("audited").expectState("Active");

  const text = await readFile(file, "utf8");
  expect(text).not.toContain(value.slice(0, 40));
  const lines = text.trim().split("\n").map((line) => JSON.parse(line));
  expect(lines.map(({ verb, outcome }) => [verb, outcome])).toEqual([
    ["sign_in", "ok"],
    ["create_token", "ok"],
    ["reveal_token", "ok"],
    ["confirm_token", "ok"],
  ]);
  expect(lines[0].way).toBe("oidc");
  for (const line of lines) expect(line.person).toContain(provider.person.email);
  for (const line of lines.slice(1)) {
    expect(line.acting_as).toBe(`system:serviceaccount:${project.namespace}:promoter`);
    expect([line.scope, line.token]).toEqual([project.scope, "audited"]);
  }
  await tokens.row("audited").link.click();
  await expect(page.getByRole("main")).toContainText(`${provider.person.email} (`);
  await expect(page.getByRole("main")).toContainText(", as promoter");
});
