// The crash matrix: the program is killed (-9) after each write of a deletion, a rotation and a compromise, the moment that the API server
// has done it. The next program shows where the first one stopped and goes on from there with a click. The API server is the judge: no value
// that somebody needs has stopped working, and none that was stopped works again.
import type { APIRequestContext, Page, TestInfo } from "@playwright/test";
import { expectAccepted, expectRefused } from "../../support/api_server.ts";
import { ApiProxy } from "../../support/api_proxy.ts";
import type { Project, Token } from "../../support/cluster.ts";
import { CompromisePage } from "../../support/compromise_page.ts";
import { type Dashboard, expect, test } from "../../support/dashboard.ts";
import { RevealDialog } from "../../support/dialogs.ts";
import { newClaim, ServerFunctions } from "../../support/server_functions.ts";
import { TokensPage } from "../../support/tokens_page.ts";

// A page asks whether a deleted token is gone before it says so.
test.use({ refusals: [404] });

/** What the person who acts has in hand so far, or can ask for again. */
type Hand = { claim: string; successor?: Token; value?: string };
type Command = (server: ServerFunctions, project: Project, old: Token, hand: Hand) => Promise<unknown>;

const reveal = async (server: ServerFunctions, hand: Hand) => {
  hand.value = await server.reveal(hand.successor!, hand.claim);
};

// Each with the writes that it takes.
const remove: Command = (server, _, old) => server.delete(old); // 1 suspend, 2 delete
const rotate: Command = async (server, project, old, hand) => {
  hand.successor = await server.recreate(project, old); // 1 create, 2 link
  await reveal(server, hand); // 3 claim, 4 confirm
  await server.delete(old); // 5 suspend, 6 delete
};
const rotateLater: Command = async (server, project, old, hand) => {
  hand.successor = await server.recreate(project, old);
  await reveal(server, hand);
  await server.call("retire_token", { ...old.fields, overlap: "3600" }); // 5 note its end
};
const compromise: Command = async (server, project, old, hand) => {
  hand.successor = await server.compromise(project, old); // 1 suspend, 2 create, 3 link
  await reveal(server, hand); // 4 claim, 5 confirm
  await server.call("finish_compromise", old.fields); // 6 delete
};

type Tools = { page: Page; request: APIRequestContext; start: (user?: string, ...flags: string[]) => Dashboard; project: Project };

/** Kills the program at a write of a command, then opens the page of the next program. */
async function killed({ page, request, start, project }: Tools, info: TestInfo, writes: number, command: Command) {
  const old = await project.token("ci");
  const oldValue = await old.value();
  const hand: Hand = { claim: newClaim() };
  const kubeconfig = info.outputPath("kubeconfig");
  let doomed: Dashboard;
  let isKilled = false;
  const proxy = await ApiProxy.open(kubeconfig, {
    afterWrites: writes,
    by: () => {
      isKilled = true;
      return doomed.stop("SIGKILL");
    },
  });
  doomed = start(undefined, "--kubeconfig", kubeconfig, "--undo-window", "1s");
  // The person hears nothing of the last write, or is done already: any other failure is one of the test.
  const acting = command(await ServerFunctions.signIn(request, doomed), project, old, hand).catch((error) => {
    if (!isKilled) throw error;
  });
  await Promise.race([proxy.isCutOff, acting.then(() => proxy.isCutOff)]);
  await acting;
  proxy.close();

  const next = start(undefined, "--undo-window", "1s");
  const server = await ServerFunctions.signIn(request, next);
  const tokens = await TokensPage.open(page, next, project);
  return { old, oldValue, hand, server, tokens };
}

/** The old token has stopped for good. */
async function expectStopped(token: Token, value: string) {
  await token.expectGone();
  await expectRefused(value);
}

/** Reveals the successor that nobody has seen yet, and saves its value; what comes then is the dialog's next step. */
async function takeUnrevealed(tokens: TokensPage) {
  const { name } = await tokens.successor("ci");
  // Kubernetes may still be writing its value.
  await tokens.readUntil(name, "Reveal pending");
  return (await tokens.row(name).reveal()).take();
}

/** Whoever asked for the value when the program died asks again, as their page does. */
async function takeAgain(tokens: TokensPage, server: ServerFunctions, hand: Hand) {
  await (await tokens.successor("ci")).expectState("Reveal unconfirmed");
  await reveal(server, hand);
  return hand.value!;
}

for (const writes of [1, 2]) {
  test(`a deletion, killed after write ${writes}`, async ({ page, request, start, project }, info) => {
    const { old, oldValue, tokens } = await killed({ page, request, start, project }, info, writes, remove);
    if (writes === 1) {
      await tokens.readUntil(old, "Deletion due");
      await tokens.row(old).button("Finish").click();
    }
    await tokens.row(old).expectGone();
    await expectStopped(old, oldValue);
  });
}

for (const writes of [1, 2, 3, 4, 5, 6]) {
  test(`a rotation, killed after write ${writes}`, async ({ page, request, start, project }, info) => {
    const { old, oldValue, hand, server, tokens } = await killed({ page, request, start, project }, info, writes, rotate);
    if (writes < 5) await expectAccepted(oldValue);
    let value = hand.value!;
    if (writes <= 2) {
      value = await takeUnrevealed(tokens);
      // What the rotation was begun for, if the old token knows of it already.
      if (writes === 2) await new RevealDialog(page).old.stop();
      else await tokens.row(old).button("Delete").click();
    } else if (writes <= 4) {
      if (writes === 3) value = await takeAgain(tokens, server, hand);
      await tokens.row(old).expectText("replaced by ci-");
      await tokens.row(old).button("Delete").click();
    } else if (writes === 5) {
      await tokens.readUntil(old, "Deletion due");
      await tokens.row(old).button("Finish").click();
    }
    await expectStopped(old, oldValue);
    await expectAccepted(value);
  });
}

test("a rotation with an overlap, killed after its last write", async ({ page, request, start, project }, info) => {
  const { old, oldValue, hand, tokens } = await killed({ page, request, start, project }, info, 5, rotateLater);
  await tokens.row(old).expectText(/retires in (1 h|59 min)/);
  await expectAccepted(oldValue);
  await expectAccepted(hand.value!);
});

for (const writes of [1, 2, 3, 4, 5, 6]) {
  test(`a compromise, killed after write ${writes}`, async ({ page, request, start, project }, info) => {
    const { old, oldValue, hand, server, tokens } = await killed({ page, request, start, project }, info, writes, compromise);
    const row = tokens.row(old);
    let value = hand.value!;
    if (writes < 6) await row.expectState("Compromised");
    if (writes <= 3) {
      // A successor that the old token doesn't know of isn't relied on: there is another one then.
      if (writes <= 2) {
        await row.button("Continue").click();
        value = await new RevealDialog(page).take();
      } else {
        value = await takeUnrevealed(tokens);
      }
      const report = new CompromisePage(page);
      await report.expectOpen("ci");
      await report.expectTokenDeleted();
    } else if (writes < 6) {
      if (writes === 4) value = await takeAgain(tokens, server, hand);
      await row.button("Finish").click();
      await new CompromisePage(page).expectTokenDeleted();
    }
    await expectStopped(old, oldValue);
    await expectAccepted(value);
  });
}
