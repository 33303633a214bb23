// What every issuer of the tests has: a certificate, the client, and an address of this machine.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { controlPlane } from "../api_server.ts";

const pki = (name: string) => join(controlPlane, "pki", name);

/** Files with a certificate for 127.0.0.1, its key, and who signed it: the control plane's own. */
export const TLS = { certificate: pki("server.crt"), key: pki("server.key"), ca: pki("ca.crt") };

/** The one client: public, with PKCE. Its addresses hold for each port of 127.0.0.1, as RFC 8252 says. */
export const CLIENT = {
  id: "kargo-tokens",
  redirectUri: "http://127.0.0.1/sign-in/oidc/callback",
  postLogoutRedirectUri: "http://127.0.0.1/sign-in",
};

/** The client of a dashboard at another address than http://127.0.0.1. */
export const clientAt = (origin: string) => ({ ...CLIENT, redirectUri: `${origin}/sign-in/oidc/callback`, postLogoutRedirectUri: `${origin}/sign-in` });

/** A running issuer. */
export type Issuer = { address: string; stop: () => Promise<void> };

/** Starts a server on a free port. It has no handler yet: that needs the address. */
export async function listen(): Promise<Issuer & { server: Server }> {
  const server = createServer({ cert: readFileSync(TLS.certificate), key: readFileSync(TLS.key) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { server, address, stop };
}
