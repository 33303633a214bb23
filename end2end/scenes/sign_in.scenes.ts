// Pictures of signing in, and of the pages of a person who acts as roles.
import { ready, visit } from "../support/dashboard.ts";
import { expectSignedIn, goToIssuer, test as base } from "../support/oidc/test.ts";
import { done } from "../support/api_server.ts";
import { TokensPage } from "../support/tokens_page.ts";
import { takePictures } from "./picture.ts";

const test = base.extend({ cleanConsole: async ({}, use) => use() });

test("sign-in with every way", async ({ page, lying, startFor }, info) => {
  const origin = await startFor(lying, "--sign-in", "local,token,oidc");
  await page.goto(new URL("/sign-in?refused=issuer", origin).href);
  await takePictures(page, info);
});

for (const [title, path] of [
  ["tokens of a person who acts as a role", ""],
  ["session of a person who acts as a role", "/session"],
  ["why this role, own claims", "/access"],
  ["a page without a role", "/system"],
] as const) {
  test(title, async ({ page, project, program, startProvider, startFor }, info) => {
    const provider = await startProvider("go", "dex");
    await project.token("existing-1");
    await program.accept(provider.person.group);
    for (const [name, claims] of [
      ["void", `{"groups":"${provider.person.group}"}`],
      ["other-case", JSON.stringify({ groups: [provider.person.group.toUpperCase()] })],
      ["others", '{"groups":["platform-admins"]}'],
    ] as const) {
      const annotations = { "rbac.kargo.akuity.io/claims": claims };
      await done("POST", `/api/v1/namespaces/${project.name}/serviceaccounts`, { body: { metadata: { name, annotations } } });
    }
    const origin = await startFor(provider, "--kubeconfig", program.kubeconfig);
    await goToIssuer(page, origin);
    await provider.signIn(page);
    await expectSignedIn(page, origin);
    await visit(page, path || project.path);
    await ready(page);
    if (!path) await new TokensPage(page).row("existing-1").expectState("Active");
    await takePictures(page, info);
  });
}
