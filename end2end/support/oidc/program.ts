// The dashboard's own ServiceAccount, which acts as the roles of the people who sign in.
import { writeFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { api, done, kubeconfigWithValue, serviceAccountToken } from "../api_server.ts";
import type { Project } from "../cluster.ts";
import { runToEnd } from "../dashboard.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const NAME = "dashboard";
/** The one role of people. */
const ROLE = "promoter";

export class Program {
  private constructor(
    private project: Project,
    /** The kubeconfig of the ServiceAccount. */
    readonly kubeconfig: string,
  ) {}

  /** Creates it in a project, with exactly the rights that `kargo-tokens roles` prints for the project's role `promoter`. */
  static async create(project: Project, kubeconfig: string) {
    const { namespace } = project;
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await done("POST", accounts, { body: { metadata: { name: NAME } } });
    const { out } = await runToEnd("roles", "--program", `${namespace}/${NAME}`, "--account", `${namespace}/${ROLE}`);
    // Objects of the whole cluster get a name of this test's own.
    for (const yaml of out.replaceAll("name: kargo-tokens}", `name: ${namespace}}`).split("---\n").filter(Boolean)) {
      const kind = /^kind: (\w+)$/m.exec(yaml)![1]!.toLowerCase();
      const path = kind.startsWith("cluster") ? "" : `/namespaces/${namespace}`;
      await done("POST", `${RBAC}${path}/${kind}s`, { body: yaml, type: "application/yaml" });
    }
    const token = await serviceAccountToken(namespace, NAME);
    await expect.poll(async () => (await api("GET", "/api/v1/namespaces", { bearer: token })).status).toBe(200);
    await writeFile(kubeconfig, kubeconfigWithValue(token));
    return new Program(project, kubeconfig);
  }

  /** Lets a group act as the role `promoter`, which may do everything in the project. */
  async accept(group: string) {
    await this.project.allowEverything(ROLE);
    await done("PATCH", `/api/v1/namespaces/${this.project.namespace}/serviceaccounts/${ROLE}`, {
      body: { metadata: { annotations: { "rbac.kargo.akuity.io/claims": JSON.stringify({ groups: [group] }) } } },
      type: "application/merge-patch+json",
    });
  }

  /** Removes what would outlive the project. */
  remove() {
    return Promise.all(["clusterrolebindings", "clusterroles"].map((kind) => done("DELETE", `${RBAC}/${kind}/${this.project.namespace}`)));
  }
}
