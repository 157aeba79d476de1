/** A limit that goes on keeps its meter while others change, by the switch's own counts and by real datagrams. */
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import fc from "fast-check";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { decide, tablesAt } from "../../compiler/compile.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest, trafficTest } from "../lab/test.ts";
import { steadily } from "../lab/until.ts";
import { apply, type Applied } from "./index.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });

/** Applies a policy of limits to the lab's switch. */
async function limits(t: ExecutionContext, lab: Lab, ...statements: readonly string[]): Promise<Applied> {
  const policy = `default allow.\n${statements.join("\n")}\n`;
  const decided = decide([{ name: "net.pane", text: policy }], { now: 0, rules, load: () => undefined });
  const lowered = tablesAt(decided, 0, { target: "ovs" });
  const said = [...decided.diagnostics, ...lowered.diagnostics];
  t.deepEqual(
    said.filter(({ severity }) => severity !== "note"),
    [],
  );
  const result = await apply(lab.mgmt, lowered.tables.values().next().value!);
  t.is(result.outcome, "applied", result.diagnostics.map(({ message }) => message).join("; "));
  return result as Applied;
}

interface MeterCount {
  readonly packets: number;
  /** Seconds since the switch made the meter. */
  readonly age: number;
}

async function meterCounts(lab: Lab): Promise<ReadonlyMap<number, MeterCount>> {
  const stats = await lab.ofctl("meter-stats");
  const found = stats.matchAll(/meter:(\d+) .*?packet_in_count:(\d+) .*?duration:([\d.]+)s/g);
  return new Map(
    [...found].map(([, meter, packets, age]) => [Number(meter), { packets: Number(packets), age: Number(age) }]),
  );
}

const eve = (label: string, rate: number): string => `${label} limit(srcHost=10.0.0.3) = ${rate}Mb on rootShare.`;

switchTest("another label leaves the meter alone, another rate changes it in place", async (t, start) => {
  const lab = await start();
  const other = "@other limit(srcHost=10.0.0.2) = 3Mb on rootShare.";
  await limits(t, lab, eve("@first", 5), other);
  const before = await meterCounts(lab);
  t.is(before.size, 2);
  const none = { added: 0, changed: 0, removed: 0 };
  for (const label of ["@second", "", "@first"]) {
    t.deepEqual((await limits(t, lab, eve(label, 5), other)).meters, none, label);
    const now = await meterCounts(lab);
    t.deepEqual([...now.keys()], [...before.keys()]);
    for (const [meter, { age }] of now) t.true(age >= before.get(meter)!.age, `meter ${meter} was made anew`);
  }
  // Without a label the rate is part of the statement's identity.
  for (const [label, rate] of [
    ["@first", 6],
    ["", 7],
    ["", 4],
  ] as const) {
    t.deepEqual((await limits(t, lab, eve(label, rate), other)).meters, { ...none, changed: 1 });
    t.deepEqual([...(await meterCounts(lab)).keys()], [...before.keys()]);
    t.true((await lab.ofctl("dump-meters")).includes(`rate=${rate * 1000} `));
  }
  // A limit on other flows is a new limit, even under the label of one that goes on.
  const moved = await limits(t, lab, "@first limit(srcHost=10.0.0.4) = 2Mb on rootShare.", eve("@renamed", 4), other);
  t.deepEqual(moved.meters, { ...none, added: 1 });
});

/** Flows of limits, of which most overlap and none holds another: so a limit moves to another table when others come and go. */
const FLOWS = [
  "srcHost=10.0.0.3",
  "dstHost=10.0.0.4",
  "transport=UDP",
  "transport={TCP, UDP}, dstPort=7",
  "srcEth=00:00:00:00:00:02",
  "vlan=none",
] as const;
/** The rate in Mb/s of the limit on each of `FLOWS`; 0: there is none. */
const rates = fc.tuple(...FLOWS.map(() => fc.nat({ max: 3 })));

