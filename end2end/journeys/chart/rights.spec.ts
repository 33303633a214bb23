// The chart's ServiceAccounts may do what access needs, and nothing else: tried with questions to the API server and with real requests.
import { api, done, serviceAccountToken } from "../../support/api_server.ts";
import { expect, test as base } from "../../support/dashboard.ts";
import { Release } from "../../support/helm.ts";

// Helm takes seconds for each of its runs.
base.describe.configure({ timeout: 240_000 });

const test = base.extend<{ release: Release }>({
  release: async ({ project }, use, info) => {
    const release = await Release.create(info);
    await release.apply({
      externalURL: "https://tokens.example.com",
      oidc: { enabled: true, issuerURL: "https://issuer.example.com", clientID: "kargo-tokens" },
      projects: [{ name: project.name, roles: ["reader"] }],
      sweep: { enabled: true },
      exporter: { enabled: true },
    });
    await use(release);
    await release.remove();
  },
});

const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/** Which of the verbs a ServiceAccount may use. */
async function allowed(user: string, verbs: string[], attributes: object) {
  const answers = verbs.map(async (verb) => {
    const spec = { user, groups: ["system:serviceaccounts", "system:authenticated"], resourceAttributes: { verb, ...attributes } };
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
    return (await done("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", { body: review })).status.allowed;
  });
  const may = await Promise.all(answers);
  return verbs.filter((_, i) => may[i]);
}

const secrets = (namespace?: string) => ({ resource: "secrets", ...(namespace && { namespace }) });

test("the dashboard's ServiceAccount may use no verb on any Secret", async ({ release, project }) => {
  const user = `system:serviceaccount:${release.namespace}:${release.prefix}`;
  const bearer = await serviceAccountToken(release.namespace, release.prefix);
  const known = await project.token("known");
  for (const namespace of [undefined, "kargo", "kube-system", project.name, release.namespace]) {
    expect(await allowed(user, [...VERBS, "*"], secrets(namespace))).toEqual([]);
  }
  for (const namespace of ["kargo", project.name, release.namespace]) {
    const list = `/api/v1/namespaces/${namespace}/secrets`;
    const one = `${list}/${namespace === project.name ? known.name : `${release.prefix}-session-keys`}`;
    const requests: [string, string, object?][] = [
      ["GET", list],
      ["GET", `${list}?watch=true`],
      ["GET", one],
      ["POST", list, { metadata: { name: "new" } }],
      ["PUT", one, { metadata: { name: known.name } }],
      ["PATCH", one, { metadata: { labels: { x: "y" } } }],
      ["DELETE", one],
      ["DELETE", list],
    ];
    for (const [method, path, body] of requests) {
      const { status } = await api(method, path, { bearer, body, type: method === "PATCH" ? "application/merge-patch+json" : undefined });
      expect(status, `${method} ${path}`).toBe(403);
    }
  }
  expect((await known.secret()).status).toBe(200);
});

/** One request as somebody else, with the program's own credential. */
const listAs = (bearer: string, namespace: string, headers: Record<string, string>) => api("GET", `/api/v1/namespaces/${namespace}/secrets`, { bearer, headers });

