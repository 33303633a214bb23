// The dashboard as its users meet it: the built program, started for one user of the control plane, opened by its one-time address.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as base, type Cookie, expect, type Page } from "@playwright/test";
import { kubeconfig } from "./api_server.ts";
import { Project } from "./cluster.ts";

const root = join(import.meta.dirname, "..", "..");

/** The built program's file. */
export const program = () => join(root, "target", process.env.KARGO_TOKENS_PROFILE ?? "debug", "kargo-tokens");

const serve = (args: string[]) => spawn(join(root, "tools", "serve"), args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });

export class Dashboard {
  /** Everything that the program wrote, without its one-time addresses. */
  log = "";
  /** The session of whoever signed in first: pages of later tests get it, so that only the first one loads the page after the sign-in. */
  session?: Cookie[];
  origin?: string;
  private addresses: string[] = [];
  private waiting: ((address: string) => void)[] = [];

  /** A program that was started, with its outputs piped. */
  constructor(
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

  /** Starts it for a user of the control plane, or for the administrator. A flag that is given twice counts as given last. */
  static start(user?: string, ...flags: string[]) {
    return new Dashboard(serve(["--kubeconfig", kubeconfig(user), "--listen", "127.0.0.1:0", ...flags]), user);
  }

  get pid() {
    return this.process.pid;
  }

  /** The next one-time address. */
  address(): Promise<string> {
    const next = this.addresses.shift();
    if (next) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`The dashboard ended: ${this.log}`));
      if (this.process.exitCode !== null) return fail();
      this.waiting.push(resolve);
      this.process.once("exit", fail);
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM") {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
  }
}

/** Runs the built program to its end. */
export async function runToEnd(...args: string[]) {
  const program = serve(args);
  let [out, log] = ["", ""];
  program.stdout!.on("data", (data) => (out += data));
  program.stderr!.on("data", (data) => (log += data));
  const [code] = await once(program, "close");
  return { code, out, log };
}

/** Signs in and opens a page; waits until its buttons work. */
export async function open(page: Page, dashboard: Dashboard, path = "/system") {
  await openWithoutScripts(page, dashboard, path);
  await ready(page);
}

/** The same where the browser runs no scripts. The one-time address of a dashboard that runs for long has expired: others get the session. */
export async function openWithoutScripts(page: Page, dashboard: Dashboard, path = "/system") {
  if (dashboard.session) {
    await page.context().addCookies(dashboard.session);
    await page.goto(dashboard.origin + path);
    return;
  }
  const address = new URL(await dashboard.address());
  await page.goto(address.href);
  await page.waitForURL(`${address.origin}/system`);
  dashboard.origin = address.origin;
  dashboard.session = await page.context().cookies(address.origin);
  if (path !== "/system") await page.goto(address.origin + path);
}

/** Signs in with a Kubernetes token, or another text. */
export async function signInWithToken(page: Page, origin: string, text: string) {
  await page.goto(`${origin}/sign-in`);
  await page.getByLabel("Kubernetes token").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Goes to another address of the dashboard that the page shows. */
export const visit = (page: Page, path: string) => page.goto(new URL(path, page.url()).href);

/** Waits until the page's buttons work. */
export const ready = (page: Page) => expect(page.locator("html[data-ready]")).toBeAttached();

/** Lets the pages of a tab hear of no changes, as where the network holds the stream back. */
export const staysBehind = (page: Page) =>
  page.addInitScript(() => {
    for (const name of ["SharedWorker", "Worker"]) Object.defineProperty(window, name, { value: undefined });
  });

/** Leaves the dashboard in every tab. An open page would hear of what ends with a test, and ask for itself again. */
const leave = (page: Page) => Promise.all(page.context().pages().map((tab) => tab.goto("about:blank").catch(() => {})));

/** Reads the page again. */
export async function reload(page: Page) {
  await page.reload();
  await ready(page);
}

type Fixtures = {
  /** Starts a dashboard of this test's own, for a user of the control plane (or its administrator), with more flags; ended with the test. */
  start: (user?: string, ...flags: string[]) => Dashboard;
  /** A project of this test's own, with the roles `reader` and `promoter`. Tokens are of `reader` where a test says nothing else. */
  project: Project;
  /** What a test provokes and the browser therefore writes into its console: refusals by their HTTP status, other messages by a part of
   * their text. */
  refusals: (number | string)[];
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
  start: async ({ page }, use) => {
    const started: Dashboard[] = [];
    await use((...about) => {
      started.push(Dashboard.start(...about));
      return started.at(-1)!;
    });
    await leave(page);
    await Promise.all(started.map((dashboard) => dashboard.stop()));
  },
  project: async ({ page }, use) => {
    const project = await Project.create("reader", "promoter");
    await use(project);
    await leave(page);
    await project.remove();
  },
  refusals: [[], { option: true }],
  cleanConsole: [
    async ({ page, javaScriptEnabled, refusals }, use) => {
      const said: string[] = [];
      // A page hears of changes as long as it is open, also after its program has ended.
      const isStream = (url: string) => /\/events\?/.test(url);
      page.on("console", (message) => {
        if (isStream(message.location().url) && message.text().includes("net::ERR_")) return;
        if (["error", "warning"].includes(message.type())) said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      });
      page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
      await use();
      // Without JavaScript the browser warns that what was preloaded for it is not used.
      const isExpected = (text: string) =>
        refusals.some((expected) => text.includes(typeof expected === "number" ? `responded with a status of ${expected} ` : expected));
      const unexpected = said.filter((text) => !isExpected(text));
      if (javaScriptEnabled) expect(unexpected).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
