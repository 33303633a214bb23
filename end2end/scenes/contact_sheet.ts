// Reports which pictures were made and which failed, and writes the sheet that shows all of them.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

const FOLDER = join(import.meta.dirname, "..", "pictures");
const escape = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

export default class ContactSheet implements Reporter {
  private failed: string[] = [];
  private scenes: string[] = [];

  onTestEnd(test: TestCase, result: TestResult) {
    const width = test.parent.project()!.name;
    if (!this.scenes.includes(test.title)) this.scenes.push(test.title);
    if (result.status === "passed" || result.status === "skipped") return;
    const reason = (result.error?.message ?? result.status).replace(/\u001b\[[\d;]*m/g, "").split("\n")[0]!;
    this.failed.push(`${test.title}, ${width} px: ${reason}`);
  }

  onEnd(_: FullResult) {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith(".png"));
    const rows = this.scenes.sort().map((scene) => {
      const slug = scene.replace(/\W+/g, "-");
      const pictures = ["1440.light", "1440.dark", "390.light", "390.dark"].map((kind) => {
        const file = `${slug}.${kind}.png`;
        return files.includes(file) ? `<a href="${file}"><img src="${file}" alt="${escape(scene)}, ${kind}" loading="lazy"></a>` : `<p>no picture: ${kind}</p>`;
      });
      return `<section><h2>${escape(scene)}</h2><div>${pictures.join("")}</div></section>`;
    });
    const failures = this.failed.length ? `<section><h2>Failed</h2><ul>${this.failed.map((line) => `<li>${escape(line)}</li>`).join("")}</ul></section>` : "";
    writeFileSync(
      join(FOLDER, "index.html"),
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Kargo Tokens: every page and dialog</title><style>
body { margin: 24px; background: #808080; color: #fff; font: 14px system-ui; }
section div { display: grid; grid-template-columns: 3fr 3fr 1fr 1fr; gap: 12px; align-items: start; }
img { inline-size: 100%; box-shadow: 0 2px 8px #0006; }
</style><h1>Every page and dialog</h1>${failures}${rows.join("\n")}</html>\n`,
    );
    console.log(`${files.length} pictures: end2end/pictures/index.html`);
    for (const line of this.failed) console.log(`failed: ${line}`);
  }
}
