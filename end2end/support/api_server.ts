// The API server of the journeys' control plane: its kubeconfigs, one request to it, and whether it accepts a value.
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { expect } from "@playwright/test";

const directory = process.env.KARGO_TOKENS_TEST_CLUSTER;
if (!directory) throw new Error("KARGO_TOKENS_TEST_CLUSTER names no control plane: run `make test`.");

/** The directory of the control plane. */
export const controlPlane: string = directory;

/** The kubeconfig of a user of the control plane; of its administrator where no user is named. */
export const kubeconfig = (user?: string) => (user ? join(controlPlane, "users", `${user}.kubeconfig`) : join(controlPlane, "kubeconfig"));

const text = readFileSync(kubeconfig(), "utf8");
const field = (key: string) => new RegExp(`${key}:\\s*"?([^"\\s]+)`).exec(text)?.[1] ?? "";
const data = (key: string) => Buffer.from(field(`${key}-data`), "base64");
export const server = field("server");
const ca = data("certificate-authority");
/** How the administrator connects. */
export const administratorTls = { ca, cert: data("client-certificate"), key: data("client-key") };
const administrator = new Agent({ ...administratorTls, keepAlive: true });
const nobody = new Agent({ ca, keepAlive: true });

/** The content of a kubeconfig for a server and a user, in the form that Kubernetes' own tools read. */
const config = (cluster: object, user: object) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "cluster", cluster }],
    users: [{ name: "user", user }],
    contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
    "current-context": "context",
  });

/** A kubeconfig that signs in to the control plane with a value. */
export const kubeconfigWithValue = (token: string) => config({ server, "certificate-authority-data": ca.toString("base64") }, { token });

/** The same with a file that has the value. */
export const kubeconfigWithTokenFile = (tokenFile: string) => config({ server, "certificate-authority-data": ca.toString("base64") }, { tokenFile });

/** A kubeconfig of another server, which asks for no sign-in. */
export const kubeconfigOfServer = (address: string) => config({ server: address }, { token: "none" });

/** Passes somebody else's request on to the API server, as the administrator. */
export function pass(incoming: IncomingMessage, answer: (response: IncomingMessage) => void) {
  const { authorization: _, ...headers } = incoming.headers;
  const options = { method: incoming.method, headers: { ...headers, host: new URL(server).host }, agent: administrator };
  return incoming.pipe(request(server + incoming.url, options, answer));
}

export type Answer = { status: number; body: any; /** What policies and the API server warn of. */ warning?: string };

/** Whose request it is: the administrator's where nothing is said. */
export type Caller = { /** A value to sign in with. */ bearer?: string; /** The user to act as. */ as?: string; headers?: Record<string, string> };

/** One request to the API server. A body that is a text is sent as it is. */
export function api(method: string, path: string, options: Caller & { body?: object | string; type?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (options.body) headers["content-type"] = options.type ?? "application/json";
    if (options.bearer) headers.authorization = `Bearer ${options.bearer}`;
    if (options.as) headers["impersonate-user"] = options.as;
    const sent = request(server + path, { method, headers, agent: options.bearer ? nobody : administrator }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: body ? JSON.parse(body) : undefined, warning: response.headers.warning }));
    });
    sent.on("error", reject);
    sent.end(typeof options.body === "object" ? JSON.stringify(options.body) : options.body);
  });
}

/** The same, where anything but success fails the test. */
export async function done(method: string, path: string, options: { body?: object | string; type?: string } = {}) {
  const { status, body } = await api(method, path, options);
  if (status >= 300) throw new Error(`The API server answered ${status} to ${method} ${path}: ${body?.message}`);
  return body;
}

/** The API server's metrics, as text. */
export function metrics(): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const sent = request(`${server}/metrics`, { agent: administrator }, (response) => {
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** A credential of a ServiceAccount for an hour, as pods get it. */
export async function serviceAccountToken(namespace: string, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const { status } = await done("POST", path, { body: { spec: { expirationSeconds: 3600 } } });
  return status.token;
}

/** Signs in with a value: answers 201 and the user name, or 401. */
export const signIn = (value: string) =>
  api("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { bearer: value, body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } });

/** The API server accepts a value. */
export const expectAccepted = async (value: string) => expect((await signIn(value)).status).toBe(201);

/** The API server refuses a value, now or within the 10 seconds for which it caches successful sign-ins. */
export const expectRefused = (value: string) => expect.poll(async () => (await signIn(value)).status, { timeout: 13_000, intervals: [500] }).toBe(401);
