// The one reveal: it can't be left by accident, it resumes, it happens once.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { signIn } from "../support/cluster.ts";
import { expect, hydrated, open, row, test } from "../support/dashboard.ts";

async function create(page: Page, name: string) {
  await page.getByRole("button", { name: "New token", exact: true }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Expires after").selectOption("never");
  await form.getByRole("button", { name: "Create token" }).click();
  const reveal = page.getByRole("dialog", { name: `Token ${name}` });
  await expect(reveal.getByRole("region", { name: "Value" })).toBeVisible();
  return reveal;
}

test("neither Esc nor the backdrop nor a reload loses the value", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  const reveal = await create(page, "esc-1");
  for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
  await page.mouse.click(3, 3);
  await expect(reveal.getByRole("button", { name: "I saved it" })).toBeVisible();

  // The browser asks before a reload.
  const asked = new Promise<string>((resolve) => page.once("dialog", async (dialog) => (resolve(dialog.type()), await dialog.dismiss())));
  await page.evaluate(() => setTimeout(() => location.reload()));
  expect(await asked).toBe("beforeunload");

  // Closing asks too, and leads back.
  await reveal.getByRole("button", { name: "Close" }).click();
  await expect(reveal).toContainText("You haven't said that you saved the value");
  await reveal.getByRole("button", { name: "Go back" }).click();
  await reveal.getByRole("button", { name: "Close" }).click();
  await reveal.getByRole("button", { name: "Close without saving" }).click();
  await expect(reveal).toBeHidden();
  await expect(row(page, "esc-1")).toContainText("perhaps never seen");
});

test("a value that is on its way can't be lost by a key", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let answered = () => {};
  const claimed = new Promise<void>((resolve) => (answered = resolve));
  await page.route("**/api/reveal_token", async (route) => {
    const response = await route.fetch();
    answered();
    await held;
    await route.fulfill({ response });
  });
  await page.getByRole("button", { name: "New token", exact: true }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await form.getByLabel("Name").fill("held-1");
  await form.getByLabel("Expires after").selectOption("never");
  await form.getByRole("button", { name: "Create token" }).click();
  const reveal = page.getByRole("dialog", { name: "Token held-1" });
  await expect(reveal.getByText("Waiting for Kubernetes")).toBeVisible();
  await claimed;
  for (const _ of [1, 2, 3]) await page.keyboard.press("Escape");
  answer();
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await expect(reveal).toBeHidden();
  await expect(row(page, "held-1")).toContainText("active");
});

test("the value comes in the forms that its users paste", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  const reveal = await create(page, "forms-1");
  const shown = reveal.getByRole("region", { name: "Value" });
  await reveal.getByRole("button", { name: "Show" }).click();
  const value = (await shown.textContent())!;
  expect((await signIn(value)).status).toBe(201);
  const choose = (form: string) => reveal.getByRole("radio", { name: form }).check({ force: true });

  await choose("Environment");
  await expect(shown).toContainText(`export KARGO_API_TOKEN='${value}'`);
  await expect(reveal).toContainText("Put the address of your Kargo in");
  await choose("Kargo config");
  await expect(shown).toContainText(`bearerToken: ${value}`);
  await expect(shown).toContainText(`project: ${projectName}`);
  await choose("kubeconfig");
  await expect(shown).toContainText(`token: ${value}`);
  await expect(shown).toContainText("certificate-authority-data: ");

  const downloaded = page.waitForEvent("download");
  await reveal.getByRole("button", { name: "Download" }).click();
  const file = await downloaded;
  expect(file.suggestedFilename()).toBe("forms-1.kubeconfig");
  expect(await readFile(await file.path(), "utf8")).toContain(`token: ${value}`);

  await reveal.getByRole("button", { name: "Hide" }).click();
  await expect(shown).not.toContainText(value);
});

