// A token of a role may not make another credential of the same role, so a thief's access ends with the stolen token.
import { acting, base64, type Case, expectCases, PLACEHOLDER, pod, Requests, test, withToken } from "../../support/policies.ts";
import type { Scope } from "../../support/cluster.ts";

async function cases(scope: Scope, role: string, other: string): Promise<Case[]> {
  const [me, colleague] = await Promise.all([scope.token("me-7f3kq", { role }), scope.token("colleague-7f3kq", { role: other })]);
  const same = new Requests(scope, await withToken(me));
  const isPod = new Requests(scope, await pod(scope, role));
  const administrator = new Requests(scope);
  const opaque = (name: string, key: string) => ({ apiVersion: "v1", kind: "Secret", metadata: { name }, type: "Opaque", data: { [key]: "ZXlK" } });
  const uid = await scope.uidOfRole(other);
  const toOther = { annotations: { "kubernetes.io/service-account.name": other, "kubernetes.io/service-account.uid": uid } };
  const created = `A token of the role ${role} may not create a token of this role`;
  const copied = `A token of the role ${role} may not write a Secret with the key "token"`;
  return [
    ["Kargo's request, with its role's token", () => same.create("new-1", { role }), created],
    ["kubectl create, with its role's token", async () => same.kubectl(["create", "-f", "-"], await scope.newSecret("new-2", { role })), created],
    ["a pod that runs as the role", () => isPod.create("new-3", { role }), created],
    ["another role's token becomes its role's", () => same.change(colleague, { annotations: { "kubernetes.io/service-account.name": role } }), created],
    ["a copy in a Secret of another type", () => same.createSecret(opaque("copy-1", "token")), copied],
    ["the same with kubectl", () => same.kubectl(["create", "secret", "generic", "copy-2", "--from-literal=token=x"]), copied],
    ["a Secret without that key", () => same.createSecret(opaque("password", "password"))],
    ["the key is added later", () => same.change({ name: "password" }, {}, { data: { token: "ZXlK" } }), copied],
    ["a token of another role", () => same.create("new-4", { role: other })],
    ["a token of another role with a value of this one", async () => same.create("new-8", { role: other, data: { token: base64(await me.value()) } }), copied],
    ["the value is added later", async () => same.change({ name: "new-4" }, {}, { data: { token: base64(await me.value()) } }), copied],
    ["a token of its role comes to name another one", () => same.change(me, toOther), created],
    ["the placeholder in the place of a value", () => same.change(me, {}, { data: { token: PLACEHOLDER } }), copied],
    ["a token of another role that expires", () => same.create("new-9", { role: other, data: { token: PLACEHOLDER } })],
    ["another role's token makes one", async () => new Requests(scope, await withToken(colleague)).create("new-5", { role })],
    ["somebody who acts as the role", () => new Requests(scope, acting(scope, role)).create("new-6", { role })],
    ["an administrator", () => administrator.create("new-7", { role })],
    ["an administrator writes a Secret with the key", () => administrator.createSecret(opaque("copy-3", "token"))],
    ["its role's token changes a token of the role", () => same.annotate(me, { note: "mine" })],
    ["its role's token deletes a token of the role", () => same.delete(me)],
  ];
}

test("who may create a token of a system role", async ({ kargo, enforce }) => {
  const rows = await cases(kargo, "kargo-admin", "kargo-viewer");
  const kargoApi = new Requests(kargo, await pod(kargo, "kargo-api"));
  await enforce({ ownRole: "Deny" });
  await expectCases([
    ...rows,
    ["Kargo's API server", () => kargoApi.create("by-kargo", { role: "kargo-admin" })],
    ["Kargo's API server writes a Secret with the key", () => kargoApi.createSecret({ metadata: { name: "by-kargo-2" }, type: "Opaque", data: { token: "ZXlK" } })],
  ]);
});

test("who may create a token of a project's role", async ({ kargo, project, enforce }) => {
  await kargo.serve(project);
  await Promise.all(["promoter", "reader"].map((role) => project.allowSecrets(role, "*")));
  const rows = await cases(project, "promoter", "reader");
  const kargoApi = new Requests(project, await pod(kargo, "kargo-api"));
  await enforce({ ownRole: "Deny" });
  await expectCases([...rows, ["Kargo's API server", () => kargoApi.create("by-kargo", { role: "promoter" })]]);
});
