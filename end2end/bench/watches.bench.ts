// What the watches of many viewers cost the API server: its memory for each, and how long one change takes to reach all of them.
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { expect } from "@playwright/test";
import { administratorTls, controlPlane, server } from "../support/api_server.ts";
import { test } from "../support/dashboard.ts";
import { memoryOf, print, spread } from "./figures.ts";

/** Watches of one project: those of 500 people who look at its Secrets, ServiceAccounts, Roles and RoleBindings. */
const WATCHES = 2_000;
/** As many share a connection as in the dashboard. */
const ON_A_CONNECTION = 64;

test(`${WATCHES.toLocaleString("en")} watches`, async ({ project }) => {
  const token = await project.token("changed");
  const pid = Number(readFileSync(`${controlPlane}/lock`, "utf8"));
  const sessions: ClientHttp2Session[] = [];
  let [opened, told] = [0, 0];
  const before = memoryOf(pid);
  const path = `/api/v1/namespaces/${project.namespace}/secrets?watch=1&allowWatchBookmarks=true&resourceVersion=0`;
  const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  while (opened < WATCHES) {
    const session = connect(server, administratorTls);
    sessions.push(session);
    const wanted = Math.min(WATCHES, opened + ON_A_CONNECTION);
    for (let n = opened; n < wanted; n++) {
      const stream = session.request({ ":path": path, accept });
      stream.once("data", () => opened++).on("data", (chunk: Buffer) => (told += chunk.includes(`"kargo-tokens/note":"change`) ? 1 : 0));
    }
    // One connection after the other: the API server begins only so many watches at a time.
    await expect.poll(() => opened, { intervals: [20], timeout: 60_000 }).toBe(wanted);
  }
  const each = (memoryOf(pid) - before) / WATCHES;
  print(`The API server's memory for each of ${WATCHES.toLocaleString("en")} watches`, `${each.toFixed(0)} KB`);
  const times: number[] = [];
  for (let n = 1; n <= 10; n++) {
    told = 0;
    const began = performance.now();
    await token.annotate({ "kargo-tokens/note": `change ${n}` });
    await expect.poll(() => told, { intervals: [5], timeout: 30_000 }).toBe(WATCHES);
    times.push(performance.now() - began);
  }
  print(`A change until all of ${WATCHES.toLocaleString("en")} watches have it`, spread(times));
  for (const session of sessions) session.destroy();
});
