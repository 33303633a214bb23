// The places: where a person can go, and the switches of the look. A menu on a narrow screen.
import { expect, type Locator, type Page } from "@playwright/test";

export class Places {
  constructor(readonly page: Page) {}

  private get banner() {
    return this.page.getByRole("banner");
  }

  get nav() {
    return this.page.getByRole("navigation", { name: "Places" });
  }

  /** On a narrow screen. */
  get menuButton() {
    return this.banner.getByRole("button", { name: /▾/ });
  }

  /** Opens the menu where there is one. */
  async show() {
    if (!(await this.nav.isVisible())) await this.menuButton.click();
    await expect(this.nav).toBeVisible();
  }

  link(name: string) {
    return this.nav.getByRole("link", { name, exact: true });
  }

  async go(name: string) {
    await this.show();
    await this.link(name).click();
  }

  /** The field for those who may not list projects. */
  get projectField() {
    return this.nav.getByLabel("Project");
  }

  theme(name: "Auto" | "Light" | "Dark") {
    return this.banner.getByRole("group", { name: "Theme" }).getByRole("button", { name, exact: true });
  }

  get compactRows() {
    return this.banner.getByRole("button", { name: "Compact rows", exact: true });
  }

  async chooseTheme(name: "Auto" | "Light" | "Dark") {
    await this.choose(this.theme(name));
    await expect(this.theme(name)).toHaveAttribute("aria-pressed", "true");
  }

  async chooseCompactRows(isCompact: boolean) {
    await this.choose(this.compactRows);
    await expect(this.compactRows).toHaveAttribute("aria-pressed", String(isCompact));
  }

  async turnShortcutsOff() {
    await this.show();
    await this.banner.getByRole("button", { name: "Keyboard shortcuts" }).click();
    const loaded = this.page.waitForEvent("domcontentloaded");
    await this.page.getByRole("button", { name: "Turn single keys off" }).click();
    await loaded;
  }

  /** A choice is a form post: the page comes again. */
  private async choose(button: Locator) {
    await this.show();
    const loaded = this.page.waitForEvent("domcontentloaded");
    await button.click();
    await loaded;
    await this.show();
  }
}
