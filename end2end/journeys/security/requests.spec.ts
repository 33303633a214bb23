// What the server lets through and what it refuses: hosts, origins, sign-in, sizes, rates, and the headers of every answer.
import { api } from "../../support/api_server.ts";
import { expect, test } from "../../support/dashboard.ts";
import { type Answer, send, signedIn } from "../../support/raw_requests.ts";

test("the one-time address signs in once, with a cookie that scripts and other sites can't use", async ({ start }) => {
  const { dashboard, address, set, cookie } = await signedIn(start);
  expect(set).toContain("HttpOnly");
  expect(set).toContain("SameSite=Strict");
  const again = await send(address, "GET", address.pathname + address.search);
  expect(again.headers["set-cookie"]).toBeUndefined();
  expect([again.status, again.headers.location]).toEqual([303, "/sign-in?refused=address"]);
  const next = new URL(await dashboard.address());
  expect(next.search).not.toBe(address.search);

  for (const path of ["/", "/system", "/projects/kargo-demo", "/nowhere"]) {
    expect([(await send(address, "GET", path)).status, path]).toEqual([303, path]);
  }
  const refused = await send(address, "GET", "/api/list_tokens?scope=system", { accept: "application/json" });
  expect([refused.status, JSON.parse(refused.body).kind]).toEqual([401, "unauthenticated"]);
  expect((await send(address, "GET", "/system", { cookie })).status).toBe(200);
  expect((await send(address, "GET", "/system", { cookie: cookie.slice(0, -4) + "AAAA" })).status).toBe(303);
});

test("other hosts and other sites' requests are refused, and nothing is done", async ({ project, start }) => {
  const { dashboard, address, cookie, form } = await signedIn(start);
  expect((await send(address, "GET", "/system", { cookie, host: "evil.example" })).status).toBe(421);
  expect((await send(address, "GET", "/system", { cookie, host: `localhost:${address.port}` })).status).toBe(200);

  const create = (headers: Record<string, string>) =>
    send(address, "POST", "/api/create_token", { cookie, ...headers }, `scope=${project.scope}&role=reader&name=forged-1`);
  const { origin: _, ...without } = form;
  expect((await create(without)).status).toBe(403);
  expect((await create({ ...form, origin: "http://evil.example" })).status).toBe(403);
  expect((await create({ ...form, origin: "http://127.0.0.1:1" })).status).toBe(403);
  expect((await create({ ...form, "sec-fetch-site": "cross-site" })).status).toBe(403);
  // A form that the browser itself posts wants HTML. Only commands of one click are posted like that.
  expect((await create({ ...form, accept: "text/html,application/xhtml+xml" })).status).toBe(406);
  const secret = () => api("GET", `/api/v1/namespaces/${project.namespace}/secrets/forged-1`);
  expect((await secret()).status).toBe(404);
  expect((await create(form)).status).toBe(200);
  expect((await secret()).status).toBe(200);
});

test("a form that another site posts changes nothing, whatever it asks for as an answer", async ({ project, start }) => {
  const { address, cookie, form } = await signedIn(start);
  const token = await project.token("kept");
  const body = new URLSearchParams(token.fields).toString();
  for (const accept of ["text/html", "application/json"]) {
    for (const headers of [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }] as Record<string, string>[]) {
      for (const path of ["/api/delete_token", "/api/finish_token", "/preferences"]) {
        expect((await send(address, "POST", path, { cookie, ...form, accept, ...headers }, body)).status, path).toBe(403);
      }
    }
  }
  expect(await token.annotation("delete-after")).toBeUndefined();
});

test("a form post leads back to its own site only, and what it failed with stays out of the address", async ({ project, start }) => {
  const { address, cookie, form } = await signedIn(start);
  const token = await project.token("posted");
  const post = (referer: string, fields: object) =>
    send(address, "POST", "/api/delete_token", { cookie, ...form, accept: "text/html", referer }, new URLSearchParams(fields as any).toString());
  for (const [referer, location] of [
    [`${address.origin}${project.path}?show=active`, `${project.path}?show=active`],
    ["http://evil.example//elsewhere.example/", "/system"],
  ]) {
    const answer = await post(referer!, { ...token.fields, uid: "none" });
    expect([answer.status, answer.headers.location]).toEqual([303, location]);
    expect(answer.headers["set-cookie"]![0]).toMatch(/^kargo-tokens-flash=failed-\d{3}\.posted; .*HttpOnly/);
  }
});

