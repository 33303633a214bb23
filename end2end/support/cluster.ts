// The control plane that the journeys use, seen as its administrator: makes projects, reads Secrets, tries values.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { expect } from "@playwright/test";

const directory = process.env.KARGO_TOKENS_TEST_CLUSTER;
if (!directory) throw new Error("KARGO_TOKENS_TEST_CLUSTER names no control plane: run `make test`.");

/** The kubeconfig of a user of the control plane; `undefined`: its administrator. */
export const kubeconfig = (user?: string) => (user ? join(directory, "users", `${user}.kubeconfig`) : join(directory, "kubeconfig"));

const text = readFileSync(kubeconfig(), "utf8");
const field = (key: string) => new RegExp(`${key}:\\s*"?([^"\\s]+)`).exec(text)?.[1] ?? "";
const data = (key: string) => Buffer.from(field(`${key}-data`), "base64");
const server = field("server");
const ca = data("certificate-authority");
const administrator = new Agent({ ca, cert: data("client-certificate"), key: data("client-key"), keepAlive: true });
const nobody = new Agent({ ca, keepAlive: true });

/** Passes somebody else's request on to the API server, as the administrator. */
export const pass = (incoming: IncomingMessage, answer: (response: IncomingMessage) => void) =>
  incoming.pipe(
    request(server + incoming.url, { method: incoming.method, headers: { ...incoming.headers, host: new URL(server).host }, agent: administrator }, answer),
  );

export type Answer = { status: number; body: any };

/** One request to the API server: as the administrator, or with a bearer token. */
export function api(method: string, path: string, options: { body?: unknown; bearer?: string; type?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { accept: "application/json" };
    if (options.body) headers["content-type"] = options.type ?? "application/json";
    if (options.bearer) headers.authorization = `Bearer ${options.bearer}`;
    const sent = request(server + path, { method, headers, agent: options.bearer ? nobody : administrator }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: body ? JSON.parse(body) : undefined }));
    });
    sent.on("error", reject);
    sent.end(options.body ? JSON.stringify(options.body) : undefined);
  });
}

async function made(answer: Promise<Answer>) {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`The control plane answered ${status}: ${body?.message}`);
  return body;
}

/** A new project with roles of these names. */
export async function project(...roles: string[]): Promise<string> {
  const name = `journey-${randomBytes(5).toString("hex")}`;
  await made(api("POST", "/api/v1/namespaces", { body: { metadata: { name, labels: { "kargo.akuity.io/project": "true" } } } }));
  for (const role of roles) {
    await made(
      api("POST", `/api/v1/namespaces/${name}/serviceaccounts`, {
        body: { metadata: { name: role, annotations: { "rbac.kargo.akuity.io/managed": "true", "kargo.akuity.io/description": `Role ${role}` } } },
      }),
    );
  }
  return name;
}

export const removeProject = (name: string) => api("DELETE", `/api/v1/namespaces/${name}`);

/** A token as Kargo's own command line makes it. */
export async function kargoToken(namespace: string, role: string, name: string, more: { labels?: object; managed?: boolean } = {}) {
  const account = await made(api("GET", `/api/v1/namespaces/${namespace}/serviceaccounts/${role}`));
  const managed = more.managed ?? true;
  return made(
    api("POST", `/api/v1/namespaces/${namespace}/secrets`, {
      body: {
        type: "kubernetes.io/service-account-token",
        metadata: {
          name,
          labels: { ...(managed ? { "rbac.kargo.akuity.io/api-token": "true" } : {}), ...more.labels },
          annotations: { "kubernetes.io/service-account.name": role, ...(managed ? { "rbac.kargo.akuity.io/managed": "true" } : {}) },
          ownerReferences: [{ apiVersion: "v1", kind: "ServiceAccount", name: role, uid: account.metadata.uid }],
        },
      },
    }),
  );
}

export const secret = (namespace: string, name: string) => api("GET", `/api/v1/namespaces/${namespace}/secrets/${name}`);

/** The value that Kubernetes wrote into a token's Secret, as soon as it has. */
export async function storedValue(namespace: string, name: string): Promise<string> {
  const read = async () => (await secret(namespace, name)).body.data?.token as string | undefined;
  await expect.poll(read).toBeTruthy();
  return Buffer.from((await read())!, "base64").toString();
}

/** Who the API server says a value belongs to: 201 and the user name, or 401. */
export const signIn = (value: string) =>
  api("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { bearer: value, body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } });

/** Waits until the API server refuses a value: it remembers for 10 seconds that it accepted it. */
export const untilRefused = (value: string) => expect.poll(async () => (await signIn(value)).status, { timeout: 13_000, intervals: [500] }).toBe(401);
