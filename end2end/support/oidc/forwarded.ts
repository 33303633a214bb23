// Issuers that the control plane's API server trusts itself.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { controlPlane, done } from "../api_server.ts";
import type { Project } from "../cluster.ts";
import { CLIENT, TLS } from "./setup.ts";

/** Before the user names and groups of an issuer. */
const PREFIX = "oidc:";

/** Lets the API server trust an issuer, and no other. The API server notices the change by itself, soon. */
export function trust(issuer: { address: string }) {
  const config = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [
      {
        issuer: { url: issuer.address, audiences: [CLIENT.id], certificateAuthority: readFileSync(TLS.ca, "utf8") },
        claimMappings: { username: { claim: "email", prefix: PREFIX }, groups: { claim: "groups", prefix: PREFIX } },
      },
    ],
  };
  writeFileSync(join(controlPlane, "authentication.yaml"), JSON.stringify(config));
}

/** Gives a group of the issuer the rights of a project's administrator. */
export function allowGroup(project: Project, group: string) {
  return done("POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/${project.namespace}/rolebindings`, {
    body: {
      metadata: { name: "oidc-group" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "kargo-project-admin" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: PREFIX + group }],
    },
  });
}

/** The user name that the API server gives a person. */
export const userName = ({ email }: { email: string }) => PREFIX + email;
