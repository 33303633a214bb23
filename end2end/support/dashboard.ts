// The dashboard as its users meet it: the built program, started for one user of the control plane, opened by its one-time address.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as base, expect, type Page } from "@playwright/test";
import { kubeconfig, project, removeProject } from "./cluster.ts";

const root = join(import.meta.dirname, "..", "..");

export class Dashboard {
  /** Everything that the program wrote, its one-time addresses left out. */
  log = "";
  private addresses: string[] = [];
  private waiting: ((address: string) => void)[] = [];

  private constructor(
    private process: ChildProcess,
    readonly user?: string,
  ) {
    createInterface({ input: process.stdout! }).on("line", (line) => {
      const address = /^Kargo Tokens: (\S+)$/.exec(line)?.[1];
      if (!address) this.log += `${line}\n`;
      else if (this.waiting.length) this.waiting.shift()!(address);
      else this.addresses.push(address);
    });
    createInterface({ input: process.stderr! }).on("line", (line) => (this.log += `${line}\n`));
  }

  static start(user?: string, ...flags: string[]) {
    const process_ = spawn(join(root, "tools", "serve"), ["--kubeconfig", kubeconfig(user), "--listen", "127.0.0.1:0", ...flags], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Dashboard(process_, user);
  }

  get pid() {
    return this.process.pid;
  }

  /** The next one-time address. */
  address(): Promise<string> {
    const next = this.addresses.shift();
    if (next) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve);
      this.process.once("exit", () => reject(new Error(`The dashboard ended: ${this.log}`)));
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM") {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
  }
}

/** Opens the one-time address and waits until the page's buttons work. */
export async function open(page: Page, dashboard: Dashboard, path = "/system") {
  const address = new URL(await dashboard.address());
  await page.goto(address.href);
  await page.waitForURL(`${address.origin}/system`);
  if (path !== "/system") await page.goto(address.origin + path);
  await hydrated(page);
}

export const hydrated = (page: Page) => expect(page.locator("html[data-hydrated]")).toBeAttached();

/** The row of a token. */
export const row = (page: Page, token: string | RegExp) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: token }) });

/** The row of just this token, whatever else it says. */
export const exactly = (page: Page, name: string) => page.locator(`tr[data-token="${name}"]`);

type Fixtures = {
  /** Starts a dashboard of this test's own, for a user of the control plane (or its administrator), with more flags; ended with the test. */
  start: (user?: string, ...flags: string[]) => Dashboard;
  /** A project of this test's own, with the roles `promoter` and `reader`. */
  projectName: string;
  /** The refusals (HTTP status) that a test provokes: the browser writes each of them into its console. */
  refusals: number[];
  /** Fails the test when the browser's console has any other error or warning. */
  cleanConsole: void;
};

export const test = base.extend<Fixtures, { dashboard: Dashboard }>({
  dashboard: [
    async ({}, use) => {
      const dashboard = Dashboard.start();
      await use(dashboard);
      await dashboard.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ dashboard }, use) => {
    const address = await dashboard.address();
    (dashboard as any).addresses.unshift(address);
    await use(new URL(address).origin);
  },
  start: async ({}, use) => {
    const started: Dashboard[] = [];
    await use((...about) => {
      started.push(Dashboard.start(...about));
      return started.at(-1)!;
    });
    await Promise.all(started.map((dashboard) => dashboard.stop()));
  },
  projectName: async ({}, use) => {
    const name = await project("promoter", "reader");
    await use(name);
    await removeProject(name);
  },
  refusals: [[], { option: true }],
  cleanConsole: [
    async ({ page, javaScriptEnabled, refusals }, use) => {
      const said: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) said.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
      await use();
      // Without JavaScript the browser warns that what was preloaded for it is not used.
      const unexpected = said.filter((text) => !refusals.some((status) => text.includes(`responded with a status of ${status} `)));
      if (javaScriptEnabled) expect(unexpected).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
