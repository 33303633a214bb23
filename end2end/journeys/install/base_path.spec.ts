// Below a path of a host that a real nginx shares among several programs.
import { expectAccepted } from "../../support/api_server.ts";
import { ready } from "../../support/dashboard.ts";
import { Nginx } from "../../support/nginx.ts";
import { CLIENT, TLS } from "../../support/oidc/setup.ts";
import { expect, goToIssuer, test as base } from "../../support/oidc/test.ts";
import { TokensPage } from "../../support/tokens_page.ts";
import type { Page } from "@playwright/test";

const PATH = "/tools/tokens";

const test = base.extend<{ nginx: Nginx; staysBelow: void }>({
  nginx: async ({}, use) => {
    const nginx = await Nginx.reserve(PATH);
    await use(nginx);
    await nginx.stop();
  },
  // Fails the test when a browser asks nginx for anything else of the host.
  staysBelow: [
    async ({ context, nginx }, use) => {
      const outside: string[] = [];
      context.on("request", (request) => {
        const url = new URL(request.url());
        if (url.origin === nginx.origin && !url.pathname.startsWith(`${PATH}/`)) outside.push(url.pathname);
      });
      await use();
      expect(outside).toEqual([]);
    },
    { auto: true },
  ],
});

/** Expects that all links, forms and files of a page are below the path. */
async function expectAllBelow(page: Page) {
  const addresses = await page.evaluate(() => {
    const names = ["href", "action", "formaction", "src"];
    const of = (element: Element) => names.map((name) => element.getAttribute(name)).filter((address) => address !== null);
    return [...document.querySelectorAll("[href], [action], [formaction], [src]")].flatMap(of);
  });
  expect(addresses.length).toBeGreaterThan(3);
  expect(addresses.filter((address) => !address.startsWith(`${PATH}/`) && !/^(#|https?:)/.test(address))).toEqual([]);
}

test("single sign-on, all pages, a token's life, and changes that others make", async ({ page, project, program, startProvider, start, nginx }) => {
  const provider = await startProvider("go", "dex", nginx.address);
  await program.accept(provider.person.group);
  const oidc = ["--sign-in", "oidc", "--oidc-issuer-url", provider.address, "--oidc-client-id", CLIENT.id, "--oidc-ca", TLS.ca];
  await start(undefined, ...(await nginx.flags()), ...oidc, "--kubeconfig", program.kubeconfig).address();
  await nginx.start();
  await page.goto(`${nginx.address}/sign-in`);
  await expectAllBelow(page);
  await goToIssuer(page, nginx.address);
  await provider.signIn(page);
  await expect(page).toHaveURL(new RegExp(`^${nginx.address}/(system|projects/[^/]+)$`));

  await page.goto(nginx.address + project.path);
  await ready(page);
  const tokens = new TokensPage(page);
  const created = await tokens.create("first-1");
  await expectAccepted(await created.take());
  const successor = await tokens.row("first-1").recreate();
  await expectAccepted(await successor.take());
  await page.reload();
  await ready(page);
  const elsewhere = await project.token("made-elsewhere");
  await tokens.row(elsewhere).expectState("Active");
  await tokens.row(elsewhere).delete();
  await tokens.row(elsewhere).undo();
  await tokens.row(elsewhere).expectState("Active");
  await tokens.search.fill("elsewhere");
  await expect(page).toHaveURL(new RegExp(`^${nginx.address + project.path}\\?q=elsewhere$`));

  const of = (name: string) => `${project.path}/${name}/made-elsewhere`;
  const lists = [project.path, `${project.path}?role=reader`, "/inventory", "/inventory?group=role"];
  for (const path of [...lists, of("tokens"), of("compromised"), "/access", "/access?claims=pasted", "/rules", "/session"]) {
    await page.goto(nginx.address + path);
    await ready(page);
    await expectAllBelow(page);
  }
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expect(page).toHaveURL(new RegExp(`^${nginx.address}/sign-in`));
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("forms and their redirects stay below the path", async ({ page, project, start, nginx }) => {
    const token = await project.token("posted");
    const dashboard = start(undefined, ...(await nginx.flags()));
    const address = await dashboard.address();
    expect(address).toContain(`${nginx.address}/sign-in?key=`);
    await nginx.start();
    await page.goto(address);
    await expect(page).toHaveURL(`${nginx.address}/system`);
    await page.goto(`${nginx.address}${project.path}?role=&q=posted`);
    await expect(page).toHaveURL(`${nginx.address}${project.path}?q=posted`);
    const tokens = new TokensPage(page);
    await tokens.row(token).delete();
    await expect(page).toHaveURL(`${nginx.address}${project.path}?q=posted`);
    await page.getByRole("button", { name: "Undo" }).first().click();
    await tokens.row(token).expectState("Active");
    const exported = await page.request.get(`${nginx.address}/inventory.csv`);
    expect(await exported.text()).toContain("posted");
    await page.goto(`${nginx.address}/nothing`);
    await expectAllBelow(page);
  });
});

test("addresses outside are refused in words, and the kubelet is answered", async ({ start, nginx }) => {
  const flags = await nginx.flags();
  await start(undefined, ...flags).address();
  const own = `http://${flags[1]}`;
  const outside = await fetch(`${own}/system`);
  expect(outside.status).toBe(404);
  expect(await outside.text()).toContain(`Kargo Tokens is at ${PATH}/ of this host.`);
  expect(outside.headers.get("x-content-type-options")).toBe("nosniff");
  expect((await fetch(`${own}/readyz`)).status).toBe(200);
});
