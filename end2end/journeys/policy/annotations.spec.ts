// Our annotations change only as our own commands change them.
import { signIn } from "../../support/api_server.ts";
import { SUSPENDED } from "../../support/cluster.ts";
import { type Case, expect, expectCases, Requests, test } from "../../support/policies.ts";

const DAY = "2026-01-02";
const TIME = `${DAY}T03:04:05Z`;
const entry = (number: number, about = "x") => ({ at: `2026-01-02T03:${String(number).padStart(2, "0")}:05Z`, by: "me", did: "noted", about });
/** A history as Kargo Tokens writes it: its entries from one number to before another. */
const history = (from: number, to: number) => JSON.stringify(Array.from({ length: to - from }, (_, index) => entry(from + index)));
const prefixed = (annotations: Record<string, string>) => Object.fromEntries(Object.entries(annotations).map(([key, text]) => [`kargo-tokens/${key}`, text]));

const PENDING = { "created-by": "me", reveal: "pending", history: history(0, 1) };
const RECORD = { "revealed-at": TIME, fingerprint: "abc", claim: "def" };
const CLAIMED = { ...PENDING, ...RECORD, reveal: "claimed", history: history(0, 2) };
const { claim: _, ...KEPT } = CLAIMED;
const CONFIRMED = { ...KEPT, reveal: "confirmed", history: history(0, 3) };
const SUSPENSION = JSON.stringify({ at: TIME, by: "me" });
const DELETION = { "delete-after": TIME, "deletion-label": DAY, "suspended-by-deletion": "true" };

test("what a new token may say", async ({ project, enforce }) => {
  await enforce({ annotations: "Deny" });
  const administrator = new Requests(project);
  const created = (name: string, annotations: Record<string, string>) => () => administrator.create(name, { annotations: prefixed(annotations) });
  await expectCases([
    ["nothing, as Kargo's own", created("a", {})],
    ["what Kargo Tokens writes", created("b", { ...PENDING, replaces: "a", ends: "uid", note: "n", contact: "c", "expires-at": TIME })],
    ["that it was revealed", created("c", { ...PENDING, reveal: "claimed" }), "A new token may not have the annotations kargo-tokens/reveal,"],
    ["that its value was saved", created("c", CONFIRMED), "may not have the annotations kargo-tokens/reveal, kargo-tokens/revealed-at, kargo-tokens/fingerprint,"],
    ...["replaced-by", "suspension", "delete-after", "retire-after", "compromised", "claim"].map(
      (key): Case => [key, created("c", { [key]: TIME }), `A new token may not have the annotations kargo-tokens/${key},`],
    ),
    ["no history", created("c", { history: "none" }), "may only get one more entry"],
    ["a history of two entries", created("c", { history: history(0, 2) }), "may only get one more entry"],
  ]);
});

test("a reveal goes forward, and its record stays", async ({ project, enforce }) => {
  const [pending, claimed, confirmed, plain] = await Promise.all([
    project.token("pending", { annotations: prefixed(PENDING) }),
    project.token("claimed", { annotations: prefixed(CLAIMED) }),
    project.token("confirmed", { annotations: prefixed(CONFIRMED) }),
    project.token("plain"),
  ]);
  await enforce({ annotations: "Deny" });
  const administrator = new Requests(project);
  const annotate = (...about: Parameters<Requests["annotate"]>) => administrator.annotate(...about);
  const back = "goes from pending to claimed to confirmed and never back";
  const record = "The record of a reveal";
  await expectCases([
    ["back to pending", () => annotate(claimed, { reveal: "pending", history: history(0, 3) }), back],
    ["confirmed back to claimed", () => annotate(confirmed, { reveal: "claimed", history: history(0, 4) }), back],
    ["removed", () => annotate(confirmed, { reveal: null, history: history(0, 4) }), back],
    ["confirmed without a reveal", () => annotate(pending, { reveal: "confirmed", history: history(0, 2) }), back],
    ["a reveal of a token of other tools", () => annotate(plain, { reveal: "pending", "created-by": "me", history: history(0, 1) }), "its creator"],
    ["another fingerprint", () => annotate(confirmed, { fingerprint: "0", history: history(0, 4) }), record],
    ["no fingerprint", () => annotate(claimed, { fingerprint: null, history: history(0, 3) }), record],
    ["another time", () => annotate(confirmed, { "revealed-at": "2026-02-02T00:00:00Z", history: history(0, 4) }), record],
    ["another claim", () => annotate(claimed, { claim: "0", history: history(0, 3) }), record],
    ["another creator", () => annotate(pending, { "created-by": "you", history: history(0, 2) }), "its creator"],
    ["a reveal without an entry", () => annotate(pending, { ...RECORD, reveal: "claimed" }), "without an entry in kargo-tokens/history"],
    ["a reveal", () => annotate(pending, { ...RECORD, reveal: "claimed", history: history(0, 2) })],
    ["its confirmation", () => annotate(pending, { reveal: "confirmed", claim: null, history: history(0, 3) })],
    ["a note, by hand", () => administrator.kubectl(["annotate", "secret", plain.name, "kargo-tokens/note=hello"])],
    ["annotations of others", () => administrator.kubectl(["annotate", "secret", plain.name, "example.com/team=shop"])],
  ]);
});

