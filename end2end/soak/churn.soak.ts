// Minutes of churn: tokens come, are revealed, change and leave, watches break, pages open and close. What the program holds stays the same.
import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { memoryOf } from "../bench/figures.ts";
import { ApiProxy } from "../support/api_proxy.ts";
import { expect, open, test } from "../support/dashboard.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

const MINUTES = Number(process.env.KARGO_TOKENS_SOAK_MINUTES ?? 10);
/** Minutes in which everything is used for the first time. */
const WARM_UP = Math.min(2, MINUTES / 4);

/** What a program holds: megabytes in memory, open files, and its watches. */
type Held = { megabytes: number; files: number; watches: number };

const held = (pid: number, proxy: ApiProxy): Held => ({
  megabytes: Math.round(memoryOf(pid) / 1000),
  files: readdirSync(`/proc/${pid}/fd`).length,
  watches: proxy.openWatches,
});

test(`${MINUTES} minutes of churn`, async ({ page, start, project, browser }, info) => {
  const kubeconfig = info.outputPath("kubeconfig");
  const proxy = await ApiProxy.open(kubeconfig);
  const dashboard = start(undefined, "--kubeconfig", kubeconfig);
  project.fill(500);
  const tokens = await TokensPage.open(page, dashboard, project);
  const server = ServerFunctions.of(page);
  const began = performance.now();
  const minutes = () => (performance.now() - began) / 60_000;
  const samples: (Held & { minute: number })[] = [];
  let rounds = 0;
  let next = 0;
  while (minutes() < MINUTES) {
    const name = `churn-${rounds++}`;
    const mine = await server.create(project, name);
    await server.reveal(mine);
    const other = await project.token(`other-${rounds}`);
    await other.annotate({ "kargo-tokens/note": `round ${rounds}` });
    await other.remove();
    await (await project.created(name)).remove();
    await tokens.row(name).expectGone({ timeout: 60_000 });
    if (rounds % 5 === 0) proxy.endWatches(rounds % 10 ? "cut" : "end");
    if (rounds % 8 === 0) {
      const context = await browser.newContext();
      const tab = await context.newPage();
      await open(tab, dashboard, "/inventory");
      await context.close();
    }
    if (minutes() >= next) {
      const sample = { minute: Math.round(minutes() * 10) / 10, ...held(dashboard.pid!, proxy) };
      samples.push(sample);
      console.log(`minute ${sample.minute}: ${sample.megabytes} MB, ${sample.files} files, ${sample.watches} watches, ${rounds} rounds`);
      next += Math.min(1, MINUTES / 10);
    }
  }
  // Connections that are idle close.
  await setTimeout(15_000);
  const last = held(dashboard.pid!, proxy);
  console.log(`at the end: ${last.megabytes} MB, ${last.files} files, ${last.watches} watches, ${rounds} rounds`);
  const warm = samples.filter(({ minute }) => minute >= WARM_UP);
  const most = (of: (held: Held) => number) => Math.max(...warm.slice(0, 3).map(of));
  expect(last.megabytes).toBeLessThan(most(({ megabytes }) => megabytes) * 1.15 + 5);
  expect(last.files).toBeLessThan(most(({ files }) => files) + 10);
  expect(last.watches).toBeLessThan(most(({ watches }) => watches) + 5);
  proxy.close();
});
