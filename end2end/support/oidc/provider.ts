// Two independent implementations of an OpenID Connect issuer, each with the same client, accounts and form.
import { expect, type Page } from "@playwright/test";
import { startGoProvider } from "./go_provider.ts";
import { startNodeProvider } from "./node_provider.ts";
import { type Person, person, type Shape } from "./people.ts";
import { CLIENT, clientAt, type Issuer } from "./setup.ts";

export const PROVIDERS = ["node", "go"] as const;
export type ProviderKind = (typeof PROVIDERS)[number];

export class Provider {
  private constructor(
    readonly kind: ProviderKind,
    /** A person whose group may get a role. */
    readonly person: Person,
    private issuer: Issuer,
  ) {}

  static async start(kind: ProviderKind, shape: Shape, origin?: string) {
    const ana = person(shape);
    const start = kind === "node" ? startNodeProvider : startGoProvider;
    return new Provider(kind, ana, await start([ana, person(shape, "ben")], origin ? clientAt(origin) : CLIENT));
  }

  get address() {
    return this.issuer.address;
  }

  stop() {
    return this.issuer.stop();
  }

  private account(page: Page) {
    return page.getByLabel("Account");
  }

  /** Expects that the issuer asks who the person is. */
  async expectForm(page: Page) {
    await expect(page).toHaveURL((url) => url.origin === this.address);
    await expect(this.account(page)).toBeVisible();
  }

  /** Signs in at the issuer's form. */
  async signIn(page: Page, account = this.person.account) {
    await this.account(page).fill(account);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Says yes where the issuer asks whether to sign out. */
  async confirmSignOut(page: Page) {
    if (this.kind === "node") await page.getByRole("button", { name: "Sign out" }).click();
  }
}

/** Starts an issuer with a person of a shape. `origin`: of the dashboard, if it isn't http://127.0.0.1. */
export const startProvider = (kind: ProviderKind, shape: Shape, origin?: string) => Provider.start(kind, shape, origin);
