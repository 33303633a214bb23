// Names are checked while typing and again by the server; a refused one changes nothing.
import { api } from "../support/cluster.ts";
import { expect, open, test } from "../support/dashboard.ts";

const bad: [string, RegExp][] = [
  ["", /A name is needed/],
  ["A_b", /'A' can't be used/],
  ["../x", /'\/' can't be used/],
  ["🔑", /can't be used/],
  ["-a", /starts and ends with a letter or digit/],
  ["a".repeat(254), /253 characters at most; this one has 254/],
];

test("a bad name is refused in words, by the page and by the server", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  await page.getByRole("button", { name: "New token for reader" }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  const origin = new URL(page.url()).origin;
  for (const [name, why] of bad) {
    await form.getByLabel("Name").fill(name);
    await expect(form.getByText(why)).toBeVisible();
    await expect(form.getByRole("button", { name: "Create token" })).toBeDisabled();
    const answer = await page.request.post(`${origin}/api/create_token`, {
      headers: { origin, accept: "application/json" },
      form: { scope: `projects/${projectName}`, role: "reader", name },
    });
    expect(answer.status(), name).toBe(400);
    const error = await answer.json();
    expect(error.kind).toBe("invalid");
    expect(error.message).toMatch(why);
  }
  const secrets = await api("GET", `/api/v1/namespaces/${projectName}/secrets`);
  expect(secrets.body.items).toEqual([]);
});

test.describe("a name that can't be had", () => {
  test.use({ refusals: [409] });
  test("the longest name works and a taken one is refused", async ({ page, dashboard, projectName }) => {
  await open(page, dashboard, `/projects/${projectName}`);
  const origin = new URL(page.url()).origin;
  const name = "a".repeat(253);
  const create = () =>
    page.request.post(`${origin}/api/create_token`, {
      headers: { origin, accept: "application/json" },
      form: { scope: `projects/${projectName}`, role: "reader", name },
    });
  expect((await create()).status()).toBe(200);
  const taken = await create();
  expect(taken.status()).toBe(409);
  expect((await taken.json()).kind).toBe("conflict");

  await page.getByRole("button", { name: "New token for reader" }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Expires after").selectOption("never");
  await form.getByRole("button", { name: "Create token" }).click();
  await expect(form.getByRole("alert")).toContainText("name");
  await expect(form.getByLabel("Name")).toHaveValue(name);
});

  test("a deleted token's name is not taken again without a warning", async ({ page, dashboard, projectName }) => {
    await open(page, dashboard, `/projects/${projectName}`);
    const origin = new URL(page.url()).origin;
    const post = async (verb: string, form: Record<string, string>) =>
      page.request.post(`${origin}/api/${verb}`, { headers: { origin, accept: "application/json" }, form: { scope: `projects/${projectName}`, role: "reader", name: "plain", ...form } });
    const { uid } = await (await post("create_token", {})).json();
    expect((await post("delete_token", { uid, now: "true" })).status()).toBe(200);

    await page.getByRole("button", { name: "New token for reader" }).click();
    const form = page.getByRole("dialog", { name: "New token" });
    await form.getByLabel("Expires after").selectOption("never");
    await expect(form).not.toContainText("no random ending");
    await form.getByLabel("Name").fill("plain");
    await expect(form).toContainText("This name has no random ending");
    await form.getByRole("button", { name: "Create token" }).click();
    await expect(form.getByRole("alert")).toContainText("its old value may work again");
    await form.getByRole("button", { name: "Suggest" }).click();
    await expect(form.getByLabel("Name")).toHaveValue(/^plain-\w{5}$/);
    await form.getByRole("button", { name: "Create token" }).click();
    await expect(page.getByRole("dialog", { name: /^Token plain-/ }).getByRole("region", { name: "Value" })).toBeVisible();
  });
});
