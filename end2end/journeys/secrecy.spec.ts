// No value anywhere but in the answer of its one reveal: not in a page, another answer, an address, the browser's storage or the log.
import { kargoToken, secret } from "../support/cluster.ts";
import { expect, open, row, test } from "../support/dashboard.ts";

test("a value is in the one answer of its reveal and nowhere else", async ({ page, projectName, start }) => {
  const dashboard = start(undefined, "--log", "trace");
  await kargoToken(projectName, "reader", "by-kargo");
  const seen: { url: string; body: string }[] = [];
  const unread: string[] = [];
  const reading: Promise<void>[] = [];
  page.on("response", (response) => {
    const url = response.url();
    const read = async () => {
      // Redirects have no body, and the page's own files were built before there was a value.
      if (response.status() >= 300 || url.includes("/pkg/")) return void seen.push({ url, body: "" });
      await response.text().then(
        (body) => seen.push({ url, body }),
        () => unread.push(url),
      );
    };
    reading.push(read());
  });
  await open(page, dashboard, `/projects/${projectName}`);
  await page.getByRole("button", { name: "New token for reader" }).click();
  const form = page.getByRole("dialog", { name: "New token" });
  await form.getByLabel("Name").fill("sentinel-1");
  await form.getByLabel("Expires after").selectOption("never");
  await form.getByRole("button", { name: "Create token" }).click();
  const reveal = page.getByRole("dialog", { name: "Token sentinel-1" });
  await reveal.getByRole("button", { name: "Test it" }).click();
  await expect(reveal.getByText("It works")).toBeVisible();
  await reveal.getByRole("button", { name: "I saved it" }).click();
  await expect(reveal).toBeHidden();

  const values = await Promise.all(
    ["sentinel-1", "by-kargo"].map(async (name) => Buffer.from((await secret(projectName, name)).body.data.token, "base64").toString()),
  );
  // A second reveal, an unknown function, an unknown page and errors are read as well.
  const origin = new URL(page.url()).origin;
  const uid = (await secret(projectName, "sentinel-1")).body.metadata.uid;
  const post = (path: string, form: Record<string, string>) =>
    page.request.post(`${origin}${path}`, { headers: { origin, accept: "application/json" }, form });
  const scope = `projects/${projectName}`;
  const answers = [
    await post("/api/reveal_token", { scope, role: "reader", name: "sentinel-1", uid, claim: "0".repeat(32) }),
    await post("/api/reveal_token", { scope, role: "reader", name: "by-kargo", uid, claim: "0".repeat(32) }),
    await post("/api/test_token", { value: `${values[0]}x` }),
    await post("/api/test_token", { wrong: values[0] }),
    await post("/api/nothing", { value: values[0] }),
    await page.request.get(`${origin}/api/list_tokens?scope=${scope}`, { headers: { accept: "application/json" } }),
    await page.request.get(`${origin}/projects/${projectName}`),
  ];
  expect(answers.map((answer) => answer.status())).toEqual([409, 409, 401, 400, 404, 200, 200]);
  for (const answer of answers) seen.push({ url: answer.url(), body: await answer.text() });
  await expect(row(page, "sentinel-1")).toContainText("active");
  const storage = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]));
  await Promise.all(reading);
  // The page that hands on from the one-time address is gone before it can be read; there was no value yet.
  expect(unread.filter((url) => !/\/sign-in\?|\/favicon\.svg$/.test(url))).toEqual([]);
  await dashboard.stop();

  expect(dashboard.log.length).toBeGreaterThan(1000);
  for (const value of values) {
    const signature = value.split(".")[2]!.slice(0, 40);
    const base64 = Buffer.from(value).toString("base64").slice(0, 200);
    const places = seen.filter(({ url, body }) => [url, body].some((text) => text.includes(signature) || text.includes(base64)));
    expect(places.map(({ url }) => url)).toEqual(value === values[0] ? [`${origin}/api/reveal_token`] : []);
    expect(storage).not.toContain(signature);
    expect(dashboard.log).not.toContain(signature);
    expect(dashboard.log).not.toContain(base64);
  }
});