test("a token stays what it is", async ({ project, enforce }) => {
  const [token, ends] = await Promise.all([
    project.token("token", { annotations: prefixed({ ...CONFIRMED, replaces: "older", ends: "uid" }) }),
    project.token("ends", { isSuspended: true, annotations: prefixed({ ...CLAIMED, "expires-at": TIME }) }),
  ]);
  await enforce({ annotations: "Deny" });
  const administrator = new Requests(project);
  const annotate = (...about: Parameters<Requests["annotate"]>) => administrator.annotate(...about);
  const entry = { history: history(0, 4) };
  const later = "2099-01-01T00:00:00Z";
  await expectCases([
    ["another role", () => administrator.change(token, { annotations: { "kubernetes.io/service-account.name": "promoter" } }), "The role of a token"],
    ["another predecessor", () => annotate(token, { ...entry, replaces: "other" }), "its predecessor"],
    ["another token that must end", () => annotate(token, { ...entry, ends: "other" }), "may not be added to an existing token"],
    ["an end", () => annotate(token, { ...entry, "expires-at": later }), "The end of a token"],
    ["an end is removed", () => annotate(ends, { history: history(0, 3), "expires-at": null }), "The end of a token"],
    ["a retirement without a successor", () => annotate(token, { ...entry, "retire-after": TIME }), "Only a token with a successor may retire"],
    ["a report without a suspension", () => annotate(token, { ...entry, compromised: "true" }), "The report of a compromised token"],
    ["a repeated reveal of a token that expires", () => annotate(ends, { history: history(0, 3), fingerprint: "0", "expires-at": later })],
    ["nobody must end any more", () => annotate(token, { ...entry, ends: null })],
    ["a successor, and a retirement", () => annotate(token, { history: history(0, 5), "replaced-by": "newer", "retire-after": TIME })],
  ]);
});

