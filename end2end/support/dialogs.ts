// The dialogs. Each has one title, and a last button that says what it does.
import { expect, type Locator, type Page } from "@playwright/test";

export class Dialog {
  readonly locator: Locator;

  constructor(
    readonly page: Page,
    name?: string | RegExp,
  ) {
    this.locator = page.getByRole("dialog", { name });
  }

  get alert() {
    return this.locator.getByRole("alert");
  }

  button(name: string | RegExp) {
    return this.locator.getByRole("button", { name, exact: typeof name === "string" });
  }

  get cancelButton() {
    return this.button("Cancel");
  }

  expectText(text: string | RegExp) {
    return expect(this.locator).toContainText(text);
  }

  expectOpen() {
    return expect(this.locator).toBeVisible();
  }

  expectClosed() {
    return expect(this.locator).toBeHidden();
  }
}

/** The choice of how long a token lives. */
const lifetimeIn = (dialog: Locator) => dialog.getByLabel("Expires after");

export class NewTokenDialog extends Dialog {
  constructor(page: Page) {
    super(page, "New token");
  }

  role(name: string) {
    return this.locator.getByRole("radio", { name: new RegExp(`^${name}\\b`) });
  }

  get checkedRole() {
    return this.locator.getByRole("radio", { checked: true });
  }

  get name() {
    return this.locator.getByLabel("Name", { exact: true });
  }

  get lifetime() {
    return lifetimeIn(this.locator);
  }

  get suggestButton() {
    return this.button("Suggest");
  }

  get createButton() {
    return this.button("Create and reveal");
  }

  async fill(about: { role?: string; name?: string; expires?: string }) {
    if (about.role) await this.role(about.role).check({ force: true });
    if (about.name !== undefined) await this.name.fill(about.name);
    if (about.expires) await this.lifetime.selectOption(about.expires);
  }

  get note() {
    return this.locator.getByLabel("Note", { exact: true });
  }

  /** Opens or closes the part with note and contact. */
  toggleTexts() {
    return this.locator.getByText("Note and contact").click();
  }

  /** Writes note and contact. */
  async describe(about: { note: string; contact: string }) {
    await this.toggleTexts();
    await this.note.fill(about.note);
    await this.locator.getByLabel("Contact", { exact: true }).fill(about.contact);
  }

  /** Goes on to the reveal. */
  async create() {
    await this.createButton.click();
    return new RevealDialog(this.page);
  }
}

/** The reveal, from the wait for the value to what follows *I saved it*. */
export class RevealDialog extends Dialog {
  constructor(page: Page) {
    super(page);
  }

  /** The dialog with the value. */
  get title() {
    return this.page.getByRole("dialog", { name: "Save this value now" });
  }

  get waiting() {
    return this.locator.getByText("Waiting for Kubernetes");
  }

  /** The value, or what stands in for it. */
  get value() {
    return this.locator.getByRole("region", { name: /^Value/ });
  }

  get copyButton() {
    return this.button("Copy");
  }

  get savedButton() {
    return this.button("I saved it");
  }

  get closeButton() {
    return this.button("Close without saving");
  }

  /** Waits until the value is there. */
  async expectValue() {
    await expect(this.savedButton).toBeVisible();
  }

  /** Chooses the form in which the value is shown and copied. */
  format(name: string) {
    return this.locator.getByRole("radio", { name, exact: true });
  }

  async choose(format: string) {
    await this.format(format).check({ force: true });
  }

  /** Copies the value, and answers with what the clipboard has. */
  async copy(): Promise<string> {
    await this.copyButton.click();
    await expect(this.locator.getByText(/^Copied\./)).toBeVisible();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Shows the value and answers with it. */
  async show(): Promise<string> {
    await this.button("Show").click();
    await expect(this.value).toContainText("eyJ");
    return (await this.value.textContent())!;
  }

  async save() {
    await this.savedButton.click();
  }

  /** Saves, where nothing follows. */
  async saveAndClose() {
    await this.save();
    await this.expectClosed();
  }

  /** Shows the value, saves it, and answers with it. */
  async take() {
    const value = await this.show();
    await this.save();
    return value;
  }

  /** What becomes of the old token, once the new value is saved. */
  get old() {
    return new RetireDialog(this.page);
  }
}

/** When the old token of a rotation retires. */
export class RetireDialog extends Dialog {
  constructor(page: Page) {
    super(page, /retire/);
  }

  choice(label: string) {
    return this.locator.getByLabel(label);
  }

  async stop() {
    await expect(this.choice("Delete it now")).toBeChecked();
    await this.button("Delete the old token").click();
    await this.expectClosed();
  }

  async keep(label: string) {
    await this.choice(label).check();
    await this.button("Keep the old token").click();
    await this.expectClosed();
  }
}

export class SuspendDialog extends Dialog {
  constructor(page: Page, token: string) {
    super(page, `Suspend ${token}`);
  }

  get reason() {
    return this.locator.getByLabel("Reason");
  }

  async suspend(reason: string) {
    await this.reason.fill(reason);
    await this.button("Suspend token").click();
    await this.expectClosed();
  }
}

/** A question that is answered with *Cancel* or with one button that does it. */
export class Confirmation extends Dialog {
  constructor(
    page: Page,
    title: string | RegExp,
    private does: string,
  ) {
    super(page, title);
  }

  static delete(page: Page, token: string) {
    return new Confirmation(page, `Delete ${token} permanently?`, "Delete permanently");
  }

  static restore(page: Page, token: string) {
    return new Confirmation(page, `Restore ${token}?`, "Restore token");
  }

  static compromise(page: Page, token: string) {
    return new Confirmation(page, `Is ${token} compromised?`, "Suspend and recreate");
  }

  /** A key that is pressed too soon does nothing. */
  expectSafe() {
    return expect(this.cancelButton).toBeFocused();
  }

  async confirm() {
    await this.button(this.does).click();
  }
}

/** The lifetime of a successor. */
export class RecreateWithDialog extends Dialog {
  constructor(page: Page, token: string) {
    super(page, `Recreate ${token}`);
  }

  get lifetime() {
    return lifetimeIn(this.locator);
  }

  async recreate(expires: string) {
    await this.lifetime.selectOption(expires);
    await this.button("Recreate and reveal").click();
    return new RevealDialog(this.page);
  }
}

export class NotesDialog extends Dialog {
  constructor(page: Page) {
    super(page, /^Note and contact/);
  }

  get note() {
    return this.locator.getByLabel("Note", { exact: true });
  }

  get contact() {
    return this.locator.getByLabel("Contact", { exact: true });
  }

  get saveButton() {
    return this.button("Save");
  }
}

/** Finds the token of a leaked value. */
export class FindLeakedDialog extends Dialog {
  constructor(page: Page) {
    super(page, "Find a leaked value");
  }

  /** Opens it from the places, which must be in sight. */
  static async open(page: Page) {
    await page.getByRole("button", { name: "Find a leaked value…" }).click();
    return new FindLeakedDialog(page);
  }

  async paste(text: string) {
    await this.locator.getByLabel(/^Value/).fill(text);
  }

  get openToken() {
    return this.locator.getByRole("link", { name: "Open the token" });
  }
}
