// `kargo-tokens sweep`: what is due is deleted although no dashboard runs, and nothing else is.
import { writeFile } from "node:fs/promises";
import { kubeconfigWithValue } from "../../support/api_server.ts";
import { PAST } from "../../support/cluster.ts";
import { expect, runToEnd, test } from "../../support/dashboard.ts";

test("the sweep deletes what is due, once, and says so", async ({ project }, info) => {
  // Whoever sweeps here may do so in this project only: other tests have tokens that are due, too.
  await project.allowSecrets("reader", "list", "delete");
  await project.allowListingRoles("reader");
  const value = await (await project.token("broom", { role: "reader" })).value();
  const file = info.outputPath("kubeconfig");
  await writeFile(file, kubeconfigWithValue(value));
  const role = "promoter";
  const due = await project.dueToken("due", { role });
  const { old: retired } = await project.rotation("retired", "successor", { role, retires: PAST });
  const undone = await project.token("undone", { role, annotations: { "kargo-tokens/delete-after": PAST } });

  const flags = ["--kubeconfig", file, "--project", project.name];
  const dry = await runToEnd("sweep", "--dry-run", ...flags);
  expect(dry.out).toBe(
    `would delete ${project.scope} token due (its deletion was due)\nwould delete ${project.scope} token retired (the overlap with its successor is over)\n2 tokens would be deleted\n`,
  );
  expect(dry.code).toBe(0);
  expect((await due.secret()).status).toBe(200);

  const swept = await runToEnd("sweep", ...flags);
  expect(swept.out).toContain(`deleted ${project.scope} token due (its deletion was due)\n`);
  expect(swept.out).toMatch(/2 tokens deleted\n$/);
  expect(swept.code).toBe(0);
  expect(swept.log).not.toContain(value);
  expect((await due.secret()).status).toBe(404);
  expect((await retired.secret()).status).toBe(404);
  expect((await undone.secret()).status).toBe(200);
  expect(await runToEnd("sweep", ...flags)).toMatchObject({ code: 0, out: "nothing is due\n" });

  // What can't be read or done is told, and is a failure.
  await project.forbidSecrets("reader");
  const refused = await runToEnd("sweep", ...flags);
  expect(refused.code).toBe(1);
  expect(refused.out).toMatch(/You (may not|can't) list secrets/);
});
