// No value anywhere but in the answer of its one reveal: not in a page, another answer, an address, the browser's storage or the log.
import { expect, test } from "../../support/dashboard.ts";
import { occurrences } from "../../support/memory.ts";
import { ServerFunctions } from "../../support/server_functions.ts";
import { TokensPage } from "../../support/tokens_page.ts";

test("a value is in the one answer of its reveal and nowhere else", async ({ page, project, start }) => {
  const dashboard = start(undefined, "--log", "trace");
  const byKargo = await project.token("by-kargo");
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
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("sentinel-1");
  await reveal.button("Test it").click();
  await reveal.expectText("It works");
  await reveal.saveAndClose();
  await tokens.row("sentinel-1").expectState("Active");

  const sentinel = await project.created("sentinel-1");
  const values = [await sentinel.value(), await byKargo.value()];
  // A second reveal, an unknown function, errors, the token's page, its report and a form's answer are read as well.
  const server = ServerFunctions.of(page);
  const { origin } = server;
  const claim = "0".repeat(32);
  const answers = [
    await server.post("reveal_token", { ...sentinel.fields, claim }),
    await server.post("reveal_token", { ...byKargo.fields, claim }),
    await server.post("test_token", { value: `${values[0]}x` }),
    await server.post("test_token", { wrong: values[0]! }),
    await server.post("nothing", { value: values[0]! }),
    await server.get(`/api/list_tokens?scope=${project.scope}`),
    await server.get(project.path),
    await server.get(sentinel.path),
    await server.get(`/${project.scope}/compromised/sentinel-1?role=reader&since=1`),
  ];
  expect(answers.map((answer) => answer.status())).toEqual([409, 409, 401, 400, 404, 200, 200, 200, 200]);
  for (const answer of answers) seen.push({ url: answer.url(), body: await answer.text() });
  const storage = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]));
  await Promise.all(reading);
  // The pages after the one-time address may be gone before they can be read; there was no value yet.
  expect(unread.filter((url) => !/\/sign-in\?|\/system$|\/favicon\.svg$/.test(url))).toEqual([]);
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

test("a value does not stay in the program's memory", async ({ page, project, start }) => {
  test.skip(process.platform !== "linux", "other systems don't show a process's memory");
  const dashboard = start();
  const tokens = await TokensPage.open(page, dashboard, project);
  const reveal = await tokens.create("forgotten-1");
  const value = await reveal.show();
  await reveal.button("Test it").click();
  await reveal.expectText("It works");
  const texts = [value.split(".")[2]!.slice(40, 100), Buffer.from(value).toString("base64").slice(-120, -20)];
  // The search finds the value in this process, which has it.
  expect(await occurrences(process.pid, texts)).toBeGreaterThan(0);
  await reveal.saveAndClose();
  await tokens.row("forgotten-1").expectState("Active");
  await expect.poll(() => occurrences(dashboard.pid!, texts)).toBe(0);
});
