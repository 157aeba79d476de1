/** What a moved host changes at the spoof guard, within a budget of steps and beyond it. */
import test from "ava";
import { decide } from "../decide.ts";
import { readRules } from "../admission/read-rules.ts";
import { readFileSync } from "node:fs";
import type { Directory } from "../model/model.ts";
import { cube, cubeHolds } from "../flowgroup/cubes.ts";
import { addresses, numbers } from "../flowgroup/sets.ts";
import { IPV4 } from "../flowgroup/prerequisites.ts";
import { GuardTable, type GuardEntry } from "./guard-table.ts";
import { guardChange, GuardCubes } from "./spoof-guard.ts";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});

/** Hosts 1 to n stand at ports 1 to n; the first of them at `port`. */
function directory(n: number, port: number): Directory {
  const hosts = Array.from({ length: n }, (_, i) => {
    const at = i === 0 ? port : i + 1;
    return `host_ip(h${i}, 10.0.0.${i + 1}). host_mac(h${i}, 02:00:00:00:00:${String(i + 1).padStart(2, "0")}). host_at(h${i}, s1, ${at}).`;
  });
  const text = `default deny.\nswitch(s1, 1).\n${hosts.join("\n")}\n`;
  const { model, good } = decide([{ name: "x.pane", text }], { now: 0, load: () => undefined, rules });
  if (!good) throw new Error("the policy is refused");
  return model.directory;
}

test("within its budget the guard's change is exact: the moved host sends at its new port, and no longer at the old", (t) => {
  const [old, next] = [directory(8, 1), directory(8, 90)];
  const change = guardChange(old, next, "s1", { left: 1_000_000 });
  t.true(change.isExact);
  t.deepEqual(change.discoveryHosts, ["host:h0"]);
  const letOn = change.flips.filter(({ is }) => is === "next");
  const cutOff = change.flips.filter(({ was }) => was === "next");
  t.true(letOn.length > 0 && cutOff.length > 0);
  t.true(change.flips.every(({ was, is }) => was !== is));
  // One step less than it takes is not exact any more, and tells no more than the whole does.
  const budget = { left: 1_000_000 };
  guardChange(old, next, "s1", budget);
  const steps = 1_000_000 - budget.left;
  t.true(guardChange(old, next, "s1", { left: steps }).isExact);
  const short = guardChange(old, next, "s1", { left: steps - 1 });
  t.false(short.isExact);
  t.true(short.flips.length < change.flips.length);
  // Its hosts are still named, so that a report can say that more of them may change.
  t.deepEqual(short.discoveryHosts, ["host:h0"]);
  t.is(short.reachingPolicy(change.flips[0]!.cube), undefined);
});

test("a directory that stays changes nothing, even without a step to take", (t) => {
  const change = guardChange(directory(8, 1), directory(8, 1), "s1", { left: 0 });
  t.deepEqual([change.flips, change.discoveryHosts, change.isExact], [[], [], true]);
});

/** n hosts at n ports of one switch, each `shift` ports further. */
function shifted(n: number, shift: number): Directory {
  const hosts = Array.from({ length: n }, (_, i) => {
    const at = { switch: "s1", port: ((i + shift) % n) + 1 };
    return {
      name: `h${i}`,
      addresses: [{ family: 4 as const, value: 0x0a000000 + i }],
      macs: [0x020000000000 + i],
      at,
    };
  });
  const { switches } = directory(1, 1);
  return {
    users: [],
    userHosts: [],
    hosts: new Map(hosts.map((one) => [one.name, one])),
    switches,
    links: [],
    portRates: [],
  };
}

test("where all hosts move, the steps are in proportion to the hosts, and the change is exact", (t) => {
  const stepsOf = (n: number): number => {
    const budget = { left: 1_000_000 };
    const { isExact, flips } = guardChange(shifted(n, 0), shifted(n, 7), "s1", budget);
    t.true(isExact);
    t.true(flips.length >= 2 * n);
    return 1_000_000 - budget.left;
  };
  t.true(stepsOf(400) < 2.2 * stepsOf(200));
});

/** Entries at ports 1 to 3, with a MAC and without, above and below `anywhere` entries that show no port. */
function guardOf(anywhere: number): readonly GuardEntry[] {
  const entry = (priority: number, does: "drop" | "next" | "trust", sets: Parameters<typeof cube>[0]): GuardEntry => ({
    entry: { stage: "Spoof", priority, statement: `${priority}`, does, match: [] },
    cube: cube(sets),
    isNarrower: false,
  });
  const ports = [1, 2, 3].flatMap((port) => [
    entry(50, "next", { inPort: numbers("inPort", port), srcEth: numbers("srcEth", port) }),
    entry(10, "drop", { inPort: numbers("inPort", port) }),
  ]);
  const others = Array.from({ length: anywhere }, (_, i) => {
    const does = (["drop", "next", "trust"] as const)[i % 3]!;
    const from = addresses({ family: 4, value: 0x0a000000 + i });
    return entry(i % 2 === 0 ? 40 : 60, does, { ethType: numbers("ethType", IPV4), srcHost: from });
  });
  return [...ports, ...others].toSorted((a, b) => b.entry.priority - a.entry.priority);
}

test("frames that show a port alone meet what the first entry does that holds them, beside few entries without a port and beside many", (t) => {
  for (const anywhere of [3, 12, 150]) {
    const entries = guardOf(anywhere);
    const table = new GuardTable(entries);
    for (const port of [1, 2, 3, 4]) {
      const fates = table.fatesOf(cube({ inPort: numbers("inPort", port) }), { left: 1_000_000 })!;
      for (const srcEth of [1, 2, 9])
        for (let i = -1; i <= anywhere; i++) {
          const ip = {
            ethType: IPV4,
            srcHost: { family: 4 as const, value: 0x0a000000 + i },
            dstHost: { family: 4 as const, value: 1 },
            transport: 89,
          };
          const flow = { inPort: port, srcEth, dstEth: 7, ...(i < 0 ? { ethType: 0x88b5 } : ip) };
          const first = entries.find((one) => cubeHolds(one.cube, flow));
          const held = fates.filter((one) => cubeHolds(one.cube, flow));
          t.deepEqual(
            held.map(({ fate }) => fate),
            [first?.entry.does ?? "next"],
            `${anywhere} ${JSON.stringify(flow)}`,
          );
        }
    }
  }
});

test("what was read of the guards of other switches changes nothing of what is found on one", (t) => {
  const [old, next] = [directory(8, 1), directory(8, 90)];
  const known = new GuardCubes();
  for (const name of ["s1", "s2", "s1"]) {
    const { flips, discoveryHosts } = guardChange(old, next, name, { left: 1_000_000 }, known);
    const alone = guardChange(old, next, name, { left: 1_000_000 });
    t.deepEqual([flips, discoveryHosts], [alone.flips, alone.discoveryHosts]);
  }
});
