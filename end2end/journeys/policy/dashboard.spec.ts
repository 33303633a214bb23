// The dashboard where every rule is enforced: its own commands pass, and what a rule refuses is said in the policy's own words.
import { type APIRequestContext, mergeTests, type Page } from "@playwright/test";
import { expectAccepted, expectRefused } from "../../support/api_server.ts";
import { type Scope, SUSPENDED } from "../../support/cluster.ts";
import { type Dashboard, open, runToEnd, signInWithToken } from "../../support/dashboard.ts";
import { expectSignedIn, singleSignOn, test as oidc } from "../../support/oidc/test.ts";
import { DOCUMENTED, expect, RULES, test as policy } from "../../support/policies.ts";
import { newClaim, ServerFunctions } from "../../support/server_functions.ts";
import { TokensPage } from "../../support/tokens_page.ts";

const test = mergeTests(policy, oidc);
const ALL = Object.fromEntries(RULES.map((rule) => [rule, "Deny" as const]));
const HOUR = "3600";
/** Three months, as the dialog offers them. */
const DAYS = String(90 * 24 * 3600);

/** A token that may live for ever. */
const documented = (scope: Scope, name: string, role?: string) => scope.token(`${name}-7f3kq`, { role, annotations: DOCUMENTED });

/** What a server function answers where a policy refuses. */
async function refused(functions: ServerFunctions, name: string, form: Record<string, string>) {
  const answer = await functions.post(name, form);
  expect(answer.ok(), name).toBe(false);
  return answer.text();
}

/** Every command, for a scope. */
async function expectCommandsPass(request: APIRequestContext, dashboard: Dashboard, scope: Scope) {
  const functions = await ServerFunctions.signIn(request, dashboard);
  const call = (name: string, token: { fields: Record<string, string> }, more = {}) => functions.call(name, { ...token.fields, ...more });

  // A token that expires: created, revealed, revealed again as after a lost answer, saved, deleted.
  const ends = await functions.create(scope, "ends-7f3kq", { lifetime: HOUR });
  const claim = newClaim();
  const first = await call("reveal_token", ends, { claim });
  const again = await call("reveal_token", ends, { claim });
  expect(again.value).not.toBe(first.value);
  await call("confirm_token", ends, { claim });
  await expectAccepted(again.value);
  const heir = await functions.recreate(scope, ends);
  await functions.reveal(heir);
  await functions.delete(ends, { now: "true" });

  // A token that never expires: recreated, so that it has its own reveal, then all the rest.
  const old = await documented(scope, "old");
  const token = await functions.recreate(scope, old);
  await expectAccepted(await functions.reveal(token));
  await call("retire_token", old, { overlap: HOUR });
  await call("retire_token", old);
  await call("retire_token", old, { overlap: HOUR });
  await call("suspend_token", token, { reason: 'a "pause"},{"at":"' });
  await functions.delete(token);
  await call("restore_token", token);
  expect((await token.metadata()).labels[SUSPENDED]).toBeDefined();
  await call("restore_token", token);
  await functions.delete(token);
  await call("restore_token", token);
  // More changes than a history keeps.
  let before = { note: DOCUMENTED["kargo-tokens/note"], contact: DOCUMENTED["kargo-tokens/contact"] };
  for (let number = 1; number <= 22; number++) {
    const after = { note: `note ${number}`, contact: "#shop" };
    await call("note_token", token, { before_note: before.note, before_contact: before.contact, ...after });
    before = after;
  }
  expect(JSON.parse((await token.annotation("history"))!)).toHaveLength(20);

  // A false alarm is taken back; a compromised token ends.
  const fine = await documented(scope, "fine");
  await functions.compromise(scope, fine);
  await call("restore_token", fine, { compromised: "true" });
  const leaked = await documented(scope, "leaked");
  await functions.reveal(await functions.compromise(scope, leaked));
  expect(await functions.call("finish_compromise", leaked.fields)).toBe(true);
  await leaked.expectGone();
}

test("every command passes in a project", async ({ request, start, kargo, project, enforce }) => {
  test.slow();
  await enforce(ALL);
  await expectCommandsPass(request, start(undefined, "--namespace", kargo.namespace), project);
});

test("every command passes for system roles", async ({ request, start, kargo, enforce }) => {
  test.slow();
  await enforce(ALL);
  await expectCommandsPass(request, start(undefined, "--namespace", kargo.namespace), kargo);
});

