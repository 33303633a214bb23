// Tests with issuers, and with dashboards whose people sign in at them.
import { expect, type Page } from "@playwright/test";
import { test as base } from "../dashboard.ts";
import { freePort } from "../ports.ts";
import { LyingIssuer } from "./lying_issuer.ts";
import type { Shape } from "./people.ts";
import { Program } from "./program.ts";
import { type Provider, type ProviderKind, startProvider } from "./provider.ts";
import { CLIENT, TLS } from "./setup.ts";

type Fixtures = {
  /** Starts an issuer, ended with the test. */
  startProvider: (kind: ProviderKind, shape: Shape, origin?: string) => Promise<Provider>;
  /** An issuer that does what a test says. */
  lying: LyingIssuer;
  /** The ServiceAccount of a dashboard that acts for people in the test's project. */
  program: Program;
  /** Starts a dashboard whose people sign in at an issuer, and answers with its address. */
  startFor: (issuer: { address: string }, ...flags: string[]) => Promise<string>;
  /** Fails the test when a dashboard answers with a status of 500 or more. */
  noServerErrors: void;
};

export const test = base.extend<Fixtures>({
  // The certificate is the control plane's own.
  ignoreHTTPSErrors: true,
  startProvider: async ({}, use) => {
    const started: Provider[] = [];
    await use(async (...about) => {
      started.push(await startProvider(...about));
      return started.at(-1)!;
    });
    await Promise.all(started.map((provider) => provider.stop()));
  },
  lying: async ({}, use) => {
    const lying = await LyingIssuer.start();
    await use(lying);
    await lying.stop();
  },
  program: async ({ project }, use, info) => {
    const program = await Program.create(project, info.outputPath("program.kubeconfig"));
    await use(program);
    await program.remove();
  },
  startFor: async ({ start }, use) => {
    await use(async (issuer, ...flags) => {
      // The issuer learns the address from the sign-in, so the dashboard must know it.
      const port = await freePort();
      const own = ["--sign-in", "oidc", "--listen", `127.0.0.1:${port}`, "--external-url", `http://127.0.0.1:${port}`];
      const oidc = ["--oidc-issuer-url", issuer.address, "--oidc-client-id", CLIENT.id, "--oidc-ca", TLS.ca];
      return start(undefined, ...own, ...oidc, ...flags).address();
    });
  },
  noServerErrors: [
    async ({ page }, use) => {
      const failed: string[] = [];
      page.on("response", (response) => {
        if (response.status() >= 500 && response.url().startsWith("http://")) failed.push(`${response.status()} ${response.url()}`);
      });
      await use();
      expect(failed).toEqual([]);
    },
    { auto: true },
  ],
});

/** The way to the issuer, from the sign-in page. */
export const singleSignOn = (page: Page) => page.getByRole("link", { name: "Continue with single sign-on" });

/** Goes to the issuer. */
export async function goToIssuer(page: Page, origin: string) {
  await page.goto(`${origin}/sign-in`);
  await singleSignOn(page).click();
}

/** Expects that the person is signed in: on the page of the system, or of the first project that has a role for them. */
export const expectSignedIn = (page: Page, origin: string) =>
  expect(page).toHaveURL((url) => url.origin === origin && /^\/(system|projects\/[^/]+)$/.test(url.pathname));

/** Expects that a sign-in was refused, in words. */
export async function expectRefused(page: Page, says: string | RegExp) {
  await expect(page).toHaveURL(/^[^?]*\/sign-in\?refused=[a-z-]+$/);
  await expect(page.getByRole("alert")).toContainText(says);
}

/** Expects that a sign-in was refused, and that nothing of it is left. */
export async function expectNotSignedIn(page: Page, origin: string, says: string | RegExp) {
  await expectRefused(page, says);
  await page.goto(`${origin}/system`);
  await expect(page).toHaveURL(`${origin}/sign-in`);
}

export { expect };
