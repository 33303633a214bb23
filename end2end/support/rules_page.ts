// The page with the rules that Kubernetes enforces.
import type { Page } from "@playwright/test";
import type { Rule } from "./policies.ts";

export class RulesPage {
  constructor(readonly page: Page) {}

  /** Goes there from another page. */
  static async goTo(page: Page) {
    await page.goto(new URL("/rules", page.url()).href);
    return new RulesPage(page);
  }

  rule(rule: Rule) {
    return this.page.getByRole("listitem").filter({ has: this.page.getByText(rule, { exact: true }) });
  }

  /** Opens the list of tokens that break a rule. */
  async breaking(rule: Rule) {
    const details = this.rule(rule).getByRole("group");
    await details.click({ position: { x: 5, y: 5 } });
    return details;
  }
}
