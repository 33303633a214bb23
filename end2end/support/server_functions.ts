// The server functions under /api/, called as a page's script calls them.
import { randomBytes } from "node:crypto";
import { type APIRequestContext, type APIResponse, expect, type Page } from "@playwright/test";
import { type Scope, Token } from "./cluster.ts";
import type { Dashboard } from "./dashboard.ts";

/** A claim of a reveal. */
export const newClaim = () => randomBytes(16).toString("hex");

type Form = Record<string, string>;

/** A connection for each request: a later program may get the port of one that was killed. */
const ONCE = { connection: "close" };

export class ServerFunctions {
  constructor(
    private request: APIRequestContext,
    readonly origin: string,
  ) {}

  /** For whoever is signed in on a page. */
  static of(page: Page) {
    return new ServerFunctions(page.request, new URL(page.url()).origin);
  }

  /** Signs in with a one-time address, without a page. */
  static async signIn(request: APIRequestContext, dashboard: Dashboard) {
    const { href, origin } = new URL(await dashboard.address());
    await request.get(href, { headers: ONCE });
    return new ServerFunctions(request, origin);
  }

  /** Calls a function; the answer may be an error. */
  post(name: string, form: Form): Promise<APIResponse> {
    return this.request.post(`${this.origin}/api/${name}`, { headers: { ...ONCE, origin: this.origin, accept: "application/json" }, form });
  }

  get(path: string): Promise<APIResponse> {
    return this.request.get(`${this.origin}${path}`, { headers: { ...ONCE, accept: path.startsWith("/api/") ? "application/json" : "text/html" } });
  }

  /** Calls a function that must succeed, and answers with its JSON. */
  async call(name: string, form: Form): Promise<any> {
    const answer = await this.post(name, form);
    expect([name, answer.status(), answer.ok() ? "" : await answer.text()]).toEqual([name, 200, ""]);
    return answer.json();
  }

  /** Creates a token and doesn't reveal it: as when the tab is closed between the two. */
  async create(scope: Scope, name: string, more: Form & { role?: string } = {}): Promise<Token> {
    const role = more.role ?? scope.roles[0]!;
    return this.token(scope, await this.call("create_token", { scope: scope.scope, name, ...more, role }));
  }

  /** Creates the successor of a token. */
  async recreate(scope: Scope, old: Token): Promise<Token> {
    return this.token(scope, await this.call("recreate_token", old.fields));
  }

  /** Reports a token as compromised, and answers with its successor. */
  async compromise(scope: Scope, old: Token): Promise<Token> {
    return this.token(scope, await this.call("compromise_token", old.fields));
  }

  private token(scope: Scope, { role, name, uid }: Record<string, string>) {
    return new Token(scope.scope, scope.namespace, role!, name!, uid!);
  }

  /** Reveals a token and says that its value is saved. */
  async reveal(token: Token, claim = newClaim()): Promise<string> {
    const { value } = await this.call("reveal_token", { ...token.fields, claim });
    await this.call("confirm_token", { ...token.fields, claim });
    return value;
  }

  delete(token: Token, more: Form = {}) {
    return this.call("delete_token", { ...token.fields, ...more });
  }
}
