// A cluster that is not there: the page says so, and what to do.
import { writeFile } from "node:fs/promises";
import { kubeconfigOfServer } from "../../support/api_server.ts";
import { expect, test } from "../../support/dashboard.ts";
import { TokensPage } from "../../support/tokens_page.ts";

test("a cluster that can't be reached is said to be so, and the page stays", async ({ page, start }, info) => {
  const path = info.outputPath("kubeconfig");
  await writeFile(path, kubeconfigOfServer("https://127.0.0.1:1"));
  const tokens = await TokensPage.open(page, start(undefined, "--kubeconfig", path));
  await expect(tokens.alert.first()).toContainText("Can't reach the cluster at https://127.0.0.1:1");
  await expect(tokens.link("Try again")).toBeVisible();
});
