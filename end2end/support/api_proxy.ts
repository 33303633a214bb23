// Proxy in front of the API server: forwards each request as the administrator, counts it, can disconnect the dashboard after a number of writes,
// and can do to requests what a bad network or a server in trouble does.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { kubeconfigOfServer, pass } from "./api_server.ts";

/** `GET /api/v1/namespaces/kargo/secrets`: a request without its query. */
type Line = string;

/** What happens to a request in place of an answer, or to the answer. */
export type Fault =
  /** An answer of the proxy's own. */
  | { status: number; headers?: Record<string, string>; reason?: string }
  /** The connection is closed without an answer. */
  | "hang up"
  /** The API server's answer comes byte by byte, slowly. */
  | "drip"
  /** The answer ends in its middle. */
  | "half"
  /** Each part of the answer comes so many milliseconds late. */
  | { late: number }
  /** The answer's clock is so many seconds ahead. */
  | { ahead: number };

/** Which request it is. */
export type Asked = { line: Line; isWatch: boolean; isWrite: boolean };

export class ApiProxy {
  /** Every request so far. */
  readonly requests: Line[] = [];
  /** Decides what happens to a request; `undefined`: nothing. */
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  /** Open watches. */
  private readonly watches = new Set<ServerResponse>();

  private constructor(
    private server: Server,
    /** Resolves when the dashboard was cut off. */
    readonly isCutOff: Promise<void>,
  ) {}

  /** Writes a kubeconfig that leads through the proxy. `cut.by`: called after `cut.afterWrites` writes of Secrets, before the
   * dashboard gets the last answer. */
  static async open(kubeconfig: string, cut?: { afterWrites: number; by: () => Promise<void> }): Promise<ApiProxy> {
    let writes = 0;
    let cutOff = () => {};
    const isCutOff = new Promise<void>((resolve) => (cutOff = resolve));
    const server = createServer((incoming, outgoing) => {
      const line = `${incoming.method} ${incoming.url!.split("?")[0]}`;
      proxy.requests.push(line);
      const isWrite = incoming.method !== "GET" && /\/secrets(\/|\?|$)/.test(incoming.url!);
      const isWatch = /[?&]watch=/.test(incoming.url!);
      const fault = proxy.fault({ line, isWatch, isWrite });
      if (fault === "hang up") return incoming.socket.destroy();
      if (typeof fault === "object" && "status" in fault) {
        const { status, headers, reason = "Unknown" } = fault;
        outgoing.writeHead(status, { "content-type": "application/json", ...headers });
        return outgoing.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message: "injected", reason, code: status }));
      }
      if (isWatch) {
        proxy.watches.add(outgoing);
        outgoing.on("close", () => proxy.watches.delete(outgoing));
      }
      pass(incoming, async (response) => {
        if (cut && isWrite && response.statusCode! < 300 && ++writes >= cut.afterWrites) {
          response.resume();
          await once(response, "end");
          await cut.by();
          outgoing.destroy();
          cutOff();
          return;
        }
        // The watch was ended before its answer came.
        if (outgoing.headersSent || outgoing.destroyed) return response.destroy();
        if (typeof fault === "object" && "ahead" in fault) response.headers.date = new Date(Date.now() + fault.ahead * 1000).toUTCString();
        outgoing.writeHead(response.statusCode!, response.headers);
        // A watch without events has no body to send the head with.
        outgoing.flushHeaders();
        if (fault === "half") {
          const body: Buffer[] = await response.toArray();
          const whole = Buffer.concat(body);
          outgoing.write(whole.subarray(0, Math.floor(whole.length / 2)), () => outgoing.destroy());
        } else if (typeof fault === "object" && "late" in fault) {
          outgoing.flushHeaders();
          for await (const chunk of response) {
            await setTimeout(fault.late);
            outgoing.write(chunk);
          }
          outgoing.end();
        } else if (fault === "drip") {
          for await (const chunk of response) {
            for (let at = 0; at < chunk.length; at += 1024) {
              outgoing.write(chunk.subarray(at, at + 1024));
              await setTimeout(20);
            }
          }
          outgoing.end();
        } else {
          response.pipe(outgoing);
        }
      }).on("error", () => outgoing.destroy());
    });
    const proxy = new ApiProxy(server, isCutOff);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await writeFile(kubeconfig, kubeconfigOfServer(`http://127.0.0.1:${port}`));
    return proxy;
  }

  /** How many watches are open. */
  get openWatches() {
    return this.watches.size;
  }

  /** Ends all watches: as they should end, or in the middle of it. */
  endWatches(how: "end" | "cut") {
    for (const watch of this.watches) how === "end" ? watch.end() : watch.destroy();
  }

  /** The requests that something takes. */
  async during(run: () => Promise<unknown>): Promise<Line[]> {
    const before = this.requests.length;
    await run();
    return this.requests.slice(before);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
