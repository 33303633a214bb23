// The page *Why this role?*: claims on the left, a verdict for each role on the right.
import { expect, type Page } from "@playwright/test";
import { type Dashboard, open } from "./dashboard.ts";
import { AnyPage } from "./tokens_page.ts";

export class AccessPage extends AnyPage {
  /** Signs in and opens it. */
  static async open(page: Page, dashboard: Dashboard, path = "/access") {
    await open(page, dashboard, path);
    return new AccessPage(page);
  }

  get field() {
    return this.page.getByLabel("ID token, or claims as JSON");
  }

  get find() {
    return this.page.getByLabel("Role or namespace");
  }

  get explainButton() {
    return this.page.getByRole("button", { name: "Explain" });
  }

  /** Pastes claims, and asks. `find`: a part of the names of the roles that are of interest. */
  async explain(claims: object | string, find = "") {
    await this.field.fill(typeof claims === "string" ? claims : JSON.stringify(claims));
    await this.find.fill(find);
    await this.explainButton.click();
  }

  /** The verdict about a ServiceAccount. */
  verdict(namespace: string, name: string) {
    return this.page.locator(`[id="role.${namespace}.${name}"]`);
  }

  /** Opens the verdicts of a namespace. */
  async unfold(namespace: string) {
    const group = this.main.locator("details.verdict-group").filter({ hasText: namespace });
    await group.evaluate((details: HTMLDetailsElement) => (details.open = true));
    await expect(group).toHaveAttribute("open");
    return group;
  }

  copyCorrected(namespace: string, name: string) {
    return this.verdict(namespace, name).getByRole("button", { name: "Copy the corrected one" });
  }
}
