// What the chart renders, and which values it refuses.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { runToEnd, test, expect } from "../../support/dashboard.ts";
import { type KubernetesObject, lint, objects, rendered, template, type Values } from "../../support/helm.ts";

const FULL = join(import.meta.dirname, "full.yaml");

test("helm lint finds nothing", async () => {
  for (const { code, out } of [await lint(), await lint(FULL)]) {
    expect(out).toContain("1 chart(s) linted, 0 chart(s) failed");
    expect(code).toBe(0);
  }
});

// `tools/test-one journeys chart/template --update-snapshots` renews the files.
for (const [name, flags] of [
  ["default", []],
  ["full", ["--values", FULL]],
] as const) {
  test(`the chart with ${name} values renders what the snapshot has`, async () => {
    const { code, out, log } = await template({}, "--kube-version", "1.37.0", ...flags);
    expect(log).toBe("");
    expect(code).toBe(0);
    const key = /^  keys: [\w+/=]{60}$/m;
    expect(out).toMatch(key);
    expect(out.replace(key, "  keys: random")).toMatchSnapshot(`${name}.yaml`);
  });
}

test("the chart's version is the program's", async () => {
  const [deployment] = (await rendered({})).filter(({ kind }) => kind === "Deployment");
  const { out } = await runToEnd("--version");
  expect(out).toContain(`kargo-tokens ${deployment!.metadata.labels!["app.kubernetes.io/version"]}`);
});

test("Ingress and HTTPRoute lead what is below the path of externalURL to the dashboard, and nothing else", async () => {
  const values = { "ingress.enabled": true, "httpRoute.enabled": true, "httpRoute.parentRefs": [{ name: "gateway" }] };
  for (const [externalURL, path] of [
    ["https://tools.example.com/a/tokens/", "/a/tokens"],
    ["https://tools.example.com/", "/"],
  ] as const) {
    const chart = await rendered({ ...values, externalURL });
    const spec = (kind: string) => chart.find((object) => object.kind === kind)!.spec;
    const [rule] = spec("Ingress").rules;
    expect([rule.host, rule.http.paths.map((found: any) => found.path)]).toEqual(["tools.example.com", [path]]);
    const route = spec("HTTPRoute");
    expect([route.hostnames, route.rules.map(({ matches }: any) => matches)]).toEqual([["tools.example.com"], [[{ path: { type: "PathPrefix", value: path } }]]]);
  }
});

