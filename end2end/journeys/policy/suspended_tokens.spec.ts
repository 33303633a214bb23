// A token of a role may not change or delete a suspended token of the same role, so a thief can't use the ten seconds after a suspension.
import { expectAccepted, expectRefused, signIn } from "../../support/api_server.ts";
import { type Scope, SUSPENDED } from "../../support/cluster.ts";
import { acting, base64, DOCUMENTED, expect, expectCases, type KargoNamespace, PLACEHOLDER, pod, refusal, Requests, test, withToken } from "../../support/policies.ts";

const LIFT = { labels: { [SUSPENDED]: null } };
const SUSPEND = { labels: { [SUSPENDED]: "2026-01-02" } };

test("a thief can't keep a suspended token alive", async ({ kargo, enforce }) => {
  const stolen = await kargo.token("stolen-7f3kq");
  const thief = new Requests(kargo, await withToken(stolen));
  await enforce({ suspendedTokens: "Deny", ownRole: "Deny" });
  const body = await kargo.newSecret(stolen.name);
  const value = thief.caller.bearer!;
  const same = { ...body, type: "Opaque", data: { token: base64(value) } };
  await expectAccepted(value);
  await stolen.change(SUSPEND);
  // As long as the API server accepts the value, its holder tries everything.
  let tries = 0;
  const ways = [
    () => thief.change(stolen, LIFT),
    () => thief.change(stolen, { finalizers: ["example.com/keep"] }),
    () => thief.delete(stolen),
    () => thief.deleteCollection(stolen),
    () => thief.create("another-7f3kq"),
    () => thief.createSecret({ ...same, metadata: { name: "copy-7f3kq" } }),
  ];
  for (;;) {
    const answer = await ways[tries % ways.length]!();
    if (answer.status === 401) break;
    expect(refusal(answer)).toBeDefined();
    tries++;
  }
  expect(tries).toBeGreaterThanOrEqual(ways.length);
  const metadata = await stolen.metadata();
  expect([metadata.uid, metadata.labels[SUSPENDED], metadata.finalizers]).toEqual([stolen.uid, "2026-01-02", undefined]);
  expect((await kargo.secrets()).map((secret) => secret.metadata.name)).toEqual([stolen.name]);
  await expectRefused(value);
});

test("a deleted token can't be made again by its holder", async ({ kargo, enforce }) => {
  // Kargo's own tools delete without a suspension before.
  const stolen = await kargo.token("stolen-7f3kq");
  const thief = new Requests(kargo, await withToken(stolen));
  await enforce({ suspendedTokens: "Deny", ownRole: "Deny" });
  const body = await kargo.newSecret(stolen.name);
  const data = { token: base64(thief.caller.bearer!) };
  const { type: _, ...metadata } = body;
  await expectAccepted(thief.caller.bearer!);
  await stolen.remove();
  let tries = 0;
  for (;;) {
    const answer = tries % 2 ? await thief.createSecret(body) : await thief.createSecret({ metadata: { name: stolen.name }, type: "Opaque", data });
    if (answer.status === 401) break;
    expect(refusal(answer)).toBeDefined();
    tries++;
  }
  expect(tries).toBeGreaterThan(1);
  expect((await stolen.secret()).status).toBe(404);
  expect((await signIn(thief.caller.bearer!)).status).toBe(401);
});

