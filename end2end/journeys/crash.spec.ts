// The crash matrix: the program is killed (-9) after each write of a deletion, a rotation and a compromise, the moment that the API server
// has done it. The next one shows where it stopped, goes on from there with a click, and the API server is the judge: no value that
// somebody needs has stopped working, and none that was stopped works again.
import { randomBytes } from "node:crypto";
import type { APIRequestContext, Locator, Page, TestInfo } from "@playwright/test";
import { kargoToken, secret, signIn, storedValue, untilRefused } from "../support/cluster.ts";
import { type Dashboard, exactly, expect, hydrated, open, row, test } from "../support/dashboard.ts";
import { Gate } from "../support/gate.ts";

type Token = { scope: string; role: string; name: string; uid: string };
type Call = (verb: string, form: Record<string, string>) => Promise<any>;
/** What whoever acts has in hand so far, or can ask for again. */
type Hand = { claim: string; next?: Token; value?: string };
type Act = (call: Call, old: Token, hand: Hand) => Promise<unknown>;

const reveal = async (call: Call, hand: Hand) => {
  hand.value = (await call("reveal_token", { ...hand.next!, claim: hand.claim })).value;
  await call("confirm_token", { ...hand.next!, claim: hand.claim });
};

// Each with the writes that it takes.
const remove: Act = (call, old) => call("delete_token", old); // 1 suspend, 2 delete
const rotate: Act = async (call, old, hand) => {
  hand.next = await call("recreate_token", old); // 1 create, 2 link
  await reveal(call, hand); // 3 claim, 4 confirm
  await call("delete_token", old); // 5 suspend, 6 delete
};
const rotateLater: Act = async (call, old, hand) => {
  hand.next = await call("recreate_token", old);
  await reveal(call, hand);
  await call("retire_token", { ...old, overlap: "3600" }); // 5 note its end
};
const compromise: Act = async (call, old, hand) => {
  hand.next = await call("compromise_token", old); // 1 suspend, 2 create, 3 link
  await reveal(call, hand); // 4 claim, 5 confirm
  await call("finish_compromise", old); // 6 delete
};

/** Calls server functions as a page would. */
async function signedIn(request: APIRequestContext, dashboard: Dashboard): Promise<Call> {
  const { href, origin } = new URL(await dashboard.address());
  await request.get(href);
  return async (verb, form) => {
    const answer = await request.post(`${origin}/api/${verb}`, { headers: { accept: "application/json", origin }, form });
    expect([verb, answer.status()]).toEqual([verb, 200]);
    return answer.json();
  };
}

type Start = (user?: string, ...flags: string[]) => Dashboard;
type Tools = { page: Page; request: APIRequestContext; start: Start; projectName: string };

/** Kills the program at a write of an act, then opens the page of the next program. */
async function killed({ page, request, start, projectName }: Tools, info: TestInfo, writes: number, act: Act) {
  const made = await kargoToken(projectName, "reader", "ci");
  const old = { scope: `projects/${projectName}`, role: "reader", name: "ci", uid: made.metadata.uid };
  const oldValue = await storedValue(projectName, "ci");
  const hand: Hand = { claim: randomBytes(16).toString("hex") };
  const kubeconfig = info.outputPath("kubeconfig");
  let doomed: Dashboard;
  let isKilled = false;
  const gate = await Gate.open(kubeconfig, writes, () => {
    isKilled = true;
    return doomed.stop("SIGKILL");
  });
  doomed = start(undefined, "--kubeconfig", kubeconfig, "--undo-window", "1s");
  // Whoever acts hears nothing of the last write, or is done already: any other failure is one of the test.
  const acting = act(await signedIn(request, doomed), old, hand).catch((error) => {
    if (!isKilled) throw error;
  });
  await Promise.race([gate.shut, acting.then(() => gate.shut)]);
  await acting;
  gate.close();

  const next = start(undefined, "--undo-window", "1s");
  const call = await signedIn(request, next);
  await open(page, next, `/projects/${projectName}`);
  return { old, oldValue, hand, call, page, namespace: projectName };
}

/** The old token has stopped for good. */
async function isGone(namespace: string, name: string, value: string) {
  await expect.poll(async () => (await secret(namespace, name)).status).toBe(404);
  await untilRefused(value);
}

const works = async (value: string) => expect((await signIn(value)).status).toBe(201);
const does = (row: Locator, act: string, name: string) => row.getByRole("button", { name: `${act} ${name}`, exact: true }).click();

