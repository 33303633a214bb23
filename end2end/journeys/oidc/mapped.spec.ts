// Signing in at an issuer, as a person whose group a role accepts.
import { expectAccepted } from "../../support/api_server.ts";
import { ready, visit } from "../../support/dashboard.ts";
import { SHAPES } from "../../support/oidc/people.ts";
import { PROVIDERS } from "../../support/oidc/provider.ts";
import { expect, expectSignedIn, goToIssuer, singleSignOn, test } from "../../support/oidc/test.ts";
import { TokensPage } from "../../support/tokens_page.ts";

for (const kind of PROVIDERS) {
  for (const shape of SHAPES) {
    test(`a person of ${shape} (${kind}) signs in, creates and reveals a token, and signs out at the issuer, too`, async ({
      page,
      project,
      program,
      startProvider,
      startFor,
    }) => {
      const [provider] = await Promise.all([startProvider(kind, shape), project.token("existing-1")]);
      await program.accept(provider.person.group);
      const origin = await startFor(provider, "--kubeconfig", program.kubeconfig);
      await page.goto(origin + project.path);
      await expect(page).toHaveURL(`${origin}/sign-in`);
      await singleSignOn(page).click();
      await provider.expectForm(page);
      await provider.signIn(page);
      // Their only role is the project's.
      await expect(page).toHaveURL(origin + project.path);
      await ready(page);
      const tokens = new TokensPage(page);
      await tokens.row("existing-1").expectState("Active");
      const reveal = await tokens.create("single-1");
      await expectAccepted(await reveal.take());
      await reveal.expectClosed();
      await tokens.row("single-1").expectState("Active");

      await visit(page, "/session");
      await expect(page.getByRole("main")).toContainText(provider.person.email);
      await page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
      await provider.confirmSignOut(page);
      await expect(page).toHaveURL((url) => url.origin === origin && url.pathname === "/sign-in");
      await singleSignOn(page).click();
      await provider.expectForm(page);
    });
  }
}

test("a second sign-in needs no form while the person is signed in at the issuer", async ({ page, startProvider, startFor }) => {
  const provider = await startProvider("node", "dex");
  const [one, other] = await Promise.all([startFor(provider), startFor(provider)]);
  await goToIssuer(page, one);
  await provider.signIn(page);
  await expectSignedIn(page, one);
  await goToIssuer(page, other);
  await expectSignedIn(page, other);
});

test("the page says that no role accepts the person", async ({ page, project, program, startProvider, startFor }) => {
  const provider = await startProvider("go", "keycloak");
  await program.accept(provider.person.group);
  const origin = await startFor(provider, "--kubeconfig", program.kubeconfig);
  await goToIssuer(page, origin);
  await provider.signIn(page, "ben");
  await expectSignedIn(page, origin);
  await visit(page, project.path);
  await expect(page.getByRole("main")).toContainText("No role");
});
