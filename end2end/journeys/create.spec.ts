// A new token: its role, its name, its value.
import { expectAccepted, expectRefused } from "../support/api_server.ts";
import { system, unique } from "../support/cluster.ts";
import { expect, test } from "../support/dashboard.ts";
import { RevealDialog } from "../support/dialogs.ts";
import { ServerFunctions } from "../support/server_functions.ts";
import { TokensPage } from "../support/tokens_page.ts";

for (const where of ["system", "project"] as const) {
  test(`a token is created, revealed once, used, recreated and deleted: ${where}`, async ({ page, context, dashboard, project }) => {
    const [scope, role] = where === "system" ? [system, "kargo-admin"] : [project, "promoter"];
    const name = `${unique("whole")}-7f3kq`;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const tokens = await TokensPage.open(page, dashboard, scope);

    // Create.
    const form = await tokens.newToken(role);
    await expect(form.role(role)).toBeChecked();
    await expect(form.name).toHaveValue(new RegExp(`^${role}-[a-z0-9]{5}$`));
    await form.fill({ name, expires: "never" });
    const reveal = await form.create();

    // Reveal: masked until somebody asks for it. Kubernetes accepts what was copied.
    await expect(reveal.value).toContainText("•••");
    const value = await reveal.copy();
    expect(value).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    await expect(reveal.value).not.toContainText(value);
    expect(await reveal.show()).toBe(value);
    await reveal.button("Test it").click();
    await reveal.expectText(`It works: Kubernetes knows it as system:serviceaccount:${scope.namespace}:${role}.`);
    await expectAccepted(value);
    await reveal.saveAndClose();

    // Never again: neither here nor after a reload.
    const row = tokens.row(name);
    await row.expectState("Active");
    await expect(row.button("Reveal once")).toHaveCount(0);
    await tokens.reload();
    await expect(row.button("Reveal once")).toHaveCount(0);
    expect(await page.content()).not.toContain(value);

    // Recreate: another name, another value. The old one works until the person decides.
    const again = await row.recreate();
    const second = await again.copy();
    expect(second).not.toBe(value);
    await expectAccepted(second);
    await expectAccepted(value);
    await again.save();
    await again.old.stop();
    await row.expectState("Deleting");
    await expectRefused(value);
    await expectAccepted(second);

    // Delete: one click, refused soon after, gone at the end.
    const successor = await tokens.successor(name);
    await successor.delete();
    await tokens.expectNotice("is being deleted");
    await expectRefused(second);
    await row.expectGone({ timeout: 50_000 });
    await expect.poll(async () => (await scope.secrets()).filter(({ metadata }) => metadata.name === name)).toEqual([]);
  });
}

test("no role is chosen for the person who creates a token, unless they came from one", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const form = await tokens.newToken();
  await expect(form.checkedRole).toHaveCount(0);
  await form.expectText("Role promoter");
  await form.expectText("Role reader");
  await form.fill({ name: "chosen-1", expires: "never" });
  await form.createButton.click();
  await form.expectOpen();
  expect(await project.secrets()).toEqual([]);
  await form.fill({ role: "promoter" });
  await form.create().then((reveal) => reveal.expectValue());
  expect((await project.secrets()).map(({ metadata }) => metadata.annotations["kubernetes.io/service-account.name"])).toEqual(["promoter"]);
});

test("a role that may do everything says so before a token is created", async ({ page, dashboard, project }) => {
  await project.allowEverything("promoter");
  const tokens = await TokensPage.open(page, dashboard, project);
  const form = await tokens.newToken();
  await expect(form.locator.getByRole("radio", { name: /^promoter all-powerful/ })).toBeVisible();
  await expect(form.locator.getByRole("radio", { name: /all-powerful/ })).toHaveCount(1);
});

