// How many requests to the API server a page and a command take: a promise to whoever runs the cluster, and what makes pages quick.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { ApiProxy } from "../support/api_proxy.ts";
import { api, server } from "../support/api_server.ts";
import { Project } from "../support/cluster.ts";
import { type Dashboard, expect, ready, test, visit } from "../support/dashboard.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

const CREATE_TO_SAVED = 20;

/** Connections of a program to the API server. */
function connections(pid: number) {
  const port = Number(new URL(server).port).toString(16).toUpperCase().padStart(4, "0");
  const tcp = readFileSync("/proc/net/tcp", "utf8") + readFileSync("/proc/net/tcp6", "utf8");
  const open = tcp.split("\n").map((line) => line.trim().split(/\s+/)).filter(([, , remote, state]) => remote?.endsWith(`:${port}`) && state === "01");
  const sockets = new Set(open.map((fields) => `socket:[${fields[9]}]`));
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}

test("the watches of many namespaces share a connection", async ({ page, start, project }) => {
  const other = await Project.create("reader");
  const dashboard = start();
  for (const path of ["/system", "/projects/kargo-demo", project.path, other.path]) await TokensPage.open(page, dashboard, path);
  // Four kinds of objects are watched in each. Connections of other requests are closed when they are idle for ten seconds.
  await expect.poll(() => connections(dashboard.pid!), { timeout: 40_000 }).toBeLessThan(5);
  expect(connections(dashboard.pid!)).toBeGreaterThan(0);
  await other.remove();
});

test.describe(() => {
  let proxy: ApiProxy;
  let dashboard: Dashboard;

  test.beforeEach(async ({ start }, info) => {
    const kubeconfig = info.outputPath("kubeconfig");
    proxy = await ApiProxy.open(kubeconfig);
    dashboard = start(undefined, "--kubeconfig", kubeconfig);
  });
  test.afterEach(() => proxy.close());

  test("a page takes few requests to the API server", async ({ page, project }) => {
    const token = await project.token("one");
    await TokensPage.open(page, dashboard);
    // Four kinds of objects, and the projects.
    await expect.poll(() => proxy.openWatches).toBe(5);
    const limits: [string, number][] = [
      // From memory. If ten seconds have passed, the API server is asked whether the person may still list the tokens, and what else they may do.
      ["/system", 2],
      // The first look: the namespace is checked, four kinds of objects are listed and watched, and rights are asked for.
      [project.path, 10],
      // The watches of the first look begin after its page.
      [`${project.path}?role=reader`, 10],
      // The clean-up reads since when uses are tracked; a token has its Secret and its Events.
      [`${project.path}?show=clean-up`, 3],
      [token.path, 13],
    ];
    for (const [path, most] of limits) {
      const requests = await proxy.during(async () => {
        await visit(page, path);
        await ready(page);
      });
      expect.soft(requests.length, `${path}:\n${requests.sort().join("\n")}`).toBeLessThanOrEqual(most);
    }
    // Once all watches are open.
    await expect(async () => {
      const requests = await proxy.during(async () => {
        await visit(page, project.path);
        await ready(page);
      });
      expect(requests.length, requests.join("\n")).toBeLessThanOrEqual(2);
    }).toPass();
  });

  test(`create to saved takes at most ${CREATE_TO_SAVED} requests to the API server`, async ({ page }) => {
    const tokens = await TokensPage.open(page, dashboard);
    // The API server's keys are read once in ten minutes.
    const [first, name] = ["first", "counted"].map((word) => `${word}-${randomBytes(4).toString("hex")}`) as [string, string];
    await (await tokens.create(first, "kargo-viewer")).saveAndClose();
    await tokens.row(first).expectState("Active");
    const requests = await proxy.during(async () => {
      const reveal = await tokens.create(name, "kargo-viewer");
      await reveal.expectValue();
      await reveal.saveAndClose();
      await tokens.row(name).expectState("Active");
    });
    for (const made of [first, name]) await api("DELETE", `/api/v1/namespaces/kargo/secrets/${made}`);
    expect(requests.length, requests.join("\n")).toBeLessThanOrEqual(CREATE_TO_SAVED);
  });

  test("a visit alone never writes", async ({ page, project }) => {
    await project.dueToken("due");
    await project.rotation("old", "new", { retires: "2026-01-02T03:04:05Z" });
    await TokensPage.open(page, dashboard, project);
    await ServerFunctions.of(page).get(`/${project.scope}/compromised/old?role=reader&since=1`);
    expect(proxy.requests.filter((line) => /^(PUT|PATCH|DELETE)/.test(line) || /^POST .*\/(secrets|serviceaccounts)/.test(line))).toEqual([]);
  });
});
