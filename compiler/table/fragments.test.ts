/** Fragments show no ports: what limits or steers by ports lets them by, and says so once for each statement. */
import test from "ava";
import { cube, numbers, type Cube } from "../flowgroup/index.ts";
import { directoryOf, TRIANGLE } from "../paths/testing/networks.ts";
import type { DerivedRule } from "../program/derived.ts";
import { runTable } from "../semantics/switch.ts";
import { lower, type LowerContext } from "./index.ts";

const udp = { transport: numbers("transport", 17) };
const port = (of: number): Cube => cube({ ...udp, dstPort: numbers("dstPort", of) });
const context: LowerContext = {
  directory: directoryOf({ switches: ["s1"] }),
  defaults: { verdict: "allow", fragments: "deny" },
  target: "ovs",
  now: 0,
};

function rule(statement: string, effect: DerivedRule["effect"], of: Cube): DerivedRule {
  const stage = effect === "allow" || effect === "deny" ? "admission" : effect;
  return { statement, stage, effect, depth: 0, level: 0, levels: 1, end: Infinity, cube: of, rate: 1e6, nodes: ["s1"] };
}

const warned = (rules: readonly DerivedRule[], of = context): string[] =>
  lower(rules, of).diagnostics.flatMap(({ code, message }) => (code === "W824" ? [message] : []));

test("a limit by ports lets later fragments by, and says so once", (t) => {
  const rules = [rule("calls", "limit", port(5004)), rule("calls", "limit", port(5005))];
  t.deepEqual(warned(rules), ["later fragments of what `calls` holds pass this limit by: they show no ports"]);
  const table = lower(rules, context).tables.get("s1")!;
  const ip = { src: { family: 4, value: 1 }, dst: { family: 4, value: 2 }, protocol: 17, dscp: 0 } as const;
  const frame = { inPort: 1, ethSrc: 1, ethDst: 2, ethType: 0x0800, ports: { src: 1, dst: 5004 } };
  t.is(runTable(table, { ...frame, ip: { ...ip, fragment: "no" } }).meters.length, 1);
  t.is(runTable(table, { ...frame, ip: { ...ip, fragment: "later" } }).meters.length, 0);
});

test("so does what steers; what asks for no port, or judges, says nothing", (t) => {
  const of = { ...context, directory: directoryOf(TRIANGLE) };
  t.deepEqual(warned([rule("by", "waypoint", port(80)), rule("around", "avoid", port(80))], of), [
    "later fragments of what `around` holds pass this avoid by: they show no ports",
    "later fragments of what `by` holds pass this waypoint by: they show no ports",
  ]);
  const whole = cube({ ...udp, dstPort: numbers("dstPort", [0, 0xffff]) });
  t.deepEqual(
    warned([rule("all", "limit", cube(udp)), rule("whole", "limit", whole), rule("no", "deny", port(80))]),
    [],
  );
});