test("what is shown is masked again after a minute", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  await page.clock.install();
  const reveal = await create(page, "mask-1");
  const shown = reveal.getByRole("region", { name: "Value" });
  await reveal.getByRole("button", { name: "Show" }).click();
  await expect(shown).toContainText("eyJ");
  await page.clock.fastForward(59_000);
  await expect(shown).toContainText("eyJ");
  await page.clock.fastForward(2_000);
  await expect(shown).not.toContainText("eyJ");
});

test("a token that nobody has seen waits, even for a program that was killed", async ({ page, projectName, start }) => {
  const killed = start();
  const address = new URL(await killed.address());
  await page.goto(address.href);
  await page.waitForURL("**/system");
  await hydrated(page);
  // Created, not revealed: as when the tab is closed, or the program dies, between the two.
  const created = await page.request.post(`${address.origin}/api/create_token`, {
    headers: { origin: address.origin, accept: "application/json" },
    form: { scope: `projects/${projectName}`, role: "reader", name: "resume-1" },
  });
  expect(created.status()).toBe(200);
  await killed.stop("SIGKILL");

  const restarted = start();
  await open(page, restarted, `/projects/${projectName}`);
  await expect(row(page, "resume-1")).toContainText("unrevealed");
  await row(page, "resume-1").getByRole("button", { name: "Reveal resume-1 once" }).click();
  const reveal = page.getByRole("dialog", { name: "Token resume-1" });
  await reveal.getByRole("button", { name: "Show" }).click();
  const value = (await reveal.getByRole("region", { name: "Value" }).textContent())!;
  expect((await signIn(value)).status).toBe(201);
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await expect(reveal).toBeHidden();
});

test("somebody else's token is theirs to reveal", async ({ page, dashboard, start }) => {
  const other = start("admin");
  const address = new URL(await other.address());
  await page.goto(address.href);
  await page.waitForURL("**/system");
  await hydrated(page);
  const name = `theirs-${Date.now().toString(36)}`;
  const created = await page.request.post(`${address.origin}/api/create_token`, {
    headers: { origin: address.origin, accept: "application/json" },
    form: { scope: "system", role: "kargo-viewer", name },
  });
  expect(created.status()).toBe(200);
  await other.stop();

  await open(page, dashboard);
  // "preparing" at first: the page shows what was there when it was read.
  await expect(async () => {
    await page.reload();
    await expect(row(page, name)).toContainText("unrevealed", { timeout: 500 });
  }).toPass();
  await hydrated(page);
  await expect(row(page, name).getByRole("button", { name: /Reveal/ })).toHaveCount(0);
  await row(page, name).getByRole("button", { name: "Delete" }).click();
  await expect(row(page, name)).toContainText("deleting");
});

test("copying works on plain HTTP as well", async ({ playwright, projectName, start }) => {
  const dashboard = start(undefined, "--allow-host", "tokens.test");
  const address = new URL(await dashboard.address());
  const host = `tokens.test:${address.port}`;
  await dashboard.stop();
  const named = start(undefined, "--listen", address.host, "--allow-host", host);
  const browser = await playwright.chromium.launch({
    executablePath: process.env.KARGO_TOKENS_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP tokens.test 127.0.0.1"],
  });
  const page = await browser.newPage();
  await page.goto((await named.address()).replace(address.host, host));
  await page.waitForURL(`http://${host}/system`);
  await page.goto(`http://${host}/projects/${projectName}`);
  await hydrated(page);
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  const reveal = await create(page, "plain-1");
  await reveal.getByRole("button", { name: "Copy" }).click();
  await expect(reveal.getByText("Copied.")).toBeVisible();
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await expect(reveal).toBeHidden();
  // What was copied can be pasted.
  await page.getByRole("button", { name: "New token", exact: true }).click();
  const name = page.getByRole("dialog", { name: "New token" }).getByLabel("Name");
  await name.fill("");
  await page.keyboard.press("Control+V");
  await expect(name).toHaveValue(/^eyJ/);
  await browser.close();
});
