// Sign-ins that must fail: the page says why, nothing of the sign-in is left, and the next one works.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { visit } from "../../support/dashboard.ts";
import { FAULTS, LyingIssuer } from "../../support/oidc/lying_issuer.ts";
import { expect, expectNotSignedIn, expectSignedIn, goToIssuer, test } from "../../support/oidc/test.ts";
import { TokensPage } from "../../support/tokens_page.ts";

const SERVICE = "The single sign-on service does not answer as it should.";
const TOKEN = "The ID token of the single sign-on service can't be accepted.";
const TIME = "The ID token of the single sign-on service is not valid at this time.";
const OTHER = "This sign-in was not begun in this browser, took longer than ten minutes, or was used before.";

/** Each fault, and what the person reads. */
const SAYS = new Map([
  ...FAULTS.metadata.map((fault) => [fault, SERVICE] as const),
  ...[...FAULTS.claims, ...FAULTS.signatures].map((fault) => [fault, TOKEN] as const),
  ["an expired token", TIME],
  ["a token that is not yet valid", TIME],
  ["error=access_denied", "The single sign-on service did not sign you in."],
]);

for (const [fault, says] of SAYS) {
  test(`refused: ${fault}`, async ({ page, lying, startFor }) => {
    lying.fault = fault;
    const origin = await startFor(lying);
    await goToIssuer(page, origin);
    await expectNotSignedIn(page, origin, says);
    expect(lying.count("GET /authorize")).toBeLessThanOrEqual(1);

    lying.fault = undefined;
    // A failure to read the metadata is the answer for some seconds.
    await expect(async () => {
      await goToIssuer(page, origin);
      await expect(page).toHaveURL(`${origin}/system`, { timeout: 500 });
    }).toPass({ intervals: [1000] });
  });
}

test("refused: the issuer doesn't run", async ({ page, startFor }) => {
  const stopped = await LyingIssuer.start();
  await stopped.stop();
  const origin = await startFor(stopped);
  await goToIssuer(page, origin);
  await expectNotSignedIn(page, origin, SERVICE);
});

test("a new key of the issuer is taken up, and read once", async ({ page, context, lying, startFor }) => {
  const origin = await startFor(lying);
  await goToIssuer(page, origin);
  await expectSignedIn(page, origin);
  await context.clearCookies();
  lying.rotate();
  await goToIssuer(page, origin);
  await expectSignedIn(page, origin);
  expect(lying.count("GET /keys")).toBe(2);
});

test("the address that ends a sign-in works once, and a second use ends no session", async ({ page, lying, startFor }) => {
  const origin = await startFor(lying);
  await goToIssuer(page, origin);
  await expectSignedIn(page, origin);
  await page.goto(lying.callback);
  await expectSignedIn(page, origin);
  expect(lying.count("POST /token")).toBe(1);
});

test("two tabs sign in at the same time", async ({ page, context, lying, startFor }) => {
  const origin = await startFor(lying);
  lying.stays = true;
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await goToIssuer(tab, origin);
    await expect(tab.getByRole("link", { name: "Back" })).toBeVisible();
  }
  for (const tab of [page, other]) {
    await tab.getByRole("link", { name: "Back" }).click();
    await expectSignedIn(tab, origin);
  }
});

test("an issuer without public clients gets the client's secret", async ({ page, context, lying, startFor }, info) => {
  lying.secret = "secret-of-the-client";
  const file = (name: string, text: string) => {
    writeFileSync(info.outputPath(name), text);
    return info.outputPath(name);
  };
  const right = await startFor(lying, "--oidc-client-secret-file", file("right", `${lying.secret}\n`));
  await goToIssuer(page, right);
  await expectSignedIn(page, right);
  await context.clearCookies();
  for (const flags of [["--oidc-client-secret-file", file("wrong", "another")], []]) {
    const origin = await startFor(lying, ...flags);
    await goToIssuer(page, origin);
    await expectNotSignedIn(page, origin, "");
  }
});

