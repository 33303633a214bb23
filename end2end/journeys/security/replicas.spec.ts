// Several replicas: what one of them ends, the others end, too.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { done } from "../../support/api_server.ts";
import { expect, test } from "../../support/dashboard.ts";

test("a sign-out holds on the other replica within 5 seconds; the page says if other replicas could not be told", async ({ page, project, start }, info) => {
  const maps = `/api/v1/namespaces/${project.namespace}/configmaps`;
  await done("POST", maps, { body: { metadata: { name: "revocations" } } });
  const keys = info.outputPath("keys");
  await writeFile(keys, `${randomBytes(32).toString("base64")}\n`);
  const replica = () => start(undefined, "--session-keys", keys, "--revocations", `${project.namespace}/revocations`);
  const [one, other] = [replica(), replica()];
  const [first, second] = [new URL(await one.address()), new URL(await other.address())];
  const signOut = page.getByRole("main").getByRole("button", { name: "Sign out", exact: true });

  await page.goto(first.href);
  await page.waitForURL(`${first.origin}/system`);
  const [session] = (await page.context().cookies(first.origin)).filter(({ name }) => name === `kargo-tokens-${first.port}`);
  // The name of the cookie has the port, so the copy gets the other's.
  await page.context().addCookies([{ ...session!, name: `kargo-tokens-${second.port}` }]);
  await page.goto(`${second.origin}/session`);
  await expect(page.getByRole("heading", { level: 1, name: "Your session" })).toBeVisible();
  await page.goto(`${first.origin}/session`);
  await signOut.click();
  await expect(page).toHaveURL(`${first.origin}/sign-in`);
  await expect(async () => {
    await page.goto(`${second.origin}/session`);
    await expect(page).toHaveURL(`${second.origin}/sign-in?refused=ended`, { timeout: 200 });
  }).toPass({ timeout: 5000 });

  await page.goto(await one.address());
  await page.waitForURL(`${first.origin}/system`);
  await done("DELETE", `${maps}/revocations`);
  await page.goto(`${first.origin}/session`);
  await signOut.click();
  await expect(page.getByRole("alert")).toContainText("other replicas of Kargo Tokens could not be told yet");
  await expect.poll(() => one.log).toContain("other replicas can't be told of a sign-out yet");
  expect(one.log).toContain('"verb":"sign_out"');
});

test("a missing ConfigMap prevents the start, with what to do", async ({ start }, info) => {
  const keys = info.outputPath("keys");
  await writeFile(keys, `${randomBytes(32).toString("base64")}\n`);
  const dashboard = start(undefined, "--session-keys", keys, "--revocations", "kargo/no-such-map");
  await expect(dashboard.address()).rejects.toThrow("kubectl create configmap no-such-map --namespace kargo");
});
