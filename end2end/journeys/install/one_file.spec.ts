// The program is one file.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { kubeconfig } from "../../support/api_server.ts";
import { expect, program, ready, test } from "../../support/dashboard.ts";

test("a copy of the program alone serves pages whose buttons work", async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), "kargo-tokens-copy."));
  const copy = join(folder, "kargo-tokens");
  await copyFile(program(), copy);
  const started = spawn(copy, ["--kubeconfig", kubeconfig(), "--listen", "127.0.0.1:0"], { cwd: "/", env: {}, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await once(createInterface({ input: started.stdout }), "line");
    await page.goto(/^Kargo Tokens: (\S+)$/.exec(line)![1]!);
    await ready(page);
    await expect(page.getByRole("heading", { level: 1, name: "System" })).toBeVisible();
    await page.goto("about:blank");
  } finally {
    const ended = once(started, "exit");
    started.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
});