test("a code that was used before is refused", async ({ page, context, lying, startFor }) => {
  const origin = await startFor(lying);
  await goToIssuer(page, origin);
  await expectSignedIn(page, origin);
  const used = new URL(lying.callback).searchParams.get("code")!;
  await context.clearCookies();

  lying.stays = true;
  await goToIssuer(page, origin);
  await expect(page.getByRole("link", { name: "Back" })).toBeVisible();
  const callback = new URL(lying.callback);
  callback.searchParams.set("code", used);
  await page.goto(callback.href);
  await expectNotSignedIn(page, origin, OTHER);
});

test("a sign-in that began in another browser is refused, and goes on there", async ({ page, browser, lying, startFor }) => {
  const origin = await startFor(lying);
  lying.stays = true;
  await goToIssuer(page, origin);
  const back = page.getByRole("link", { name: "Back" });
  await expect(back).toBeVisible();

  const { callback } = lying;
  const other = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await other.goto(callback);
  await expectNotSignedIn(other, origin, OTHER);
  // Neither while that browser has a sign-in of its own.
  await goToIssuer(other, origin);
  await expect(other.getByRole("link", { name: "Back" })).toBeVisible();
  await other.goto(callback);
  await expectNotSignedIn(other, origin, OTHER);
  expect(lying.count("POST /token")).toBe(0);
  await other.context().close();

  await back.click();
  await expectSignedIn(page, origin);
});

for (const [type, groups] of [
  ["a number", 7],
  ["an object", { ops: true }],
  ["a list of numbers", [7]],
] as const) {
  test(`groups that are ${type} match no role`, async ({ page, project, program, lying, startFor }) => {
    await program.accept("7");
    lying.claims.groups = groups;
    const origin = await startFor(lying, "--kubeconfig", program.kubeconfig);
    await goToIssuer(page, origin);
    await expectSignedIn(page, origin);
    await visit(page, project.path);
    await expect(page.getByRole("main")).toContainText("No role");
  });
}

test("a group that is a text and no list matches", async ({ page, project, program, lying, startFor }) => {
  await Promise.all([program.accept("7"), project.token("existing-1")]);
  lying.claims.groups = "7";
  const origin = await startFor(lying, "--kubeconfig", program.kubeconfig);
  await goToIssuer(page, origin);
  await expectSignedIn(page, origin);
  await visit(page, project.path);
  await new TokensPage(page).row("existing-1").expectState("Active");
});

for (const [claim, value] of [
  ["preferred_username", 42],
  ["name", ["Ana"]],
  ["email_verified", "perhaps"],
  ["nickname", "\ud800"],
] as const) {
  test(`a claim of an odd type beside a matching group signs in: ${claim}`, async ({ page, project, program, lying, startFor }) => {
    await Promise.all([program.accept("ops"), project.token("existing-1")]);
    Object.assign(lying.claims, { groups: ["ops"], [claim]: value });
    const origin = await startFor(lying, "--kubeconfig", program.kubeconfig);
    await goToIssuer(page, origin);
    await expectSignedIn(page, origin);
    await visit(page, project.path);
    await new TokensPage(page).row("existing-1").expectState("Active");
  });
}

test("a large claim that no role names is left out", async ({ page, project, program, lying, startFor }) => {
  await Promise.all([program.accept("ops"), project.token("existing-1")]);
  // Random, so that it can't be compressed.
  Object.assign(lying.claims, { groups: ["ops"], about: randomBytes(20_000).toString("hex") });
  const origin = await startFor(lying, "--kubeconfig", program.kubeconfig);
  await goToIssuer(page, origin);
  await expectSignedIn(page, origin);
  await visit(page, project.path);
  await new TokensPage(page).row("existing-1").expectState("Active");
});

test("refused: claims of 100 KB", async ({ page, lying, startFor }) => {
  lying.claims.about = "x".repeat(100_000);
  const origin = await startFor(lying);
  await goToIssuer(page, origin);
  await expectNotSignedIn(page, origin, "Your ID token is too large: it has too many claims.");
});
