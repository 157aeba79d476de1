/** What shows no ports has one tag in Kind, however many allows and reservations by ports do not hold it. */
import test from "ava";
import { cube, numbers, type Cube } from "../../flowgroup/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { directory } from "../../semantics/arbitrary-rules.ts";
import { lower, toOvs, type LowerContext } from "../index.ts";

const ports = (low: number, high: number): Cube =>
  cube({
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6),
    dstPort: numbers("dstPort", [low, high]),
  });
const rule = (statement: string, effect: "allow" | "deny", of: Cube, depth = 0): DerivedRule => {
  return { statement, stage: "admission", effect, depth, level: 0, levels: 1, end: Infinity, cube: of };
};

function lines(rules: readonly DerivedRule[], more: Partial<LowerContext> = {}): readonly string[] {
  const defaults = { verdict: "allow", fragments: "deny" } as const;
  const { tables } = lower(rules, { directory, defaults, target: "ovs", now: 1000, ...more });
  const text = toOvs(tables.get("")!).trimEnd();
  return text.split("\n").map((line) => line.replace(/cookie=\w+,table=/, ""));
}

test("an allow whose ports include 0 asks for packets that show their ports, by one bit for all rules", (t) => {
  const one = lines([rule("r", "allow", ports(0, 1023))]);
  t.is(one.length, 6 + 1 + 1 + 1);
  t.true(
    one.includes(
      "0,priority=26,dl_type=0x800,nw_proto=6,tcp_src=0,tcp_dst=0 actions=write_metadata:0x1/0x1,goto_table:1",
    ),
  );
  t.true(one.includes("1,priority=1,metadata=0x0/0x1,dl_type=0x800,nw_proto=6,tcp_dst=0x0/0xfc00 actions=NORMAL"));
  t.is(lines([rule("r", "allow", ports(0, 1023)), rule("s", "allow", ports(0, 511), 1)]).length, 6 + 1 + 2 + 1);
});

test("no other rule needs that table: one of other ports, one of all ports, and a deny", (t) => {
  t.is(lines([rule("r", "allow", ports(1, 1))]).length, 1 + 1);
  t.deepEqual(lines([rule("r", "allow", ports(0, 65_535))]), [
    "0,priority=1,dl_type=0x800,nw_proto=6 actions=NORMAL",
    "0,priority=0 actions=NORMAL",
  ]);
  t.is(lines([rule("r", "deny", ports(0, 1023))]).length, 1 + 1);
  const lenient = { defaults: { verdict: "allow", fragments: "allow" } } as const;
  t.is(
    lines([rule("r", "deny", ports(0, 1023))], lenient)[0],
    "0,priority=2,dl_type=0x800,nw_frag=no,nw_proto=6,tcp_dst=0x0/0xfc00 actions=drop",
  );
  // With `default fragments allow` an allow holds fragments, and no cut header.
  t.true(
    lines([rule("r", "allow", ports(80, 80))], lenient).includes(
      "0,priority=1,dl_type=0x800,nw_frag=yes,nw_proto=6 actions=NORMAL",
    ),
  );
});

test("a target without a field for fragments gives up port 0", (t) => {
  const all = lines([rule("r", "allow", ports(0, 1023))], { target: "of13" });
  t.true(all.includes("0,priority=1,dl_type=0x800,nw_proto=6,tcp_dst=1 actions=NORMAL"));
  t.false(all.some((line) => /tcp_dst=0[ ,]/.test(line)));
});
