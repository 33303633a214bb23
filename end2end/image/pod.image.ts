// The image as it runs in a pod: with the ServiceAccount's files, as a user without rights, on a read-only file system.
import { spawn } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { done, expectAccepted, server, serviceAccountToken } from "../support/api_server.ts";
import { Dashboard, expect, ready, signInWithToken, test } from "../support/dashboard.ts";
import { TLS } from "../support/oidc/setup.ts";
import { freePort } from "../support/ports.ts";
import { TokensPage } from "../support/tokens_page.ts";

const IMAGE = join(import.meta.dirname, "..", "..", "tools", "image");

test("a person signs in, creates a token and reveals it; the process has no rights on the machine", async ({ page, project }, info) => {
  const mounted = info.outputPath("mounted");
  const account = join(mounted, "var", "run", "secrets", "kubernetes.io", "serviceaccount");
  await mkdir(account, { recursive: true });
  await done("POST", `/api/v1/namespaces/${project.namespace}/serviceaccounts`, { body: { metadata: { name: "kargo-tokens" } } });
  await writeFile(join(account, "token"), await serviceAccountToken(project.namespace, "kargo-tokens"));
  await writeFile(join(account, "namespace"), project.namespace);
  await copyFile(TLS.ca, join(account, "ca.crt"));
  const [{ hostname, port }, own] = [new URL(server), await freePort()];
  await project.allowEverything("promoter");
  const token = await project.token("of-promoter", { role: "promoter" });

  const args = ["run", mounted, "--listen", `127.0.0.1:${own}`, "--sign-in", "token"];
  const env = { PATH: process.env.PATH, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const dashboard = new Dashboard(spawn(IMAGE, args, { env, stdio: ["ignore", "pipe", "pipe"] }));
  try {
    const origin = `http://127.0.0.1:${own}`;
    expect(await dashboard.address()).toBe(origin);
    await signInWithToken(page, origin, await token.value());
    await ready(page);
    await page.goto(origin + project.path);
    await ready(page);
    const reveal = await new TokensPage(page).create("from-the-image");
    await expectAccepted(await reveal.take());

    const said = await readFile(`/proc/${dashboard.pid}/status`, "utf8");
    for (const line of [/^CapEff:\s+0+$/m, /^CapPrm:\s+0+$/m, /^NoNewPrivs:\s+1$/m]) expect(said).toMatch(line);
    const [, inside] = /^\s*(\d+)/.exec(await readFile(`/proc/${dashboard.pid}/uid_map`, "utf8"))!;
    expect(inside).toBe("65532");
    const mounts = await readFile(`/proc/${dashboard.pid}/mountinfo`, "utf8");
    expect(mounts.split("\n").filter((mount) => / \/ \/ ro| \/ ro,/.test(mount))).not.toEqual([]);
    await page.goto("about:blank");
  } finally {
    await dashboard.stop();
    await rm(mounted, { recursive: true });
  }
});
