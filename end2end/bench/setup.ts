// Before the first figure, and after the last one.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { begin, end } from "./figures.ts";

export default function setup() {
  mkdirSync(join(import.meta.dirname, "..", "test-results"), { recursive: true });
  begin();
  return end;
}
