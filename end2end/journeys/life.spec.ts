// The life of a token: deleted and undone, suspended, rotated with an overlap, compromised, expiring, many at once.
import { api, kargoToken, secret, signIn, storedValue as value, untilRefused } from "../support/cluster.ts";
import { exactly, expect, hydrated, open, row, test } from "../support/dashboard.ts";
import type { Page } from "@playwright/test";

const label = "kubernetes.io/legacy-token-invalid-since";

const menu = async (page: Page, name: string, item: string) => {
  await exactly(page, name).getByLabel(`More for ${name}`).click();
  await exactly(page, name).getByRole("button", { name: `${item} ${name}` }).click();
};

const button = (page: Page, token: string, name: string) => row(page, token).getByRole("button", { name: `${name} ${token}`, exact: true });

test("a deletion can be undone, exactly", async ({ page, context, dashboard, projectName }) => {
  for (const name of ["working", "paused"]) await kargoToken(projectName, "reader", name);
  const working = await value(projectName, "working");
  await value(projectName, "paused");
  await open(page, dashboard, `/projects/${projectName}`);
  await menu(page, "paused", "Suspend");
  const dialog = page.getByRole("dialog", { name: "Suspend paused" });
  await dialog.getByLabel("Reason").fill("holiday");
  await dialog.getByRole("button", { name: "Suspend token" }).click();
  await expect(row(page, "paused")).toContainText("holiday");

  for (const name of ["working", "paused"]) {
    await button(page, name, "Delete").click();
    await expect(row(page, name)).toContainText("deleting");
    await expect(row(page, name)).toContainText(/\d+ s left/);
  }
  // Everybody else sees it, too.
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(row(other, "working")).toContainText("deleting");
  await untilRefused(working);

  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(row(page, "paused")).toContainText("holiday");
  await button(page, "working", "Undo").click();
  await expect(row(page, "working")).toContainText("active");
  expect((await signIn(working)).status).toBe(201);
  const { labels, annotations } = (await secret(projectName, "paused")).body.metadata;
  expect(labels[label]).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(annotations["kargo-tokens/delete-after"]).toBeUndefined();
  await button(page, "paused", "Restore").click();
  await expect(row(page, "paused")).toContainText("active");
});

test("a deletion ends by itself, and what a killed program left is finished or restored", async ({ page, start, projectName }) => {
  for (const name of ["short", "due-1", "due-2"]) await kargoToken(projectName, "reader", name);
  for (const name of ["short", "due-1", "due-2"]) await value(projectName, name);
  const first = start(undefined, "--undo-window", "6s");
  await open(page, first, `/projects/${projectName}`);
  await button(page, "short", "Delete").click();
  await expect.poll(async () => (await secret(projectName, "short")).status).toBe(404);
  // The page finds out by itself.
  await expect(row(page, "short")).toHaveCount(0, { timeout: 20_000 });

  for (const name of ["due-1", "due-2"]) await button(page, name, "Delete").click();
  for (const name of ["due-1", "due-2"]) {
    await expect.poll(async () => (await secret(projectName, name)).body.metadata.annotations["kargo-tokens/delete-after"]).toBeTruthy();
  }
  await page.goto("about:blank");
  await first.stop("SIGKILL");
  const second = start(undefined, "--undo-window", "6s");
  await open(page, second, `/projects/${projectName}`);
  for (const name of ["due-1", "due-2"]) {
    await expect
      .poll(async () => {
        await page.reload();
        return row(page, name).textContent();
      })
      .toContain("deletion due");
  }
  await hydrated(page);
  await button(page, "due-1", "Finish").click();
  await expect(row(page, "due-1")).toHaveCount(0);
  expect((await secret(projectName, "due-1")).status).toBe(404);
  await button(page, "due-2", "Restore").click();
  await expect(row(page, "due-2")).toContainText("active");
});

