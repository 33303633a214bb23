// A token controller that is slow or stopped: the token waits for its reveal, and nothing is lost.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "../../support/dashboard.ts";
import { TokensPage } from "../../support/tokens_page.ts";

let directory: string;
let controlPlane: ChildProcess;

test.use({ refusals: [504] });

test.beforeAll(async () => {
  const program = process.env.KARGO_TOKENS_CLUSTER_BIN!;
  directory = mkdtempSync(join(tmpdir(), "kargo-tokens-controller."));
  controlPlane = spawn(program, ["up", "--dir", directory, "--ephemeral", "--exit-with-parent"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(controlPlane.stdout!, "data");
  execFileSync(program, ["seed", "--dir", directory], { stdio: "ignore" });
});

test.afterAll(async () => {
  const ended = once(controlPlane, "exit");
  controlPlane.kill();
  await ended;
  rmSync(directory, { recursive: true, force: true });
});

async function controller(signal: "SIGUSR1" | "SIGUSR2", state: string) {
  controlPlane.kill(signal);
  await expect.poll(() => readFileSync(join(directory, "token-controller"), "utf8").trim()).toBe(state);
}

test("while the controller is stopped the row waits, and the reveal works when it is back", async ({ page, start }) => {
  const tokens = await TokensPage.open(page, start(undefined, "--kubeconfig", join(directory, "kubeconfig")));
  await controller("SIGUSR1", "stopped");
  const reveal = await tokens.create("slow-1", "kargo-user");
  await expect(reveal.waiting).toBeVisible();
  await expect(reveal.alert).toBeVisible({ timeout: 20_000 });
  await expect(reveal.button("Try again")).toBeVisible();
  await reveal.button("Close").click();
  const row = tokens.row("slow-1");
  await row.expectState("Preparing");

  await controller("SIGUSR2", "running");
  await (await row.reveal()).saveAndClose();
  await row.expectState("Active");
});
