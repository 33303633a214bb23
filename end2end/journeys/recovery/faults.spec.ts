// What the network and the API server do wrong: an open page says what is going on, keeps what is known, and is right again afterwards.
import { ApiProxy, type Asked, type Fault } from "../../support/api_proxy.ts";
import { expect, test as base } from "../../support/dashboard.ts";
import { TokensPage } from "../../support/tokens_page.ts";

type Tools = { cluster: ApiProxy; tokens: TokensPage };

/** An open page of a project with one token, on a dashboard behind a cluster. */
const test = base.extend<Tools>({
  cluster: async ({}, use, info) => {
    const cluster = await ApiProxy.open(info.outputPath("kubeconfig"));
    await use(cluster);
    cluster.close();
  },
  tokens: async ({ page, start, project, cluster: _ }, use, info) => {
    await project.token("known");
    const tokens = await TokensPage.open(page, start(undefined, "--kubeconfig", info.outputPath("kubeconfig")), project);
    await tokens.row("known").expectState("Active");
    await use(tokens);
  },
});

const reads = ({ line }: Asked) => /^GET .*\/secrets$/.test(line);

for (const [what, fault, said] of [
  ["a server that asks for patience", { status: 429, headers: { "retry-after": "1" }, reason: "TooManyRequests" }, /busy|too many/i],
  ["a server with an internal error", { status: 500, reason: "InternalError" }, /status 500/],
  ["a network that closes every connection", "hang up", /Can't reach|connection/],
] as [string, Fault, RegExp][]) {
  test(`${what}: the last list stays, marked as such, and the page is right again afterwards`, async ({ tokens, cluster, project }) => {
    cluster.fault = (asked) => (reads(asked) ? fault : undefined);
    cluster.endWatches("cut");
    await expect(tokens.alert).toContainText("These are the tokens as they were");
    await expect(tokens.alert).toContainText(said);
    await tokens.row("known").expectState("Active");
    const added = await project.token("added-meanwhile");
    await tokens.row(added).expectGone();
    cluster.fault = () => undefined;
    await tokens.row(added).expectState("Active", { timeout: 30_000 });
    await expect(tokens.main).not.toContainText("These are the tokens as they were");
  });
}

test("watches that end, or are cut, are opened again without a word", async ({ tokens, cluster, project }) => {
  for (const how of ["end", "cut", "end", "cut"] as const) {
    cluster.endWatches(how);
    const added = await project.token(`after-${how}-${Math.random().toString(36).slice(2, 8)}`);
    await tokens.row(added).expectState("Active", { timeout: 30_000 });
    await expect(tokens.alert).toHaveCount(0);
  }
});

test("a watch that is always too old: the list is read again, fewer than 30 times", async ({ tokens, cluster, project }) => {
  cluster.fault = (asked) => (asked.isWatch && /secrets$/.test(asked.line) ? { status: 410, reason: "Expired" } : undefined);
  cluster.endWatches("cut");
  const added = await project.token("added");
  const requests = await cluster.during(() => tokens.row(added).expectState("Active", { timeout: 30_000 }));
  expect(requests.filter((line) => /secrets$/.test(line)).length).toBeLessThan(30);
});

test("a watch that is forbidden while lists are allowed: the page reads the list from time to time", async ({ tokens, cluster, project }) => {
  cluster.fault = (asked) => (asked.isWatch && /secrets$/.test(asked.line) ? { status: 403, reason: "Forbidden" } : undefined);
  cluster.endWatches("cut");
  const added = await project.token("added");
  await tokens.row(added).expectState("Active", { timeout: 45_000 });
});

test("a credential that the API server doesn't accept any more: nothing is shown from memory", async ({ tokens, cluster, page }) => {
  cluster.fault = ({ line }) => (line.startsWith("GET") || line.startsWith("POST") ? { status: 401, reason: "Unauthorized" } : undefined);
  cluster.endWatches("cut");
  await page.reload();
  await tokens.row("known").expectGone();
  await expect(tokens.alert.first()).toContainText(/doesn't accept|not accept|sign in/i);
});

test("answers that drip, or end in their middle, give the whole list or an error, never a part", async ({ page, start, project, cluster }, info) => {
  await project.tokens(["a-first", "b-second", "c-third"]);
  let halves = 0;
  cluster.fault = (asked) => (reads(asked) && !asked.isWatch && halves++ < 1 ? "half" : undefined);
  const tokens = await TokensPage.open(page, start(undefined, "--kubeconfig", info.outputPath("kubeconfig")), project);
  await expect(tokens.section("reader").rows).toHaveCount(3);
  cluster.fault = (asked) => (reads(asked) && !asked.isWatch ? "drip" : undefined);
  cluster.endWatches("cut");
  await page.reload();
  await expect(tokens.section("reader").rows).toHaveCount(3);
});

test("times are judged by the API server's clock", async ({ page, start, project, cluster }, info) => {
  cluster.fault = () => ({ ahead: 3600 });
  await project.token("soon-over", { annotations: { "kargo-tokens/retire-after": new Date(Date.now() + 1_800_000).toISOString().slice(0, 19) + "Z" } });
  const tokens = await TokensPage.open(page, start(undefined, "--kubeconfig", info.outputPath("kubeconfig")), project);
  await tokens.row("soon-over").expectText("retirement is due");
});

test("a write whose answer is an error is sent once", async ({ tokens, cluster, refusals }) => {
  refusals.push(503);
  let writes = 0;
  cluster.fault = ({ isWrite }) => {
    if (!isWrite) return undefined;
    writes++;
    return { status: 500, reason: "InternalError" };
  };
  await tokens.row("known").button("Delete").click();
  await expect(tokens.alert.or(tokens.notice).first()).toContainText(/.+/);
  await tokens.row("known").expectState("Active");
  expect(writes).toBe(1);
});
