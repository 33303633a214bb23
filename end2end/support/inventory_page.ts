// The page of all projects' tokens.
import type { Page } from "@playwright/test";
import { type Dashboard, open } from "./dashboard.ts";
import { TokensPage } from "./tokens_page.ts";

export class InventoryPage extends TokensPage {
  /** Signs in and opens it. `query`: such as `?group=role`. */
  static async open(page: Page, dashboard: Dashboard, query = "") {
    await open(page, dashboard, `/inventory${query}`);
    return new InventoryPage(page);
  }

  /** The tokens that have a project, or a role, in common. */
  group(name: string) {
    return this.page.getByRole("rowgroup", { name, exact: true });
  }

  async groupBy(what: "Project" | "Role" | "Nothing") {
    await this.page.getByRole("navigation", { name: "Grouping" }).getByRole("link", { name: what }).click();
  }

  /** A bar of a chart, by what it says. */
  bar(text: string | RegExp) {
    return this.page.getByRole("link", { name: text });
  }

  /** The numbers of a chart. */
  numbers(title: string) {
    return this.page.getByRole("table", { name: title });
  }

  /** Names projects, as somebody who may not list them. */
  async showProjects(...names: string[]) {
    const field = this.page.getByLabel(/^You may not list projects/);
    await field.fill(names.join(","));
    await field.press("Enter");
  }

  /** The names of the shown tokens. */
  get names() {
    return this.page.locator("tr[data-token]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-token")));
  }

  /** The text of an export. */
  async export(format: "CSV" | "JSON") {
    const address = await this.page.getByRole("link", { name: `Export ${format}` }).getAttribute("href");
    const answer = await this.page.request.get(new URL(address!, this.page.url()).href);
    return answer.text();
  }
}
