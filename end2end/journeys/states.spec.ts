// What the page says where there is nothing, where something is not allowed, and where the cluster is not there.
import { writeFile } from "node:fs/promises";
import { kargoToken, project, removeProject } from "../support/cluster.ts";
import { expect, hydrated, open, row, test } from "../support/dashboard.ts";

test("roles without tokens are shown, and say so", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  for (const role of ["promoter", "reader"]) {
    const group = page.getByRole("region", { name: role });
    await expect(group).toContainText("0 tokens");
    await expect(group).toContainText(`Role ${role}`);
  }
});

test("the switcher lists the projects", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard);
  await page.getByRole("button", { name: "System" }).click();
  await page.getByRole("link", { name: projectName }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Project ${projectName}`);
});

test("unmanaged and suspended tokens are marked, and unmanaged ones not touched", async ({ page, dashboard, projectName }) => {
  await kargoToken(projectName, "reader", "by-hand", { managed: false });
  await kargoToken(projectName, "reader", "paused", { labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-02" } });
  await kargoToken(projectName, "reader", "by-kargo");
  await open(page, dashboard, `/projects/${projectName}`);
  await expect(row(page, "by-hand")).toContainText("unmanaged");
  await expect(row(page, "by-hand").getByRole("button")).toHaveCount(0);
  await expect(row(page, "paused")).toContainText("suspended");
  await expect(row(page, "by-kargo").getByRole("button", { name: "Recreate" })).toBeVisible();
});

test("a role that is none of Kargo's is shown in red, with the reason", async ({ page, dashboard }) => {
  await open(page, dashboard);
  const group = page.getByRole("region", { name: "kargo-management-controller" });
  await expect(group).toContainText("can lead to control of the whole cluster");
  await expect(group.getByRole("button", { name: /New token/ })).toHaveCount(0);
});

test("who may not list secrets reads which permission is missing", async ({ page, start }) => {
  const dashboard = start("viewer");
  await open(page, dashboard);
  await expect(page.getByRole("alert")).toContainText("list secrets");
  await expect(page.getByRole("region", { name: "kargo-admin" })).toBeVisible();
});

test("who may not list projects types the name", async ({ page, start }) => {
  const dashboard = start("project-admin");
  await open(page, dashboard);
  // In the switcher, and on the page that they may not read.
  const { origin } = new URL(page.url());
  const switcher = page.getByRole("navigation", { name: "Scope" });
  for (const field of [switcher, page.getByRole("region", { name: "Go to your project" })]) {
    await page.goto(`${origin}/system`);
    if (field === switcher) await page.getByRole("button", { name: "System" }).click();
    await field.getByLabel("Project").fill("kargo-demo");
    await field.getByRole("button", { name: "Go", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Project kargo-demo");
  }
  await hydrated(page);
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(page.getByRole("region").first()).toBeVisible();
});

test("a cluster that is not there is said to be so, and the page stays", async ({ page, start }, info) => {
  const path = info.outputPath("kubeconfig");
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { token: "none" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const dashboard = start(undefined, "--kubeconfig", path);
  await open(page, dashboard);
  await expect(page.getByRole("alert").first()).toContainText("can't be reached");
  await expect(page.getByRole("link", { name: "Try again" })).toBeVisible();
});

test("an address that leads nowhere answers 404", async ({ page, dashboard }) => {
  await open(page, dashboard);
  const response = await page.request.get(new URL("/nowhere", page.url()).href);
  expect(response.status()).toBe(404);
  expect(await response.text()).toContain("There is nothing at this address");
});

test("many tokens: some of each role, the rest by page", async ({ page, dashboard }) => {
  const name = await project("busy");
  await Promise.all(Array.from({ length: 60 }, (_, n) => kargoToken(name, "busy", `busy-${n}`)));
  await open(page, dashboard, `/projects/${name}`);
  const group = page.getByRole("region", { name: "busy" });
  await expect(group).toContainText("60 tokens");
  await expect(group.getByRole("row")).toHaveCount(51);
  await group.getByRole("link", { name: "Show all 60" }).click();
  await expect(group.getByRole("row")).toHaveCount(61);
  await removeProject(name);
});
