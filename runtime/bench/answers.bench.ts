/**
 * A running server, in a process of its own: milliseconds from a statement on the socket to its answer, which is durable by
 * then, with 1 and 64 clients and 10,000 standing requests, beside `fdatasync` on the same disk in the same minute; and how
 * long a server that was killed takes to answer again.
 *
 * Of 64 clients that say the next as soon as they are answered each waits for the 63 others (`load.ts`). At 5,000 a second that
 * is 12.8 ms; the bound of 2 syncs and 5 ms, some 5.5 ms, would take 64 / 5.5 ms = 11,600 a second. So it has no bound there. What people
 * and programs wait who say so much as they have to say is measured at half of that, from the instant at which each statement
 * was due, and there the bound holds.
 *
 * What is said becomes one entry of the table. What names a port becomes seven, for three transports and their fragments.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServeProcess, TextClient } from "../serve/testing/process.ts";
import { syncs } from "./disk.ts";
import { waits, type Waits } from "./load.ts";
import { median, p99 } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "answers";

const STANDING = 10_000;
const SECONDS = 5;
/** Durable statements a second of 64 clients. */
const AIM = 5_000;

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
    // A server that has just started makes its tables beside what it answers, and is compiled while it runs.
    await talk(socket, token, 8, () => ofHosts(said++));
    const waited = (what: string, clients: number, times: readonly number[], isBound: boolean): void => {
      const peer = { name: "fdatasync p50", figure: sync };
      report({ case: `${what}, p50`, n: clients, figure: median(times), unit: "ms", peer });
      report({
        case: `${what}, p99`,
        n: clients,
        figure: p99(times),
        unit: "ms",
        ...(isBound && { bound: (clients === 1 ? 1 : 2) * slowSync + 5 }),
        peer: { name: "fdatasync p99", figure: slowSync },
      });
    };
    for (const clients of [1, 64]) {
      const before = server.cpuSeconds();
      const { times, rate } = await talk(socket, token, clients, () => ofHosts(said++));
      const cpu = (1000 * (server.cpuSeconds() - before)) / times.length;
      report({
        case: "accepted and durable, n clients without a pause",
        n: clients,
        figure: rate,
        unit: "statements/s",
        ...(clients > 1 && { bound: AIM }),
      });
      report({ case: "one of them, all threads of the server", n: clients, figure: cpu, unit: "ms CPU" });
      waited("statement to answer, without a pause", clients, times, clients === 1);
      if (clients === 1) continue;
      const offered = rate / 2;
      report({ case: "offered by n clients: half of that", n: clients, figure: offered, unit: "statements/s" });
      const due = await talk(socket, token, clients, () => ofHosts(said++), (1000 * clients) / offered);
      waited("statement to answer at half of that", clients, due.times, true);
      const ported = await talk(socket, token, clients, () => ofPort(said++));
      report({
        case: "accepted and durable, of a port: seven entries each",
        n: clients,
        figure: ported.rate,
        unit: "statements/s",
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

const hostOf = (i: number): string => `srcHost=10.100.${(i >> 8) & 255}.${i & 255}`;
const ofHosts = (i: number): string => `deny(${hostOf(i)}, dstHost=10.201.0.${i >> 16}) on s.`;
const ofPort = (i: number): string => `deny(${hostOf(i)}, dstPort=${i >> 16}) on s.`;

/** Clients that each wait for the answer before they say the next; `every` as in `waits`. */
async function talk(socket: string, token: string, clients: number, next: () => string, every = 0): Promise<Waits> {
  const all = await Promise.all(Array.from({ length: clients }, () => TextClient.login(socket, "root", token)));
  const say = async (k: number): Promise<void> => {
    const answer = await all[k]!.say(next());
    if (!answer?.startsWith("True")) throw new Error(answer);
  };
  const waited = await waits(clients, SECONDS, say, every);
  for (const client of all) client.close();
  return waited;
}
