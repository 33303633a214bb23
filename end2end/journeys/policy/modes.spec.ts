// What Kubernetes does about a request that breaks a rule: refuses it, warns, notes it for the audit log, or nothing.
import { api, type Answer } from "../../support/api_server.ts";
import { type Project, SUSPENDED } from "../../support/cluster.ts";
import { base64, DOCUMENTED, expect, type KargoNamespace, pod, refusal, Requests, type Rule, RULES, test, withToken } from "../../support/policies.ts";

/** For each rule a request that breaks it and no other rule. */
async function violations(kargo: KargoNamespace, project: Project) {
  await project.allowSecrets("promoter", "*");
  // Kubernetes makes this ServiceAccount itself, a moment after the namespace.
  await expect.poll(async () => (await api("GET", `/api/v1/namespaces/${project.namespace}/serviceaccounts/default`)).status).toBe(200);
  const sent: Record<Rule, () => Promise<Answer>>[] = [];
  for (const [scope, role, other, noRole] of [
    [kargo, "kargo-admin", "kargo-viewer", "kargo-controller"],
    [project, "promoter", "reader", "default"],
  ] as const) {
    const [me, paused] = await Promise.all([scope.token("me-7f3kq", { role }), scope.token("paused-7f3kq", { role, isSuspended: true })]);
    const [signedIn, administrator] = [new Requests(scope, await withToken(me)), new Requests(scope)];
    sent.push({
      suspendedTokens: () => signedIn.change(paused, { labels: { [SUSPENDED]: null } }),
      ownRole: () => signedIn.create("own-7f3kq", { role, annotations: DOCUMENTED }),
      onlyRoles: () => administrator.create("stray-7f3kq", { role: noRole, annotations: DOCUMENTED }),
      permanentTokens: () => administrator.create("endless-7f3kq", { role: other }),
      uniqueNames: () => administrator.create("plain", { role: other, annotations: DOCUMENTED }),
      annotations: () => administrator.annotate(me, { "created-by": "somebody" }),
    });
  }
  return sent;
}

const all = <T>(action: T) => Object.fromEntries(RULES.map((rule) => [rule, action])) as Record<Rule, T>;

test("Deny refuses, and names the rule", async ({ kargo, project, enforce }) => {
  const scopes = await violations(kargo, project);
  const policies = await enforce(all("Deny"));
  for (const sent of scopes) {
    for (const rule of RULES) expect(refusal(await sent[rule]())?.policy).toBe(policies.policy(rule));
  }
});

test("Warn lets through, with a warning", async ({ kargo, project, enforce }) => {
  const scopes = await violations(kargo, project);
  const policies = await enforce(all("Warn"));
  for (const sent of scopes) {
    for (const rule of RULES) {
      const answer = await sent[rule]();
      expect(refusal(answer), rule).toBeUndefined();
      expect(answer.warning).toContain(policies.policy(rule));
    }
  }
});

test("Audit lets through, and the API server notes it", async ({ kargo, project, enforce }) => {
  const scopes = await violations(kargo, project);
  const policies = await enforce(all("Audit"));
  for (const sent of scopes) {
    const before = await policies.audited();
    for (const rule of RULES) {
      const answer = await sent[rule]();
      expect([refusal(answer), answer.warning], rule).toEqual([undefined, undefined]);
    }
    const after = await policies.audited();
    expect(RULES.filter((rule) => after[rule] === before[rule])).toEqual([]);
  }
});

test("a rule that is off judges nothing", async ({ kargo, project, enforce }) => {
  const scopes = await violations(kargo, project);
  await enforce({ ...all("off"), uniqueNames: "Deny" });
  for (const sent of scopes) {
    for (const rule of RULES) {
      const answer = await sent[rule]();
      if (rule === "uniqueNames") expect(refusal(answer)?.message).toContain("random suffix");
      else expect([refusal(answer), answer.warning], rule).toEqual([undefined, undefined]);
    }
  }
});

test("other namespaces, other Secrets and exempt users are left alone", async ({ kargo, project, enforce }) => {
  await enforce(all("Deny"), { exemptUsers: ["restore@example.com", `system:serviceaccount:${kargo.namespace}:kargo-api`] });
  const elsewhere = await api("POST", "/api/v1/namespaces/default/secrets?dryRun=All", {
    body: { type: "kubernetes.io/service-account-token", metadata: { name: "plain", annotations: { "kubernetes.io/service-account.name": "default" } } },
  });
  expect(refusal(elsewhere)).toBeUndefined();
  const other = { metadata: { name: "other", annotations: { "kargo-tokens/reveal": "claimed" } }, type: "Opaque", data: { token: base64("of another service") } };
  for (const scope of [kargo, project]) expect(refusal(await new Requests(scope).createSecret(other))).toBeUndefined();
  expect(refusal(await new Requests(kargo).create("plain"))).toBeDefined();
  const exempt = new Requests(kargo, await pod(kargo, "kargo-api"));
  expect(refusal(await exempt.create("plain", { role: "kargo-controller" }))).toBeUndefined();
});

test("a rule that was off goes by its new lists", async ({ kargo, enforce }) => {
  const administrator = new Requests(kargo);
  const stray = () => administrator.create("stray-7f3kq", { role: "kargo-controller" });
  const before = await enforce({ onlyRoles: "Deny" });
  expect(refusal(await stray())).toBeDefined();
  await before.remove();
  await expect.poll(async () => (await stray()).status).toBe(201);
  await enforce({ onlyRoles: "Deny" }, { systemRoles: ["kargo-controller"] });
  expect(refusal(await administrator.create("other-7f3kq", { role: "kargo-controller" }))).toBeUndefined();
  expect(refusal(await administrator.create("admin-7f3kq"))).toBeDefined();
});
