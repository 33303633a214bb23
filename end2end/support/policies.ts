// The chart's policies, in force in two namespaces of one test only: one that stands for Kargo's own, and a project.
import { api, type Answer, type Caller, done, metrics, server, serviceAccountToken } from "./api_server.ts";
import { Project, Scope, type Token, unique } from "./cluster.ts";
import { test as base, expect } from "./dashboard.ts";
import { kubectl, run, template } from "./helm.ts";
import { TLS } from "./oidc/setup.ts";

export const RULES = ["suspendedTokens", "ownRole", "onlyRoles", "permanentTokens", "uniqueNames", "annotations"] as const;
export type Rule = (typeof RULES)[number];
export type Action = "off" | "Warn" | "Audit" | "Deny";

/** What a token that never expires needs. */
export const DOCUMENTED = { "kargo-tokens/note": "deploys the shop", "kargo-tokens/contact": "#shop" };

export const base64 = (text: string) => Buffer.from(text).toString("base64");
/** What a token that expires holds in the place of a value. */
export const PLACEHOLDER = base64("This token expires, so its value is kept nowhere.");

const GROUP = "admissionregistration.k8s.io";

/** Runs kubectl as somebody, and answers as the API server did. */
async function kubectlAs({ bearer, as }: Caller, namespace: string, args: string[], input?: object): Promise<Answer> {
  const signIn = bearer
    ? ["--kubeconfig", "/dev/null", "--server", server, "--certificate-authority", TLS.ca, "--token", bearer]
    : [];
  const acting = as ? ["--as", as] : [];
  const { code, log } = await run("kubectl", [...signIn, ...acting, "--namespace", namespace, ...args], input && JSON.stringify(input));
  return { status: code === 0 ? 200 : 400, body: { message: log }, warning: /^Warning: .*/m.exec(log)?.[0] };
}

/** The namespace that stands for Kargo's: two system roles, and two of Kargo's own ServiceAccounts. */
export class KargoNamespace extends Scope {
  static async create() {
    const name = unique("kargo");
    await done("POST", "/api/v1/namespaces", { body: { metadata: { name } } });
    const kargo = new KargoNamespace("system", name, ["kargo-admin", "kargo-viewer"]);
    const labels = { "rbac.kargo.akuity.io/system-role": "true" };
    const create = (account: string, labels = {}) => done("POST", `/api/v1/namespaces/${name}/serviceaccounts`, { body: { metadata: { name: account, labels } } });
    await Promise.all([...kargo.roles.map((role) => create(role, labels)), create("kargo-api"), create("kargo-controller")]);
    await Promise.all(["kargo-admin", "kargo-viewer", "kargo-api"].map((account) => kargo.allowSecrets(account, "*")));
    return kargo;
  }

