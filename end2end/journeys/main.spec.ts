// The main job: a token is created, revealed once, used, recreated, deleted.
import { randomBytes } from "node:crypto";
import { secret, signIn } from "../support/cluster.ts";
import { expect, hydrated, open, row, test } from "../support/dashboard.ts";

const revealDialog = /^Token /;
/** The API server keeps successful sign-ins for 10 seconds. */
const refused = { timeout: 13_000, intervals: [500] };

for (const where of ["system", "project"] as const) {
  test(`create, reveal once, use, recreate, delete: ${where}`, async ({ page, context, dashboard, projectName }) => {
    const [path, namespace, role] = where === "system" ? ["/system", "kargo", "kargo-admin"] : [`/projects/${projectName}`, projectName, "promoter"];
    const base = `journey${randomBytes(4).toString("hex")}`;
    const name = `${base}-7f3kq`;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await open(page, dashboard, path);
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

    // Create.
    await page.getByRole("button", { name: `New token for ${role}` }).click();
    const form = page.getByRole("dialog", { name: "New token" });
    await expect(form.getByLabel("Role")).toHaveValue(role);
    await expect(form.getByLabel("Name")).toHaveValue(new RegExp(`^${role}-[a-z0-9]{5}$`));
    await form.getByLabel("Name").fill(name);
    await form.getByLabel("Expires after").selectOption("never");
    await form.getByRole("button", { name: "Create token" }).click();

    // Reveal: masked until asked for; the copy is a value that Kubernetes accepts.
    const reveal = page.getByRole("dialog", { name: revealDialog });
    const shown = reveal.getByRole("region", { name: "Value" });
    await expect(shown).toContainText("•••");
    await reveal.getByRole("button", { name: "Copy" }).click();
    await expect(reveal.getByText("Copied.")).toBeVisible();
    const value = await clipboard();
    expect(value).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    await expect(shown).not.toContainText(value);
    await reveal.getByRole("button", { name: "Show" }).click();
    await expect(shown).toHaveText(value);
    await reveal.getByRole("button", { name: "Test it" }).click();
    await expect(reveal.getByText(`It works: Kubernetes knows it as system:serviceaccount:${namespace}:${role}.`)).toBeVisible();
    expect((await signIn(value)).status).toBe(201);
    await reveal.getByRole("button", { name: "I saved it" }).click();
    await expect(reveal).toBeHidden();

    // Never again: neither here nor after a reload.
    await expect(row(page, name)).toContainText("active");
    await expect(row(page, name).getByRole("button", { name: /Reveal/ })).toHaveCount(0);
    await page.reload();
    await hydrated(page);
    await expect(row(page, name).getByRole("button", { name: /Reveal/ })).toHaveCount(0);
    expect(await page.content()).not.toContain(value);

    // Recreate: another name, another value; the old one works until the person says otherwise.
    await row(page, name).getByRole("button", { name: "Recreate" }).click();
    const again = page.getByRole("dialog", { name: revealDialog });
    await again.getByRole("button", { name: "Copy" }).click();
    await expect(again.getByText("Copied.")).toBeVisible();
    const second = await clipboard();
    expect(second).not.toBe(value);
    expect((await signIn(second)).status).toBe(201);
    expect((await signIn(value)).status).toBe(201);
    await again.getByRole("button", { name: "I saved it" }).click();
    await expect(again.getByLabel("Stop it now")).toBeChecked();
    await again.getByRole("button", { name: "Stop the old token" }).click();
    await expect(again).toBeHidden();
    await expect(page.locator(`tr[data-token="${name}"]`)).toContainText("deleting");
    await expect.poll(async () => (await signIn(value)).status, refused).toBe(401);
    expect((await signIn(second)).status).toBe(201);

    // Delete: one click, refused soon after, gone at the end.
    const successor = page.getByRole("row").filter({ hasText: `replaces ${name}` });
    await successor.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("status").filter({ hasText: "is being deleted" })).toContainText("within about 10 seconds");
    await expect(successor).toContainText("deleting");
    await expect.poll(async () => (await signIn(second)).status, refused).toBe(401);
    await expect.poll(async () => (await secret(namespace, name)).status, { timeout: 40_000 }).toBe(404);
    await expect(page.locator(`tr[data-token="${name}"]`)).toHaveCount(0, { timeout: 20_000 });
  });
}