test("requests that are too large, too many or unreadable are answered in words", async ({ start }) => {
  const { dashboard, address, cookie, form } = await signedIn(start);
  const post = (path: string, body: string) => send(address, "POST", path, { cookie, ...form }, body);
  const kind = (answer: Answer) => [answer.status, JSON.parse(answer.body).kind];
  // Refused by its announced size: nothing of it has to be sent.
  const large = { cookie, ...form, expect: "100-continue", "content-length": "70000" };
  expect(kind(await send(address, "POST", "/api/create_token", large, null))).toEqual([400, "invalid"]);
  expect(kind(await post("/api/create_token", "scope=system"))).toEqual([400, "invalid"]);
  expect(kind(await post("/api/create_token", "scope=elsewhere&role=a&name=b"))).toEqual([400, "invalid"]);
  expect(kind(await post("/api/delete_token", "scope=system&role=kargo-admin&name=nobody&uid=none"))).toEqual([404, "not_found"]);
  expect(kind(await post("/api/reveal_token", "scope=system&role=kargo-admin&name=nobody&uid=none&claim=short"))).toEqual([400, "invalid"]);
  expect(kind(await post("/api/nothing", ""))).toEqual([404, "not_found"]);
  const many = await Promise.all(Array.from({ length: 400 }, () => post("/api/nothing", "")));
  expect(many.map(({ status }) => status)).toContain(429);
  expect(kind(many.find(({ status }) => status === 429)!)).toEqual([429, "too_many"]);
});

test("what no file can be named is not found, what is no text is refused, and no answer is a failure of ours", async ({ start }) => {
  const { address, cookie, form } = await signedIn(start);
  expect((await send(address, "GET", `/pkg/${"a".repeat(256)}`)).status).toBe(404);
  const noText = await send(address, "POST", "/api/create_token", { cookie, ...form }, Buffer.from([0x73, 0x3d, 0xff, 0xfe]));
  expect([noText.status, JSON.parse(noText.body).kind]).toEqual([400, "invalid"]);
});

test("probes are answered for any host and without a sign-in; other requests name the flag for their host", async ({ start }) => {
  const { address } = await signedIn(start);
  for (const path of ["/healthz", "/readyz"]) {
    const answer = await send(address, "GET", path, { host: "10.1.2.3:8080" });
    expect([answer.status, answer.body]).toEqual([200, "ok\n"]);
  }
  const page = await send(address, "GET", "/system", { host: "tokens.example.com" });
  expect(page.status).toBe(421);
  expect(page.body).toContain("--allow-host tokens.example.com");
});

test("a one-time address is used up by opening it, not by looking ahead", async ({ start }) => {
  const dashboard = start();
  const address = new URL(await dashboard.address());
  const path = address.pathname + address.search;
  expect((await send(address, "HEAD", path)).headers["set-cookie"]).toBeUndefined();
  for (const ahead of [{ "sec-purpose": "prefetch" }, { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }]) {
    expect((await send(address, "GET", path, ahead)).headers["set-cookie"]).toBeUndefined();
  }
  expect((await send(address, "GET", path)).headers["set-cookie"]).toBeDefined();
});

test("private answers are not kept, built files are kept for good, and only our own scripts run", async ({ start }) => {
  const { dashboard, address, cookie } = await signedIn(start);
  const page = await send(address, "GET", "/system", { cookie });
  expect(page.headers["cache-control"]).toBe("no-store");
  const policy = page.headers["content-security-policy"] as string;
  const nonce = /script-src 'self' 'nonce-([^']+)' 'wasm-unsafe-eval';/.exec(policy)![1];
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe-inline");
  for (const [tag] of page.body.matchAll(/<script[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
  expect(page.body).not.toMatch(/ style="| on[a-z]+="/);
  const second = await send(address, "GET", "/system", { cookie });
  expect(second.headers["content-security-policy"]).not.toContain(nonce);

  for (const [, path] of page.body.matchAll(/(?:href|src)="(\/pkg\/[^"]+)"/g)) {
    const file = await send(address, "GET", path!, { "accept-encoding": "br" });
    expect([path, file.status, file.headers["content-encoding"]]).toEqual([path, 200, "br"]);
    expect(file.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  }
  for (const answer of [page, await send(address, "GET", "/sign-in"), await send(address, "GET", "/healthz"), await send(address, "GET", "/pkg/none")]) {
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  }
});
