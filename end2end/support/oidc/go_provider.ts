// The issuer of end2end/oidc, which stands on Go's zitadel/oidc. `tools/setup-oidc` builds it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Person } from "./people.ts";
import { CLIENT, type Issuer, TLS } from "./setup.ts";

const program = join(import.meta.dirname, "..", "..", "..", ".tools", "bin", "oidc");

export async function startGoProvider(people: Person[], client = CLIENT): Promise<Issuer> {
  const running = spawn(program, { stdio: "pipe" });
  let log = "";
  running.stderr.on("data", (data) => (log += data));
  const ended = once(running, "exit");
  const setup = {
    certificate: TLS.certificate,
    key: TLS.key,
    clientId: client.id,
    redirectUri: client.redirectUri,
    postLogoutRedirectUri: client.postLogoutRedirectUri,
    accounts: Object.fromEntries(people.map(({ account, claims }) => [account, claims])),
  };
  running.stdin.write(JSON.stringify(setup));
  const fails = ended.then(([code]) => {
    throw new Error(`The Go issuer ended with ${code}: ${log}`);
  });
  const [address] = await Promise.race([once(createInterface({ input: running.stdout }), "line"), fails]);
  fails.catch(() => {});
  return {
    address,
    async stop() {
      running.stdin.end();
      await ended;
    },
  };
}
