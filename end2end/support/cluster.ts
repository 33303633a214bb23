// Arranges a cluster for a journey: projects with roles and rights, tokens in every state that a journey starts from.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect } from "@playwright/test";
import { api, controlPlane, done } from "./api_server.ts";

/** The label by which Kubernetes suspends a token. Its value is a day. */
export const SUSPENDED = "kubernetes.io/legacy-token-invalid-since";
const LAST_USED = "kubernetes.io/legacy-token-last-used";
/** A time that has passed, as annotations have it. */
export const PAST = "2026-01-02T03:04:05Z";
const PAST_DAY = PAST.slice(0, 10);

/** `journey-0a1b2c3d4e`: a name that no other test uses. */
export const unique = (prefix: string) => `${prefix}-${randomBytes(5).toString("hex")}`;

let projects = 0;
/** The name of another project. People look at pictures: there it is one that somebody could have chosen. */
const nameOfProject = () =>
  process.env.KARGO_TOKENS_PICTURES ? `web-shop-${Number(process.env.TEST_WORKER_INDEX) * 100 + ++projects}` : unique("journey");

/** State of a token at the start of a journey. */
export type TokenOptions = {
  /** Default: the scope's first role. */
  role?: string;
  /** `false`: without Kargo's label and annotation, as kubectl creates it. */
  isManaged?: boolean;
  /** The day of the last use. */
  lastUsed?: string;
  /** Suspended with another tool. */
  isSuspended?: boolean;
  annotations?: Record<string, string>;
};

/** A token of the cluster. */
export class Token {
  constructor(
    readonly scope: string,
    readonly namespace: string,
    readonly role: string,
    readonly name: string,
    readonly uid: string,
  ) {}

  /** What names the token to a server function. */
  get fields() {
    const { scope, role, name, uid } = this;
    return { scope, role, name, uid };
  }

  /** The address of the token's page. */
  get path() {
    return `/${this.scope}/tokens/${this.name}`;
  }

  private get object() {
    return `/api/v1/namespaces/${this.namespace}/secrets/${this.name}`;
  }

  /** The Secret, or the API server's 404. */
  secret() {
    return api("GET", this.object);
  }

  async metadata() {
    return (await this.secret()).body.metadata;
  }

  /** An annotation with our prefix. */
  async annotation(key: string): Promise<string | undefined> {
    return (await this.metadata()).annotations[`kargo-tokens/${key}`];
  }

  /** The text in the Secret's `data.token`, as soon as Kubernetes has written it. */
  async value(): Promise<string> {
    let value: string | undefined;
    await expect.poll(async () => (value = (await this.secret()).body.data?.token), { intervals: [20, 50, 100, 250] }).toBeTruthy();
    return Buffer.from(value!, "base64").toString();
  }

  /** Changes labels and annotations as another program would. */
  change(metadata: { labels?: object; annotations?: object }) {
    return done("PATCH", this.object, { body: { metadata }, type: "application/merge-patch+json" });
  }

  annotate(annotations: Record<string, string>) {
    return this.change({ annotations });
  }

  /** Deletes it as another program would. */
  remove() {
    return done("DELETE", this.object);
  }

  /** Expects that the Secret doesn't exist any more. */
  expectGone() {
    return expect.poll(async () => (await this.secret()).status, { timeout: 40_000 }).toBe(404);
  }
}

/** A scope: the system, or a project. */
export class Scope {
  constructor(
    /** As in addresses and server functions. */
    readonly scope: string,
    readonly namespace: string,
    readonly roles: string[],
  ) {}

  /** The address of the scope's page. */
  get path() {
    return `/${this.scope}`;
  }

  /** The Secret of a new token, as Kargo's own tools send it. */
  async newSecret(name: string, options: TokenOptions = {}) {
    const { role = this.roles[0]!, isManaged = true, isSuspended, lastUsed, annotations } = options;
    const uid = await this.uidOfRole(role);
    const labels = {
      ...(isManaged && { "rbac.kargo.akuity.io/api-token": "true" }),
      ...(isSuspended && { [SUSPENDED]: PAST_DAY }),
      ...(lastUsed && { [LAST_USED]: lastUsed }),
    };
    return {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: {
        name,
        namespace: this.namespace,
        labels,
        annotations: { "kubernetes.io/service-account.name": role, ...(isManaged && { "rbac.kargo.akuity.io/managed": "true" }), ...annotations },
        ownerReferences: [{ apiVersion: "v1", kind: "ServiceAccount", name: role, uid }],
      },
    };
  }

  async uidOfRole(role: string): Promise<string> {
    const account = await done("GET", `/api/v1/namespaces/${this.namespace}/serviceaccounts/${role}`);
    return account.metadata.uid;
  }

