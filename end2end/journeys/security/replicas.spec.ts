// Several replicas: what one of them ends, the others end, too.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { Page, TestInfo } from "@playwright/test";
import { ApiProxy } from "../../support/api_proxy.ts";
import { done, expectAccepted } from "../../support/api_server.ts";
import { type Dashboard, expect, ready, test } from "../../support/dashboard.ts";
import { newClaim, ServerFunctions } from "../../support/server_functions.ts";
import { TokensPage } from "../../support/tokens_page.ts";

/** Two replicas with the same keys, with one browser signed in on both: the name of the cookie has the port, so the other gets a copy. */
async function signInOnBoth(page: Page, one: Dashboard, other: Dashboard) {
  const [first, second] = [new URL(await one.address()), new URL(await other.address())];
  await page.goto(first.href);
  await page.waitForURL(`${first.origin}/system`);
  const [session] = (await page.context().cookies(first.origin)).filter(({ name }) => name === `kargo-tokens-${first.port}`);
  await page.context().addCookies([{ ...session!, name: `kargo-tokens-${second.port}` }]);
  return [first.origin, second.origin] as const;
}

async function keyFile(info: TestInfo) {
  const keys = info.outputPath("keys");
  await writeFile(keys, `${randomBytes(32).toString("base64")}\n`);
  return keys;
}

test("a token that was created on one replica is revealed on the other, once", async ({ page, project, start }, info) => {
  const keys = await keyFile(info);
  const [one, other] = [start(undefined, "--session-keys", keys), start(undefined, "--session-keys", keys)];
  const [first, second] = await signInOnBoth(page, one, other);
  const token = await new ServerFunctions(page.request, first).create(project, "begun");
  await page.goto(second + project.path);
  await ready(page);
  const tokens = new TokensPage(page);
  const reveal = await tokens.row(token).reveal();
  await expectAccepted(await reveal.take());
  await reveal.expectClosed();
  await page.goto(first + project.path);
  await ready(page);
  await tokens.row(token).expectState("Active");
  const again = await new ServerFunctions(page.request, first).post("reveal_token", { ...token.fields, claim: newClaim() });
  expect(again.status()).toBe(409);
});

test("a page of another replica shows the person's own changes, although its news come late", async ({ page, project, start }, info) => {
  const [keys, kubeconfig] = [await keyFile(info), info.outputPath("kubeconfig")];
  const late = await ApiProxy.open(kubeconfig);
  late.fault = ({ isWatch }) => (isWatch ? { late: 500 } : undefined);
  const [one, other] = [start(undefined, "--session-keys", keys), start(undefined, "--session-keys", keys, "--kubeconfig", kubeconfig)];
  const [first, second] = await signInOnBoth(page, one, other);
  const shown = async () => (await page.request.get(second + project.path)).text();
  await shown();
  await expect.poll(() => late.openWatches).toBeGreaterThan(3);
  const server = new ServerFunctions(page.request, first);
  for (let n = 0; n < 3; n++) {
    const token = await server.create(project, `mine-${n}`);
    expect(await shown()).toContain(`data-token="mine-${n}"`);
    expect((await server.post("note_token", { ...token.fields, before_note: "", before_contact: "", note: `note of mine-${n}`, contact: "" })).ok()).toBe(true);
    expect((await server.post("delete_token", token.fields)).ok()).toBe(true);
    expect(await shown()).toContain(`Undo ${token.name}`);
    expect((await server.post("restore_token", token.fields)).ok()).toBe(true);
    expect(await shown()).not.toContain(`Undo ${token.name}`);
  }
  late.close();
});

test("a sign-out holds on the other replica within 5 seconds; the page says if other replicas could not be told", async ({ page, project, start }, info) => {
  const maps = `/api/v1/namespaces/${project.namespace}/configmaps`;
  await done("POST", maps, { body: { metadata: { name: "revocations" } } });
  const keys = await keyFile(info);
  const replica = () => start(undefined, "--session-keys", keys, "--revocations", `${project.namespace}/revocations`);
  const [one, other] = [replica(), replica()];
  const [first, second] = await signInOnBoth(page, one, other);
  const signOut = page.getByRole("main").getByRole("button", { name: "Sign out", exact: true });

  await page.goto(`${second}/session`);
  await expect(page.getByRole("heading", { level: 1, name: "Your session" })).toBeVisible();
  await page.goto(`${first}/session`);
  await signOut.click();
  await expect(page).toHaveURL(`${first}/sign-in`);
  await expect(async () => {
    await page.goto(`${second}/session`);
    await expect(page).toHaveURL(`${second}/sign-in?refused=ended`, { timeout: 200 });
  }).toPass({ timeout: 5000 });

  await page.goto(await one.address());
  await page.waitForURL(`${first}/system`);
  await done("DELETE", `${maps}/revocations`);
  await page.goto(`${first}/session`);
  await signOut.click();
  await expect(page.getByRole("alert")).toContainText("other replicas of Kargo Tokens could not be told yet");
  await expect.poll(() => one.log).toContain("other replicas can't be told of a sign-out yet");
  expect(one.log).toContain('"verb":"sign_out"');
});

test("a missing ConfigMap prevents the start, with what to do", async ({ start }, info) => {
  const keys = await keyFile(info);
  const dashboard = start(undefined, "--session-keys", keys, "--revocations", "kargo/no-such-map");
  await expect(dashboard.address()).rejects.toThrow("kubectl create configmap no-such-map --namespace kargo");
});
