// An issuer that signs everybody in without a question, and does one thing wrong where a test says so.
import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { CLIENT, type Issuer, listen } from "./setup.ts";

type Claims = Record<string, unknown>;
type Answer = ServerResponse<IncomingMessage>;

/** What is wrong about the issuer's metadata. */
const METADATA: Record<string, (answer: Answer, metadata: Claims) => void> = {
  "metadata fail": (answer) => answer.writeHead(503).end(),
  "metadata never come": () => {},
  "metadata are elsewhere": (answer, { issuer }) => answer.writeHead(302, { location: `${issuer}/elsewhere` }).end(),
  "metadata of another issuer": (answer, metadata) => json(answer, { ...metadata, issuer: "https://issuer.example.com" }),
  "metadata of 10 MB": (answer, metadata) => json(answer, { ...metadata, padding: "x".repeat(10_000_000) }),
  "metadata are no JSON": (answer) => answer.setHeader("content-type", "text/html").end("<h1>Welcome</h1>"),
};

const now = () => Math.floor(Date.now() / 1000);

/** What is wrong about the ID token's claims. */
const CLAIMS: Record<string, Claims> = {
  "an expired token": { iat: now() - 7200, exp: now() - 3600 },
  "a token that is not yet valid": { iat: now() + 3600, nbf: now() + 3600, exp: now() + 7200 },
  "a token for another client": { aud: "another-client" },
  "a token of another issuer": { iss: "https://issuer.example.com" },
  "a token of another sign-in": { nonce: "another-nonce" },
  "a token without a nonce": { nonce: undefined },
};

/** What is wrong about the ID token's signature. */
const SIGNATURES: Record<string, (key: Key, claims: Claims) => string> = {
  "an unsigned token": (_, claims) => `${encoded({ alg: "none" }, claims)}.`,
  "a token signed with the public key": ({ id, publicKey }, claims) => {
    const content = encoded({ alg: "HS256", kid: id }, claims);
    const secret = publicKey.export({ type: "spki", format: "pem" });
    return `${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`;
  },
  "a broken signature": (key, claims) => {
    const [header, payload, signature] = signed(key, claims).split(".");
    return `${header}.${payload}.${signature!.startsWith("A") ? "B" : "A"}${signature!.slice(1)}`;
  },
  "a key that is not published": (key, claims) => signed({ ...newKey(), id: `${key.id}-other` }, claims),
};

/** Faults by where they are. */
export const FAULTS = { metadata: Object.keys(METADATA), claims: Object.keys(CLAIMS), signatures: Object.keys(SIGNATURES) };

type Key = { id: string; privateKey: KeyObject; publicKey: KeyObject };

const newKey = (): Key => ({ id: randomUUID(), ...generateKeyPairSync("rsa", { modulusLength: 2048 }) });
const encoded = (...parts: object[]) => parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");

function signed({ id, privateKey }: Key, claims: Claims) {
  const content = encoded({ alg: "RS256", kid: id }, claims);
  return `${content}.${sign("sha256", Buffer.from(content), privateKey).toString("base64url")}`;
}

function json(answer: Answer, content: object, status = 200) {
  answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
}

export class LyingIssuer {
  /** What is wrong from now on: one of the faults above, or an error that the issuer answers with, such as `error=access_denied`. */
  fault?: string;
  /** Claims beside those of the protocol. */
  claims: Claims = { sub: "ana", email: "ana@example.com", groups: [] };
  /** The secret that the client must send; without one, the client is public. */
  secret?: string;
  /** Shows a page with a link back, instead of sending the person back at once. */
  stays = false;
  /** The address of the dashboard to which the last person was sent back. */
  callback = "";
  /** Each request so far: method and path. */
  readonly requests: string[] = [];
  private key = newKey();
  /** Nonces by code. A code works once. */
  private codes = new Map<string, string | null>();

  private constructor(private issuer: Issuer) {}

  static async start(fault?: string) {
    const { server, address, stop } = await listen();
    const lying = new LyingIssuer({ address, stop });
    lying.fault = fault;
    server.on("request", (incoming, answer) => void lying.answer(incoming, answer));
    return lying;
  }

  get address() {
    return this.issuer.address;
  }

  stop() {
    return this.issuer.stop();
  }

  /** Signs with a new key from now on, and publishes only that one. */
  rotate() {
    this.key = newKey();
  }

  /** How often something was asked for. */
  count(request: string) {
    return this.requests.filter((each) => each === request).length;
  }

  private async answer(incoming: IncomingMessage, answer: Answer) {
    const { pathname, searchParams } = new URL(incoming.url!, this.address);
    this.requests.push(`${incoming.method} ${pathname}`);
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return (METADATA[this.fault ?? ""] ?? json)(answer, this.metadata);
      case "/elsewhere":
        return json(answer, this.metadata);
      case "/keys":
        return json(answer, { keys: [{ ...this.key.publicKey.export({ format: "jwk" }), kid: this.key.id, use: "sig", alg: "RS256" }] });
      case "/authorize":
        this.callback = this.callbackFor(searchParams);
        if (!this.stays) return answer.writeHead(302, { location: this.callback }).end();
        return answer.setHeader("content-type", "text/html").end(`<a href="${this.callback.replaceAll("&", "&amp;")}">Back</a>`);
      case "/token":
        if (!this.knows(incoming.headers.authorization)) return json(answer, { error: "invalid_client" }, 401);
        return this.exchange(answer, new URLSearchParams(await text(incoming)));
      default:
        return answer.writeHead(404).end();
    }
  }

  private get metadata() {
    const endpoint = (name: string) => `${this.address}/${name}`;
    return {
      issuer: this.address,
      authorization_endpoint: endpoint("authorize"),
      token_endpoint: endpoint("token"),
      jwks_uri: endpoint("keys"),
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: [this.secret ? "client_secret_basic" : "none"],
    };
  }

  private knows(authorization?: string) {
    return !this.secret || authorization === `Basic ${Buffer.from(`${CLIENT.id}:${this.secret}`).toString("base64")}`;
  }

  private callbackFor(asked: URLSearchParams) {
    const callback = new URL(asked.get("redirect_uri")!);
    callback.searchParams.set("state", asked.get("state") ?? "");
    const [name, error] = this.fault?.split("=") ?? [];
    if (name === "error") callback.searchParams.set("error", error!);
    else callback.searchParams.set("code", this.code(asked.get("nonce")));
    return callback.href;
  }

  private code(nonce: string | null) {
    const code = randomUUID();
    this.codes.set(code, nonce);
    return code;
  }

  private exchange(answer: Answer, asked: URLSearchParams) {
    const code = asked.get("code") ?? "";
    if (!this.codes.has(code) || !asked.get("code_verifier")) return json(answer, { error: "invalid_grant" }, 400);
    const nonce = this.codes.get(code);
    this.codes.delete(code);
    const usual = { iss: this.address, aud: CLIENT.id, iat: now(), exp: now() + 3600, nonce };
    const claims = { ...this.claims, ...usual, ...CLAIMS[this.fault ?? ""] };
    const idToken = (SIGNATURES[this.fault ?? ""] ?? signed)(this.key, claims);
    json(answer, { access_token: randomUUID(), token_type: "Bearer", expires_in: 3600, id_token: idToken });
  }
}