  /** Creates a token as Kargo's own command line does, and waits until Kubernetes has written its value. */
  async token(name: string, options: TokenOptions = {}): Promise<Token> {
    const body = await this.newSecret(name, options);
    const { metadata } = await done("POST", `/api/v1/namespaces/${this.namespace}/secrets`, { body });
    const token = new Token(this.scope, this.namespace, options.role ?? this.roles[0]!, name, metadata.uid);
    await token.value();
    return token;
  }

  /** Several of them. */
  tokens(names: string[], options: TokenOptions = {}) {
    return Promise.all(names.map((name) => this.token(name, options)));
  }

  /** A token that the dashboard created. */
  async created(name: string, role = this.roles[0]!): Promise<Token> {
    const { body } = await api("GET", `/api/v1/namespaces/${this.namespace}/secrets/${name}`);
    return new Token(this.scope, this.namespace, role, name, body.metadata.uid);
  }

  /** A token whose deletion is due: a program that ended has left it. */
  async dueToken(name: string, options: TokenOptions = {}) {
    const token = await this.token(name, options);
    await token.change({
      labels: { [SUSPENDED]: PAST_DAY },
      annotations: { "kargo-tokens/delete-after": PAST, "kargo-tokens/deletion-label": PAST_DAY, "kargo-tokens/suspended-by-deletion": "true" },
    });
    return token;
  }

  /** A token and its successor, linked as by a rotation. `retires`: when the old token retires. */
  async rotation(oldName: string, newName: string, options: TokenOptions & { retires?: string } = {}) {
    const [old, successor] = await Promise.all([this.token(oldName, options), this.token(newName, options)]);
    await successor.annotate({ "kargo-tokens/replaces": oldName });
    await old.annotate({ "kargo-tokens/replaced-by": newName, ...(options.retires && { "kargo-tokens/retire-after": options.retires }) });
    return { old, successor };
  }

  async secrets(): Promise<any[]> {
    return (await done("GET", `/api/v1/namespaces/${this.namespace}/secrets`)).items;
  }

  /** Lets a role do something with Secrets of its namespace. */
  allowSecrets(role: string, ...verbs: string[]) {
    return this.allow(role, "secrets", { apiGroups: [""], resources: ["secrets"], verbs });
  }

  /** Lets a role list the roles of its namespace. */
  allowListingRoles(role: string) {
    return this.allow(role, "roles", { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["list"] });
  }

  /** Lets a role do everything with everything in its namespace. */
  allowEverything(role: string) {
    return this.allow(role, "everything", { apiGroups: ["*"], resources: ["*"], verbs: ["*"] });
  }

  private async allow(role: string, what: string, rule: object) {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}`;
    const metadata = { name: `${role}-${what}` };
    await done("POST", `${rbac}/roles`, { body: { metadata, rules: [rule] } });
    await done("POST", `${rbac}/rolebindings`, {
      body: {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
        subjects: [{ kind: "ServiceAccount", name: role, namespace: this.namespace }],
      },
    });
  }

  /** Takes that right back. */
  forbidSecrets(role: string) {
    return done("DELETE", `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}/rolebindings/${role}-secrets`);
  }

  /** Very many tokens of a role, quickly. */
  fill(count: number, role = this.roles[0]!) {
    execFileSync(process.env.KARGO_TOKENS_CLUSTER_BIN!, ["fill", String(count), "--dir", controlPlane, "--namespace", this.namespace, "--role", role]);
  }
}

/** A project of a test's own. */
export class Project extends Scope {
  private constructor(
    readonly name: string,
    roles: string[],
  ) {
    super(`projects/${name}`, name, roles);
  }

  static async create(...roles: string[]): Promise<Project> {
    const name = nameOfProject();
    await done("POST", "/api/v1/namespaces", { body: { metadata: { name, labels: { "kargo.akuity.io/project": "true" } } } });
    const created = new Project(name, roles);
    await Promise.all(roles.map((role) => created.role(role)));
    return created;
  }

  /** A role, as Kargo writes it. */
  role(name: string) {
    return done("POST", `/api/v1/namespaces/${this.name}/serviceaccounts`, {
      body: { metadata: { name, annotations: { "rbac.kargo.akuity.io/managed": "true", "kargo.akuity.io/description": `Role ${name}` } } },
    });
  }

  remove() {
    return api("DELETE", `/api/v1/namespaces/${this.name}`);
  }
}

/** The system, with the roles of Kargo's installation. */
export const system = new Scope("system", "kargo", ["kargo-admin", "kargo-viewer", "kargo-user", "kargo-project-creator"]);
