// Tokens only for roles: who may create Secrets in Kargo's namespace gets no token of Kargo's own ServiceAccounts.
import { api } from "../../support/api_server.ts";
import { base64, expect, expectCases, pod, Requests, test, withToken } from "../../support/policies.ts";

const ROLE = "kubernetes.io/service-account.name";
const refused = "because it is not a role of Kargo";
const foreign = "A token may not be given a value of somebody else's";

test("in Kargo's namespace, only for system roles", async ({ kargo, enforce }) => {
  const [viewer, admin, stray] = await Promise.all([
    kargo.token("viewer", { role: "kargo-viewer" }),
    kargo.token("admin", { role: "kargo-admin" }),
    kargo.token("stray", { role: "kargo-controller", isManaged: false }),
  ]);
  const administrator = new Requests(kargo);
  const signedIn = new Requests(kargo, await withToken(admin));
  const kargoApi = new Requests(kargo, await pod(kargo, "kargo-api"));
  await enforce({ onlyRoles: "Deny" });
  await expectCases([
    ["an administrator, for Kargo's controller", () => administrator.create("a", { role: "kargo-controller" }), `for the ServiceAccount kargo-controller in namespace ${kargo.namespace}`],
    ["without Kargo's label and annotation", () => administrator.create("a", { role: "kargo-api", isManaged: false }), refused],
    ["suspended at first", () => administrator.create("a", { role: "kargo-api", isSuspended: true }), refused],
    ["a role's token, for Kargo's API server", () => signedIn.create("a", { role: "kargo-api" }), refused],
    ["kubectl create", async () => signedIn.kubectl(["create", "-f", "-"], await kargo.newSecret("a", { role: "kargo-controller" })), refused],
    ["kubectl apply", async () => administrator.kubectl(["apply", "-f", "-"], await kargo.newSecret("a", { role: "kargo-controller" })), refused],
    ["Kargo's API server, for itself", () => kargoApi.create("a", { role: "kargo-api" }), refused],
    [
      "a token becomes that of Kargo's controller",
      () => signedIn.change(viewer, { annotations: { [ROLE]: "kargo-controller", "kubernetes.io/service-account.uid": null } as object }, { data: null }),
      refused,
    ],
    ["kubectl annotate", () => administrator.kubectl(["annotate", "--overwrite", "secret", viewer.name, `${ROLE}=kargo-controller`]), refused],
    ["a value of Kargo's controller below the name of a role", async () => administrator.create("a", { role: "kargo-viewer", data: { token: base64(await stray.value()) } }), foreign],
    ["the same, later", async () => administrator.change(viewer, {}, { data: { token: base64(await stray.value()) } }), foreign],
    ["Kargo's API server, for a system role", () => kargoApi.create("b", { role: "kargo-admin" })],
    ["kubectl, for a system role", async () => administrator.kubectl(["create", "-f", "-"], await kargo.newSecret("c", { role: "kargo-viewer" }))],
    ["a token that existed before is suspended", () => administrator.kubectl(["label", "secret", stray.name, "kubernetes.io/legacy-token-invalid-since=2026-01-02"])],
    ["a token that existed before becomes a role's", () => administrator.change(stray, { annotations: { [ROLE]: "kargo-viewer", "kubernetes.io/service-account.uid": null } as object }, { data: null })],
    ["another Secret", () => administrator.kubectl(["create", "secret", "generic", "d", "--from-literal=token=x"])],
  ]);
  // Kubernetes' own controller may write the value.
  expect(await (await kargo.token("e")).value()).toMatch(/^eyJ/);
});

test("in projects, for every ServiceAccount but those that are excepted", async ({ kargo, project, enforce }) => {
  await kargo.serve(project);
  await project.role("runner");
  await expect.poll(async () => (await api("GET", `/api/v1/namespaces/${project.namespace}/serviceaccounts/default`)).status).toBe(200);
  const administrator = new Requests(project);
  const kargoApi = new Requests(project, await pod(kargo, "kargo-api"));
  await enforce({ onlyRoles: "Deny" }, { notProjectRoles: ["default", "runner"] });
  await expectCases([
    ["the ServiceAccount of pods that name none", () => administrator.create("a", { role: "default" }), refused],
    ["another excepted one, by Kargo's API server", () => kargoApi.create("a", { role: "runner" }), refused],
    ["a role, by Kargo's API server", () => kargoApi.create("b", { role: "promoter" })],
    ["a role, by kubectl", async () => administrator.kubectl(["create", "-f", "-"], await project.newSecret("c", { role: "reader" }))],
  ]);
});

test("the list of system roles is the installation's", async ({ kargo, enforce }) => {
  await enforce({ onlyRoles: "Deny" }, { systemRoles: ["kargo-admin", "kargo-controller"] });
  const administrator = new Requests(kargo);
  await expectCases([
    ["on the list", () => administrator.create("a", { role: "kargo-controller" })],
    ["not on the list", () => administrator.create("b", { role: "kargo-viewer" }), refused],
  ]);
});
