// The figures: from create to value, pages at several sizes, requests to the API server, memory. Each is printed; none is judged.
import { readFileSync } from "node:fs";
import { request as send } from "node:http";
import type { Page } from "@playwright/test";
import { ApiProxy } from "../support/api_proxy.ts";
import { Project, type Scope, system } from "../support/cluster.ts";
import { open, ready, reload, test, visit } from "../support/dashboard.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

const ms = (times: number[], share: number) => `${times.sort((a, b) => a - b)[Math.floor((times.length - 1) * share)]!.toFixed(0)} ms`;
const spread = (times: number[]) => `median ${ms(times, 0.5)}, 95 % ${ms(times, 0.95)} (${times.length} times)`;
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
const print = (what: string, figure: string | number) => console.log(`${what}: ${figure}`);

test("create to value", async ({ page, dashboard, project }) => {
  await open(page, dashboard);
  const server = ServerFunctions.of(page);
  const times: number[] = [];
  for (let n = 0; n < 50; n++) {
    const began = performance.now();
    await server.reveal(await server.create(project, `bench-${n}`));
    times.push(performance.now() - began);
  }
  print("create to saved, without a page", spread(times));
});

test("requests to the API server", async ({ page, start, project }, info) => {
  const kubeconfig = info.outputPath("kubeconfig");
  const proxy = await ApiProxy.open(kubeconfig);
  const tokens = await TokensPage.open(page, start(undefined, "--kubeconfig", kubeconfig), project);
  const token = await project.token("counted");
  for (const path of ["/system", project.path, `${project.path}?show=clean-up`, token.path]) {
    const requests = await proxy.during(async () => {
      await visit(page, path);
      await ready(page);
    });
    print(`requests to the API server, ${path.replace(project.name, "PROJECT")}`, requests.length);
  }
  await visit(page, project.path);
  await ready(page);
  const requests = await proxy.during(async () => {
    await (await tokens.create("saved")).saveAndClose();
    await tokens.row("saved").expectState("Active");
  });
  print("requests to the API server, create to saved", requests.length);
  const deletion = await proxy.during(() => tokens.row("saved").delete());
  print("requests to the API server, delete", deletion.length);
  proxy.close();
});

/** Waits until a row of the page says something, or is there no more. */
const rowSays = (page: Page, name: string, word: string | null) =>
  page.waitForFunction(
    ([name, word]) => {
      const row = document.querySelector(`tr[data-token="${name}"]`);
      return word === null ? !row : row?.textContent?.includes(word!);
    },
    [name, word] as const,
    { polling: "raf" },
  );

test("live changes and search", async ({ page, dashboard, project }) => {
  project.fill(1_000);
  const token = await project.token("changed-elsewhere");
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.row(token).expectState("Active");
  const [changes, searches]: number[][] = [[], []];
  for (let n = 0; n < 20; n++) {
    const isSuspended = n % 2 === 0;
    const began = performance.now();
    await token.change({ labels: { "kubernetes.io/legacy-token-invalid-since": isSuspended ? "2026-01-01" : null } });
    await rowSays(page, token.name, isSuspended ? "Suspended" : "Active");
    changes!.push(performance.now() - began);
  }
  print("another client's change to the changed row, page with 1,000 tokens", spread(changes!));
  for (let n = 0; n < 20; n++) {
    const began = performance.now();
    await tokens.search.fill(n % 2 === 0 ? "nothing-like-this" : "");
    await rowSays(page, token.name, n % 2 === 0 ? null : token.name);
    searches!.push(performance.now() - began);
  }
  print("a key in the search to the found rows, 1,000 tokens", spread(searches!));
});

/** Resident memory of a program in KB. */
const memory = (pid: number) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);

/** Times of one small request of a signed-in person, one after another. */
async function requestTimes(page: Page, address: string) {
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const began = performance.now();
    await (await page.request.get(address)).body();
    times.push(performance.now() - began);
  }
  return `median ${ms(times, 0.5)}, 99 % ${ms(times, 0.99)}`;
}

