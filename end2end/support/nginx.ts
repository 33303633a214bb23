// A real nginx with TLS in front of dashboards, as installations have it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLS } from "./oidc/setup.ts";
import { freePort } from "./ports.ts";

export class Nginx {
  private process?: ChildProcess;
  private hosts: string[] = [];
  private log = "";

  private constructor(
    private folder: string,
    /** Scheme, host and port that browsers see. */
    readonly origin: string,
    /** What all addresses of the dashboards begin with, such as `/tools/tokens`; nginx knows no other addresses. */
    readonly basePath: string,
  ) {}

  /** Chooses the address; the dashboards behind it must know it before they start. */
  static async reserve(basePath = "") {
    return new Nginx(await mkdtemp(join(tmpdir(), "kargo-tokens-nginx.")), `https://127.0.0.1:${await freePort()}`, basePath);
  }

  /** The address that people use. */
  get address() {
    return this.origin + this.basePath;
  }

  /** Where the next dashboard behind it listens, and what it is told. */
  async flags() {
    const host = `127.0.0.1:${await freePort()}`;
    this.hosts.push(host);
    return ["--listen", host, "--external-url", this.address, "--trusted-proxies", "127.0.0.1"];
  }

  /** Passes requests to the dashboards in turn. `directives`: added to nginx's own defaults. */
  async start(...directives: string[]) {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${join(this.folder, name)};`);
    const file = join(this.folder, "nginx.conf");
    await writeFile(
      file,
      `daemon off;
pid ${join(this.folder, "pid")};
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.join("\n  ")}
  upstream dashboards { ${this.hosts.map((host) => `server ${host};`).join(" ")} }
  server {
    listen ${new URL(this.origin).host} ssl;
    ssl_certificate ${TLS.certificate};
    ssl_certificate_key ${TLS.key};
    location ${this.basePath}/ {
      proxy_pass http://dashboards;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      ${directives.join("\n      ")}
    }
  }
}
`,
    );
    const path = `${process.env.PATH}:/usr/sbin`;
    this.process = spawn("nginx", ["-c", file, "-p", this.folder, "-e", "stderr"], { env: { ...process.env, PATH: path }, stdio: ["ignore", "ignore", "pipe"] });
    this.process.stderr!.on("data", (data) => (this.log += data));
    while (!(await this.answers())) {
      if (this.process.exitCode !== null) throw new Error(`nginx ended: ${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private answers() {
    return new Promise<boolean>((resolve) => {
      get(`${this.address}/healthz`, { rejectUnauthorized: false }, (answer) => {
        answer.resume();
        resolve(true);
      }).on("error", () => resolve(false));
    });
  }

  async stop() {
    if (this.process?.exitCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill();
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
