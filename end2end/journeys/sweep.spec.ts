// `kargo-tokens sweep`: what is due is deleted although no dashboard runs, and nothing else is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { api, kargoToken, kubeconfig, secret } from "../support/cluster.ts";
import { expect, test } from "../support/dashboard.ts";

const root = join(import.meta.dirname, "..", "..");
const past = "2026-01-02T03:04:05Z";

/** Runs the built program to its end. */
async function run(...flags: string[]) {
  const program = spawn(join(root, "tools", "serve"), flags, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let [out, log] = ["", ""];
  program.stdout.on("data", (data) => (out += data));
  program.stderr.on("data", (data) => (log += data));
  const [code] = await once(program, "close");
  return { code, out, log };
}

const annotate = (namespace: string, name: string, metadata: object) =>
  api("PATCH", `/api/v1/namespaces/${namespace}/secrets/${name}`, { body: { metadata }, type: "application/merge-patch+json" });

test("deletes what is due, once, and says so", async ({ projectName }, info) => {
  // Whoever sweeps here may do so in this project only: other tests have tokens that are due, too.
  const path = `/namespaces/${projectName}`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1${path}`;
  await api("POST", `${rbac}/roles`, {
    body: { metadata: { name: "sweeper" }, rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["list", "delete"] }] },
  });
  await api("POST", `${rbac}/rolebindings`, {
    body: {
      metadata: { name: "sweeper" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "sweeper" },
      subjects: [{ kind: "ServiceAccount", name: "reader", namespace: projectName }],
    },
  });
  await kargoToken(projectName, "reader", "broom");
  await expect.poll(async () => (await secret(projectName, "broom")).body.data?.token).toBeTruthy();
  const token = Buffer.from((await secret(projectName, "broom")).body.data.token, "base64").toString();
  const file = info.outputPath("kubeconfig");
  const admin = readFileSync(kubeconfig(), "utf8");
  const field = (key: string) => new RegExp(`${key}:\\s*"?([^"\\s]+)`).exec(admin)?.[1];
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: field("server"), "certificate-authority-data": field("certificate-authority-data") } }],
      users: [{ name: "u", user: { token } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  for (const name of ["due", "undone", "retired", "successor"]) await kargoToken(projectName, "promoter", name);
  const suspended = { "kubernetes.io/legacy-token-invalid-since": "2026-01-02" };
  await annotate(projectName, "due", {
    labels: suspended,
    annotations: { "kargo-tokens/delete-after": past, "kargo-tokens/deletion-label": "2026-01-02" },
  });
  await annotate(projectName, "successor", { annotations: { "kargo-tokens/replaces": "retired" } });
  await annotate(projectName, "undone", { annotations: { "kargo-tokens/delete-after": past } });
  await annotate(projectName, "retired", { annotations: { "kargo-tokens/replaced-by": "successor", "kargo-tokens/retire-after": past } });

  const flags = ["--kubeconfig", file, "--namespace", projectName];
  const dry = await run("sweep", "--dry-run", ...flags);
  expect(dry.out).toBe(
    "would delete system token due (its deletion was due)\nwould delete system token retired (the overlap with its successor is over)\n2 tokens would be deleted\n",
  );
  expect(dry.code).toBe(0);
  expect((await secret(projectName, "due")).status).toBe(200);

  const swept = await run(...flags, "sweep");
  expect(swept.out).toContain("deleted system token due (its deletion was due)\n");
  expect(swept.out).toMatch(/2 tokens deleted\n$/);
  expect(swept.code).toBe(0);
  expect(swept.log).not.toContain(token);
  expect((await secret(projectName, "due")).status).toBe(404);
  expect((await secret(projectName, "retired")).status).toBe(404);
  expect((await secret(projectName, "undone")).status).toBe(200);
  expect(await run(...flags, "sweep")).toMatchObject({ code: 0, out: "nothing is due\n" });

  // What can't be read or done is told, and is a failure.
  await api("DELETE", `${rbac}/rolebindings/sweeper`);
  const refused = await run(...flags, "sweep");
  expect(refused.code).toBe(1);
  expect(refused.out).toContain("You may not list secrets");
});
