/**
 * Tables onto a real Open vSwitch: all entries in one bundle (with the count that `apply` makes by itself, and with a
 * whole read-back) beside `ovs-ofctl --bundle add-flows` of the same file, which looks at nothing afterwards; and one
 * entry in a hundred changed by read-back and difference. Wall time, since most of the work is the switch's.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cookieOf, toOvs } from "#compiler/lowering/index.ts";
import type { Entry, FieldMatch, Table } from "#compiler/table/entry.ts";
import { exact, masked, sortEntries } from "#compiler/table/match.ts";
import { apply, readTable, type ApplyOptions } from "../controller/index.ts";
import { canRunLab, startLab, type Lab } from "../lab/lab.ts";
import { measure, median, once } from "./measure.ts";
import { Writer, toFlowMod, write } from "../openflow/index.ts";
import type { Report } from "./report.ts";

export const name = "openflow";

const SIZES = [1_000, 10_000, 100_000];
/** The small ones warm up for the large. */
const repeated = (n: number) => (n > 10_000 ? { runs: 2, warm: 0 } : { runs: 3, warm: 1 });

/** Entry number `i`: four shapes of match in turn. Every hundredth has another port in the second edition. */
function entryOf(i: number, edition: 1 | 2): Entry {
  const port = i % 100 === 0 && edition === 2 ? 8443 : 443;
  const address = 0x0a00_0000n + BigInt(i);
  const shapes: readonly (readonly (FieldMatch | undefined)[])[] = [
    [exact("ipv4_src", address), exact("tcp_dst", port)],
    [exact("ipv4_dst", address), exact("tcp_dst", port)],
    [exact("ipv4_src", address), masked("tcp_dst", BigInt(port), 0xfff0n)],
    [masked("ipv4_src", address, 0xffff_ff00n), exact("ipv4_dst", address), exact("tcp_src", port)],
  ];
  const fields = shapes[i % 4]!.filter((one) => one !== undefined);
  const match = [exact("eth_type", 0x800), exact("ip_proto", 6), ...fields];
  const order: readonly string[] = ["eth_type", "ip_proto", "ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst"];
  return {
    table: 0,
    priority: 100,
    match: match.toSorted((a, b) => order.indexOf(a.field) - order.indexOf(b.field)),
    instructions: i % 2 === 0 ? [] : [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
    cookie: cookieOf(`statement ${i}`),
    hardTimeout: 0,
    idleTimeout: 0,
  };
}

const tableOf = (n: number, edition: 1 | 2): Table => ({
  entries: sortEntries(Array.from({ length: n }, (_, i) => entryOf(i, edition))),
});

/** Applies and insists that it worked: a figure of a failure would be worth nothing. */
async function must(lab: Lab, table: Table, changed: number, options: ApplyOptions): Promise<void> {
  const result = await apply(lab.mgmt, table, options);
  if (result.outcome === "failed") throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  const { added, replaced, deleted } = result;
  if (added + replaced + deleted !== changed) throw new Error(`${added} + ${replaced} + ${deleted} is not ${changed}`);
}

async function whole(lab: Lab, n: number, table: Table, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-bench-"));
  const file = join(folder, "flows.txt");
  writeFileSync(file, toOvs(table));
  const ways = {
    ours: () => must(lab, table, n, {}),
    verified: () => must(lab, table, n, { verify: "whole" }),
    theirs: () => lab.ofctl("add-flows", [file, "--bundle"]),
  };
  const times = { ours: [] as number[], verified: [] as number[], theirs: [] as number[] };
  const { runs, warm } = repeated(n);
  // In turn, so that other work on the machine meets all of them.
  for (let run = -warm; run < runs; run++) {
    for (const way of ["ours", "verified", "theirs"] as const) {
      await lab.ofctl("del-flows");
      const { wall } = await once(ways[way]);
      if (run >= 0) times[way].push(wall);
    }
  }
  rmSync(folder, { recursive: true });
  const peer = { name: "ovs-ofctl --bundle", figure: median(times.theirs) };
  // What `apply` does by itself: atomic, and counted afterwards.
  const bound = 1.5 * peer.figure;
  report({ case: "apply n entries in one bundle", n, figure: median(times.ours), unit: "ms", bound, peer });
  report({ case: "the same, read back and compared", n, figure: median(times.verified), unit: "ms", peer });
}

async function change(lab: Lab, n: number, editions: readonly [Table, Table], report: Report): Promise<void> {
  await apply(lab.mgmt, editions[0], { verify: false });
  let edition: 0 | 1 = 0;
  const swap = (options: ApplyOptions) => async (): Promise<void> => {
    edition = edition === 0 ? 1 : 0;
    // One in a hundred leaves its place and takes another.
    await must(lab, editions[edition], Math.ceil(n / 100) * 2, options);
  };
  const plain = await measure(swap({}), repeated(n));
  report({ case: "read back, change 1 % of n", n, figure: plain.wall, unit: "ms", bound: 1_000 });
  const verified = await measure(swap({ verify: "whole" }), repeated(n));
  report({ case: "the same, read back and compared again", n, figure: verified.wall, unit: "ms" });
  const read = await measure(() => readTable(lab.mgmt), repeated(n));
  report({ case: "read n entries as a table", n, figure: read.wall, unit: "ms" });
}

async function encoding(n: number, { entries }: Table, report: Report): Promise<void> {
  const { cpu } = await measure(() => {
    const writer = new Writer(2 ** 16);
    for (const entry of entries) {
      write(writer, toFlowMod("add", entry, 1));
      if (writer.at > 2 ** 15) writer.flush();
    }
  });
  report({ case: "encode n flow-mods", n, figure: cpu, unit: "ms CPU", growth: 1.15 });
}

export async function run(report: Report): Promise<void> {
  const missing = canRunLab();
  if (missing !== undefined) console.error(`openflow: without Open vSwitch only encoding is measured (${missing})`);
  for (const n of SIZES) {
    const editions = [tableOf(n, 1), tableOf(n, 2)] as const;
    await encoding(n, editions[0], report);
    if (missing !== undefined) continue;
    const lab = await startLab({ name: "bench" });
    try {
      await whole(lab, n, editions[0], report);
      await lab.ofctl("del-flows");
      await change(lab, n, editions, report);
    } finally {
      await lab.down();
    }
  }
}
