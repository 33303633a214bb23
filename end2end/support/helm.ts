// The chart: rendered with Helm, and installed on the journeys' control plane.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestInfo } from "@playwright/test";
import { parseAllDocuments } from "yaml";
import { kubeconfig } from "./api_server.ts";
import { unique } from "./cluster.ts";

const root = join(import.meta.dirname, "..", "..");
const tool = (name: string) => join(root, ".tools", "bin", name);
const CHART = join(root, "deploy", "chart");

/** An object of Kubernetes. */
export type KubernetesObject = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string; labels?: Record<string, string> }; [field: string]: any };
export type Values = Record<string, any>;
type Ended = { code: number; out: string; log: string };

/** Runs Helm or kubectl, as the control plane's administrator. */
export async function run(program: string, args: string[], input?: string): Promise<Ended> {
  const running = promisify(execFile)(tool(program), args, { env: { ...process.env, KUBECONFIG: kubeconfig() }, maxBuffer: 1 << 26 });
  running.child.stdin!.end(input);
  const { stdout, stderr, code } = await running.then((ended) => ({ ...ended, code: 0 }), (error) => error);
  return { code, out: stdout, log: stderr };
}

async function done(program: string, args: string[], input?: string) {
  const { code, out, log } = await run(program, args, input);
  if (code) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${log}`);
  return out;
}

/** Helm; answers also where it fails. */
export const helm = (...args: string[]) => run("helm", args);
/** kubectl, as the control plane's administrator. */
export const kubectl = (args: string[], input?: string) => done("kubectl", args, input);

/** Helm's arguments for values. */
const valueFlags = (values: Values) => Object.entries(values).flatMap(([key, value]) => ["--set-json", `${key}=${JSON.stringify(value)}`]);

/** Checks the chart with values, as chart developers do. */
export const lint = (...files: string[]) => helm("lint", "--strict", CHART, ...files.flatMap((file) => ["--values", file]));

/** Renders the chart without a cluster, in the namespace and with the release's name that its README has. */
export function template(values: Values, ...flags: string[]) {
  return helm("template", "kargo-tokens", CHART, "--namespace", "kargo-tokens", ...valueFlags(values), ...flags);
}

/** The objects of a text of YAML. */
export const objects = (yaml: string): KubernetesObject[] => parseAllDocuments(yaml).map((document) => (document as any).toJS()).filter(Boolean);

/** The objects that the chart renders. */
export async function rendered(values: Values, ...flags: string[]) {
  const { code, out, log } = await template(values, ...flags);
  if (code) throw new Error(log);
  return objects(out);
}

/** A release of the chart in a namespace of its own, where pods are restricted. */
export class Release {
  readonly name = unique("chart");
  /** Its objects' names begin with this. */
  readonly prefix = `${this.name}-kargo-tokens`;
  readonly namespace = this.name;

  private constructor(private file: string) {}

  static async create(info: TestInfo) {
    const release = new Release(info.outputPath("values.json"));
    const restricted = Object.fromEntries(["enforce", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]));
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: release.namespace, labels: restricted } };
    await kubectl(["create", "--filename", "-"], JSON.stringify(namespace));
    return release;
  }

  /** Installs or upgrades it; answers with what Helm says. */
  async apply(values: Values, ...flags: string[]) {
    await writeFile(this.file, JSON.stringify(values));
    const { code, out, log } = await this.helm("upgrade", "--install", this.name, CHART, "--values", this.file, ...flags);
    if (code) throw new Error(log);
    return { out, log };
  }

  helm(...args: string[]) {
    return helm(...args, "--namespace", this.namespace);
  }

  /** An object of the release's namespace. */
  async get(kind: string, name: string): Promise<KubernetesObject> {
    return JSON.parse(await kubectl(["get", kind, name, "--namespace", this.namespace, "--output", "json"]));
  }

  /** Everything that the chart made, in whatever namespace. */
  async objects(): Promise<KubernetesObject[]> {
    const kinds = "deployments,cronjobs,services,configmaps,secrets,serviceaccounts,poddisruptionbudgets,networkpolicies,ingresses,roles,rolebindings,clusterroles,clusterrolebindings";
    const all = await kubectl(["get", kinds, "--all-namespaces", "--selector", `app.kubernetes.io/instance=${this.name}`, "--output", "json"]);
    return JSON.parse(all).items;
  }

  async remove() {
    await this.helm("uninstall", this.name, "--ignore-not-found");
    await kubectl(["delete", "namespace", this.namespace, "--wait=false"]);
  }
}