/** Who may do what with a suspended token of a role, and with one that isn't suspended. */
async function cases(scope: Scope, kargo: KargoNamespace, role: string, other: string) {
  const names = ["me", "works", "by-kargo", "by-role", "by-person", "by-kubectl", "by-all"].map((name) => `${name}-7f3kq`);
  const [me, works, ...paused] = await scope.tokens(names, { role });
  const elses = await scope.token("else-7f3kq", { role: other });
  for (const token of [...paused, elses]) await token.change(SUSPEND);
  const colleague = await scope.token("colleague-7f3kq", { role: other });
  const [byKargo, byRole, byPerson, byKubectl] = paused;
  const same = new Requests(scope, await withToken(me!));
  const anotherRole = new Requests(scope, await withToken(colleague));
  const impersonating = new Requests(scope, acting(scope, role));
  const kargoApi = new Requests(scope, await pod(kargo, "kargo-api"));
  const administrator = new Requests(scope);
  const toOther = { annotations: { "kubernetes.io/service-account.name": other, "kubernetes.io/service-account.uid": await scope.uidOfRole(other) } };
  const refused = `A token of the role ${role} may not change or delete a suspended token of this role`;
  return [
    ["its role's token lifts a suspension", () => same.change(byRole!, LIFT), refused],
    ["its role's token changes something else", () => same.change(byRole!, { annotations: { "example.com/x": "y" } }), refused],
    ["its role's token names another role", () => same.change(byRole!, { annotations: { "kubernetes.io/service-account.name": other } }), refused],
    ["its role's token deletes", () => same.delete(byRole!), refused],
    ["its role's token deletes all", () => same.deleteCollection(byRole!), refused],
    ["its role's pod lifts a suspension", async () => new Requests(scope, await pod(scope, role)).change(byRole!, LIFT), refused],
    ["kubectl label with its role's token", () => same.kubectl(["label", "secret", byRole!.name, `${SUSPENDED}-`]), refused],
    ["kubectl delete with its role's token", () => same.kubectl(["delete", "secret", byRole!.name, "--wait=false"]), refused],
    ["kubectl replace with its role's token", async () => same.kubectl(["replace", "-f", "-"], await scope.newSecret(byRole!.name, { role })), refused],
    ["its role's token gives a token that works another role", () => same.change(works!, toOther), refused],
    ["its role's token puts the placeholder into a token that works", () => same.change(works!, {}, { data: { token: PLACEHOLDER } }), refused],
    ["its role's token suspends a token that works", () => same.change(works!, SUSPEND)],
    ["its role's token reads", () => same.kubectl(["get", "secret", byRole!.name])],
    ["its role's token lifts the suspension of another role's token", () => same.change(elses, LIFT)],
    ["its role's token deletes a token that works", () => same.delete(me!)],
    ["another role's token lifts the suspension", () => anotherRole.change(byRole!, LIFT)],
    ["somebody who acts as the role lifts the suspension", () => impersonating.change(byPerson!, LIFT)],
    ["kubectl --as the role lifts the suspension", () => impersonating.kubectl(["label", "secret", byKubectl!.name, `${SUSPENDED}-`])],
    ["Kargo's API server deletes", () => kargoApi.delete(byKargo!)],
    ["an administrator deletes", () => administrator.delete(works!)],
    ["an administrator's kubectl deletes", () => administrator.kubectl(["delete", "secret", byPerson!.name, "--wait=false"])],
  ] satisfies Parameters<typeof expectCases>[0];
}

test("who may change a suspended token of a system role", async ({ kargo, enforce }) => {
  const rows = await cases(kargo, kargo, "kargo-admin", "kargo-viewer");
  await enforce({ suspendedTokens: "Deny" });
  await expectCases(rows);
});

test("who may change a suspended token of a project's role", async ({ kargo, project, enforce }) => {
  await kargo.serve(project);
  await Promise.all(["promoter", "reader"].map((role) => project.allowSecrets(role, "*")));
  const rows = await cases(project, kargo, "promoter", "reader");
  await enforce({ suspendedTokens: "Deny" });
  await expectCases(rows);
});

test("a token that expires is no suspended token, though it has the label", async ({ kargo, enforce }) => {
  const me = await kargo.token("me-7f3kq");
  const same = new Requests(kargo, await withToken(me));
  await enforce({ suspendedTokens: "Deny" });
  const expiring = { annotations: { "kargo-tokens/expires-at": "2099-01-01T00:00:00Z" }, labels: SUSPEND.labels };
  await expectCases([
    ["its role's token creates it", () => same.create("ends-7f3kq", { ...expiring, data: { token: PLACEHOLDER } })],
    ["its role's token reveals it", () => same.change({ name: "ends-7f3kq" }, { annotations: { "kargo-tokens/reveal": "claimed" } })],
    ["its role's token deletes it", () => same.delete({ name: "ends-7f3kq" })],
    ["its role's token creates one with a value", () => same.create("value-7f3kq", { ...expiring, annotations: { ...expiring.annotations, ...DOCUMENTED } })],
    ["its role's token lifts that one's label", () => same.change({ name: "value-7f3kq" }, LIFT), "suspended token"],
  ]);
});
