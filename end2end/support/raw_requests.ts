// Requests as no browser would send them.
import { type IncomingHttpHeaders, request } from "node:http";
import type { Dashboard } from "./dashboard.ts";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

/** One request with exactly these headers: no browser adds or forbids any. */
export function send(address: URL, method: string, path: string, headers: Record<string, string | string[]> = {}, body: string | Buffer | null = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: address.hostname, port: address.port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        if (body === null) sent.destroy();
      });
    });
    sent.on("error", reject);
    // null: the headers alone, for an answer that comes before the body.
    if (body === null) sent.flushHeaders();
    else sent.end(body);
  });
}

/** Signs in with the one-time address. `form`: headers of a command that our own page sends. */
export async function signedIn(start: () => Dashboard) {
  const dashboard = start();
  const address = new URL(await dashboard.address());
  const exchanged = await send(address, "GET", address.pathname + address.search);
  if (exchanged.status !== 200) throw new Error(`The one-time address answers with ${exchanged.status}.`);
  const set = exchanged.headers["set-cookie"]![0]!;
  const form = { accept: "application/json", "content-type": "application/x-www-form-urlencoded", origin: address.origin };
  return { dashboard, address, set, cookie: set.split(";")[0]!, form };
}
