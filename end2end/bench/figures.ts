// Figures as they are measured: each is printed at once, and all of them at the end, as a table and as JSON.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

/** One line each, so that a test that fails leaves those of the others. */
const LINES = join(import.meta.dirname, "..", "test-results", "figures.lines");
const JSON_FILE = join(import.meta.dirname, "..", "..", "target", "figures.json");

/** One figure. `goal`: what this project aims for; `kargo`: what Kargo's own page or API takes. */
export type Figure = { what: string; value: string; goal?: string; kargo?: string };

export function print(what: string, value: string | number, { goal, kargo }: { goal?: string; kargo?: string } = {}) {
  const figure: Figure = { what, value: String(value), ...(goal && { goal }), ...(kargo && { kargo }) };
  console.log(`${what}: ${value}${goal ? ` (goal: ${goal})` : ""}`);
  appendFileSync(LINES, `${JSON.stringify(figure)}\n`);
}

/** Resident memory of a process in KB. */
export const memoryOf = (pid: number) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);

const at = (times: number[], share: number) => times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!;
const rounded = (time: number) => (time < 20 ? time.toFixed(1) : time.toFixed(0));

/** Milliseconds: the median, and what 99 of 100 stay below. */
export const spread = (times: number[]) => `${rounded(at(times, 0.5))} ms, 99 %: ${rounded(at(times, 0.99))}`;
export const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;

/** Before the first figure. */
export function begin() {
  rmSync(LINES, { force: true });
}

/** After the last one. */
export function end() {
  if (!existsSync(LINES)) return;
  const figures: Figure[] = readFileSync(LINES, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  writeFileSync(JSON_FILE, `${JSON.stringify({ machine, measured: new Date().toISOString().slice(0, 10), figures }, null, 2)}\n`);
  const rows = figures.map(({ what, value, goal = "", kargo = "" }) => `| ${what} | ${value} | ${goal} | ${kargo} |`);
  console.log(`\nMeasured on ${machine}:\n\n| | measured | goal | Kargo's own |\n|---|---|---|---|\n${rows.join("\n")}\n\nAlso in target/figures.json.`);
}
