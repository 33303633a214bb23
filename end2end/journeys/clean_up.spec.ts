// The clean-up: what nobody uses, and what is no token of Kargo's.
import { expect, test } from "../support/dashboard.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("the clean-up shows what nobody uses, and what Kargo doesn't manage", async ({ page, dashboard, project }) => {
  await project.token("idle");
  await project.token("used", { role: "promoter", lastUsed: new Date().toISOString().slice(0, 10) });
  await project.token("by-hand", { isManaged: false });
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.filter("Clean up").click();
  const days = tokens.cleanUp.getByLabel("Unused for");
  await expect(days).toHaveValue("90");
  await expect(tokens.row("by-hand").locator).toBeVisible();
  await tokens.row("idle").expectGone();
  await days.fill("0");
  await tokens.cleanUp.getByRole("button", { name: "Show", exact: true }).click();
  await expect(tokens.row("idle").locator).toBeVisible();
  await tokens.row("used").expectGone();
  await expect(tokens.cleanUp.getByText(/Use has been tracked since \d{4}-\d\d-\d\d/)).toBeVisible();
});

test("the command that deletes an unmanaged token is ready to copy", async ({ page, context, dashboard, project }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const token = await project.token("by-hand", { isManaged: false });
  const tokens = await TokensPage.open(page, dashboard, `${project.path}?show=clean-up`);
  await tokens.row(token).link.click();
  const command = `kubectl delete secret --namespace ${project.name} by-hand`;
  await expect(page.getByText(command)).toBeVisible();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await tokens.expectNotice("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
});
