// A leaked value leads to its token. It is read in the browser and sent nowhere.
import { expect, test } from "../support/dashboard.ts";
import { FindLeakedDialog } from "../support/dialogs.ts";
import { Places } from "../support/places.ts";
import { TokenPage } from "../support/token_page.ts";
import { TokensPage } from "../support/tokens_page.ts";

test("a line of a log leads to the token whose value it has, and the value leaves the browser in no request", async ({ page, dashboard, project }) => {
  const token = await project.token("leaked");
  const value = await token.value();
  await TokensPage.open(page, dashboard);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  await new Places(page).show();
  const dialog = await FindLeakedDialog.open(page);
  await dialog.paste(`2026-11-26T03:04:05Z DEBUG Authorization: Bearer ${value}`);
  await expect(dialog.locator).toContainText("names the token leaked, role reader");
  await dialog.openToken.click();
  await expect(new TokenPage(page, "leaked").heading).toHaveText("leaked");
  for (const part of value.split(".")) expect(sent.join(" ")).not.toContain(part);
});

test("a text without a token and a JWT of another issuer are told apart", async ({ page, dashboard }) => {
  await TokensPage.open(page, dashboard);
  await new Places(page).show();
  const dialog = await FindLeakedDialog.open(page);
  await dialog.paste("nothing of that kind");
  await expect(dialog.locator).toContainText("There is no token in this text");
  const jwt = (claims: object) => ["e30", Buffer.from(JSON.stringify(claims)).toString("base64url"), "c2ln"].join(".");
  await dialog.paste(`eyJhbGciOiJub25lIn0.${jwt({ iss: "https://login.example.com", sub: "me" }).split(".")[1]}.c2ln`);
  await expect(dialog.locator).toContainText("https://login.example.com");
  await page.keyboard.press("Escape");
  await expect(dialog.locator).toBeHidden();
});
