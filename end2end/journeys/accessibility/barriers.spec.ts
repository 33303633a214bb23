// No barrier that axe can find, on any page or dialog, in both themes and in forced colours.
import { expectNoBarriers } from "../../support/accessibility.ts";
import { expect, ready, test, visit } from "../../support/dashboard.ts";
import { Confirmation, RecreateWithDialog, SuspendDialog } from "../../support/dialogs.ts";
import { Places } from "../../support/places.ts";
import { ServerFunctions } from "../../support/server_functions.ts";
import { TokenPage } from "../../support/token_page.ts";
import { TokensPage } from "../../support/tokens_page.ts";

test("pages have no barriers", async ({ page, dashboard, project, refusals }) => {
  test.slow();
  refusals.push(404);
  await project.token("by-hand", { isManaged: false });
  await project.token("paused", { isSuspended: true });
  await project.rotation("old", "new", { retires: "2099-01-01T00:00:00Z" });
  await project.dueToken("due");
  const check = (what: string) => expectNoBarriers(page, what);
  const tokens = await TokensPage.open(page, dashboard);
  await check("system");
  const places = new Places(page);
  await places.show();
  await check("places");
  for (const [what, path] of [
    ["project", project.path],
    ["role", "/system?role=kargo-admin#rules"],
    ["clean-up", `${project.path}?show=clean-up&days=0`],
    ["nothing passes the filter", `${project.path}?show=unrevealed`],
    ["a project that can't be", "/projects/-"],
    ["an address that leads nowhere", "/nowhere"],
    ["why this role", "/access"],
    ["the session", "/session"],
    ["a token's page", `${project.path}/tokens/paused`],
    ["a token that is not there", `${project.path}/tokens/gone`],
  ] as const) {
    await visit(page, path);
    await check(what);
  }
  await visit(page, `${project.path}/tokens/paused`);
  await ready(page);
  await new TokenPage(page, "paused").showYaml();
  await check("a token's YAML");
  await page.context().clearCookies();
  await visit(page, "/system");
  await expect(tokens.heading).toHaveText("Sign in");
  await check("sign-in");
});

test("dialogs, menus and notices have no barriers", async ({ page, dashboard, project }) => {
  test.slow();
  const tokens = await TokensPage.open(page, dashboard, project);
  const check = (what: string) => expectNoBarriers(page, what);
  const form = await tokens.newToken();
  await check("New token");
  await form.fill({ role: "reader", name: "A_b" });
  await check("a bad name");
  await form.fill({ name: "axe-1", expires: "never" });
  await check("a name without a random ending");
  const reveal = await form.create();
  await reveal.expectValue();
  await check("the value");
  await reveal.choose("Environment");
  await reveal.show();
  await check("the value, shown");
  await reveal.closeButton.click();
  await check("Close without saving?");
  await reveal.closeButton.click();
  await reveal.expectClosed();
  await check("a notice");
  const row = tokens.row("axe-1");
  await row.menuButton.click();
  await check("a menu");
  await row.menuButton.click();
  for (const [item, dialog] of [
    ["Suspend", new SuspendDialog(page, "axe-1")],
    ["Compromised", Confirmation.compromise(page, "axe-1")],
    ["Recreate with another lifetime", new RecreateWithDialog(page, "axe-1")],
    ["Delete at once", Confirmation.delete(page, "axe-1")],
  ] as const) {
    await row.choose(item);
    await dialog.expectOpen();
    await check(item);
    await page.keyboard.press("Escape");
    await dialog.expectClosed();
  }
  await row.box.check();
  await check("the bar of what is selected");
  await row.box.uncheck();
  const again = await row.recreate();
  await again.save();
  await expect(again.old.choice("Delete it now")).toBeChecked();
  await check("the question about the old token");
  await again.old.stop();
  await check("a deletion with its Undo");
});

test("a compromise report and the notes have no barriers", async ({ page, dashboard, project }) => {
  await project.allowSecrets("promoter", "get", "list");
  const leaked = await project.token("leaked", { role: "promoter" });
  await project.tokens(["one", "two"]);
  const about = await TokenPage.open(page, dashboard, await project.token("noted"));
  await about.editNotes();
  await expectNoBarriers(page, "notes");
  await page.keyboard.press("Escape");
  await ServerFunctions.of(page).compromise(project, leaked);
  await visit(page, `/${project.scope}/compromised/leaked?role=promoter&since=${Math.floor(Date.now() / 1000)}`);
  await ready(page);
  await expectNoBarriers(page, "report");
});
test("in forced colours the chosen format and the current place differ from the others", async ({ page, dashboard, project }) => {
  await page.emulateMedia({ forcedColors: "active" });
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("forced-1");
  await reveal.expectValue();
  const looks = () =>
    Promise.all(
      ["Value", "Environment"].map((name) =>
        reveal.format(name).evaluate((input) => {
          const style = getComputedStyle(input.parentElement!.querySelector("span") ?? input);
          return [style.outlineStyle, style.borderStyle, style.borderColor, style.backgroundColor, style.textDecorationLine].join(" ");
        }),
      ),
    );
  const [chosen, other] = await looks();
  expect(chosen).not.toBe(other);
});

test("a notice is read out: its live region is there before its text", async ({ page, dashboard, project }) => {
  const token = await project.token("told");
  const tokens = await TokensPage.open(page, dashboard, project);
  const region = tokens.notice;
  await expect(region).toHaveCount(1);
  await region.evaluate((element) => ((element as any).mark = 1));
  await tokens.row(token).delete();
  await tokens.expectNotice("is being deleted");
  expect(await region.evaluate((element) => (element as any).mark)).toBe(1);
});
