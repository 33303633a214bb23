// A container of a rendered pod, started on this machine: with its arguments, its mounted files and its ServiceAccount's token. A path in the pod
// becomes a path in a folder of the test, and the pod's own credential a kubeconfig.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { done, kubeconfigWithTokenFile, serviceAccountToken } from "./api_server.ts";
import type { KubernetesObject } from "./helm.ts";

type Pod = { namespace: string; spec: KubernetesObject["spec"] };

/** The pod that a Deployment or a CronJob makes. */
export function podOf({ kind, metadata, spec }: KubernetesObject): Pod {
  const template = kind === "CronJob" ? spec.jobTemplate.spec.template : spec.template;
  return { namespace: metadata.namespace!, spec: template.spec };
}

/** Writes the files of a volume. */
async function mount(folder: string, namespace: string, { secret, configMap }: KubernetesObject["spec"]) {
  const [kind, name] = secret ? ["secrets", secret.secretName] : ["configmaps", configMap.name];
  const { data } = await done("GET", `/api/v1/namespaces/${namespace}/${kind}/${name}`);
  await mkdir(folder, { recursive: true });
  for (const [key, text] of Object.entries<string>(data)) await writeFile(join(folder, key), secret ? Buffer.from(text, "base64") : text);
}

/** Writes a kubeconfig with the credential that Kubernetes mounts for a ServiceAccount; answers with its file. */
async function credential(folder: string, namespace: string, account: string) {
  const token = await serviceAccountToken(namespace, account);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "token"), token);
  const file = join(folder, "kubeconfig");
  await writeFile(file, kubeconfigWithTokenFile(join(folder, "token")));
  return file;
}

/** The arguments of a pod's container on this machine. `addresses`: flags, and what takes the place of the pod's own addresses. */
export async function containerArguments({ namespace, spec }: Pod, folder: string, addresses: Record<string, string>, name?: string): Promise<string[]> {
  const container = spec.containers.find((each: { name: string }) => !name || each.name === name);
  const paths = new Map<string, string>();
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const local = join(folder, name);
    await mount(local, namespace, spec.volumes.find((volume: { name: string }) => volume.name === name));
    paths.set(mountPath, local);
  }
  const file = await credential(join(folder, "serviceaccount"), namespace, spec.serviceAccountName);
  const localized = container.args.map((argument: string) => {
    const [flag] = argument.split("=") as [string];
    if (flag in addresses) return `${flag}=${addresses[flag]}`;
    for (const [inPod, local] of paths) argument = argument.replace(`=${inPod}/`, `=${local}/`);
    return argument;
  });
  return [...localized, `--kubeconfig=${file}`];
}