test("with no time to undo, a deletion is confirmed", async ({ page, start, projectName }) => {
  await kargoToken(projectName, "reader", "plain");
  await open(page, start(undefined, "--undo-window", "0"), `/projects/${projectName}`);
  await button(page, "plain", "Delete").click();
  const confirm = page.getByRole("dialog", { name: "Delete plain" });
  await expect(confirm.getByRole("button", { name: "Cancel" })).toBeFocused();
  await confirm.getByRole("button", { name: "Delete token" }).click();
  await expect(confirm).toBeHidden();
  await expect(row(page, "plain")).toHaveCount(0);
  expect((await secret(projectName, "plain")).status).toBe(404);
});

test("rotated with an overlap: both work, and the old one shows its end", async ({ page, dashboard, projectName }) => {
  await kargoToken(projectName, "reader", "ci");
  const old = await value(projectName, "ci");
  await open(page, dashboard, `/projects/${projectName}`);
  await button(page, "ci", "Recreate").click();
  const reveal = page.getByRole("dialog", { name: /^Token ci-/ });
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await reveal.getByLabel("Keep it for 24 hours").check();
  await reveal.getByRole("button", { name: "Keep the old token" }).click();
  await expect(reveal).toBeHidden();
  await expect(exactly(page, "ci")).toContainText(/replaced by ci-/);
  await expect(exactly(page, "ci")).toContainText(/retires in (1 d|23 h)/);
  await expect(row(page, /^ci-/)).toContainText("replaces ci");
  expect((await signIn(old)).status).toBe(201);
  // Somebody changes their mind.
  await menu(page, "ci", "When it retires");
  const retire = page.getByRole("dialog", { name: /retire/ });
  await retire.getByLabel("Keep it until somebody deletes it").check();
  await retire.getByRole("button", { name: "Keep the old token" }).click();
  await expect(exactly(page, "ci")).not.toContainText("retires in");
});

test("a compromised token: suspended, replaced and deleted, and what it could reach is told", async ({ page, dashboard, projectName }) => {
  await kargoToken(projectName, "reader", "leaked");
  const old = await value(projectName, "leaked");
  expect((await signIn(old)).status).toBe(201);
  await open(page, dashboard, `/projects/${projectName}`);
  await menu(page, "leaked", "Compromised");
  await page.getByRole("dialog", { name: /compromised/ }).getByRole("button", { name: "Suspend and recreate" }).click();
  const reveal = page.getByRole("dialog", { name: /^Token leaked-/ });
  await expect(reveal.getByRole("button", { name: "Copy" })).toBeVisible();
  await reveal.getByRole("button", { name: "I saved it" }).click();
  const after = page.getByRole("dialog", { name: "What became of leaked" });
  await expect(after).toContainText("and it is deleted", { timeout: 25_000 });
  await expect(after).toContainText("nothing lets its holder read or make other tokens");
  await after.getByRole("button", { name: "Close" }).click();
  expect((await signIn(old)).status).toBe(401);
  expect((await secret(projectName, "leaked")).status).toBe(404);
  await expect(row(page, /^leaked-/)).toContainText("active");
});

test("a false alarm is taken back only when that is confirmed", async ({ page, dashboard, projectName }) => {
  const { metadata } = await kargoToken(projectName, "reader", "fine");
  const used = await value(projectName, "fine");
  await open(page, dashboard, `/projects/${projectName}`);
  const { origin } = new URL(page.url());
  const form = { scope: `projects/${projectName}`, role: "reader", name: "fine", uid: metadata.uid };
  expect((await page.request.post(`${origin}/api/compromise_token`, { headers: { origin, accept: "application/json" }, form })).status()).toBe(200);
  await page.reload();
  await hydrated(page);
  await expect(exactly(page, "fine")).toContainText("compromised");
  await button(page, "fine", "Restore").click();
  const confirm = page.getByRole("dialog", { name: "Restore fine?" });
  await expect(confirm.getByRole("button", { name: "Cancel" })).toBeFocused();
  await confirm.getByRole("button", { name: "Restore token" }).click();
  await expect(confirm).toBeHidden();
  await expect(exactly(page, "fine")).toContainText("active");
  expect((await signIn(used)).status).toBe(201);
});