switchTest("random plans of limits that overlap make no meter anew that goes on", async (t, start) => {
  const lab = await start();
  const drawn = fc.sample(rates, { numRuns: 14, seed: Number(process.env["GLAZIER_SEED"] ?? 3) });
  let last: readonly number[] = FLOWS.map(() => 0);
  let turn = 0;
  for (const next of drawn) {
    const label = `@l${turn++ % 3}`;
    const began = performance.now();
    const { meters } = await limits(
      t,
      lab,
      ...next.flatMap((rate, i) => (rate === 0 ? [] : [`${label}-${i} limit(${FLOWS[i]}) = ${rate}Mb on rootShare.`])),
    );
    const count = (is: (was: number, now: number) => boolean): number =>
      next.filter((now, i) => is(last[i]!, now)).length;
    const message = `${last.join()} to ${next.join()}`;
    const expected = {
      added: count((was, now) => was === 0 && now > 0),
      changed: count((was, now) => was > 0 && now > 0 && was !== now),
      removed: count((was, now) => was > 0 && now === 0),
    };
    t.deepEqual(meters, expected, message);
    // By the switch's own clock, those that went on are older than this turn.
    const counted = [...(await meterCounts(lab)).values()];
    const passed = (performance.now() - began) / 1000;
    const kept = count((was, now) => was > 0 && now > 0);
    t.true(counted.filter(({ age }) => age > passed).length >= kept, message);
    const set = [...(await lab.ofctl("dump-meters")).matchAll(/rate=(\d+)000 /g)].map(([, rate]) => Number(rate));
    const ascending = (a: number, b: number): number => a - b;
    t.deepEqual(set.toSorted(ascending), next.filter((rate) => rate > 0).toSorted(ascending), message);
    last = next;
  }
});

trafficTest(
  "each change of a limit's rate lets a burst more pass, a second's worth, as a plan says",
  async (t, start) => {
    const lab = await start();
    const change = async (turn: number): Promise<void> =>
      void (await limits(t, lab, eve("@l", turn % 2 === 0 ? 5 : 4)));
    await change(0);
    let ended = false;
    let changes = 0;
    const changing = (async () => {
      while (!ended) await change(++changes);
    })();
    const [received = 0] = await lab.measure(
      [{ from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 20_000_000 }],
      { seconds: 8, skip: 2 },
    );
    ended = true;
    await changing;
    t.log(`${received} Mb/s over ${changes} changes`);
    t.true(changes >= 10 && received > 6, `${received} over ${changes}`);
  },
);

for (const [what, next, most] of [
  ["whose label changes", (turn: number): string => eve(`@l${turn}`, 5), 5.6],
  [
    "beside others that change",
    (turn: number): string => `${eve("@l", 5)}\n@o limit(srcHost=10.0.0.4) = ${turn}Mb on rootShare.`,
    5.6,
  ],
] as const) {
  trafficTest(`a limit of 5 Mb ${what} ten times lets 5 Mb pass`, async (t, start) => {
    const lab = await start();
    await limits(t, lab, next(1));
    const stream = { from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 20_000_000 } as const;
    let turn = 0;
    const measure = async (): Promise<{ readonly received: number; readonly changes: number }> => {
      let ended = false;
      const before = turn;
      const changing = (async () => {
        while (!ended) await limits(t, lab, next(2 + (turn++ % 9)));
      })();
      const [received = 0] = await lab.measure([stream], { seconds: 8, skip: 2 });
      ended = true;
      await changing;
      return { received, changes: turn - before };
    };
    const isHeld = (measured: Awaited<ReturnType<typeof measure>>): boolean =>
      measured.changes >= 10 && measured.received > 4 && measured.received < most;
    const measured = await steadily(measure, isHeld);
    const words = `${measured.received} Mb/s over ${measured.changes} changes`;
    t.log(words);
    t.true(isHeld(measured), words);
  });
}
