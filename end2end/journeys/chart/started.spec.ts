// The program, started as the installed objects say: arguments, mounted files, and the token of its ServiceAccount.
import { readFileSync } from "node:fs";
import { expectAccepted } from "../../support/api_server.ts";
import { expect, ready, runToEnd, signInWithToken } from "../../support/dashboard.ts";
import { kubectl, Release } from "../../support/helm.ts";
import { CLIENT, TLS } from "../../support/oidc/setup.ts";
import { goToIssuer, test as base } from "../../support/oidc/test.ts";
import { freePorts } from "../../support/ports.ts";
import { containerArguments, podOf } from "../../support/started.ts";
import { TokensPage } from "../../support/tokens_page.ts";

// Helm takes seconds for each of its runs.
base.describe.configure({ timeout: 240_000 });

type Fixtures = {
  release: Release;
  /** Two ports that no program listens on now. */
  ports: [number, number];
};

const test = base.extend<Fixtures>({
  release: async ({}, use, info) => {
    const release = await Release.create(info);
    await use(release);
    await release.remove();
  },
  ports: async ({}, use) => {
    const [one, other] = await freePorts(2);
    await use([one!, other!]);
  },
});

/** Makes what the values name: a certificate for 127.0.0.1, and the authority that signed it and the issuer's. */
async function createFiles({ namespace }: Release) {
  const into = ["--namespace", namespace];
  await kubectl(["create", "secret", "tls", "certificate", "--cert", TLS.certificate, "--key", TLS.key, ...into]);
  await kubectl(["create", "configmap", "authorities", "--from-file", TLS.ca, ...into]);
}

test("two replicas share sessions and sign-outs over HTTPS", async ({ page, project, release, ports, start }, info) => {
  await createFiles(release);
  await project.allowEverything("reader");
  const [origin, other] = ports.map((port) => `https://127.0.0.1:${port}`) as [string, string];
  await release.apply({ externalURL: origin, tls: { existingSecret: "certificate" } });
  const pod = podOf(await release.get("deployment", release.prefix));
  const replica = async (port: number) => start(undefined, ...(await containerArguments(pod, info.outputPath(`pod-${port}`), { "--listen": `127.0.0.1:${port}` })));
  const replicas = await Promise.all(ports.map(replica));
  for (const each of replicas) expect(await each.address()).toBe(origin);

  const token = await project.token("me");
  await signInWithToken(page, origin, await token.value());
  await expect(page).toHaveURL(origin + project.path);
  await ready(page);
  const reveal = await new TokensPage(page).create("first-1");
  await expectAccepted(await reveal.take());
  await reveal.expectClosed();

  // Cookies ignore ports.
  await page.goto(other + project.path);
  await ready(page);
  await new TokensPage(page).row("first-1").expectState("Active");

  const cookies = await page.context().cookies(origin);
  await page.goto(`${origin}/session`);
  await page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(`${origin}/sign-in`);
  await page.context().addCookies(cookies);
  // The other replica hears of it from the ConfigMap, within seconds.
  await expect(async () => {
    await page.goto(`${other}/session`);
    await expect(page).toHaveURL(`${other}/sign-in?refused=ended`, { timeout: 200 });
  }).toPass({ timeout: 10_000 });
});

test("a person signs in with OIDC and acts with exactly the Roles of the chart", async ({ page, project, release, ports: [port], start, startProvider }, info) => {
  const origin = `https://127.0.0.1:${port}`;
  const provider = await startProvider("go", "dex", origin);
  await createFiles(release);
  await project.allowEverything("reader");
  await kubectl([
    "annotate", "serviceaccount", "reader", "--namespace", project.namespace,
    `rbac.kargo.akuity.io/claims=${JSON.stringify({ groups: [provider.person.group] })}`,
  ]);
  await release.apply({
    externalURL: origin,
    tls: { existingSecret: "certificate" },
    signIn: { token: false },
    oidc: { enabled: true, issuerURL: provider.address, clientID: CLIENT.id, ca: { existingConfigMap: "authorities" } },
    projects: [{ name: project.name, roles: ["reader"] }],
  });
  const pod = podOf(await release.get("deployment", release.prefix));
  const dashboard = start(undefined, ...(await containerArguments(pod, info.outputPath("pod"), { "--listen": `127.0.0.1:${port}` })));
  expect(await dashboard.address()).toBe(origin);
  await goToIssuer(page, origin);
  await provider.signIn(page);
  await expect(page).toHaveURL(origin + project.path);
  await ready(page);
  const reveal = await new TokensPage(page).create("with-oidc-1");
  await expectAccepted(await reveal.take());
  await reveal.expectClosed();
});

