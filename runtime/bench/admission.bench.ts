/**
 * Admission: how many strict allow and deny requests are decided a second, on disjoint and on overlapping flowgroups,
 * in one share and in many, and what one more decision costs when many requests stand. The rules are those that ship.
 */
import { addresses, ALL, cube, numbers } from "#compiler/flowgroup/index.ts";
import type { Policy, RequestDemand, Statement } from "#compiler/model/model.ts";
import { Admission } from "#compiler/admission/admission.ts";
import type { Recorded } from "#compiler/admission/recorded.ts";
import { subscribe } from "#compiler/admission/subscribe.ts";
import { LiveTable } from "#compiler/lowering/index.ts";
import { measure, medianStep, once } from "./measure.ts";
import type { Report } from "./report.ts";
import {
  admit,
  flowsOfUser,
  FROM_THE_START,
  from,
  newShare,
  request,
  rules,
  span,
  times,
  to,
  user,
} from "./requests.ts";
import { snapshots } from "./snapshots.ts";

export const name = "admission";

interface Load {
  readonly shares: readonly Statement[];
  readonly requests: readonly Statement[];
}

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
    requests: times(n, (i) => request(i, i % 2 === 0 ? "allow" : "deny", `s${i % 1000}`, flowsOfUser(i % 1000, i))),
  }),
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
    interval: FROM_THE_START,
    span,
  }));
  return { name: "list", share: "rootShare", speaker: "root", guard: false, ordered: true, rules: made, span };
}

/**
 * Networks that have grown before anything is measured. They stay: V8 throws away code that was made for an engine that
 * is gone, and a controller has one for all its life.
 */
const warm: Admission[] = [];

/** Requests a second of processor time, the shares made beforehand; small networks one after the other. */
async function decisions(n: number, { shares, requests }: Load): Promise<number> {
  const networks = times(Math.max(1, 20_000 / n), () => admit(shares));
  const { cpu } = await once(() => {
    for (const network of networks) admit(requests, network);
  });
  return (networks.length * n) / (cpu / 1000);
}

/** One more request among n: from the statement to what is sent to the switch. */
function wholeWay(n: number, report: Report): void {
  const { shares, requests } = loads["disjoint flowgroups, 10 shares"]!(n);
  const network = admit([...shares, ...requests]);
  const live = new LiveTable({
    directory: { users: [], userHosts: [], hosts: new Map(), switches: new Map(), links: [], portRates: [] },
    defaults: { verdict: "allow", fragments: "deny" },
    target: "ovs",
    now: 0,
  });
  let mods: number[] = [];
  let first = true;
  subscribe(network, (change) => {
    if (first) live.load(change.added);
    else for (const plan of live.apply(change).values()) mods.push(plan.stages.flat().length);
    first = false;
  });
  const step = (i: number): void => void network.submit(request(n + i, "deny", `s${i % 10}`, from(n + i)), 0);
  for (let i = 0; i < 300; i += 1) step(i);
  mods = [];
  const figure = medianStep(500, (i) => step(300 + i));
  report({ case: "one more request: statement to flow-mods, median", n, figure, unit: "ms", bound: 2, growth: 0.5 });
  const most = Math.max(...mods);
  report({ case: "one more request: most flow-mods", n, figure: most, unit: "flow-mods", bound: 2 });
  if (mods.length !== 500) throw new Error(`${mods.length} plans for 500 requests`);
}

/** Recorded requests carried out again, a second of processor time: what a restart does. */
async function carriedOut(n: number): Promise<number> {
  const { shares, requests } = loads["disjoint flowgroups, 10 shares"]!(n);
  const records = requests.map((statement): Recorded => {
    const { flows, interval } = statement.demand as RequestDemand;
    return { statement, id: statement.id, at: 0, grant: { pieces: [{ flows, interval }] } };
  });
  const network = admit(shares);
  const { cpu } = await once(() => {
    for (const record of records) if (network.apply(record) !== undefined) throw new Error("a record does not fit");
  });
  return n / (cpu / 1000);
}

export async function run(report: Report): Promise<void> {
  for (const load of Object.values(loads)) {
    const { shares, requests } = load(20_000);
    warm.push(admit([...shares, ...requests]));
  }
  for (const [what, load] of Object.entries(loads)) {
    for (const n of [1_000, 10_000, 100_000]) {
      const figure = await decisions(n, load(n));
      // The 2012 prototype on disjoint flowgroups, measured on a machine of this kind.
      const peer = n === 10_000 && what.startsWith("disjoint") ? { name: "PANE 2012", figure: 4_000 } : undefined;
      const row = { case: `strict requests: ${what}`, n, figure, unit: "requests/s", bound: 20_000, growth: 1.15 };
      report({ ...row, ...(peer && { peer }) });
    }
  }
  for (const n of [1_000, 10_000, 100_000]) {
    const title = "recorded requests carried out again";
    report({ case: title, n, figure: await carriedOut(n), unit: "requests/s", bound: 20_000, growth: 1.15 });
  }
  for (const n of [1_000, 10_000, 100_000]) {
    const { shares, requests } = loads["disjoint flowgroups, 10 shares"]!(n);
    const admission = admit([...shares, ...requests]);
    const accepted = medianStep(300, (i) => admission.submit(request(n + i, "deny", "s0", from(n + i)), 0));
    report({ case: "one more request, accepted", n, figure: accepted, unit: "ms", bound: 1, growth: 0.3 });
    const rejected = medianStep(300, (i) => admission.submit(request(n + 300 + i, "deny", "s1", from(2 * i)), 0));
    const title = "one more request, rejected with its certificate";
    report({ case: title, n, figure: rejected, unit: "ms", bound: 2, growth: 0.3 });
  }
  for (const n of [1_000, 10_000, 100_000]) wholeWay(n, report);
  for (const n of [1_000, 10_000]) {
    const { cpu } = await measure(() => new Admission({ rules, now: 0 }).policies.submit([ordered(n)], []), {
      runs: 3,
    });
    const title = "an ordered policy of n rules, levels and admission";
    report({ case: title, n, figure: cpu, unit: "ms CPU", bound: 5_000, growth: 1.3 });
  }
  warm.length = 0;
  for (const n of [1_000, 10_000, 100_000]) await snapshots(n, report);
}