test("suspensions, deletions and reports come and go whole", async ({ project, enforce }) => {
  const label = { labels: { [SUSPENDED]: DAY } };
  const lifted = { labels: { [SUSPENDED]: null } };
  const [token, suspended, deleting, compromised] = await project.tokens(["token", "suspended", "deleting", "compromised"], { annotations: prefixed(CONFIRMED) });
  await suspended!.change({ ...label, annotations: prefixed({ suspension: SUSPENSION }) });
  await deleting!.change({ ...label, annotations: prefixed(DELETION) });
  await compromised!.change({ ...label, annotations: prefixed({ suspension: SUSPENSION, compromised: "true" }) });
  await enforce({ annotations: "Deny" });
  const administrator = new Requests(project);
  const change = (target: typeof token, metadata: { labels?: object }, annotations: Record<string, string | null>, to = 4) =>
    administrator.change(target!, {
      ...metadata,
      annotations: Object.fromEntries(Object.entries({ history: history(0, to), ...annotations }).map(([key, text]) => [`kargo-tokens/${key}`, text])),
    });
  const none = { "delete-after": null, "deletion-label": null, "suspended-by-deletion": null };
  const [bySuspension, byDeletion] = ["The record of a suspension", "A deletion is begun"];
  await expectCases([
    ["a record without a suspension", () => change(token, {}, { suspension: SUSPENSION }), bySuspension],
    ["another record", () => change(suspended, {}, { suspension: "{}" }), bySuspension],
    ["no record of a suspension that lasts", () => change(suspended, {}, { suspension: null }), bySuspension],
    ["a deletion without a suspension", () => change(token, {}, DELETION), byDeletion],
    ["a deletion of another suspension", () => change(suspended, {}, { ...DELETION, "deletion-label": "2026-02-03" }), byDeletion],
    ["a deletion undone in part", () => change(deleting, lifted, { "delete-after": null }), byDeletion],
    ["a report taken back, suspended", () => change(compromised, {}, { compromised: null }), "The report of a compromised token"],
    ["a suspension", () => change(token, label, { suspension: SUSPENSION })],
    ["a restoration", () => change(suspended, lifted, { suspension: null })],
    ["an undone deletion", () => change(deleting, lifted, none)],
    ["a report taken back", () => change(compromised, lifted, { compromised: null, suspension: null })],
    ["a deletion of a suspended token", () => change(token, {}, { "delete-after": TIME, "deletion-label": DAY }, 5)],
    ["a report of it", () => change(token, label, { ...none, suspension: '{"at":1}', compromised: "true" }, 6)],
    ["a suspension by hand", () => administrator.change(suspended!, label)],
    ["a suspension lifted by hand", () => administrator.kubectl(["label", "secret", suspended!.name, `${SUSPENDED}-`])],
    ["a deletion", () => administrator.kubectl(["delete", "secret", suspended!.name])],
  ]);
});

test("a history gets one entry at a time, and holds up no suspension", async ({ project, enforce }) => {
  const [short, full, damaged] = await Promise.all([
    project.token("short", { annotations: prefixed({ history: history(0, 3) }) }),
    project.token("full", { annotations: prefixed({ history: history(0, 20) }) }),
    project.token("damaged", { annotations: prefixed({ history: `{}${history(0, 2)}` }) }),
  ]);
  await enforce({ annotations: "Deny" });
  const administrator = new Requests(project);
  const write = (token: typeof short, text: string | null) => () => administrator.annotate(token, { history: text });
  const refused = "may only get one more entry";
  const forged = JSON.stringify([entry(0), entry(1), entry(2, 'a],{"at":"b"}'), entry(3)]);
  await expectCases([
    ["removed", write(short, null), refused],
    ["emptied", write(short, "[]"), refused],
    ["the last entry is gone", write(short, history(0, 2)), refused],
    ["the first entry is gone", write(short, history(1, 4)), refused],
    ["all are other ones", write(short, history(5, 9)), refused],
    ["one is another", write(short, forged), refused],
    ["two more", write(short, history(0, 5)), refused],
    ["no list", write(short, `${history(0, 4)}.`), refused],
    ["one more", write(short, history(0, 4))],
    ["with quotation marks in it", write(short, JSON.stringify([...[0, 1, 2, 3].map((number) => entry(number)), entry(4, '"},{"at":"}]')]))],
    ["one more, once 20 are kept", write(full, history(1, 21))],
    ["two of 20 are gone", write(full, history(3, 22)), refused],
    ["a damaged one is replaced", write(damaged, history(0, 1))],
    [
      "another one, with a suspension",
      () => administrator.change(short, { labels: { [SUSPENDED]: DAY }, annotations: prefixed({ history: history(7, 9), suspension: SUSPENSION }) }),
    ],
  ]);
});

test("Kubernetes writes values and records uses", async ({ project, enforce }) => {
  await enforce({ annotations: "Deny" });
  const token = await project.token("used", { annotations: prefixed(PENDING) });
  expect((await signIn(await token.value())).status).toBe(201);
  await expect.poll(async () => (await token.metadata()).labels["kubernetes.io/legacy-token-last-used"]).toMatch(/^\d{4}-\d\d-\d\d$/);
});