const BAD_NAMES: [string, RegExp][] = [
  ["A_b", /can't contain 'A'/],
  ["../x", /must start and end with a letter or digit|can't contain '\/'/],
  ["🔑", /can't contain '🔑'/],
  ["-a", /must start and end with a letter or digit/],
  ["a".repeat(254), /at most 253 characters; this one has 254/],
];

test("a bad name is refused in words, by the page and by the server", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const server = ServerFunctions.of(page);
  const form = await tokens.newToken("reader");
  for (const [name, why] of BAD_NAMES) {
    await form.fill({ name });
    await expect(form.locator.getByText(why)).toBeVisible();
    await form.createButton.click();
    await expect(form.name).toBeFocused();
    const answer = await server.post("create_token", { scope: project.scope, role: "reader", name });
    expect(answer.status(), name).toBe(400);
    const error = await answer.json();
    expect(error.kind).toBe("invalid");
    expect(error.message).toMatch(why);
  }
  // The browser itself asks for a name where there is none.
  await form.fill({ name: "" });
  await form.createButton.click();
  await expect(form.name).toBeFocused();
  const nameless = await server.post("create_token", { scope: project.scope, role: "reader", name: "" });
  expect([nameless.status(), (await nameless.json()).message]).toEqual([400, "The name can't be used. Enter a name."]);
  expect(await project.secrets()).toEqual([]);
});

test.describe("a name that is taken", () => {
  test.use({ refusals: [409] });

  test("the longest name works, and a taken one is refused", async ({ page, dashboard, project }) => {
    const tokens = await TokensPage.open(page, dashboard, project);
    const server = ServerFunctions.of(page);
    const name = "a".repeat(253);
    await project.token(name);
    const taken = await server.post("create_token", { scope: project.scope, role: "reader", name });
    expect(taken.status()).toBe(409);
    expect((await taken.json()).kind).toBe("conflict");

    const form = await tokens.newToken("reader");
    await form.fill({ name, expires: "never" });
    await form.createButton.click();
    await expect(form.alert).toContainText("The name is taken");
    await expect(form.name).toHaveValue(name);
    await expect(form.name).toHaveAttribute("aria-invalid", "true");
  });

  test("the longest name can be created", async ({ page, dashboard, project }) => {
    await TokensPage.open(page, dashboard, project);
    await ServerFunctions.of(page).create(project, "a".repeat(253));
  });

  test("a deleted token's name is not taken again without a warning", async ({ page, dashboard, project }) => {
    const tokens = await TokensPage.open(page, dashboard, project);
    const server = ServerFunctions.of(page);
    await server.delete(await server.create(project, "plain"), { now: "true" });

    const form = await tokens.newToken("reader");
    await form.fill({ expires: "never" });
    await expect(form.locator).not.toContainText("no random ending");
    await form.fill({ name: "plain" });
    await form.expectText("This name has no random ending");
    await form.createButton.click();
    await expect(form.alert).toContainText("its old value may work again");
    await form.suggestButton.click();
    await expect(form.name).toHaveValue(/^plain-\w{5}$/);
    const reveal = await form.create();
    await reveal.expectValue();
    await reveal.expectText(/plain-\w{5}/);
  });
});

test("Create and reveal leads to what is wrong, also inside of what is closed", async ({ page, dashboard, project }) => {
  const tokens = await TokensPage.open(page, dashboard, project);
  const form = await tokens.newToken("reader");
  await form.describe({ note: "x".repeat(501), contact: "" });
  await form.toggleTexts();
  await expect(form.note).toBeHidden();
  await form.createButton.click();
  await expect(form.note).toBeFocused();
  await form.note.fill("");
  await form.fill({ expires: "date" });
  await form.createButton.click();
  await expect(form.locator.getByLabel("Last day (UTC)")).toBeFocused();
  await form.expectText("Choose a day.");
});

test("while a token is created nothing can be changed, and the focus stays", async ({ page, dashboard, project, refusals }) => {
  refusals.push("net::ERR_FAILED");
  const tokens = await TokensPage.open(page, dashboard, project);
  const form = await tokens.newToken("reader");
  await form.fill({ name: "slow-1" });
  let answer!: () => void;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/api/create_token", async (route) => {
    await asked;
    await route.abort();
  });
  await form.name.press("Enter");
  await expect(form.locator.getByRole("status")).toHaveText("Creating…");
  await expect(form.name).toBeDisabled();
  answer();
  await expect(form.alert).toContainText("Can't reach Kargo Tokens");
  await expect(form.createButton).toBeFocused();
  await expect(form.name).toHaveValue("slow-1");
  await expect(form.name).toBeEnabled();
});

test("a creation whose answer is lost goes on to the reveal when it is tried again", async ({ page, dashboard, project, refusals }) => {
  refusals.push("net::ERR_FAILED");
  const tokens = await TokensPage.open(page, dashboard, project);
  const form = await tokens.newToken("reader");
  await form.fill({ name: "lost-1", expires: "never" });
  await page.route("**/api/create_token", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await form.createButton.click();
  await expect(form.alert).toContainText("Can't reach Kargo Tokens");
  await page.unroute("**/api/create_token");
  const reveal = await form.create();
  await reveal.expectValue();
  await reveal.saveAndClose();
  await tokens.row("lost-1").expectState("Active");
});
