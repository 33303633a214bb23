// A way to the control plane that a dashboard does not survive: requests are passed on as the administrator's, and when the API server
// has answered so many writes of Secrets, the dashboard is killed (-9) before it hears of the last one.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pass } from "./cluster.ts";

export class Gate {
  private constructor(
    private server: Server,
    /** Resolves when the last write is done and the dashboard is dead. */
    readonly shut: Promise<void>,
  ) {}

  /** Opens it for so many writes, and writes a kubeconfig that leads through it. */
  static async open(kubeconfig: string, writes: number, kill: () => Promise<void>): Promise<Gate> {
    let done = 0;
    let shut = () => {};
    const isShut = new Promise<void>((resolve) => (shut = resolve));
    const server = createServer((incoming, outgoing) => {
      const isWrite = incoming.method !== "GET" && /\/secrets(\/|\?|$)/.test(incoming.url!);
      pass(incoming, async (response) => {
        if (isWrite && response.statusCode! < 300 && ++done >= writes) {
          response.resume();
          await once(response, "end");
          await kill();
          outgoing.destroy();
          shut();
          return;
        }
        outgoing.writeHead(response.statusCode!, response.headers);
        response.pipe(outgoing);
      }).on("error", () => outgoing.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "gate", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "gate", user: {} }],
      contexts: [{ name: "gate", context: { cluster: "gate", user: "gate" } }],
      "current-context": "gate",
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    return new Gate(server, isShut);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
