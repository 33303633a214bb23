// Names of new tokens end in a random suffix, so that none is used twice.
import { expectCases, pod, Requests, test } from "../../support/policies.ts";

test("a new token's name ends in a random suffix", async ({ kargo, project, enforce }) => {
  await kargo.serve(project);
  const old = await project.token("old");
  const administrator = new Requests(project);
  const kargoApi = new Requests(project, await pod(kargo, "kargo-api"));
  const generated = async (metadata: object) => {
    const { metadata: { name: _, ...rest }, ...body } = await project.newSecret("");
    return { ...body, metadata: { ...rest, ...metadata } };
  };
  await enforce({ uniqueNames: "Deny" });
  const refused = "must end in a random suffix such as -7f3kq";
  await expectCases([
    ["Kargo's API server", () => kargoApi.create("ci"), refused],
    ["kubectl", async () => administrator.kubectl(["create", "-f", "-"], await project.newSecret("ci")), refused],
    ["a word", () => administrator.create("ci-https"), refused],
    ["vowels", () => administrator.create("ci-7a3kq"), refused],
    ["too short", () => administrator.create("ci-7f3k"), refused],
    ["too long", () => administrator.create("ci-7f3kqq"), refused],
    ["the suffix alone", () => administrator.create("7f3kq"), refused],
    ["a name beside generateName", async () => administrator.createSecret(await generated({ name: "ci", generateName: "ci-" })), refused],
    ["Kargo's API server, with a suffix", () => kargoApi.create("ci-7f3kq")],
    ["kubectl, with a suffix", async () => administrator.kubectl(["create", "-f", "-"], await project.newSecret("ci-deploy-z7k2p"))],
    ["a dot before", () => administrator.create("ci.example-2bcdf")],
    ["a name that Kubernetes makes", async () => administrator.createSecret(await generated({ generateName: "ci-" }))],
    ["a token of before is changed", () => administrator.annotate(old, { note: "x" })],
    ["a token of before is deleted", () => administrator.delete(old)],
    ["another Secret", () => administrator.kubectl(["create", "secret", "generic", "plain", "--from-literal=x=y"])],
  ]);
});
