// The report of a compromised token: a checklist with an address of its own.
import { expect } from "@playwright/test";
import { AnyPage } from "./tokens_page.ts";
import { RevealDialog } from "./dialogs.ts";

export class CompromisePage extends AnyPage {
  /** Waits until the report of a token is there. */
  async expectOpen(name: string) {
    await this.page.waitForURL(`**/compromised/${name}?*`);
    await expect(this.heading).toHaveText(`Compromise of ${name}`);
  }

  /** The token was refused and is deleted: the first point of the list. */
  async expectTokenDeleted() {
    await expect(this.page.getByRole("heading", { name: "The token is deleted" })).toBeVisible({ timeout: 30_000 });
  }

  get recreateAllButton() {
    return this.page.getByRole("button", { name: "Recreate all" });
  }

  recreateButton(name: string | RegExp) {
    return this.page.getByRole("button", { name: typeof name === "string" ? `Recreate ${name}` : name, exact: typeof name === "string" });
  }

  get openRows() {
    return this.page.getByRole("button", { name: /^Recreate (?!all)/ });
  }

  get progress() {
    return this.page.getByRole("progressbar", { name: "Replaced tokens" });
  }

  async recreate(name: string) {
    await this.recreateButton(name).click();
    return new RevealDialog(this.page);
  }
}
