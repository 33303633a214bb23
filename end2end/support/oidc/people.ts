// People whose claims have the names, types and sizes that well-known issuers give them. The values are made up.
import { randomBytes, randomUUID } from "node:crypto";
import { unique } from "../cluster.ts";

export const SHAPES = ["dex", "keycloak", "entra"] as const;
export type Shape = (typeof SHAPES)[number];

export type Person = {
  /** What the person types into the issuer's form. */
  account: string;
  email: string;
  /** The group that a test gives a role to: no other test has it. */
  group: string;
  /** Claims of the ID token, beside those of the protocol. */
  claims: Record<string, unknown> & { sub: string };
};

/** A protobuf message with texts as its first fields: Dex' subject, which names the person and the connector. */
const protobuf = (...texts: string[]) => Buffer.concat(texts.map((text, at) => Buffer.concat([Buffer.from([(at + 1) * 8 + 2, text.length]), Buffer.from(text)])));

const several = <T>(count: number, one: () => T) => Array.from({ length: count }, one);

type About = { account: string; email: string };

const shapes: Record<Shape, (about: About) => Pick<Person, "group" | "claims">> = {
  dex({ account, email }) {
    const [user, group] = [randomUUID(), unique("ops")];
    return {
      group,
      claims: {
        sub: protobuf(user, "ldap").toString("base64url"),
        email,
        email_verified: true,
        name: account,
        preferred_username: account,
        groups: ["everybody", group, "on-call"],
        federated_claims: { connector_id: "ldap", user_id: user },
      },
    };
  },

  keycloak({ account, email }) {
    const group = `/platform/${unique("ops")}`;
    return {
      group,
      claims: {
        sub: randomUUID(),
        typ: "ID",
        email,
        email_verified: true,
        name: `${account} Example`,
        given_name: account,
        family_name: "Example",
        preferred_username: account,
        groups: ["/platform", group, "/on-call/europe"],
        realm_access: { roles: ["default-roles-example", "offline_access", "uma_authorization"] },
        resource_access: { account: { roles: ["manage-account", "manage-account-links", "view-profile"] } },
      },
    };
  },

  // As many groups as Entra writes into an ID token; it names them by ID only, and says nothing of `email_verified`.
  entra({ account, email }) {
    const group = randomUUID();
    return {
      group,
      claims: {
        sub: randomBytes(32).toString("base64url"),
        email,
        name: `${account} Example`,
        preferred_username: email,
        groups: [...several(100, randomUUID), group, ...several(99, randomUUID)],
        oid: randomUUID(),
        tid: randomUUID(),
        rh: `1.${randomBytes(48).toString("base64url")}.`,
        uti: randomBytes(16).toString("base64url"),
        ver: "2.0",
        wids: several(3, randomUUID),
      },
    };
  },
};

/** A person of an issuer. */
export function person(shape: Shape, account = "ana"): Person {
  const about = { account, email: `${account}@example.com` };
  return { ...about, ...shapes[shape](about) };
}
