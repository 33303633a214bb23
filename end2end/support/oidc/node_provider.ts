// An issuer in this process, which stands on npm's oidc-provider.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as oidc from "oidc-provider";
import type { Person } from "./people.ts";
import { CLIENT, type Issuer, listen } from "./setup.ts";

const HOUR = 3600;
const PROTOCOL = ["sub"];
const SCOPES: Record<string, string[]> = { email: ["email", "email_verified"], groups: ["groups"] };

const page = (content: string) => `<!doctype html><html lang="en"><title>Test issuer</title><h1>Test issuer</h1>${content}`;
const signInPage = page(`<form method="post"><label>Account <input name="account" autofocus></label> <button>Sign in</button></form>`);

export async function startNodeProvider(people: Person[], client = CLIENT): Promise<Issuer> {
  const { server, address, stop } = await listen();
  const provider = new oidc.Provider(address, configuration(people, client));
  const protocol = provider.callback();

  /** The form, and what follows it. */
  async function signIn(incoming: IncomingMessage, outgoing: ServerResponse) {
    const account = incoming.method === "POST" ? new URLSearchParams(await text(incoming)).get("account") : undefined;
    const known = people.find((person) => person.account === account);
    if (known) await provider.interactionFinished(incoming, outgoing, { login: { accountId: known.claims.sub } });
    else outgoing.setHeader("content-type", "text/html; charset=utf-8").end(signInPage);
  }
  server.on("request", (incoming, outgoing) => {
    if (!incoming.url!.startsWith("/sign-in/")) return void protocol(incoming, outgoing);
    signIn(incoming, outgoing).catch((error) => outgoing.writeHead(400).end(String(error)));
  });
  return { address, stop };
}

function configuration(people: Person[], client: typeof CLIENT) {
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const names = new Set(people.flatMap(({ claims }) => Object.keys(claims)));
  const inScopes = Object.values(SCOPES).flat();
  return {
    clients: [
      {
        client_id: client.id,
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code"],
        redirect_uris: [client.redirectUri],
        post_logout_redirect_uris: [client.postLogoutRedirectUri],
      },
    ],
    claims: { openid: PROTOCOL, profile: [...names].filter((name) => ![...PROTOCOL, ...inScopes].includes(name)), ...SCOPES },
    // Claims come with the ID token, as Dex, Keycloak and Entra send them.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: { AccessToken: HOUR, Grant: HOUR, IdToken: HOUR, Interaction: HOUR, Session: HOUR },
    jwks: { keys: [{ ...key, use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx: any, form: string) {
          ctx.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
        },
      },
    },
    interactions: { policy: withoutConsent(), url: (_ctx: unknown, { uid }: { uid: string }) => `/sign-in/${uid}` },
    findAccount(_ctx: unknown, sub: string) {
      const found = people.find(({ claims }) => claims.sub === sub);
      return found && { accountId: sub, claims: () => found.claims };
    },
    async loadExistingGrant({ oidc: { provider, client, session } }: any) {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  };
}

/** Asks nobody for consent, not even on behalf of a client that runs on the person's own machine. */
function withoutConsent() {
  const policy = oidc.interactionPolicy.base();
  policy.remove("consent");
  return policy;
}