test("what is due is finished by the program, by a person and by the sweep", async ({ request, start, kargo, project, enforce }) => {
  await enforce(ALL);
  const flags = ["--namespace", kargo.namespace, "--undo-window", "2s"];
  const killed = start(undefined, ...flags);
  const [byPerson, bySweep, byProgram] = [await documented(project, "person"), await documented(project, "sweep"), await documented(project, "program")];
  const first = await ServerFunctions.signIn(request, killed);
  for (const token of [byPerson, bySweep]) await first.delete(token);
  await killed.stop("SIGKILL");
  const functions = await ServerFunctions.signIn(request, start(undefined, ...flags));
  await functions.delete(byProgram);
  await expect.poll(async () => (await functions.post("finish_token", byPerson.fields)).status()).toBe(200);
  await byPerson.expectGone();
  const swept = await runToEnd("sweep", "--kubeconfig", `${process.env.KARGO_TOKENS_TEST_CLUSTER}/kubeconfig`, "--namespace", kargo.namespace, "--project", project.name);
  expect([swept.code, swept.out]).toEqual([0, expect.stringContaining(`deleted ${project.scope} token ${bySweep.name} (its deletion was due)`)]);
  await byProgram.expectGone();
});

test("a new token that a rule refuses is not created, and the dialog says why", async ({ page, start, kargo, project, enforce, refusals }) => {
  refusals.push(403);
  await enforce(ALL);
  const tokens = await TokensPage.open(page, start(undefined, "--namespace", kargo.namespace), project);
  const form = await tokens.newToken("reader");
  await form.fill({ name: "ci", expires: DAYS });
  await form.createButton.click();
  await expect(form.alert).toContainText("must end in a random suffix such as -7f3kq, because a name that is used twice gives the value of the deleted token again");
  await form.fill({ name: "ci-7f3kq", expires: "never" });
  await form.createButton.click();
  await expect(form.alert).toContainText("with the annotations kargo-tokens/note and kargo-tokens/contact");
  await form.fill({ expires: DAYS });
  const reveal = await form.create();
  await expectAccepted(await reveal.take());
});

test("a compromised token is stopped, though no successor may be created", async ({ request, start, kargo, project, enforce }) => {
  const leaked = await project.token("leaked");
  await enforce(ALL);
  const functions = await ServerFunctions.signIn(request, start(undefined, "--namespace", kargo.namespace));
  expect(await refused(functions, "compromise_token", leaked.fields)).toContain("kargo-tokens/note and kargo-tokens/contact");
  expect((await leaked.metadata()).labels[SUSPENDED]).toBeDefined();
  await expectRefused(await leaked.value());
});

/** Signs in with the value of a token. */
async function signInWith(page: Page, dashboard: Dashboard, value: string) {
  const origin = await dashboard.address();
  await signInWithToken(page, origin, value);
  await expect(page).toHaveURL((url) => !url.pathname.startsWith("/sign-in"));
}

test("the dashboard tells a person who signed in with a token of the same role what the policy refuses", async ({ page, start, kargo, project, enforce }) => {
  await project.allowEverything("promoter");
  const me = await documented(project, "me", "promoter");
  const [other, paused] = [await documented(project, "other", "promoter"), await documented(project, "paused", "promoter")];
  await paused.change({ labels: { [SUSPENDED]: "2026-01-02" } });
  await enforce(ALL);
  const dashboard = start(undefined, "--sign-in", "token", "--namespace", kargo.namespace);
  await signInWith(page, dashboard, await me.value());
  const functions = ServerFunctions.of(page);
  const own = "A token of the role promoter may not change or delete a suspended token of this role";
  await functions.delete(other);
  for (const [name, token] of [["restore_token", other], ["restore_token", paused]] as const) {
    expect(await refused(functions, name, token.fields)).toContain(own);
  }
  expect(await refused(functions, "delete_token", { ...paused.fields, now: "true" })).toContain(own);
  expect(await refused(functions, "recreate_token", paused.fields)).toContain("A token of the role promoter may not create a token of this role");
  await functions.create(project, "for-reader-7f3kq", { role: "reader", lifetime: HOUR });
  // Anybody else can undo.
  const administrator = start(undefined, "--namespace", kargo.namespace);
  await open(page, administrator, project.path);
  await ServerFunctions.of(page).call("restore_token", other.fields);
  await expectAccepted(await other.value());
});

test("somebody who signed in with OIDC acts as the role, and can undo", async ({ page, kargo, project, program, startProvider, startFor, enforce }) => {
  const provider = await startProvider("node", "dex");
  await program.accept(provider.person.group);
  const token = await documented(project, "ci", "promoter");
  await enforce(ALL);
  const origin = await startFor(provider, "--kubeconfig", program.kubeconfig, "--namespace", kargo.namespace);
  await page.goto(`${origin}/sign-in`);
  await singleSignOn(page).click();
  await provider.signIn(page);
  await expectSignedIn(page, origin);
  const functions = ServerFunctions.of(page);
  await functions.delete(token);
  await functions.call("restore_token", token.fields);
  await functions.call("suspend_token", { ...token.fields, reason: "holiday" });
  await functions.call("restore_token", token.fields);
  await functions.reveal(await functions.recreate(project, token));
  await functions.delete(token, { now: "true" });
});
