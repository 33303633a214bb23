// A token controller that is slow or stopped: the token waits, unrevealed, and nothing is lost.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, open, row, test } from "../support/dashboard.ts";

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

test("a stopped controller: the row waits, the reveal works when it is back", async ({ page, start }) => {
  const dashboard = start(undefined, "--kubeconfig", join(directory, "kubeconfig"));
  await open(page, dashboard);
  await controller("SIGUSR1", "stopped");
  await page.getByRole("button", { name: "New token for kargo-user" }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await form.getByLabel("Name").fill("slow-1");
  await form.getByLabel("Expires after").selectOption("never");
  await form.getByRole("button", { name: "Create token" }).click();
  const reveal = page.getByRole("dialog", { name: "Token slow-1" });
  await expect(reveal.getByText("Waiting for Kubernetes")).toBeVisible();
  await expect(reveal.getByRole("alert")).toBeVisible({ timeout: 20_000 });
  await expect(reveal.getByRole("button", { name: "Try again" })).toBeVisible();
  await reveal.getByRole("button", { name: "Close" }).click();
  await expect(row(page, "slow-1")).toContainText("preparing");

  await controller("SIGUSR2", "running");
  await row(page, "slow-1").getByRole("button", { name: "Reveal slow-1 once" }).click();
  await expect(reveal.getByRole("button", { name: "I saved it" })).toBeVisible();
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await expect(row(page, "slow-1")).toContainText("active");
});