/** The row says so, now or a moment later. */
async function says(page: Page, name: string, text: string) {
  await expect(async () => {
    await page.reload();
    await expect(exactly(page, name)).toContainText(text, { timeout: 1000 });
  }).toPass();
  await hydrated(page);
}

/** Reveals the successor that nobody has seen yet; what comes then is the dialog's next step. */
async function takeUnrevealed(page: Page) {
  const successor = row(page, /^ci-/);
  // Kubernetes may still be writing its value.
  await expect(async () => {
    await page.reload();
    await expect(successor).toContainText("unrevealed", { timeout: 1000 });
  }).toPass();
  await hydrated(page);
  await expect(successor).toContainText("replaces ci");
  await successor.getByRole("button", { name: /^Reveal ci-\w+ once$/ }).click();
  return save(page);
}

async function save(page: Page) {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show" }).click();
  const value = (await dialog.getByRole("region", { name: "Value" }).textContent())!;
  await dialog.getByRole("button", { name: "I saved it" }).click();
  return value;
}

/** Whoever asked for the value when the program died asks again, as its page does. */
async function takeAgain(page: Page, call: Call, hand: Hand) {
  await expect(row(page, /^ci-/)).toContainText("perhaps never seen");
  await reveal(call, hand);
  return hand.value!;
}

for (const writes of [1, 2]) {
  test(`a deletion, killed after write ${writes}`, async ({ page, request, start, projectName }, info) => {
    const { oldValue } = await killed({ page, request, start, projectName }, info, writes, remove);
    if (writes === 1) {
      await says(page, "ci", "deletion due");
      await does(exactly(page, "ci"), "Finish", "ci");
    }
    await expect(exactly(page, "ci")).toHaveCount(0);
    await isGone(projectName, "ci", oldValue);
  });
}

for (const writes of [1, 2, 3, 4, 5, 6]) {
  test(`a rotation, killed after write ${writes}`, async ({ page, request, start, projectName }, info) => {
    const { oldValue, hand, call } = await killed({ page, request, start, projectName }, info, writes, rotate);
    if (writes < 5) await works(oldValue);
    const old = exactly(page, "ci");
    let value = hand.value!;
    if (writes <= 2) {
      value = await takeUnrevealed(page);
      // What the rotation was begun for, if the old token knows of it already.
      if (writes === 2) await page.getByRole("dialog").getByRole("button", { name: "Stop the old token" }).click();
      else await does(old, "Delete", "ci");
    } else if (writes <= 4) {
      if (writes === 3) value = await takeAgain(page, call, hand);
      await expect(old).toContainText("replaced by ci-");
      await does(old, "Delete", "ci");
    } else if (writes === 5) {
      await says(page, "ci", "deletion due");
      await does(old, "Finish", "ci");
    }
    await isGone(projectName, "ci", oldValue);
    await works(value);
  });
}

test("a rotation with an overlap, killed after its last write", async ({ page, request, start, projectName }, info) => {
  const { oldValue, hand } = await killed({ page, request, start, projectName }, info, 5, rotateLater);
  await expect(exactly(page, "ci")).toContainText(/retires in (1 h|59 min)/);
  await works(oldValue);
  await works(hand.value!);
});

for (const writes of [1, 2, 3, 4, 5, 6]) {
  test(`a compromise, killed after write ${writes}`, async ({ page, request, start, projectName }, info) => {
    const { oldValue, hand, call } = await killed({ page, request, start, projectName }, info, writes, compromise);
    const old = exactly(page, "ci");
    let value = hand.value!;
    if (writes < 6) await expect(old).toContainText("compromised");
    if (writes <= 3) {
      // A successor that the old token doesn't know of isn't relied on: there is another one then.
      if (writes <= 2) {
        await does(old, "Go on", "ci");
        value = await save(page);
      } else {
        value = await takeUnrevealed(page);
      }
      await expect(page.getByRole("dialog", { name: "What became of ci" })).toContainText("is deleted", { timeout: 25_000 });
    } else if (writes < 6) {
      if (writes === 4) value = await takeAgain(page, call, hand);
      await does(old, "Finish", "ci");
      await expect(old).toHaveCount(0, { timeout: 25_000 });
    }
    await isGone(projectName, "ci", oldValue);
    await works(value);
  });
}
