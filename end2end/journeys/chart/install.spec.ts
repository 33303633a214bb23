// The chart on the local control plane: installed, upgraded, rolled back and uninstalled with Helm.
import { randomBytes } from "node:crypto";
import { expect, test as base } from "../../support/dashboard.ts";
import { done } from "../../support/api_server.ts";
import { kubectl, type KubernetesObject, Release, type Values } from "../../support/helm.ts";
import { podOf } from "../../support/started.ts";

// Helm takes seconds for each of its runs.
base.describe.configure({ timeout: 240_000 });

const test = base.extend<{ release: Release }>({
  release: async ({}, use, info) => {
    const release = await Release.create(info);
    await use(release);
    await release.remove();
  },
});

/** Everything that needs no custom resource. */
const full = (project: string): Values => ({
  externalURL: "https://tokens.example.com",
  oidc: { enabled: true, issuerURL: "https://issuer.example.com", clientID: "kargo-tokens" },
  projects: [{ name: project, roles: ["reader"] }],
  ingress: { enabled: true },
  networkPolicy: { enabled: true },
  sweep: { enabled: true },
  exporter: { enabled: true },
  metrics: { enabled: true, dashboard: { enabled: true } },
  clusterRoles: { admin: true, auditor: true, minter: true },
});

const names = (all: KubernetesObject[]) => all.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`).sort();

test("an upgrade and a rollback keep session keys and sign-outs, and an uninstall leaves nothing", async ({ release, project }) => {
  const { out } = await release.apply({});
  expect(out).toContain(`kubectl port-forward service/${release.prefix} 3000:80 --namespace ${release.namespace}`);
  const keys = async () => Buffer.from((await release.get("secret", `${release.prefix}-session-keys`)).data.keys, "base64").toString();
  const signOuts = async () => (await release.get("configmap", `${release.prefix}-revocations`)).data;
  const first = await keys();
  expect(Buffer.from(first, "base64")).toHaveLength(32);
  // As the replicas write it.
  const map = `/api/v1/namespaces/${release.namespace}/configmaps/${release.prefix}-revocations`;
  await done("PATCH", map, { body: { data: { ended: "an entry" } }, type: "application/merge-patch+json" });

  await release.apply({ ...full(project.name), replicas: 3 });
  expect(await keys()).toBe(first);
  expect(await signOuts()).toEqual({ ended: "an entry" });
  expect((await release.get("deployment", release.prefix)).spec.replicas).toBe(3);

  // The rotation of the README.
  const rotated = `${randomBytes(32).toString("base64")}\n${first}`;
  const patch = JSON.stringify({ data: { keys: Buffer.from(rotated).toString("base64") } });
  await kubectl(["patch", "secret", `${release.prefix}-session-keys`, "--namespace", release.namespace, "--patch", patch]);
  await release.apply({ ...full(project.name), replicas: 4 });
  expect(await keys()).toBe(rotated);
  expect(await release.helm("rollback", release.name, "1")).toMatchObject({ code: 0 });
  expect(await keys()).toBe(rotated);
  expect(await signOuts()).toEqual({ ended: "an entry" });
  expect((await release.get("deployment", release.prefix)).spec.replicas).toBe(2);

  // After the Secret is deleted, the next upgrade makes another one.
  await kubectl(["delete", "secret", `${release.prefix}-session-keys`, "--namespace", release.namespace]);
  await release.apply({});
  expect([rotated, first]).not.toContain(await keys());

  expect(await release.helm("uninstall", release.name)).toMatchObject({ code: 0 });
  expect(names(await release.objects())).toEqual([]);
  const left = await kubectl(["get", "secrets,configmaps,serviceaccounts", "--namespace", release.namespace, "--output", "name"]);
  expect(left.split("\n").filter(Boolean)).toEqual(["serviceaccount/default"]);
});

test("Kubernetes accepts every object and pod under restricted Pod Security", async ({ release, project }) => {
  const { log } = await release.apply(full(project.name));
  // Kubernetes would warn of a pod template that it refuses.
  expect(log).not.toContain("would violate");
  const all = await release.objects();
  expect(names(all)).toEqual(
    [
      ...["ClusterRole", "ClusterRoleBinding"].flatMap((kind) => [`${kind} /${release.prefix}`, `${kind} /${release.prefix}-exporter`, `${kind} /${release.prefix}-rules`]),
      ...["admin", "auditor", "minter"].map((role) => `ClusterRole /${release.prefix}-${role}`),
      ...["Role", "RoleBinding"].flatMap((kind) => [
        ...["kargo", project.name].flatMap((namespace) => ["accounts", "requests", "sweep"].map((role) => `${kind} ${namespace}/${release.prefix}-${role}`)),
        `${kind} ${release.namespace}/${release.prefix}-revocations`,
      ]),
      ...["", "-exporter", "-sweep"].map((end) => `ServiceAccount ${release.namespace}/${release.prefix}${end}`),
      ...["-revocations", "-dashboard"].map((end) => `ConfigMap ${release.namespace}/${release.prefix}${end}`),
      ...["", "-exporter"].map((end) => `Deployment ${release.namespace}/${release.prefix}${end}`),
      ...["", "-metrics"].map((end) => `Service ${release.namespace}/${release.prefix}${end}`),
      `Secret ${release.namespace}/${release.prefix}-session-keys`,
      `CronJob ${release.namespace}/${release.prefix}-sweep`,
      ...["Ingress", "NetworkPolicy", "PodDisruptionBudget"].map((kind) => `${kind} ${release.namespace}/${release.prefix}`),
    ].sort(),
  );

  const create = (spec: object) => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { generateName: "pod-", namespace: release.namespace }, spec };
    return kubectl(["create", "--dry-run=server", "--output", "json", "--filename", "-"], JSON.stringify(pod));
  };
  const workloads = all.filter(({ kind }) => ["Deployment", "CronJob"].includes(kind));
  expect(workloads).toHaveLength(3);
  for (const { spec } of workloads.map(podOf)) {
    const pod = JSON.parse(await create(spec));
    expect(pod.spec.containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toContain("/var/run/secrets/kubernetes.io/serviceaccount");
    expect(pod.spec.containers[0].securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true });
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 });
    // Without one of the settings it is refused, so the namespace does restrict pods.
    await expect(create({ ...spec, securityContext: {} })).rejects.toThrow("violates PodSecurity");
  }
});
