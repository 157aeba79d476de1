/**
 * Admission: how many strict allow and deny requests are decided a second, on disjoint and on overlapping flowgroups,
 * in one share and in many, and what one more decision costs when many requests stand. The rules are those that ship.
 */
import { readFileSync } from "node:fs";
import { addresses, ALL, cube, flowgroup, names, numbers, type Flowgroup } from "#compiler/flowgroup/index.ts";
import type { Demand, Policy, Statement } from "#compiler/model/model.ts";
import { Admission } from "#compiler/program/admission.ts";
import { readRules } from "#compiler/program/rules.ts";
import { measure, medianStep } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "admission";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});
const span = { source: { name: "bench", text: "" }, start: 0, end: 0 };
const FOREVER = { start: 0, end: Infinity };
/** Bounds that do not bind. */
const MANY = 1e9;

const statement = (id: string, demand: Demand): Statement => ({ id, text: id, speaker: "root", demand, span });

const newShare = (share: string, flows: Flowgroup): Statement =>
  statement(`NewShare ${share}`, {
    kind: "NewShare",
    share,
    flows,
    privileges: { allow: true, deny: true, requests: MANY, entries: MANY },
    parent: "rootShare",
  });

const request = (i: number, action: "allow" | "deny", share: string, flows: Flowgroup): Statement =>
  statement(`r${i}`, { kind: "request", action, flows, mode: "strict", share, interval: FOREVER });

const host = (i: number) => addresses({ family: 4, value: 0x0a000000 + i });
const from = (i: number): Flowgroup => flowgroup([cube({ srcHost: host(i) })]);
const to = (i: number): Flowgroup => flowgroup([cube({ dstHost: host(i) })]);
const user = (i: number): Flowgroup => flowgroup([cube({ user: names(`user${i}`) })]);
const flowOf = (who: number, i: number): Flowgroup =>
  flowgroup([cube({ user: names(`user${who}`), srcHost: host(i) })]);

interface Load {
  readonly shares: readonly Statement[];
  readonly requests: readonly Statement[];
}

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

const loads: Readonly<Record<string, (n: number) => Load>> = {
  "disjoint flowgroups, 10 shares": (n) => ({
    shares: times(10, (s) => newShare(`s${s}`, ALL)),
    requests: times(n, (i) => request(i, i % 2 === 0 ? "allow" : "deny", `s${i % 10}`, from(i))),
  }),
  // Every deny overlaps every allow; the authority is the same, so the denies tighten.
  "allow by source, deny by destination, one share": (n) => ({
    shares: [newShare("s", ALL)],
    requests: times(n, (i) => (i < n / 2 ? request(i, "allow", "s", from(i)) : request(i, "deny", "s", to(i)))),
  }),
  "1,000 shares, one for each user": (n) => ({
    shares: times(1000, (s) => newShare(`s${s}`, user(s))),
    requests: times(n, (i) => request(i, i % 2 === 0 ? "allow" : "deny", `s${i % 1000}`, flowOf(i % 1000, i))),
  }),
};

const admit = (statements: readonly Statement[], into = new Admission({ rules, now: 0 })): Admission => {
  for (const one of statements) into.submit(one, 0);
  return into;
};

/** Alternating rules over ranges of ports that overlap their neighbours: a first-match list. */
function ordered(n: number): Policy {
  const made = times(n, (i) => ({
    id: `list.${i}`,
    text: `rule ${i}`,
    effect: { kind: i % 2 === 0 ? ("allow" as const) : ("deny" as const) },
    cubes: [
      {
        cube: cube({
          srcHost: addresses({
            address: { family: 4, value: (0x0a000000 + (i % 500) * 4) >>> 0 },
            length: 29 - (i % 7),
          }),
          dstPort: numbers("dstPort", [(i * 7) % 60_000, ((i * 7) % 60_000) + (i % 20)]),
        }),
        because: [],
      },
    ],
    interval: FOREVER,
    span,
  }));
  return { name: "list", share: "rootShare", speaker: "root", guard: false, ordered: true, rules: made, span };
}

export async function run(report: Report): Promise<void> {
  for (const [what, load] of Object.entries(loads)) {
    for (const n of [1_000, 10_000, 100_000]) {
      const { shares, requests } = load(n);
      const runs = n > 10_000 ? 1 : 3;
      const empty = await measure(() => admit(shares), { runs });
      const { cpu } = await measure(() => admit([...shares, ...requests]), { runs, warm: n > 10_000 ? 0 : 1 });
      const figure = n / ((cpu - empty.cpu) / 1000);
      // The 2012 prototype on disjoint flowgroups, measured on a machine of this kind.
      const peer = n === 10_000 && what.startsWith("disjoint") ? { name: "PANE 2012", figure: 4_000 } : undefined;
      report({ case: `strict requests: ${what}`, n, figure, unit: "requests/s", ...(peer && { peer }) });
    }
  }
  for (const n of [1_000, 10_000, 100_000]) {
    const { shares, requests } = loads["disjoint flowgroups, 10 shares"]!(n);
    const admission = admit([...shares, ...requests]);
    const accepted = medianStep(300, (i) => admission.submit(request(n + i, "deny", "s0", from(n + i)), 0));
    report({ case: "one more request, accepted", n, figure: accepted, unit: "ms" });
    const rejected = medianStep(300, (i) => admission.submit(request(n + 300 + i, "deny", "s1", from(2 * i)), 0));
    report({ case: "one more request, rejected with its certificate", n, figure: rejected, unit: "ms" });
  }
  for (const n of [1_000, 10_000]) {
    const { cpu } = await measure(() => new Admission({ rules, now: 0 }).submitPolicies([ordered(n)], []), { runs: 3 });
    report({ case: "an ordered policy of n rules, levels and admission", n, figure: cpu, unit: "ms CPU" });
  }
}
