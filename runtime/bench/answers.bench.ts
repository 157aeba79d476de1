/**
 * A running server, in a process of its own: milliseconds from a statement on the socket to its answer, which is durable by
 * then, with 1 and 64 clients and 10,000 standing requests, beside `fdatasync` on the same disk in the same minute; and how
 * long a server that was killed takes to answer again.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServeProcess, TextClient } from "../serve/testing/process.ts";
import { syncs } from "./disk.ts";
import { median, p99 } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "answers";

const STANDING = 10_000;
const SECONDS = 5;

const POLICY = `default allow.
NewShare s for (*) [deny = True, requests <= 1000000, entries <= 10000000] on rootShare.
${Array.from({ length: STANDING }, (_, i) => `@b${i} deny(srcHost=10.${i >> 8}.${i & 255}.1, dstHost=10.200.0.1) on s.`).join("\n")}
`;

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-bench-"));
  const ends: (() => Promise<void>)[] = [];
  const process_ = { teardown: (end: () => Promise<void>) => void ends.push(end) };
  const socket = join(folder, "socket");
  const words = ["p.pane", "--state", "state", "--socket", socket];
  writeFileSync(join(folder, "p.pane"), POLICY);
  try {
    const alone = syncs(folder, SECONDS);
    const [sync, slowSync] = [median(alone), p99(alone)];
    let server = new ServeProcess(process_, words, folder);
    await server.printed(/serving at/);
    const { token } = server;
    let said = 0;
    for (const clients of [1, 64]) {
      const { times, rate } = await talk(socket, token, clients, () => said++);
      report({ case: "accepted and durable, n clients", n: clients, figure: rate, unit: "statements/s" });
      const peer = { name: "fdatasync p50", figure: sync };
      report({ case: "statement to answer, p50", n: clients, figure: median(times), unit: "ms", peer });
      report({
        case: "statement to answer, p99",
        n: clients,
        figure: p99(times),
        unit: "ms",
        bound: (clients === 1 ? 1 : 2) * slowSync + 5,
        peer: { name: "fdatasync p99", figure: slowSync },
      });
    }
    await server.kill();
    const begin = performance.now();
    server = new ServeProcess(process_, words, folder);
    await server.printed(/serving at/);
    report({ case: "killed to answering, n records", n: said, figure: performance.now() - begin, unit: "ms" });
  } finally {
    for (const end of ends) await end();
    rmSync(folder, { recursive: true });
  }
}

/** Clients that each wait for the answer before they say the next. */
async function talk(
  socket: string,
  token: string,
  clients: number,
  next: () => number,
): Promise<{ readonly times: readonly number[]; readonly rate: number }> {
  const times: number[] = [];
  const all = await Promise.all(Array.from({ length: clients }, () => TextClient.login(socket, "root", token)));
  const begin = performance.now();
  await Promise.all(
    all.map(async (client) => {
      while (performance.now() - begin < SECONDS * 1000) {
        const i = next();
        const asked = performance.now();
        const answer = await client.say(`deny(srcHost=10.100.${(i >> 8) & 255}.${i & 255}, dstPort=${i >> 16}) on s.`);
        if (!answer?.startsWith("True")) throw new Error(answer);
        times.push(performance.now() - asked);
      }
      client.close();
    }),
  );
  return { times, rate: (1000 * times.length) / (performance.now() - begin) };
}
