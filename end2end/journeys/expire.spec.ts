// Tokens that expire: Kubernetes mints the value at the reveal and ends it; the cluster doesn't store it.
import { expectAccepted, expectRefused } from "../support/api_server.ts";
import { expect, test } from "../support/dashboard.ts";
import { Confirmation } from "../support/dialogs.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("an expiring token is minted at its reveal, stored nowhere, and deleted for good", async ({ page, context, dashboard, project }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tokens = await TokensPage.open(page, dashboard, project);
  const form = await tokens.newToken("reader");
  await form.fill({ name: "ends" });
  await expect(form.lifetime).toHaveValue(String(90 * 24 * 3600));
  const reveal = await form.create();
  await reveal.expectValue();
  await reveal.expectText(/expires|ends earlier than/i);
  const minted = await reveal.copy();
  await expectAccepted(minted);
  const claims = JSON.parse(Buffer.from(minted.split(".")[1]!, "base64url").toString());
  expect(claims.exp).toBeGreaterThan(Date.now() / 1000);
  await reveal.saveAndClose();
  await tokens.row("ends").expectText(/in \d+ d|in (2|3) mo/);
  expect(await (await project.created("ends")).value()).toBe("This token expires, so its value is kept nowhere.");
  await tokens.row("ends").button("Delete").click();
  await Confirmation.delete(page, "ends").confirm();
  await tokens.row("ends").expectGone();
  await expectRefused(minted);
});

test("each role has the longest lifetime that is set for it", async ({ page, start, project, refusals }) => {
  refusals.push(400);
  const tokens = await TokensPage.open(page, start(undefined, "--max-lifetime", "90d,reader=12h"), project);
  const form = await tokens.newToken("reader");
  await expect(form.lifetime).toContainText(/12 hours, the longest here/);
  await form.expectText("New tokens of reader expire within 12 hours at most.");
  await form.fill({ role: "promoter" });
  await form.expectText("New tokens expire within 90 days at most.");
  await form.fill({ expires: String(30 * 24 * 3600) });
  await form.fill({ role: "reader" });
  await expect(form.lifetime).toHaveValue(String(12 * 3600));
  const forged = await ServerFunctions.of(page).post("create_token", {
    scope: project.scope,
    role: "reader",
    name: "too-long",
    lifetime: String(24 * 3600),
  });
  expect(forged.status()).toBe(400);
  expect(await project.secrets()).toEqual([]);
});

test("where tokens must expire, none is created that doesn't", async ({ page, start, project, refusals }) => {
  refusals.push(400);
  const tokens = await TokensPage.open(page, start(undefined, "--max-lifetime", "12h"), project);
  const form = await tokens.newToken("reader");
  await expect(form.lifetime).toContainText(/12 hours/);
  await expect(form.lifetime).not.toContainText("Never");
  const forged = await ServerFunctions.of(page).post("create_token", { scope: project.scope, role: "reader", name: "endless" });
  expect(forged.status()).toBe(400);
  expect(await project.secrets()).toEqual([]);
});
