// The memory of a process, as Linux shows it to the process's parents.
import { open, readFile } from "node:fs/promises";

const CHUNK = 1 << 20;

/** How often any of the texts stands in the memory that the process can write to. */
export async function occurrences(pid: number, texts: string[]) {
  const maps = (await readFile(`/proc/${pid}/maps`, "utf8")).split("\n").filter((line) => / rw/.test(line));
  const memory = await open(`/proc/${pid}/mem`);
  const overlap = Math.max(...texts.map((text) => text.length)) - 1;
  let found = 0;
  try {
    for (const line of maps) {
      const [start, end] = line.split(" ")[0]!.split("-").map((address) => Number.parseInt(address, 16)) as [number, number];
      let before = Buffer.alloc(0);
      for (let at = start; at < end; at += CHUNK) {
        const chunk = Buffer.alloc(Math.min(CHUNK, end - at));
        // The kernel's own pages can't be read.
        const read = await memory.read(chunk, 0, chunk.length, at).catch(() => undefined);
        if (!read) break;
        const seen = Buffer.concat([before, chunk]);
        for (const text of texts) {
          for (let position = seen.indexOf(text); position >= 0; position = seen.indexOf(text, position + 1)) found += 1;
        }
        before = seen.subarray(Math.max(0, seen.length - overlap));
      }
    }
  } finally {
    await memory.close();
  }
  return found;
}
