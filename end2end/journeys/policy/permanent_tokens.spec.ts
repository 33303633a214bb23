// Tokens that never expire: none at all, or only with a note and a contact.
import { SUSPENDED } from "../../support/cluster.ts";
import { base64, DOCUMENTED, expect, expectCases, PLACEHOLDER, pod, Requests, test, withToken } from "../../support/policies.ts";

const ENDS = { "kargo-tokens/expires-at": "2099-01-01T00:00:00Z" };
const LABEL = { [SUSPENDED]: "2026-01-02" };
const LIFT = { labels: { [SUSPENDED]: null } };
const END_STAYS = "A token that expires must keep its end, its placeholder and its label";

test("forbidden: new tokens expire, and go on to", async ({ kargo, enforce }) => {
  const [old, paused, admin] = await Promise.all([kargo.token("old"), kargo.token("paused", { isSuspended: true }), kargo.token("admin")]);
  const administrator = new Requests(kargo);
  const signedIn = new Requests(kargo, await withToken(admin));
  const kargoApi = new Requests(kargo, await pod(kargo, "kargo-api"));
  await enforce({ permanentTokens: "Deny" }, { permanentTokens: "forbidden" });
  const refused = "A token that never expires may not be created";
  const ends = { name: "ends" };
  await expectCases([
    ["Kargo's API server", () => kargoApi.create("a"), refused],
    ["kubectl", async () => administrator.kubectl(["create", "-f", "-"], await kargo.newSecret("a")), refused],
    ["a role's token", () => signedIn.create("a"), refused],
    ["with note and contact", () => administrator.create("a", { annotations: DOCUMENTED }), refused],
    ["with an end that nothing enforces", () => administrator.create("a", { annotations: ENDS }), refused],
    ["suspended, without an end", () => administrator.create("a", { labels: LABEL }), refused],
    ["with an end and a value", () => administrator.create("a", { annotations: ENDS, labels: LABEL }), refused],
    ["with an end", () => administrator.create("ends", { annotations: ENDS, labels: LABEL, data: { token: PLACEHOLDER } })],
    ["another one", () => administrator.create("ends-2", { annotations: ENDS, labels: LABEL, data: { token: PLACEHOLDER } })],
    ["its label is removed", () => signedIn.change(ends, LIFT), END_STAYS],
    ["its end is removed", () => administrator.annotate(ends, { "expires-at": null }), END_STAYS],
    ["its end is emptied", () => administrator.annotate(ends, { "expires-at": "" }), END_STAYS],
    ["kubectl label", () => administrator.kubectl(["label", "secret", "ends", `${SUSPENDED}-`]), END_STAYS],
    ["it is deleted", () => administrator.delete(ends)],
    ["a token of before is changed", () => administrator.annotate(old, { note: "still here" })],
    ["a token of before is suspended", () => administrator.kubectl(["label", "secret", old.name, `${SUSPENDED}=2026-01-02`])],
    ["a token of before is restored", () => signedIn.change(paused, LIFT)],
    ["its placeholder is removed", () => administrator.change({ name: "ends-2" }, {}, { data: { token: base64("x") } }), END_STAYS],
    ["a copy of a value in another Secret", async () => administrator.createSecret({ metadata: { name: "copy" }, type: "Opaque", data: { token: base64(await old.value()) } }), "A Secret of another type may not have a signed token"],
    ["another Secret", () => administrator.kubectl(["create", "secret", "generic", "d", "--from-literal=token=x"])],
  ]);
});

test("documented: only with a note and a contact, which stay", async ({ kargo, project, enforce }) => {
  const old = await project.token("old");
  const administrator = new Requests(project);
  await kargo.serve(project);
  const kargoApi = new Requests(project, await pod(kargo, "kargo-api"));
  await enforce({ permanentTokens: "Deny" });
  const refused = "with the annotations kargo-tokens/note and kargo-tokens/contact";
  const kept = "The note and the contact of a token that never expires may not be removed";
  const known = { name: "known" };
  await expectCases([
    ["Kargo's API server", () => kargoApi.create("a"), refused],
    ["kubectl", async () => administrator.kubectl(["create", "-f", "-"], await project.newSecret("a")), refused],
    ["with a note alone", () => administrator.create("a", { annotations: { "kargo-tokens/note": "x" } }), refused],
    ["with a contact of blanks", () => administrator.create("a", { annotations: { ...DOCUMENTED, "kargo-tokens/contact": " " } }), refused],
    ["with both", () => administrator.create("known", { annotations: DOCUMENTED })],
    ["with kubectl", async () => administrator.kubectl(["create", "-f", "-"], await project.newSecret("known-2", { annotations: DOCUMENTED }))],
    ["another note", () => administrator.annotate(known, { note: "deploys the other shop" })],
    ["the note is removed", () => administrator.annotate(known, { note: null }), kept],
    ["the contact is emptied", () => administrator.annotate(known, { contact: "" }), kept],
    ["kubectl annotate", () => administrator.kubectl(["annotate", "secret", "known", "kargo-tokens/contact-"]), kept],
    ["with an end, without both", () => administrator.create("ends", { annotations: ENDS, labels: LABEL, data: { token: PLACEHOLDER } })],
    ["that one becomes permanent", () => administrator.change({ name: "ends" }, LIFT), END_STAYS],
    ["a token of before gets a note", () => administrator.annotate(old, { note: "now known" })],
    ["a token of before loses it", () => administrator.annotate(old, { note: null })],
  ]);
  // Kubernetes' own controller may write the value.
  expect(await (await project.token("new", { annotations: DOCUMENTED })).value()).toMatch(/^eyJ/);
});
