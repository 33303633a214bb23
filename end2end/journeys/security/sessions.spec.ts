// Cookies of sessions that somebody copied, damaged or made up.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { expect, test } from "../../support/dashboard.ts";
import { send, signedIn } from "../../support/raw_requests.ts";

const key = () => randomBytes(32).toString("base64");

test("a damaged, foreign or made-up cookie is no session", async ({ start }) => {
  const { address, cookie } = await signedIn(start);
  const other = await signedIn(start);
  const status = async (cookie: string) => (await send(address, "GET", "/system", { cookie })).status;
  expect(await status(cookie)).toBe(200);
  const [name, value] = cookie.split("=") as [string, string];
  const foreign = other.cookie.split("=")[1];
  for (const bad of [
    `${name}=${foreign}`,
    `${name}=${value.slice(0, -1)}`,
    `${name}=${value}A`,
    `${name}=${value.slice(0, 20)}${value[20] === "A" ? "B" : "A"}${value.slice(21)}`,
    `${name}=2.${value.slice(2)}`,
    `${name}=1.`,
    `${name}=`,
    `${name}-oidc=${value}`,
    `other=${value}`,
    `${name}=${value}; ${name}=1.x`,
  ]) {
    const found = await status(bad);
    // Of two cookies with one name, one counts.
    expect(bad.includes(";") ? [200, 303] : [303], bad).toContain(found);
  }
});

test("signing in gives a new session, whatever cookie there was", async ({ start }) => {
  const dashboard = start();
  const address = new URL(await dashboard.address());
  const chosen = `kargo-tokens-${address.port}=1.chosen-by-somebody-else`;
  const answer = await send(address, "GET", address.pathname + address.search, { cookie: chosen });
  expect(answer.headers["set-cookie"]![0]).not.toContain("chosen-by-somebody-else");
  expect((await send(address, "GET", "/system", { cookie: chosen })).status).toBe(303);
});

test("a new key goes first and the old one still opens sessions; without it they end", async ({ start }, info) => {
  const [old, fresh] = [key(), key()];
  const file = info.outputPath("keys");
  const status = async (lines: string[], cookie: string) => {
    await writeFile(file, lines.join("\n"));
    const dashboard = start(undefined, "--session-keys", file);
    const address = new URL(await dashboard.address());
    // The name of the cookie has the port.
    const renamed = cookie.replace(/^kargo-tokens-\d+/, `kargo-tokens-${address.port}`);
    return (await send(address, "GET", "/system", { cookie: renamed })).status;
  };
  await writeFile(file, old);
  const { cookie } = await signedIn(() => start(undefined, "--session-keys", file));
  expect(await status([old], cookie)).toBe(200);
  expect(await status([fresh, old], cookie)).toBe(200);
  expect(await status([fresh], cookie)).toBe(303);
});

test("two dashboards on one host don't sign each other out", async ({ page, start }) => {
  const [one, other] = [start(), start()];
  const addresses = [new URL(await one.address()), new URL(await other.address())];
  for (const address of addresses) {
    await page.goto(address.href);
    await page.waitForURL(`${address.origin}/system`);
  }
  for (const { origin } of addresses) {
    await page.goto(`${origin}/session`);
    await expect(page.getByRole("heading", { level: 1, name: "Your session" })).toBeVisible();
  }
});

test("a request that two readers could understand differently is refused", async ({ start }) => {
  const { address, cookie } = await signedIn(start);
  const raw = (head: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(address.port), address.hostname, () => socket.end(head));
      let text = "";
      socket.on("data", (data) => (text += data));
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
  const head = (rest: string[], body = "") =>
    ["POST /api/create_token HTTP/1.1", `Host: ${address.host}`, `Origin: ${address.origin}`, `Cookie: ${cookie}`, ...rest, "", body].join("\r\n");
  for (const smuggled of [
    head(["Content-Length: 4", "Content-Length: 40"], "a=bc"),
    head(["Content-Length: 4", "Transfer-Encoding: chunked"], "0\r\n\r\nGET /system HTTP/1.1\r\n\r\n"),
    head(["Transfer-Encoding: chunked, identity"], "0\r\n\r\n"),
    head(["Content-Length: -1"]),
    head([`Host: evil.example`, "Content-Length: 0"]),
    head(["Bad Header: x", "Content-Length: 0"]),
  ]) {
    const answers = (await raw(smuggled)).match(/^HTTP\/1\.1 \d+/gm) ?? [];
    expect(answers.length, smuggled).toBeLessThanOrEqual(1);
    for (const answer of answers) expect(answer, smuggled).toMatch(/ 4\d\d$/);
  }
});

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number) {
  for (;;) {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    yield seed;
  }
}

test("500 damaged cookies: each is no session, and nothing of it is said", async ({ start }) => {
  const { dashboard, address, cookie, form } = await signedIn(start);
  const random = numbers(7);
  const next = (below: number) => (random.next().value as number) % below;
  const damaged = () => {
    const bytes = Buffer.from(cookie);
    const from = cookie.indexOf("=") + 1;
    for (let n = next(4); n >= 0; n--) {
      const at = from + next(bytes.length - from);
      bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
    }
    return bytes.subarray(0, bytes.length - next(3)).toString();
  };
  const statuses = new Set<number>();
  const one = async () => {
    const sent = damaged();
    if (sent === cookie) return;
    const answer = await send(address, "POST", "/api/create_token", { ...form, cookie: sent }, "scope=system");
    statuses.add(answer.status);
    expect(answer.body).not.toContain(sent.slice(-20));
  };
  for (let n = 0; n < 500; n += 50) await Promise.all(Array.from({ length: 50 }, one));
  expect([...statuses]).toEqual([401]);
  expect(dashboard.log).not.toMatch(/panic|ERROR/);
  expect((await send(address, "GET", "/system", { cookie })).status).toBe(200);
});