test("the sweep deletes what is due with the rights that the chart gives it", async ({ project, release }, info) => {
  await release.apply({ sweep: { enabled: true }, projects: [{ name: project.name }] });
  const due = await project.dueToken("due");
  const pod = podOf(await release.get("cronjob", `${release.prefix}-sweep`));
  const args = await containerArguments(pod, info.outputPath("pod"), {}, project.name);
  const swept = await runToEnd(...args);
  expect(swept.out).toBe(`deleted ${project.scope} token due (its deletion was due)\n1 token deleted\n`);
  expect(swept.code).toBe(0);
  expect((await due.secret()).status).toBe(404);
});

test("projects opt in by label, as the README says", async ({ project, release }) => {
  const readme = readFileSync(new URL("../../../deploy/chart/README.md", import.meta.url), "utf8");
  const command = /kubectl (get serviceaccounts --all-namespaces[^|]*)\|/.exec(readme)![1]!;
  const [, template] = /--output go-template='(.*)'/.exec(command)!;
  const label = release.name;
  await kubectl(["label", "serviceaccount", "reader", "--namespace", project.namespace, `kargo-tokens/act-as=true`, `test=${label}`]);
  // Other tests may label ServiceAccounts at the same time.
  const found = await kubectl(["get", "serviceaccounts", "--all-namespaces", "--selector", `kargo-tokens/act-as=true,test=${label}`, "--output", `go-template=${template}`]);
  const { code, out } = await runToEnd("roles", "--program", `${release.namespace}/kargo-tokens`, ...found.split("\n").filter(Boolean));
  expect(code).toBe(0);
  const applied = await kubectl(["apply", "--server-side", "--dry-run=server", "--filename", "-"], out);
  expect(applied).toContain("role.rbac.authorization.k8s.io/kargo-tokens-accounts serverside-applied (server dry run)");
  expect(out).toContain(`namespace: ${project.namespace}`);
});

test("the dashboard counts what is done, on a port of its own", async ({ page, project, release, ports: [port, metricsPort], start }, info) => {
  const origin = `https://127.0.0.1:${port}`;
  await createFiles(release);
  await release.apply({ externalURL: origin, tls: { existingSecret: "certificate" }, metrics: { enabled: true } });
  const pod = podOf(await release.get("deployment", release.prefix));
  const addresses = { "--listen": `127.0.0.1:${port}`, "--metrics-listen": `127.0.0.1:${metricsPort}` };
  await start(undefined, ...(await containerArguments(pod, info.outputPath("pod"), addresses))).address();
  const token = await project.token("me");
  await signInWithToken(page, origin, await token.value());
  await expect(page).toHaveURL(origin + project.path);
  const shown = await (await page.request.get(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(shown).toMatch(/^kargo_tokens_sign_ins_total\{way="token",outcome="ok"\} 1$/m);
  expect(await (await page.request.get(`${origin}/metrics`)).text()).not.toContain("kargo_tokens_");
});

test("the exporter measures tokens with the rights that the chart gives it", async ({ page, project, release, ports: [port], start }, info) => {
  await release.apply({ exporter: { enabled: true } });
  await project.dueToken("due");
  const pod = podOf(await release.get("deployment", `${release.prefix}-exporter`));
  start(undefined, ...(await containerArguments(pod, info.outputPath("pod"), { "--metrics-listen": `127.0.0.1:${port}` })));
  await expect(async () => {
    const shown = await (await page.request.get(`http://127.0.0.1:${port}/metrics`)).text();
    expect(shown).toMatch(new RegExp(`^kargo_tokens_deletions_due\\{scope="${project.scope}"\\} 1(\\.0)?$`, "m"));
    expect(shown).toMatch(/^kargo_tokens_scope_readable\{scope="system"\} 1(\.0)?$/m);
  }).toPass();
});
