// HTTPS with a certificate of the program's own.
import { expectAccepted } from "../../support/api_server.ts";
import { expect, ready, test } from "../../support/dashboard.ts";
import { TLS } from "../../support/oidc/setup.ts";
import { TokensPage } from "../../support/tokens_page.ts";

// The certificate is the control plane's own.
test.use({ ignoreHTTPSErrors: true });

test("over HTTPS, cookies are for this host only, and browsers are told to use nothing else", async ({ page, project, start }) => {
  const dashboard = start(undefined, "--tls-cert", TLS.certificate, "--tls-key", TLS.key);
  const address = new URL(await dashboard.address());
  expect(address.protocol).toBe("https:");
  await page.goto(address.href);
  await page.waitForURL(`${address.origin}/system`);
  const cookies = (await page.context().cookies(address.origin)).map(({ name, secure, sameSite }) => ({ name, secure, sameSite }));
  expect(cookies).toContainEqual({ name: `__Host-kargo-tokens-${address.port}`, secure: true, sameSite: "Strict" });
  const answer = await page.goto(address.origin + project.path);
  expect(answer?.headers()["strict-transport-security"]).toContain("max-age=");
  await ready(page);
  const reveal = await new TokensPage(page).create("over-https");
  await expectAccepted(await reveal.take());
  await reveal.expectClosed();
});
