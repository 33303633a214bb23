// Signing in at an issuer that the API server trusts itself: the ID token is the credential.
import { randomUUID } from "node:crypto";
import { expectAccepted } from "../../support/api_server.ts";
import { ready, visit } from "../../support/dashboard.ts";
import { allowGroup, trust, userName } from "../../support/oidc/forwarded.ts";
import { PROVIDERS } from "../../support/oidc/provider.ts";
import { expect, goToIssuer, test } from "../../support/oidc/test.ts";
import { TokensPage } from "../../support/tokens_page.ts";

// One after another: the API server trusts one issuer at a time.
test.describe.configure({ mode: "default" });

for (const kind of PROVIDERS) {
  test(`a person of an issuer that the cluster trusts (${kind}) creates and reveals a token`, async ({ page, context, project, startProvider, startFor }) => {
    const provider = await startProvider(kind, "keycloak");
    trust(provider);
    await Promise.all([allowGroup(project, provider.person.group), project.token("existing-1")]);
    const origin = await startFor(provider, "--oidc-forward");
    // The API server takes a moment to read its file.
    await expect(async () => {
      await context.clearCookies();
      await goToIssuer(page, origin);
      await provider.signIn(page);
      await expect(page).toHaveURL(`${origin}/system`, { timeout: 2000 });
    }).toPass();
    await expect(page.getByText(userName(provider.person)).first()).toBeVisible();

    await visit(page, project.path);
    await ready(page);
    const tokens = new TokensPage(page);
    await tokens.row("existing-1").expectState("Active");
    // Kargo's administrators may not mint tokens that expire, so the form asks for no lifetime.
    const form = await tokens.newToken("reader");
    await form.fill({ name: "forwarded-1" });
    const reveal = await form.create();
    await expectAccepted(await reveal.take());
    await reveal.expectClosed();
  });
}

test("an ID token with as many groups as Entra sends fits into cookies", async ({ page, startProvider, startFor }) => {
  const provider = await startProvider("node", "entra");
  trust(provider);
  const origin = await startFor(provider, "--oidc-forward");
  await expect(async () => {
    await goToIssuer(page, origin);
    await expect(page).toHaveURL((url) => url.origin !== origin || url.pathname === "/system", { timeout: 2000 });
    if (new URL(page.url()).origin !== origin) await provider.signIn(page);
    await expect(page).toHaveURL(`${origin}/system`, { timeout: 2000 });
  }).toPass();
});

test("an ID token that fits into no cookies is refused, with what to change", async ({ page, lying, startFor }) => {
  lying.claims = { sub: "ana", email: "ana@example.com", groups: Array.from({ length: 600 }, () => randomUUID()) };
  trust(lying);
  const origin = await startFor(lying, "--oidc-forward");
  await expect(async () => {
    await goToIssuer(page, origin);
    await expect(page.getByRole("alert")).toContainText("Your ID token is too large", { timeout: 2000 });
  }).toPass();
  await expect(page.getByRole("alert")).toContainText("send fewer claims");
});

test("the sign-in page says that the cluster does not trust the issuer", async ({ page, startProvider, startFor }) => {
  const provider = await startProvider("node", "dex");
  const origin = await startFor(provider, "--oidc-forward");
  await goToIssuer(page, origin);
  await provider.signIn(page);
  await expect(page).toHaveURL(/refused=/);
  await expect(page.getByRole("alert")).toContainText("cluster");
});
