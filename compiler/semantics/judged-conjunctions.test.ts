/**
 * The outside judge's reading of conjunctions beside the real switch: random tables whose entries overlap in every way, and for each
 * packet what `ofproto/trace` does with it.
 */
import fc from "fast-check";
import { switchTest } from "../../runtime/lab/test.ts";
import { drawnNetwork } from "../lowering/testing/drawn-network.ts";
import type { Action, Entry, Match } from "../table/entry.ts";
import { exact, sortEntries } from "../table/match.ts";
import { matchText, toOvs } from "../table/text.ts";
import { send } from "./frame-judge.ts";

const TCP: Match = [exact("eth_type", 0x800), exact("ip_proto", 6)];
const PORTS = [1, 2, 3];

/** Entries of four conjunctions and plain ones, in three priorities. A conjunction stands in one of them and has a verdict there, as the compiler writes it. */
function drawn(seed: number): readonly Entry[] {
  const { below, pick } = drawnNetwork(seed);
  const clauses = new Map([6, 7, 8, 9].map((id) => [id, 2 + Number(below(3) === 0)]));
  const rank = new Map([...clauses.keys()].map((id) => [id, 10 + below(3)]));
  const output = (): Action => ({ kind: "output", port: 10 + below(4) });
  const match = (): Match => {
    const asked = [
      ...(below(2) === 0 ? [exact("in_port", pick(PORTS))] : []),
      ...TCP,
      ...(below(2) === 0
        ? [{ field: "ipv4_src" as const, value: 0x0a000000n + BigInt(below(2) * 2), mask: 0xfffffffen }]
        : []),
      ...(below(2) === 0 ? [exact("tcp_dst", pick([80, 81]))] : []),
    ];
    return below(8) === 0 ? TCP : asked;
  };
  const entry = (priority: number, own: Match, actions: readonly Action[]): Entry => ({
    table: 0,
    priority,
    match: own,
    instructions: [{ kind: "apply", actions }],
    cookie: 0n,
    hardTimeout: 0,
    idleTimeout: 0,
  });
  const all = Array.from({ length: 8 + below(12) }, (): Entry => {
    const kind = below(8);
    if (kind < 1) return entry(10 + below(3), match(), [output()]);
    const priority = pick([...rank.values()]);
    const here = [...clauses.keys()].filter((id) => rank.get(id) === priority);
    const ids = [...new Set([pick(here), pick(here)])];
    const members = ids.map((id): Action => {
      const of = clauses.get(id)!;
      return { kind: "conjunction", id, clause: 1 + below(of), clauses: of };
    });
    return entry(priority, match(), members);
  });
  const decided = [...clauses.keys()].map((id) => entry(rank.get(id)!, [...TCP, exact("conj_id", id)], [output()]));
  // A switch knows an entry by its priority and match.
  return [...new Map([...all, ...decided].map((one) => [`${one.priority} ${matchText(one.match)}`, one])).values()];
}

switchTest("the judge of frames reads conjunctions as a switch does", async (t, start) => {
  const lab = await start({ name: "judged" });
  const seen = { out: 0, dropped: 0, by: 0, open: 0 };
  for (let seed = 1; seed <= Number(process.env["GLAZIER_RUNS"] ?? 20); seed++) {
    const entries = sortEntries(drawn(seed));
    const table = { entries };
    await lab.ofctl("del-flows");
    await lab.ofctl("add-flows", ["-"], { input: toOvs(table) });
    for (const [inPort, from, port] of fc.sample(
      fc.tuple(fc.constantFrom(...PORTS), fc.nat(3), fc.constantFrom(80, 81)),
      { numRuns: 10, seed },
    )) {
      const shown = new Map<string, bigint>([
        ["eth_type", 0x800n],
        ["ip_proto", 6n],
        ["ipv4_src", 0x0a000000n + BigInt(from)],
        ["tcp_dst", BigInt(port)],
      ]);
      const tables = new Map([["s1", table]]);
      const plugged = new Map([10, 11, 12, 13].map((n) => [`s1:${n}`, { name: "", mac: 0n, isMiddlebox: false }]));
      const { arrivals, faults } = send(
        { tables, cables: new Map(), plugged },
        new Map([["eth_dst", 1n], ["eth_src", 2n], ...shown]),
        `s1:${inPort}`,
      );
      // Of two entries that both decide the switch chooses one.
      if (faults.length > 0) {
        seen.open++;
        continue;
      }
      const asked = [...TCP, exact("ipv4_src", shown.get("ipv4_src")!), exact("tcp_dst", port)];
      const trace = await lab.trace(`in_port=${inPort},${matchText(asked)}`);
      const out = /^ *\d+\. .*\n(?: +.*\n)* +output:(\d+)/m.exec(trace.text)?.[1];
      t.is(out, arrivals[0]?.at.slice(3), `seed ${seed}, port ${inPort}\n${toOvs(table)}\n${trace.text}`);
      seen[out === undefined ? "dropped" : "out"]++;
      if (trace.text.includes("conj_id=")) seen.by++;
    }
  }
  t.log(seen);
  for (const count of Object.values(seen)) t.true(count > 5, JSON.stringify(seen));
});
