// The page of a scope: its tokens by role, with their commands. What it looks like inside is known here and nowhere else in the tests.
import { expect, type Locator, type Page } from "@playwright/test";
import type { Token } from "./cluster.ts";
import { type Dashboard, open, reload } from "./dashboard.ts";
import { NewTokenDialog, RetireDialog, RevealDialog } from "./dialogs.ts";

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A token on a page: its row in a table, or the head of its own page. */
export class TokenView {
  constructor(
    readonly locator: Locator,
    readonly name: string,
  ) {}

  get page() {
    return this.locator.page();
  }

  get link() {
    return this.locator.getByRole("link", { name: this.name, exact: true });
  }

  /** A word of the state, such as `Active`. */
  state(word: string) {
    return this.locator.getByText(new RegExp(`^${word}( ·|$)`)).first();
  }

  async expectState(word: string, options?: { timeout: number }) {
    await expect(this.state(word)).toBeVisible(options);
  }

  expectText(text: string | RegExp) {
    return expect(this.locator).toContainText(text);
  }

  expectGone(options?: { timeout: number }) {
    return expect(this.locator).toHaveCount(0, options);
  }

  /** A button, in the row or in its menu, by its text. */
  button(label: string) {
    return this.locator.getByRole("button", { name: `${label} ${this.name}`, exact: true });
  }

  get buttons() {
    return this.locator.getByRole("button");
  }

  get menuButton() {
    return this.locator.getByLabel(`More for ${this.name}`);
  }

  /** The box that selects the token. */
  get box() {
    return this.locator.getByRole("checkbox", { name: `Select ${this.name}`, exact: true });
  }

  /** Presses a button of the menu. */
  async choose(label: string) {
    await this.menuButton.click();
    await this.button(label).click();
  }

  async delete() {
    await this.button("Delete").click();
    await this.expectState("Deleting");
  }

  /** By key: a click where *Delete* was a moment ago counts as the second half of a double click. */
  async undo() {
    await this.button("Undo").press("Enter");
  }

  /** Creates the successor; its reveal follows. */
  async recreate() {
    await this.button("Recreate").click();
    return new RevealDialog(this.page);
  }

  /** Begins the reveal of a token that waits for it. */
  async reveal() {
    await this.button("Reveal once").click();
    return new RevealDialog(this.page);
  }

  /** Asks when the old token of a rotation retires. */
  async retire() {
    const inRow = await this.button("When it retires").isVisible();
    if (!inRow) await this.menuButton.click();
    await this.button("When it retires").click();
    return new RetireDialog(this.page);
  }
}

/** The tokens of a role, with the role's own row. */
export class Section {
  constructor(
    readonly locator: Locator,
    readonly role: string,
  ) {}

  get newTokenButton() {
    return this.locator.getByRole("button", { name: `New token for ${this.role}`, exact: true });
  }

  /** Rows of tokens. */
  get rows() {
    return this.locator.locator("tr[data-token]");
  }

  get names() {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-token")));
  }
}

/** The bar of what is selected. */
export class BulkBar {
  readonly locator: Locator;

  constructor(page: Page) {
    this.locator = page.getByRole("region", { name: "Selected tokens" });
  }

  expectCount(count: number) {
    return expect(this.locator).toContainText(`${count} selected`);
  }

  button(name: string | RegExp) {
    return this.locator.getByRole("button", { name });
  }

  async delete() {
    await this.button(/^Delete/).click();
  }
}

/** What every page has besides its own content. */
export class AnyPage {
  constructor(readonly page: Page) {}

  get main() {
    return this.page.getByRole("main");
  }

  get heading() {
    return this.page.getByRole("heading", { level: 1 });
  }

  /** What was done last. */
  get notice() {
    return this.page.getByRole("status");
  }

  expectNotice(text: string | RegExp) {
    return expect(this.notice.filter({ hasText: text })).toBeVisible();
  }

  /** The notice's *Undo* button. */
  get noticeUndo() {
    return this.notice.getByRole("button", { name: "Undo", exact: true });
  }

  get alert() {
    return this.page.getByRole("alert");
  }

  /** What is said where no scripts run. */
  get noScript() {
    return this.main.locator("noscript");
  }

  link(name: string | RegExp) {
    return this.page.getByRole("link", { name });
  }

  /** Reads the page again. */
  reload() {
    return reload(this.page);
  }

  /** Where the focus is: its accessible name, or its text. */
  focused() {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      return element === document.body ? "nowhere" : (element?.getAttribute("aria-label") ?? element?.textContent ?? "").trim();
    });
  }
}

export class TokensPage extends AnyPage {
  readonly bulk: BulkBar;

  constructor(page: Page) {
    super(page);
    this.bulk = new BulkBar(page);
  }

  /** Signs in and opens it. */
  static async open(page: Page, dashboard: Dashboard, scope: { path: string } | string = "/system") {
    await open(page, dashboard, typeof scope === "string" ? scope : scope.path);
    return new TokensPage(page);
  }

  /** The row of exactly this token. */
  row(token: string | Token) {
    const name = typeof token === "string" ? token : token.name;
    return new TokenView(this.page.locator(`tr[data-token="${name}"]`), name);
  }

  /** The row of the token that replaces another one. */
  async successor(old: string | Token) {
    const name = typeof old === "string" ? old : old.name;
    const row = this.page.locator("tr[data-token]").filter({ has: this.page.getByText(new RegExp(`^replaces ${escape(name)}$`)) });
    await expect(row).toHaveCount(1);
    return this.row((await row.getAttribute("data-token"))!);
  }

  section(role: string) {
    return new Section(this.page.getByRole("rowgroup", { name: role, exact: true }), role);
  }

  /** Reads the page until a row says something: what another program has begun is seen when the page is read. */
  async readUntil(token: string | Token, state: string) {
    await expect(async () => {
      await this.page.reload();
      await this.row(token).expectState(state, { timeout: 1000 });
    }).toPass();
    await this.reload();
  }

  /** The head of a column, which sorts. */
  column(name: string) {
    return this.page.getByRole("columnheader", { name, exact: true });
  }

  get search() {
    return this.page.getByRole("searchbox", { name: "Search tokens" });
  }

  /** A number that filters. */
  filter(name: string) {
    return this.page.getByRole("navigation", { name: "Filters" }).getByRole("link", { name: new RegExp(`^${escape(name)} [\\d,]+$`) });
  }

  /** The form with the filters that have no number of their own. */
  get moreFilters() {
    const form = this.page.locator(".filters");
    return {
      open: () => this.page.getByRole("button", { name: "More filters…" }).click(),
      choose: async (field: string, option: RegExp) => {
        const select = form.getByLabel(field, { exact: true });
        const label = await select.locator("option", { hasText: option }).first().textContent();
        await select.selectOption({ label: label! });
      },
      show: () => form.getByRole("button", { name: "Show" }).click(),
    };
  }

  get cleanUp() {
    return this.page.getByRole("region", { name: "Clean-up" });
  }

  /** Opens the dialog for a new token; from a role's row where one is named. */
  async newToken(role?: string) {
    if (role) await this.section(role).newTokenButton.click();
    else await this.page.getByRole("button", { name: "New token", exact: true }).click();
    return new NewTokenDialog(this.page);
  }

  /** Creates a token that never expires, up to its value. */
  async create(name: string, role = "reader"): Promise<RevealDialog> {
    const form = await this.newToken(role);
    await form.fill({ name, expires: "never" });
    return form.create();
  }
}
