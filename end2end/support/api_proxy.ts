// Proxy in front of the API server: forwards each request as the administrator, counts it, and can disconnect the dashboard after a number
// of writes.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { kubeconfigOfServer, pass } from "./api_server.ts";

/** `GET /api/v1/namespaces/kargo/secrets`: a request without its query. */
type Line = string;

export class ApiProxy {
  /** Every request so far. */
  readonly requests: Line[] = [];

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
      proxy.requests.push(`${incoming.method} ${incoming.url!.split("?")[0]}`);
      const isWrite = incoming.method !== "GET" && /\/secrets(\/|\?|$)/.test(incoming.url!);
      pass(incoming, async (response) => {
        if (cut && isWrite && response.statusCode! < 300 && ++writes >= cut.afterWrites) {
          response.resume();
          await once(response, "end");
          await cut.by();
          outgoing.destroy();
          cutOff();
          return;
        }
        outgoing.writeHead(response.statusCode!, response.headers);
        response.pipe(outgoing);
      }).on("error", () => outgoing.destroy());
    });
    const proxy = new ApiProxy(server, isCutOff);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await writeFile(kubeconfig, kubeconfigOfServer(`http://127.0.0.1:${port}`));
    return proxy;
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
