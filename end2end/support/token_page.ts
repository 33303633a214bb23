// A token's own page.
import type { Page } from "@playwright/test";
import type { Token } from "./cluster.ts";
import { type Dashboard, open } from "./dashboard.ts";
import { NotesDialog } from "./dialogs.ts";
import { AnyPage, TokenView } from "./tokens_page.ts";

export class TokenPage extends AnyPage {
  /** State and commands. */
  readonly token: TokenView;

  constructor(page: Page, name: string) {
    super(page);
    this.token = new TokenView(this.main, name);
  }

  /** Signs in and opens it. */
  static async open(page: Page, dashboard: Dashboard, token: Token) {
    await open(page, dashboard, token.path);
    return new TokenPage(page, token.name);
  }

  private part(name: string | RegExp) {
    return this.page.getByRole("region", { name });
  }

  get facts() {
    return this.part("This token");
  }

  get notes() {
    return this.part("Note and contact");
  }

  get rights() {
    return this.part("What its holder can do");
  }

  get history() {
    return this.part("History");
  }

  get editNotesButton() {
    return this.page.getByRole("button", { name: "Edit note and contact" });
  }

  async editNotes() {
    await this.editNotesButton.click();
    return new NotesDialog(this.page);
  }

  /** Shows the Secret. */
  async showYaml() {
    await this.page.getByText("Show the Secret").click();
    return this.yaml;
  }

  get yaml() {
    return this.page.getByLabel("The Secret as YAML");
  }

  get copyYamlButton() {
    return this.page.getByRole("button", { name: "Copy YAML" });
  }

  get breadcrumb() {
    return this.page.getByRole("navigation", { name: "Breadcrumb" });
  }
}