  /** Lets Kargo's API server change a project's tokens, as Kargo does for every project. */
  async serve(project: Project) {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${project.namespace}`;
    const metadata = { name: "kargo-api" };
    await done("POST", `${rbac}/roles`, { body: { metadata, rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["*"] }] } });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name };
    const subjects = [{ kind: "ServiceAccount", name: "kargo-api", namespace: this.namespace }];
    await done("POST", `${rbac}/rolebindings`, { body: { metadata, roleRef, subjects } });
  }

  remove() {
    return api("DELETE", `/api/v1/namespaces/${this.namespace}`);
  }
}

/** Requests for the Secrets of a scope, sent by somebody. */
export class Requests {
  constructor(
    readonly scope: Scope,
    readonly caller: Caller = {},
  ) {}

  private get path() {
    return `/api/v1/namespaces/${this.scope.namespace}/secrets`;
  }

  /** Creates a token as Kargo does. */
  async create(name: string, options: Parameters<Scope["newSecret"]>[1] & { labels?: object; data?: object } = {}) {
    const { labels, data, ...rest } = options;
    const body = await this.scope.newSecret(name, rest);
    return this.createSecret({ ...body, data, metadata: { ...body.metadata, labels: { ...body.metadata.labels, ...labels } } });
  }

  createSecret(body: object) {
    return api("POST", this.path, { body, ...this.caller });
  }

  change({ name }: { name: string }, metadata: { labels?: object; annotations?: object; finalizers?: string[] }, rest = {}) {
    return api("PATCH", `${this.path}/${name}`, { body: { metadata, ...rest }, type: "application/merge-patch+json", ...this.caller });
  }

  /** The same for one of our annotations; `null` removes it. */
  annotate(token: { name: string }, annotations: Record<string, string | null>) {
    return this.change(token, { annotations: Object.fromEntries(Object.entries(annotations).map(([key, text]) => [`kargo-tokens/${key}`, text])) });
  }

  delete({ name }: { name: string }) {
    return api("DELETE", `${this.path}/${name}`, this.caller);
  }

  /** Deletes it as one of all objects that a selector selects. */
  deleteCollection({ name }: { name: string }) {
    return api("DELETE", `${this.path}?fieldSelector=metadata.name%3D${name}`, this.caller);
  }

  kubectl(args: string[], input?: object) {
    return kubectlAs(this.caller, this.scope.namespace, args, input);
  }
}

/** Somebody who signs in with a token. */
export const withToken = async (token: Token) => ({ bearer: await token.value() });

/** A ServiceAccount that signs in with a credential of its own, as a pod does. */
export const pod = async (scope: Scope, account: string) => ({ bearer: await serviceAccountToken(scope.namespace, account) });

/** Somebody who acts as a role by impersonation, as the dashboard does for people who sign in with OIDC. */
export const acting = (scope: Scope, role: string) => ({ as: `system:serviceaccount:${scope.namespace}:${role}` });

/** What Kubernetes says to a request: the policy that refuses it, and its message. Any other failure fails the test. */
export function refusal({ status, body }: Answer): { policy: string; message: string } | undefined {
  if (status < 300) return undefined;
  const [, policy, message] = /ValidatingAdmissionPolicy '(\S+)' with binding '\S+' denied request: (.*)/.exec(body.message) ?? [];
  if (!policy) throw new Error(`The API server answered ${status}: ${body.message}`);
  return { policy, message: message! };
}

/** Policies that are in force. */
export class Policies {
  private constructor(
    private release: string,
    private manifests: string,
  ) {}

  /** Name of a rule's policy. */
  policy(rule: Rule) {
    return `${this.release}-${rule.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  }

  /** Installs what the chart renders, and waits until it is in force. */
  static async install(kargo: KargoNamespace, project: Project, rules: Partial<Record<Rule, Action>>, more: object = {}) {
    const release = kargo.namespace;
    const projectSelector = { matchLabels: { "kubernetes.io/metadata.name": project.namespace } };
    const values = { fullnameOverride: release, "kargo.namespace": release, policy: { rules, projectSelector, ...more } };
    const rendered = await template(values, "--show-only", "templates/policies/*");
    expect([rendered.code, rendered.log]).toEqual([0, ""]);
    // Kubernetes reads policies some time after they were written, all at once: the last one tells when all are in force.
    const manifests = `${rendered.out}\n---\n${JSON.stringify(canary(release))}\n---\n${JSON.stringify(canaryBinding(release, [release, project.namespace]))}`;
    const policies = new Policies(release, manifests);
    await kubectl(["apply", "--filename", "-"], manifests);
    for (const namespace of [release, project.namespace]) {
      const probe = () => api("POST", `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, { body: { metadata: { name: "probe" } } });
      await expect.poll(async () => (await probe()).body.message, { intervals: [100] }).toContain(IN_FORCE);
    }
    return policies;
  }

  remove() {
    return kubectl(["delete", "--ignore-not-found", "--wait=false", "--filename", "-"], this.manifests);
  }

  /** How often each rule has noted a request for the audit log, as the API server counts. */
  async audited() {
    const text = await metrics();
    const lines = text.split("\n").filter((line) => /^apiserver_validating_admission_policy_check_total{.*enforcement_action="audit"/.test(line));
    const count = (rule: Rule) =>
      lines.filter((line) => line.includes(`policy="${this.policy(rule)}"`)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    return Object.fromEntries(RULES.map((rule) => [rule, count(rule)])) as Record<Rule, number>;
  }
}

/** Message of the last policy. */
const IN_FORCE = "the policies are in force";

const canary = (name: string) => ({
  apiVersion: `${GROUP}/v1`,
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: `${name}-in-force` },
  spec: {
    matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] }] },
    validations: [{ expression: "object.metadata.name != 'probe'", message: IN_FORCE }],
  },
});

const canaryBinding = (name: string, namespaces: string[]) => ({
  apiVersion: `${GROUP}/v1`,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name: `${name}-in-force` },
  spec: {
    policyName: `${name}-in-force`,
    validationActions: ["Deny"],
    matchResources: { namespaceSelector: { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: namespaces }] } },
  },
});

type Fixtures = {
  /** The namespace that stands for Kargo's own. */
  kargo: KargoNamespace;
  /** Puts rules in force in `kargo` and in `project`, until the test ends. */
  enforce: (rules: Partial<Record<Rule, Action>>, more?: object) => Promise<Policies>;
};

export const test = base.extend<Fixtures>({
  kargo: async ({}, use) => {
    const kargo = await KargoNamespace.create();
    await use(kargo);
    await kargo.remove();
  },
  enforce: async ({ kargo, project }, use) => {
    const installed: Policies[] = [];
    await use(async (rules, more) => {
      installed.push(await Policies.install(kargo, project, rules, more));
      return installed.at(-1)!;
    });
    await Promise.all(installed.map((policies) => policies.remove()));
  },
});

/** A request, and a part of the message that refuses it; nothing where it is let through. */
export type Case = [what: string, send: () => Promise<Answer>, refused?: string];

/** Sends requests one after the other, and expects what each row says. */
export async function expectCases(cases: Case[]) {
  for (const [what, send, refused] of cases) {
    await test.step(what, async () => {
      const message = refusal(await send())?.message;
      if (refused === undefined) expect(message, what).toBeUndefined();
      else expect(message, what).toContain(refused);
    });
  }
}

export { expect };
