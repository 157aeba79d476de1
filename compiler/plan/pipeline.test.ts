/**
 * Every stage of a plan between random policies of a network whose hosts are known and move: Spoof, Neighbour, Admission
 * and Forward change at once. `runtime/controller/stages.test.ts` walks such plans on a real switch.
 */
import test from "ava";
import fc from "fast-check";
import type { Table } from "../table/entry.ts";
import { entryText, toOvs } from "../table/text.ts";
import { packets } from "../semantics/arbitrary-rules.ts";
import { Switch } from "../trace/switch.ts";
import { applyPlan, diff, type Plan } from "./index.ts";
import { movingPolicies, MOVED_HOST, tableOfMoving } from "./testing/moving-hosts.ts";

/** How many packets a shuffled plan lets through that both tables deny, and drops that both let through. */
function walk(
  old: Table,
  next: Table,
  { stages }: Plan,
  sent: Parameters<Switch["run"]>[0][],
  noise: () => number,
): { readonly opened: number; readonly dropped: number; readonly denied: number } {
  const [before, after] = [new Switch(old), new Switch(next)];
  const verdicts = sent.map((packet) => [before.run(packet).verdict, after.run(packet).verdict] as const);
  let [table, opened, dropped] = [old, 0, 0];
  for (const stage of stages) {
    const shuffled = stage.map((mod) => ({ mod, at: noise() })).sort((a, b) => a.at - b.at);
    const step = Math.ceil(shuffled.length / 8);
    for (let from = 0; from < shuffled.length; from += step) {
      table = applyPlan({ stages: [shuffled.slice(from, from + step).map(({ mod }) => mod)] }, table);
      const device = new Switch(table);
      sent.forEach((packet, i) => {
        const [was, will] = verdicts[i]!;
        const { verdict } = device.run(packet);
        if (was === "deny" && will === "deny" && verdict === "allow") opened++;
        if (was === "allow" && will === "allow" && verdict === "deny") dropped++;
      });
    }
  }
  return { opened, dropped, denied: verdicts.filter(([a, b]) => a === "deny" && b === "deny").length };
}

test("where a host moves and its allow goes, no stage lets through what both tables deny", (t) => {
  const { old, next, packet } = MOVED_HOST;
  for (const target of ["ovs", "of13"] as const) {
    const [a, b] = [tableOfMoving(old, target), tableOfMoving(next, target)];
    const plan = diff(a, b);
    const { opened, denied } = walk(a, b, plan, [packet], () => 0);
    t.is(denied, 1);
    t.is(opened, 0);
    const kinds = plan.stages.map((stage) => stage.map(({ kind, entry }) => `${kind} ${entry.table}`));
    // Admission's allow goes before Spoof lets the packet through.
    t.true(kinds.findIndex((stage) => stage.includes("delete 1")) < kinds.findLastIndex((s) => s.includes("add 0")));
  }
});

test("no stage lets through what both tables deny, and a plan says when it drops what both let through", (t) => {
  const seen = { denied: 0, ordered: 0, curtains: 0, interrupted: 0 };
  const law = fc.property(
    movingPolicies,
    movingPolicies,
    fc.constantFrom("ovs" as const, "of13" as const),
    fc.array(packets, { minLength: 60, maxLength: 60 }),
    fc.infiniteStream(fc.nat()),
    (old, next, target, sent, noise) => {
      const [a, b] = [tableOfMoving(old, target), tableOfMoving(next, target)];
      const plan = diff(a, b);
      const { opened, dropped, denied } = walk(a, b, plan, sent, () => noise.next().value!);
      seen.denied += denied;
      if (plan.interrupts === "everything") seen.curtains++;
      else seen.ordered++;
      if (dropped > 0) seen.interrupted++;
      const text = (): string =>
        plan.stages.map((s) => s.map((m) => `${m.kind} ${entryText(m.entry)}`).join("\n")).join("\n--\n");
      if (opened > 0) throw new Error(`let through\n${toOvs(a)}\n${toOvs(b)}\n${text()}`);
      if (dropped > 0 && plan.interrupts === undefined) throw new Error(`dropped\n${toOvs(a)}\n${toOvs(b)}\n${text()}`);
    },
  );
  fc.assert(law, { numRuns: 300, endOnFailure: true });
  t.true(seen.denied > 1000 && seen.ordered > 30 && seen.curtains > 10 && seen.interrupted > 10, JSON.stringify(seen));
});
