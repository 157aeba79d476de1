/** `direction`: tables decide requests and responses as the reference does, and so does a real switch. */
import test from "ava";
import fc from "fast-check";
import { switchTest } from "../../runtime/lab/test.ts";
import { cube, numbers, withConstraint } from "../flowgroup/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Packet } from "../trace/packet.ts";
import { Switch } from "../trace/switch.ts";
import { claims, directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "../lowering/index.ts";
import { faultOfLimits, reservationOf, verdictOfRules } from "../semantics/table-reference.ts";

const defaults = { verdict: "deny", fragments: "deny" } as const;
const base: LowerContext = { directory, defaults, target: "ovs", now: 0 };
const BOTH: readonly [number, number] = [0, 1];
const directed = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: rules }, { weight: 1, arbitrary: claims }),
    fc.constantFrom(0, 1, BOTH, undefined),
  )
  .map(([rule, direction]): DerivedRule =>
    direction === undefined
      ? rule
      : { ...rule, cube: withConstraint(rule.cube, "direction", numbers("direction", direction)) },
  );

test("requests, responses and invalid packets are decided as by the reference, and an allowed request is committed", (t) => {
  const seen = { responses: 0, committed: 0, invalid: 0, fragments: 0 };
  const draws = fc
    .tuple(packets, fc.constantFrom({}, { response: true as const }, { invalid: true as const }))
    .map(([packet, tracking]): Packet => ({ ...packet, ...tracking }));
  const law = fc.property(
    fc.array(directed, { minLength: 1, maxLength: 5 }),
    fc.array(draws, { minLength: 25, maxLength: 25 }),
    fc.constantFrom("allow" as const, "deny" as const),
    (some, sent, fragments) => {
      const defaults = { verdict: "deny", fragments } as const;
      const { tables, diagnostics } = lower(some, { ...base, defaults });
      if (diagnostics.some(({ severity }) => severity !== "note")) return;
      const table = tables.get("")!;
      const device = new Switch(table);
      const tracks = table.entries.some(({ match }) => match.some(({ field }) => field === "ct_state"));
      for (const packet of sent) {
        const { verdict, committed, meters, queue } = device.run(packet);
        const expected = verdictOfRules(some, packet, directory, defaults);
        if (verdict !== expected) throw new Error(`${expected} expected\n${toOvs(table)}`);
        const isSeen = packet.ip?.fragment === "no" && packet.ip.protocol !== 132;
        const opens = verdict === "allow" && isSeen && packet.response !== true && packet.invalid !== true;
        t.is(committed === true, tracks && opens);
        if (verdict === "deny") continue;
        const passed = meters.map((id) => table.meters!.find(({ meter }) => meter === id)!);
        const named = passed.map(({ statement, rate }) => `${statement} ${rate}`);
        t.is(faultOfLimits(named, some, packet, directory, defaults), undefined);
        t.is(queue !== undefined, reservationOf(some, packet, directory, defaults) !== undefined);
        if (packet.response) seen.responses++;
        if (packet.invalid) seen.invalid++;
        if (packet.ip !== undefined && packet.ip.fragment !== "no") seen.fragments++;
        if (committed === true) seen.committed++;
      }
    },
  );
  fc.assert(law, { numRuns: 150 });
  for (const count of Object.values(seen)) t.true(count > 50, JSON.stringify(seen));
});

test("a live table begins and ends tracking as a batch does", (t) => {
  const law = fc.property(fc.array(directed, { maxLength: 3 }), fc.array(directed, { maxLength: 3 }), (one, other) => {
    const live = new LiveTable(base);
    for (const [added, removed, standing] of [
      [one, [], one],
      [other, [], [...other, ...one]],
    ] as const) {
      live.apply({ added, removed });
      t.is(toOvs(live.tables().get("")!), toOvs(lower(standing, base).tables.get("")!));
    }
    live.apply({ added: [], removed: [...one, ...other] });
    t.is(toOvs(live.tables().get("")!), toOvs(lower([], base).tables.get("")!));
  });
  fc.assert(law, { numRuns: 60 });
});

switchTest(
  "where alice's requests and all responses are allowed, alice can call bob and bob cannot call alice",
  async (t, start) => {
    const lab = await start({ name: "track" });
    const allow = (statement: string, of: DerivedRule["cube"]): DerivedRule => {
      return { statement, stage: "admission", effect: "allow", depth: 0, level: 0, levels: 1, end: Infinity, cube: of };
    };
    const some = [
      allow("arp", cube({ ethType: numbers("ethType", 0x0806) })),
      allow("calls", cube({ srcEth: numbers("srcEth", 2), direction: numbers("direction", 0) })),
      allow("answers", cube({ direction: numbers("direction", 1) })),
    ];
    const { tables, diagnostics } = lower(some, { ...base, target: "ovs-userspace" });
    t.deepEqual(
      diagnostics.map(({ code }) => code),
      ["N844", "N844"],
    );
    await lab.ofctl("del-flows");
    await lab.ofctl("add-flows", ["-"], { input: toOvs(tables.get("")!) });
    t.true(await lab.tcp("alice", "bob", 80));
    t.false(await lab.tcp("bob", "alice", 80, { timeout: 1000 }));
    t.true(await lab.tcp("alice", "bob", 80));
  },
);