test("signing in, and what a session costs", async ({ page, start, project }) => {
  const local = start();
  await open(page, local);
  const session = `${local.origin}/session`;
  print("request with the local session", await requestTimes(page, session));

  const values = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => (await project.token(`person-${n}`)).value()),
  );
  const dashboard = start(undefined, "--sign-in", "token");
  const origin = await dashboard.address();
  const before = memory(dashboard.pid!);
  const times: number[] = [];
  for (const token of values) {
    // The limit by address is one sign-in in two seconds after the first ten.
    for (;;) {
      const began = performance.now();
      const answer = await page.request.post(`${origin}/sign-in`, { form: { token }, headers: { origin }, maxRedirects: 0 });
      if (!answer.headers().location?.includes("too-many")) {
        times.push(performance.now() - began);
        break;
      }
      await page.waitForTimeout(500);
    }
    await (await page.request.get(`${origin}${project.path}`)).body();
  }
  print("sign-in with a token", spread(times));
  print("memory for each identity", `${((memory(dashboard.pid!) - before) / values.length).toFixed(0)} KB (${values.length} people, one page each)`);
  print("request with a token's session", await requestTimes(page, `${origin}/session`));
  const began = performance.now();
  let answered = 0;
  while (performance.now() - began < 5_000) {
    await Promise.all(Array.from({ length: 50 }, () => page.request.get(`${origin}/session`)));
    answered += 50;
  }
  print("requests with sessions a second, 50 at once", (answered / ((performance.now() - began) / 1_000)).toFixed(0));
});

/** The body of a page as it comes over the wire. */
async function size(page: Page, address: string, encoding: string): Promise<number> {
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  return new Promise((resolve, reject) => {
    send(address, { headers: { cookie, "accept-encoding": encoding, accept: "text/html" } }, (response) => {
      let bytes = 0;
      response.on("data", (chunk) => (bytes += chunk.length));
      response.on("end", () => resolve(bytes));
    })
      .on("error", reject)
      .end();
  });
}

/** Server: until the last byte of the page has come. Browser: from the start of the navigation until the last row is there and buttons work. */
async function pageTimes(page: Page, address: string) {
  const server: number[] = [];
  const browser: number[] = [];
  for (let n = 0; n < 20; n++) {
    let began = performance.now();
    await (await page.request.get(address)).body();
    server.push(performance.now() - began);
    began = performance.now();
    await page.goto(address);
    await page.locator("html[data-ready]").waitFor({ state: "attached" });
    browser.push(performance.now() - began);
  }
  const [plain, brotli] = [await size(page, address, "identity"), await size(page, address, "br")];
  return `server ${spread(server)}; browser ${spread(browser)}; HTML ${kilobytes(plain)}, brotli ${kilobytes(brotli)}`;
}

/** Pages of a scope that has so many tokens. */
async function pages(page: Page, pid: number, scope: Scope, role: string, tokens: number, what: string) {
  const { origin } = new URL(page.url());
  await visit(page, origin + scope.path);
  await reload(page);
  print(`${what} with ${tokens} tokens`, await pageTimes(page, `${origin}${scope.path}`));
  if (tokens > 50) print(`${what}, page of 200 of ${tokens}`, await pageTimes(page, `${origin}${scope.path}?role=${role}&page=1`));
  const heap = await page.evaluate(() => (performance as any).memory?.usedJSHeapSize ?? 0);
  print(`JavaScript heap with ${tokens} tokens`, `${(heap / 1e6).toFixed(1)} MB`);
  print("the program's resident memory after that", `${memory(pid)} KB`);
}

for (const tokens of [0, 5, 1_000, 10_000]) {
  test(`a project with ${tokens} tokens`, async ({ page, dashboard }) => {
    const project = await Project.create("busy");
    if (tokens) project.fill(tokens);
    await open(page, dashboard);
    await pages(page, dashboard.pid!, project, "busy", tokens, "project");
    await project.remove();
  });
}

// The last ones: from here on the system has that many tokens.
for (const tokens of [5, 1_000, 10_000]) {
  test(`the system with ${tokens} tokens`, async ({ page, dashboard }) => {
    const there = (await system.secrets()).length;
    if (tokens > there) system.fill(tokens - there, "kargo-viewer");
    await open(page, dashboard);
    await pages(page, dashboard.pid!, system, "kargo-viewer", Math.max(tokens, there), "system");
  });
}