test("monitoring is rendered as it is tested, without the alerts that are turned off", async () => {
  const values = { "metrics.enabled": true, "exporter.enabled": true, "metrics.rules.enabled": true, "metrics.dashboard.enabled": true };
  const alerts = async (more: Values) => {
    const rules = (await rendered({ ...values, ...more })).find(({ kind }) => kind === "PrometheusRule");
    return rules!.spec.groups[0].rules as KubernetesObject["spec"][];
  };
  const file = (name: string) => readFileSync(new URL(`../../../deploy/chart/monitoring/${name}`, import.meta.url), "utf8");
  const all = parse(file("alerts.yaml"));
  expect(await alerts({})).toEqual(all);
  expect(await alerts({ "metrics.rules.disabled": ["KargoTokensNotSwept"] })).toEqual(all.filter(({ alert }: { alert: string }) => alert !== "KargoTokensNotSwept"));
  const dashboard = (await rendered(values)).find(({ metadata }) => metadata.name === "kargo-tokens-dashboard");
  expect(dashboard!.metadata.labels).toMatchObject({ grafana_dashboard: "1" });
  expect(JSON.parse(dashboard!.data["kargo-tokens.json"])).toEqual(JSON.parse(file("dashboard.json")));

  // Alerts and dashboard ask only for metrics that the program has.
  const { out } = await runToEnd("metrics");
  const known = new Set(out.match(/kargo_tokens_\w+/g));
  const asked = `${file("alerts.yaml")}${file("dashboard.json")}`.match(/kargo_tokens_\w+/g)!.map((name) => name.replace(/_bucket$/, ""));
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

const OIDC = { "oidc.enabled": true, "oidc.issuerURL": "https://issuer.example.com", "oidc.clientID": "x", externalURL: "https://tokens.example.com" };

/** Values, and the sentence that refuses them. */
const REFUSED: [Values, string][] = [
  [{ replicas: "two" }, "at '/replicas': got string, want integer"],
  [{ replicas: 0 }, "at '/replicas': minimum: got 0, want 1"],
  [{ replica: 3 }, "additional properties 'replica' not allowed"],
  [{ "signIn.local": true }, "at '/signIn': additional properties 'local' not allowed"],
  [{ "image.pullPolicy": "Sometimes" }, "value must be one of 'Always', 'IfNotPresent', 'Never'"],
  [{ "service.port": 70_000 }, "at '/service/port': maximum: got 70,000, want 65,535"],
  [{ "impersonation.form": "all" }, "value must be one of 'auto', 'constrained', 'legacy'"],
  [{ projects: [{ roles: ["reader"] }] }, "at '/projects/0': missing property 'name'"],
  [{ projects: [{ name: "Payments" }] }, "at '/projects/0/name': 'Payments' does not match pattern"],
  [{ projects: [{ name: "a" }, { name: "a" }] }, "projects: a is there twice. Put its roles into one entry."],
  [{ projects: [{ name: "kargo" }] }, "projects: kargo is Kargo's own namespace. Its roles belong to impersonation.systemRoles."],
  [{ "signIn.token": false }, "Nobody could sign in: set signIn.token or oidc.enabled."],
  [{ "oidc.enabled": true }, "oidc.issuerURL is missing. Copy api.oidc.issuerURL of Kargo's chart"],
  [{ ...OIDC, "oidc.clientID": "" }, "oidc.clientID is missing. Copy api.oidc.clientID of Kargo's chart"],
  [{ ...OIDC, externalURL: "" }, "externalURL is missing. With oidc, the issuer sends people back to this address."],
  [{ ...OIDC, "oidc.issuerURL": "issuer.example.com" }, 'oidc.issuerURL: "issuer.example.com" is no URL. Write https:// and a host.'],
  [{ externalURL: "http://tokens.example.com" }, 'externalURL: "http://tokens.example.com" is no HTTPS address.'],
  [{ externalURL: "https://tokens.example.com/?x=1" }, "is no HTTPS address."],
  [{ "ingress.enabled": true }, "externalURL is missing. ingress takes the host from it."],
  [{ "httpRoute.enabled": true, externalURL: "https://tokens.example.com" }, "httpRoute.parentRefs is missing: the Gateway that the route belongs to."],
  [{ externalURL: "https://tools.example.com/a b" }, "is no HTTPS address."],
  [{ externalURL: "https://tools.example.com/../tokens" }, "is no HTTPS address."],
  [{ undoWindow: "2h" }, "undoWindow: 2h is too long. An hour (1h) is the longest."],
  [{ undoWindow: "90m" }, "undoWindow: 90m is too long."],
  [{ trustedProxies: ["10.0.0.0/99"] }, 'trustedProxies: "10.0.0.0/99" is no network.'],
  [{ "metrics.rules.disabled": ["ExpiresSoon"] }, 'metrics.rules.disabled: there is no alert "ExpiresSoon". Those that there are: KargoTokens'],
  [{ undoWindow: "5 minutes" }, 'undoWindow: "5 minutes" is no time. Write a number and s, m, h or d'],
  [{ "sessions.idle": "0" }, 'sessions.idle: "0" is no time.'],
  [{ maxLifetime: ["kargo-admin:30d"] }, 'maxLifetime: "kargo-admin:30d" is no lifetime. Write 90d for all roles, or kargo-admin=30d for one.'],
  [{ trustedProxies: ["proxy.example.com"] }, 'trustedProxies: "proxy.example.com" is no network.'],
  [{ "serviceAccount.create": false }, "serviceAccount.name is missing."],
  [{ "podDisruptionBudget.minAvailable": 2 }, "podDisruptionBudget.minAvailable is 2 of 2 replicas, so no node could be drained. Use less."],
  [{ "policy.rules.uniqueNames": "deny" }, "at '/policy/rules/uniqueNames': value must be one of 'off', false, 'Warn', 'Audit', 'Deny'"],
  [{ "policy.rules.uniqueName": "Deny" }, "additional properties 'uniqueName' not allowed"],
  [{ "policy.projectSelector": null }, "at '/policy': missing property 'projectSelector'"],
  [{ "metrics.rules.enabled": true }, "metrics.rules.enabled: there are no metrics. Set metrics.enabled or exporter.enabled."],
];

test("wrong values are refused in words", async () => {
  for (const [values, says] of REFUSED) {
    const { code, out, log } = await template(values);
    expect.soft(log, JSON.stringify(values)).toContain(says);
    expect.soft([code, out]).toEqual([1, ""]);
  }
});

test("constrained impersonation is refused where Kubernetes doesn't have it", async () => {
  const { log } = await template({ ...OIDC, "impersonation.form": "constrained" }, "--kube-version", "1.35.0");
  expect(log).toContain("constrained impersonation needs Kubernetes 1.36 or newer, and this cluster has v1.35.0. Use auto.");
});

test("policies are refused where Kubernetes doesn't have them", async () => {
  const { log } = await template({ "policy.rules.uniqueNames": "Deny" }, "--kube-version", "1.29.0");
  expect(log).toContain("policy.rules: ValidatingAdmissionPolicies need Kubernetes 1.30 or newer, and this cluster has v1.29.0. Turn off: uniqueNames.");
});

/** Name, rules and subjects of roles and bindings, besides those for sign-outs and for reading which rules are on. */
const rights = (all: KubernetesObject[]) =>
  all
    .filter(({ apiVersion, metadata }) => apiVersion.startsWith("rbac.") && !/-(revocations|rules)$/.test(metadata.name))
    .map(({ kind, metadata: { name, namespace }, rules, roleRef, subjects }) => ({ kind, name, namespace, rules, roleRef, subjects }))
    .sort((a, b) => JSON.stringify([a.namespace, a.name, a.kind]).localeCompare(JSON.stringify([b.namespace, b.name, b.kind])));

for (const [form, version] of [
  ["constrained", "1.36.0"],
  ["legacy", "1.35.9"],
] as const) {
  test(`the chart grants what \`kargo-tokens roles\` prints, and nothing else (${form})`, async () => {
    const projects = [{ name: "payments", roles: ["deployer", "1"] }, { name: "search" }];
    const chart = await rendered({ ...OIDC, projects }, "--kube-version", version);
    const accounts = ["kargo/kargo-admin", "kargo/kargo-viewer", "kargo/kargo-user", "kargo/kargo-project-creator", "payments/deployer", "payments/1"];
    const flags = [...accounts.flatMap((account) => ["--account", account]), "--namespaces", "search", ...(form === "legacy" ? ["--legacy"] : [])];
    const { out } = await runToEnd("roles", ...flags);
    const sorted = (all: KubernetesObject[]) =>
      rights(all).map((right) => ({ ...right, rules: right.rules?.map((rule: any) => ({ ...rule, resourceNames: rule.resourceNames?.toSorted() })) }));
    expect(sorted(chart)).toEqual(sorted(objects(out)));
    expect(sorted(chart).length).toBeGreaterThanOrEqual(6);
  });
}

test("without OIDC, or where the ID token is forwarded, the program may only read and write its sign-outs, and read which rules are on", async () => {
  for (const values of [{}, { ...OIDC, "oidc.forward": true }]) {
    const chart = await rendered(values);
    expect(rights(chart)).toEqual([]);
    expect(chart.filter(({ kind }) => kind === "ClusterRole").map(({ metadata, rules }) => [metadata.name, rules])).toEqual([
      ["kargo-tokens-rules", [{ apiGroups: ["admissionregistration.k8s.io"], resources: ["validatingadmissionpolicies", "validatingadmissionpolicybindings"], verbs: ["list"] }]],
    ]);
    expect(chart.filter(({ kind }) => kind === "Role").map(({ metadata, rules }) => [metadata, rules])).toEqual([
      [
        expect.objectContaining({ name: "kargo-tokens-revocations", namespace: "kargo-tokens" }),
        [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["kargo-tokens-revocations"], verbs: ["get", "watch", "patch"] }],
      ],
    ]);
  }
});

test("all of a project's roles are granted in its namespace only", async () => {
  const chart = await rendered({ ...OIDC, projects: [{ name: "payments", roles: ["*"] }] }, "--kube-version", "1.36.0");
  const accounts = chart.filter(({ kind, metadata }) => kind === "Role" && metadata.name === "kargo-tokens-accounts");
  expect(accounts.map(({ metadata, rules }) => [metadata.namespace, rules[0].resourceNames?.length])).toEqual([
    ["kargo", 4],
    ["payments", undefined],
  ]);
  expect(chart.filter(({ kind, rules }) => kind === "ClusterRole" && JSON.stringify(rules).includes("impersonate:"))).toEqual([]);
});
