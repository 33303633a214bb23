// The image as it runs in a pod: with the ServiceAccount's files, as a user without rights, on a read-only file system.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { done, expectAccepted, server } from "../support/api_server.ts";
import { expect, ready, test } from "../support/dashboard.ts";
import { TLS } from "../support/oidc/setup.ts";
import { freePort } from "../support/ports.ts";
import { TokensPage } from "../support/tokens_page.ts";

const IMAGE = join(import.meta.dirname, "..", "..", "tools", "image");

test("a person signs in, creates a token and reveals it; the process has no rights on the machine", async ({ page, project }, info) => {
  const mounted = info.outputPath("mounted");
  const account = join(mounted, "var", "run", "secrets", "kubernetes.io", "serviceaccount");
  await mkdir(account, { recursive: true });
  const accounts = `/api/v1/namespaces/${project.namespace}/serviceaccounts`;
  await done("POST", accounts, { body: { metadata: { name: "kargo-tokens" } } });
  const { status } = await done("POST", `${accounts}/kargo-tokens/token`, { body: { spec: { expirationSeconds: 3600 } } });
  await writeFile(join(account, "token"), status.token);
  await writeFile(join(account, "namespace"), project.namespace);
  await copyFile(TLS.ca, join(account, "ca.crt"));
  const [{ hostname, port }, own] = [new URL(server), await freePort()];
  await project.allowEverything("promoter");
  const token = await project.token("of-promoter", { role: "promoter" });

  const args = ["run", mounted, "--listen", `127.0.0.1:${own}`, "--sign-in", "token"];
  const env = { PATH: process.env.PATH, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const started = spawn(IMAGE, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await once(createInterface({ input: started.stdout }), "line");
    expect(line).toBe(`Kargo Tokens: http://127.0.0.1:${own}`);
    await page.goto(`http://127.0.0.1:${own}${project.path}`);
    await page.getByLabel("Kubernetes token").fill(await token.value());
    await page.getByRole("button", { name: "Sign in" }).click();
    await ready(page);
    await page.goto(`http://127.0.0.1:${own}${project.path}`);
    await ready(page);
    const reveal = await new TokensPage(page).create("from-the-image");
    await expectAccepted(await reveal.take());

    const said = await readFile(`/proc/${started.pid}/status`, "utf8");
    for (const line of [/^CapEff:\s+0+$/m, /^CapPrm:\s+0+$/m, /^NoNewPrivs:\s+1$/m]) expect(said).toMatch(line);
    const [, inside] = /^\s*(\d+)/.exec(await readFile(`/proc/${started.pid}/uid_map`, "utf8"))!;
    expect(inside).toBe("65532");
    const mounts = await readFile(`/proc/${started.pid}/mountinfo`, "utf8");
    expect(mounts.split("\n").filter((mount) => / \/ \/ ro| \/ ro,/.test(mount))).not.toEqual([]);
    await page.goto("about:blank");
  } finally {
    const ended = once(started, "exit");
    started.kill();
    await ended;
    await rm(mounted, { recursive: true });
  }
});
