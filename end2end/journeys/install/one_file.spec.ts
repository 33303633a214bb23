// The program is one file.
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfig } from "../../support/api_server.ts";
import { Dashboard, expect, program, ready, test } from "../../support/dashboard.ts";

test("a copy of the program alone serves pages whose buttons work", async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), "kargo-tokens-copy."));
  const copy = join(folder, "kargo-tokens");
  await copyFile(program(), copy);
  const dashboard = new Dashboard(spawn(copy, ["--kubeconfig", kubeconfig(), "--listen", "127.0.0.1:0"], { cwd: "/", env: {}, stdio: ["ignore", "pipe", "pipe"] }));
  try {
    await page.goto(await dashboard.address());
    await ready(page);
    await expect(page.getByRole("heading", { level: 1, name: "System" })).toBeVisible();
    await page.goto("about:blank");
  } finally {
    await dashboard.stop();
    await rm(folder, { recursive: true });
  }
});
