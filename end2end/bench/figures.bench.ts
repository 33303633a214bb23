// The figures: from create to value, pages at several sizes, memory. Each is printed; none is judged.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { project, removeProject } from "../support/cluster.ts";
import { open, test } from "../support/dashboard.ts";

const ms = (times: number[], share: number) => `${times.sort((a, b) => a - b)[Math.floor((times.length - 1) * share)]!.toFixed(0)} ms`;
const spread = (times: number[]) => `median ${ms(times, 0.5)}, 95 % ${ms(times, 0.95)} (${times.length} times)`;
const print = (what: string, figure: string) => console.log(`${what}: ${figure}`);

test("create to value", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard);
  const origin = new URL(page.url()).origin;
  const post = async (name: string, form: Record<string, string>) =>
    (await page.request.post(`${origin}/api/${name}`, { headers: { origin, accept: "application/json" }, form })).json();
  const scope = `projects/${projectName}`;
  const times: number[] = [];
  for (let n = 0; n < 50; n++) {
    const began = performance.now();
    const { name, uid } = await post("create_token", { scope, role: "reader", name: `bench-${n}` });
    const { value } = await post("reveal_token", { scope, role: "reader", name, uid, claim: randomBytes(16).toString("hex") });
    if (!value) throw new Error("no value");
    times.push(performance.now() - began);
  }
  print("create to value", spread(times));
});

/** Server: until the last byte of the page has come. Browser: from the start of the navigation until the last row is there and buttons work. */
async function pageTimes(page: Page, address: string) {
  const server: number[] = [];
  const browser: number[] = [];
  let bytes = 0;
  for (let n = 0; n < 20; n++) {
    let began = performance.now();
    bytes = (await (await page.request.get(address)).body()).length;
    server.push(performance.now() - began);
    began = performance.now();
    await page.goto(address);
    await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
    browser.push(performance.now() - began);
  }
  return `server ${spread(server)}; browser ${spread(browser)}; ${(bytes / 1000).toFixed(0)} KB of HTML`;
}

for (const tokens of [0, 5, 1_000, 10_000]) {
  test(`page with ${tokens} tokens`, async ({ page, dashboard }) => {
    const name = await project("busy");
    if (tokens) {
      execFileSync(process.env.KARGO_TOKENS_CLUSTER_BIN!, ["fill", String(tokens), "--dir", process.env.KARGO_TOKENS_TEST_CLUSTER!, "--namespace", name, "--role", "busy"]);
    }
    await open(page, dashboard, `/projects/${name}`);
    const origin = new URL(page.url()).origin;
    print(`page with ${tokens} tokens`, await pageTimes(page, `${origin}/projects/${name}`));
    if (tokens > 50) print(`page of 200 of ${tokens}`, await pageTimes(page, `${origin}/projects/${name}?role=busy&page=1`));
    const heap = await page.evaluate(() => (performance as any).memory?.usedJSHeapSize ?? 0);
    print(`JavaScript heap with ${tokens} tokens`, `${(heap / 1e6).toFixed(1)} MB`);
    const status = readFileSync(`/proc/${dashboard.pid}/status`, "utf8");
    print(`the program's resident memory after that`, /VmRSS:\s*(.*)/.exec(status)![1]!);
    await removeProject(name);
  });
}
