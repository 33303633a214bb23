// Finding tokens by a text.
import { expect, openWithoutScripts, test } from "../support/dashboard.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("typing shows only what is found, in the address too, and keeps the focus", async ({ page, dashboard, project }) => {
  const [shop, blog] = await project.tokens(["shop-deploy", "blog-deploy"]);
  await blog!.annotate({ "kargo-tokens/note": "Belongs to the Shop team" });
  await project.token("other", { role: "promoter" });
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.search.pressSequentially("SHOP");
  await tokens.row("other").expectGone();
  await tokens.row(shop!).expectState("Active");
  await tokens.row(blog!).expectState("Active");
  await tokens.search.pressSequentially(" deploy shop-");
  await tokens.row(blog!).expectGone();
  await expect(tokens.search).toBeFocused();
  await expect(tokens.search).toHaveValue("SHOP deploy shop-");
  expect(new URL(page.url()).searchParams.get("q")).toBe("SHOP deploy shop-");
  await expect(tokens.filter("All")).toContainText("1");

  // A link that is sent shows the same, filters keep it, and selecting all selects what was found.
  await page.reload();
  await expect(tokens.search).toHaveValue("SHOP deploy shop-");
  await tokens.filter("Active").click();
  await expect(tokens.section("reader").rows).toHaveCount(1);
  await tokens.search.fill("nothing-like-this");
  await expect(tokens.main).toContainText("No token with “nothing-like-this” passes these filters.");
  await tokens.search.fill("");
  await tokens.row(blog!).expectState("Active");
  expect(new URL(page.url()).searchParams.has("q")).toBe(false);
});

test("Back leads to the list before the search, and Enter keeps the focus", async ({ page, dashboard, project }) => {
  await project.tokens(["shop-1", "blog-1"]);
  const tokens = await TokensPage.open(page, dashboard, project);
  await tokens.search.pressSequentially("shop");
  await tokens.row("blog-1").expectGone();
  await tokens.search.press("Enter");
  await expect(tokens.search).toBeFocused();
  await page.goBack();
  await expect(tokens.row("blog-1").locator).toBeVisible();
  await expect(tokens.search).toHaveValue("");
  await page.goForward();
  await tokens.row("blog-1").expectGone();
  await expect(tokens.search).toHaveValue("shop");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the form searches, and keeps filter and order", async ({ page, dashboard, project }) => {
    await project.tokens(["shop-1", "blog-1"]);
    await openWithoutScripts(page, dashboard, `${project.path}?show=active&sort=name`);
    const tokens = new TokensPage(page);
    await tokens.search.fill("shop");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(tokens.row("shop-1").locator).toHaveCount(1);
    await tokens.row("blog-1").expectGone();
    expect(new URL(page.url()).search).toBe("?q=shop&show=active&sort=name");
  });
});