test("what a compromised token could read is worked through, one after the other", async ({ page, dashboard, projectName }) => {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${projectName}`;
  await api("POST", `${rbac}/roles`, { body: { metadata: { name: "reads" }, rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] }] } });
  await api("POST", `${rbac}/rolebindings`, {
    body: {
      metadata: { name: "reads" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reads" },
      subjects: [{ kind: "ServiceAccount", name: "promoter" }],
    },
  });
  await kargoToken(projectName, "promoter", "leaked");
  for (const name of ["one", "two"]) await kargoToken(projectName, "reader", name);
  for (const name of ["leaked", "one", "two"]) await value(projectName, name);
  await open(page, dashboard, `/projects/${projectName}`);
  await menu(page, "leaked", "Compromised");
  await page.getByRole("dialog", { name: /compromised/ }).getByRole("button", { name: "Suspend and recreate" }).click();
  await page.getByRole("dialog", { name: /^Token leaked-/ }).getByRole("button", { name: "I saved it" }).click();
  const after = page.getByRole("dialog", { name: "What became of leaked" });
  await expect(after).toContainText(`It could read the value of every token in namespace ${projectName}`);
  await expect(after.getByRole("button", { name: /^Recreate leaked-/ })).toBeVisible();
  for (const [name, left] of [["one", ["two"]], ["two", []]] as const) {
    await after.getByRole("button", { name: `Recreate ${name}`, exact: true }).click();
    const reveal = page.getByRole("dialog", { name: new RegExp(`^Token ${name}-`) });
    await reveal.getByRole("button", { name: "I saved it" }).click();
    await reveal.getByRole("button", { name: "Stop the old token" }).click();
    // Back where it was, with what is left to do.
    await expect(after).toContainText("Whoever held it may have taken more");
    await expect(after.getByRole("button", { name: /^Recreate (one|two)$/ })).toHaveCount(left.length);
  }
  await after.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("a token that expires: minted at its reveal, kept nowhere, deleted for good", async ({ page, context, dashboard, projectName }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, dashboard, `/projects/${projectName}`);
  await page.getByRole("button", { name: "New token for reader" }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await form.getByLabel("Name").fill("ends");
  await expect(form.getByLabel("Expires after")).toHaveValue(String(90 * 24 * 3600));
  await form.getByRole("button", { name: "Create token" }).click();
  const reveal = page.getByRole("dialog", { name: "Token ends" });
  await expect(reveal).toContainText(/expires at|ends earlier than asked/i);
  await reveal.getByRole("button", { name: "Copy" }).click();
  await expect(reveal.getByText("Copied.")).toBeVisible();
  const minted = await page.evaluate(() => navigator.clipboard.readText());
  expect((await signIn(minted)).status).toBe(201);
  const claims = JSON.parse(Buffer.from(minted.split(".")[1]!, "base64url").toString());
  expect(claims.exp).toBeGreaterThan(Date.now() / 1000);
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await expect(row(page, "ends")).toContainText(/expires in (2|3) mo|expires in \d+ d/);
  expect(await value(projectName, "ends")).toBe("This token expires, so its value is kept nowhere.");
  await button(page, "ends", "Delete").click();
  await page.getByRole("dialog", { name: "Delete ends" }).getByRole("button", { name: "Delete token" }).click();
  await expect(row(page, "ends")).toHaveCount(0);
  await untilRefused(minted);
});

test("where tokens must expire, none is made that doesn't", async ({ page, start, projectName, refusals }) => {
  refusals.push(400);
  await open(page, start(undefined, "--max-lifetime", "12h"), `/projects/${projectName}`);
  await page.getByRole("button", { name: "New token for reader" }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await expect(form.getByLabel("Expires after")).toContainText("12 hours, the most here");
  await expect(form.getByLabel("Expires after")).not.toContainText("Never");
  const origin = new URL(page.url()).origin;
  const forged = await page.request.post(`${origin}/api/create_token`, {
    headers: { origin, accept: "application/json" },
    form: { scope: `projects/${projectName}`, role: "reader", name: "endless" },
  });
  expect(forged.status()).toBe(400);
  expect((await secret(projectName, "endless")).status).toBe(404);
});

test("many at once: picked with Shift, deleted, undone with one click", async ({ page, dashboard, projectName }) => {
  const names = Array.from({ length: 6 }, (_, n) => `many-${n}`);
  for (const name of names) await kargoToken(projectName, "reader", name);
  for (const name of names) await value(projectName, name);
  await kargoToken(projectName, "reader", "by-hand", { managed: false });
  await open(page, dashboard, `/projects/${projectName}`);
  const bar = page.getByRole("region", { name: "Selected tokens" });
  await row(page, "many-0").getByRole("checkbox").click();
  await row(page, "many-3").getByRole("checkbox").click({ modifiers: ["Shift"] });
  await expect(bar).toContainText(/[2-6] selected/);
  await page.getByRole("checkbox", { name: "Select all shown of reader" }).check();
  await expect(bar).toContainText("6 selected");
  await row(page, "many-5").getByRole("checkbox").uncheck();
  await expect(bar).toContainText("5 selected");
  await bar.getByRole("button", { name: "Delete" }).click();
  const notice = page.getByRole("status").filter({ hasText: "5 tokens are being deleted" });
  await expect(notice).toBeVisible();
  for (const name of names.slice(0, 5)) await expect(row(page, name)).toContainText("deleting");
  await expect(row(page, "many-5")).toContainText("active");
  await notice.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status").filter({ hasText: "5 tokens are restored" })).toBeVisible();
  for (const name of names) await expect(row(page, name)).toContainText("active");
});

test("the first of very many can still be undone when the last is begun", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  const origin = new URL(page.url()).origin;
  for (const [more, seconds] of [["100", 130], ["99999", 3630]] as const) {
    const name = `of-${more}`;
    const { metadata } = await kargoToken(projectName, "reader", name);
    const deleted = await page.request.post(`${origin}/api/delete_token`, {
      headers: { origin, accept: "application/json" },
      form: { scope: `projects/${projectName}`, role: "reader", name, uid: metadata.uid, more },
    });
    expect(await deleted.json()).toBe(seconds);
    const { annotations } = (await secret(projectName, name)).body.metadata;
    const begun = JSON.parse(annotations["kargo-tokens/history"]).at(-1).at;
    expect((Date.parse(annotations["kargo-tokens/delete-after"]) - Date.parse(begun)) / 1000).toBe(seconds);
  }
});

test("the clean-up shows what nobody uses, and says what is unmanaged", async ({ page, dashboard, projectName }) => {
  await kargoToken(projectName, "reader", "idle");
  await kargoToken(projectName, "promoter", "used", { labels: { "kubernetes.io/legacy-token-last-used": new Date().toISOString().slice(0, 10) } });
  await kargoToken(projectName, "reader", "by-hand", { managed: false });
  await open(page, dashboard, `/projects/${projectName}`);
  await page.getByRole("link", { name: "Clean up" }).click();
  await expect(page.getByLabel("Not used for")).toHaveValue("90");
  await expect(row(page, "by-hand")).toBeVisible();
  await expect(row(page, "idle")).toHaveCount(0);
  await page.getByLabel("Not used for").fill("0");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(row(page, "idle")).toBeVisible();
  await expect(row(page, "used")).toHaveCount(0);
  await expect(page.getByText(/notes uses since \d{4}-\d\d-\d\d/)).toBeVisible();
});