test("the dashboard's ServiceAccount may act as the named ServiceAccounts only, and only send its own kinds of requests", async ({ release, project }) => {
  const user = `system:serviceaccount:${release.namespace}:${release.prefix}`;
  const bearer = await serviceAccountToken(release.namespace, release.prefix);
  await project.allowEverything("reader");
  await project.allowEverything("promoter");
  const as = (namespace: string, name: string) => ({ "impersonate-user": `system:serviceaccount:${namespace}:${name}` });
  const status = async (headers: Record<string, string>, namespace = project.name) => (await listAs(bearer, namespace, headers)).status;
  // The rights of a new release take a moment to arrive.
  await expect.poll(() => status(as(project.name, "reader"))).toBe(200);
  expect(await status(as("kargo", "kargo-admin"), "kargo")).toBe(200);

  const refused: [string, Record<string, string>][] = [
    ["another role of the project", as(project.name, "promoter")],
    ["the project's default ServiceAccount", as(project.name, "default")],
    ["a ServiceAccount of Kargo that is no role", as("kargo", "kargo-management-controller")],
    ["Kargo's API server", as("kargo", "kargo-api")],
    ["the dashboard's sweep", as(release.namespace, `${release.prefix}-sweep`)],
    ["a controller of Kubernetes", as("kube-system", "generic-garbage-collector")],
    ["a user", { "impersonate-user": "admin@example.com" }],
    ["a group", { ...as(project.name, "reader"), "impersonate-group": "system:masters" }],
    ["a UID", { ...as(project.name, "reader"), "impersonate-uid": "1" }],
    ["an extra", { ...as(project.name, "reader"), "impersonate-extra-x": "y" }],
    ["a node", { "impersonate-user": "system:node:one", "impersonate-group": "system:nodes" }],
  ];
  for (const [who, headers] of refused) expect(await status(headers), who).toBe(403);

  // Requests that the role may send and the program never does.
  const reader = as(project.name, "reader");
  const beyond: [string, string, object?][] = [
    ["GET", "configmaps"],
    ["GET", "pods"],
    ["POST", "configmaps", { metadata: { name: "new" } }],
    ["POST", "serviceaccounts", { metadata: { name: "new" } }],
    ["DELETE", "serviceaccounts/promoter"],
    ["DELETE", "secrets"],
  ];
  for (const [method, path, body] of beyond) {
    const answer = await api(method, `/api/v1/namespaces/${project.name}/${path}`, { bearer, body, headers: reader });
    expect(answer.status, `${method} ${path}`).toBe(403);
  }
  // In a namespace that the chart doesn't name, even a named role is refused.
  expect(await status(as("kargo", "kargo-admin"), release.namespace)).toBe(403);

  for (const namespace of [undefined, "kargo", "kube-system", project.name]) {
    for (const resource of ["users", "groups", "uids", "userextras"]) {
      expect(await allowed(user, ["impersonate"], { resource, namespace })).toEqual([]);
      expect(await allowed(user, ["impersonate"], { resource, namespace, group: "authentication.k8s.io" })).toEqual([]);
    }
    const accounts = { resource: "serviceaccounts", group: "authentication.k8s.io", namespace };
    expect(await allowed(user, ["impersonate:serviceaccount", "impersonate:user-info", "impersonate:arbitrary-node"], accounts)).toEqual([]);
    expect(await allowed(user, ["impersonate", ...VERBS.slice(3)], { resource: "serviceaccounts", namespace })).toEqual([]);
    expect(await allowed(user, ["create"], { resource: "serviceaccounts", subresource: "token", namespace })).toEqual([]);
  }
});

test("the ServiceAccounts of sweep and exporter may do what they need and nothing else", async ({ release, project }) => {
  const of = (name: string) => `system:serviceaccount:${release.namespace}:${release.prefix}-${name}`;
  for (const [user, namespace, expected] of [
    [of("sweep"), "kargo", ["list", "delete"]],
    [of("sweep"), project.name, ["list", "delete"]],
    [of("sweep"), release.namespace, []],
    [of("sweep"), undefined, []],
    [of("exporter"), "kargo", ["list", "watch"]],
    [of("exporter"), undefined, ["list", "watch"]],
  ] as const) {
    expect(await allowed(user, VERBS, secrets(namespace)), `${user} in ${namespace}`).toEqual(expected);
    expect(await allowed(user, ["impersonate", "create", "patch"], { resource: "serviceaccounts", namespace })).toEqual([]);
    expect(await allowed(user, ["create", "bind", "escalate"], { resource: "roles", group: "rbac.authorization.k8s.io", namespace })).toEqual([]);
  }
});
