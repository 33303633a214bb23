// Behind a real nginx with TLS.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { expectAccepted } from "../../support/api_server.ts";
import { ready, staysBehind } from "../../support/dashboard.ts";
import { Nginx } from "../../support/nginx.ts";
import { CLIENT, TLS } from "../../support/oidc/setup.ts";
import { expect, expectSignedIn, goToIssuer, test as base } from "../../support/oidc/test.ts";
import { TokensPage } from "../../support/tokens_page.ts";

const test = base.extend<{ nginx: Nginx }>({
  nginx: async ({}, use) => {
    const nginx = await Nginx.reserve();
    await use(nginx);
    await nginx.stop();
  },
});

// A replica that is killed answers nothing more: nginx asks the other one, and says so of what it may not repeat.
test.use({ refusals: [502] });

const LOST = /connection to Kargo Tokens is lost/;

test("with nginx's own defaults, an open page hears of changes", async ({ page, project, start, nginx }) => {
  const dashboard = start(undefined, ...(await nginx.flags()));
  const address = new URL(await dashboard.address());
  expect(address.origin).toBe(nginx.origin);
  await nginx.start();
  await page.goto(address.href);
  await page.waitForURL(`${nginx.origin}/system`);
  await page.goto(nginx.origin + project.path);
  await ready(page);
  const tokens = new TokensPage(page);
  const token = await project.token("made-elsewhere");
  await tokens.row(token).expectState("Active");
  await token.remove();
  await tokens.row(token).expectGone();
});

test("a page says that it hears of nothing if a proxy holds the events back", async ({ page, project, start, nginx }) => {
  const dashboard = start(undefined, ...(await nginx.flags()));
  const address = new URL(await dashboard.address());
  await nginx.start("proxy_ignore_headers X-Accel-Buffering;");
  await page.goto(address.href);
  await page.waitForURL(`${nginx.origin}/system`);
  await page.goto(nginx.origin + project.path);
  await ready(page);
  await expect(page.getByText(LOST)).toBeVisible({ timeout: 15_000 });
});

test("two replicas behind nginx: single sign-on, a token's whole life, and a replica that dies during an undo and a reveal", async ({
  page,
  project,
  program,
  startProvider,
  start,
  nginx,
}, info) => {
  await staysBehind(page);
  const keys = info.outputPath("keys");
  await writeFile(keys, `${randomBytes(32).toString("base64")}\n`);
  const provider = await startProvider("go", "dex");
  await program.accept(provider.person.group);
  const replica = async () =>
    start(
      undefined,
      ...(await nginx.flags()),
      ...["--sign-in", "oidc", "--oidc-issuer-url", provider.address, "--oidc-client-id", CLIENT.id, "--oidc-ca", TLS.ca],
      ...["--session-keys", keys, "--kubeconfig", program.kubeconfig, "--undo-window", "60s"],
    );
  const replicas = [await replica(), await replica()];
  await Promise.all(replicas.map((started) => started.address()));
  await nginx.start();

  await goToIssuer(page, nginx.origin);
  await provider.signIn(page);
  await expectSignedIn(page, nginx.origin);
  await page.goto(nginx.origin + project.path);
  await ready(page);
  const tokens = new TokensPage(page);
  const first = await tokens.create("first-1");
  const value = await first.take();
  await expectAccepted(value);
  await first.expectClosed();
  const successor = await tokens.row("first-1").recreate();
  await expectAccepted(await successor.take());

  const undone = await project.token("undone-1");
  await page.reload();
  await ready(page);
  await tokens.row(undone).delete();
  const shown = await tokens.create("shown-1");
  await shown.expectValue();
  await replicas[0]!.stop("SIGKILL");
  await shown.savedButton.click();
  await shown.expectClosed();
  await tokens.row(undone).undo();
  await tokens.row(undone).expectState("Active");
  await expectAccepted(await undone.value());
  await tokens.row("shown-1").expectState("Active");

  // The other replica knows the session.
  await page.goto(`${nginx.origin}/session`);
  await expect(page.getByRole("main")).toContainText(provider.person.email);
});
