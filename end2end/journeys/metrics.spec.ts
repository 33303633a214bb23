// What the program counts is what was done: acts, reveals, requests of browsers, and requests to the API server as a proxy before it counts them.
import { ApiProxy } from "../support/api_proxy.ts";
import { expect, test } from "../support/dashboard.ts";
import { freePort } from "../support/ports.ts";
import { ServerFunctions } from "../support/server_functions.ts";

/** Sums of the samples of a metric, by the labels that are asked for. */
async function scrape(port: number) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return (metric: string, ...labels: string[]) => {
    const sums: Record<string, number> = {};
    for (const line of text.split("\n")) {
      const [, name, all = "", value] = /^(\w+?)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name !== `kargo_tokens_${metric}`) continue;
      const key = labels.map((label) => new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(all)?.[1]).join(" ");
      sums[key] = (sums[key] ?? 0) + Number(value);
    }
    return sums;
  };
}

test("the numbers are those of what was done", async ({ request, start, project }, info) => {
  const kubeconfig = info.outputPath("kubeconfig");
  const proxy = await ApiProxy.open(kubeconfig);
  const port = await freePort();
  const functions = await ServerFunctions.signIn(request, start(undefined, "--kubeconfig", kubeconfig, "--metrics-listen", `127.0.0.1:${port}`));
  const before = await scrape(port);
  expect([before("reveals_claimed_total"), before("acts_total", "act")]).toEqual([{ "": 0 }, {}]);
  expect((await functions.get(project.path)).ok()).toBe(true);

  const [one, two] = [await functions.create(project, "one"), await functions.create(project, "two")];
  expect((await functions.post("create_token", { scope: project.scope, name: "three", role: "nobody" })).status()).toBe(404);
  await functions.reveal(one);
  const heir = await functions.recreate(project, one);
  for (const token of [two, heir]) await functions.delete(token);
  await functions.call("restore_token", two.fields);
  await functions.delete(two, { now: "true" });
  expect((await functions.get(project.path)).ok()).toBe(true);

  const after = await scrape(port);
  expect(after("acts_total", "act", "outcome")).toEqual({
    "create_token ok": 2,
    "create_token not_found": 1,
    "reveal_token ok": 1,
    "confirm_token ok": 1,
    "recreate_token ok": 1,
    "delete_token ok": 3,
    "restore_token ok": 1,
  });
  expect(after("reveals_claimed_total")).toEqual({ "": 1 });
  expect(after("sign_ins_total", "way", "outcome")).toEqual({ "local ok": 1 });
  expect(after("http_requests_total", "method", "status")).toMatchObject({ "POST 200": 9, "POST 404": 1 });
  const counted = after("kubernetes_requests_total", "verb", "resource");
  const of = (verb: string) => counted[`${verb} secrets`] ?? 0;
  expect(of("create") + of("patch") + of("delete")).toBe(proxy.requests.filter((line) => /^(POST|PATCH|DELETE) .*\/secrets/.test(line)).length);
  // All others, too: an Event may still be under way, and a watch is counted when its answer begins.
  const difference = async () => Object.values((await scrape(port))("kubernetes_requests_total")).reduce((sum, count) => sum + count, -proxy.requests.length);
  await expect.poll(difference).toBe(0);
  proxy.close();
});
