/** What a plan's text and JSON say of the time in which it is sent to a switch without bundles. */
import test from "ava";
import { diff } from "../plan/index.ts";
import { tableOf } from "../table/testing/table-of.ts";
import { resourceText } from "./resources.ts";
import { planJson, planSummary, planText } from "./plans.ts";

const old = tableOf(
  "table=0,priority=3,ip actions=write_metadata:0x1/0x1,goto_table:1\ntable=1,priority=0 actions=drop",
);
const next = tableOf(
  "table=0,priority=3,ip actions=write_metadata:0x2/0x2,goto_table:1\ntable=1,priority=0 actions=drop",
);

test("the curtain is labelled and not counted, and the text says what stops meanwhile", (t) => {
  const plan = diff(old, next);
  const lines = planText(plan, new Map()).trim().split("\n");
  t.is(
    lines[0],
    "# in one bundle nothing is interrupted; on a switch without bundles all traffic stops while this is sent",
  );
  t.regex(lines[1]!, /^\+ .*priority=65535 actions=drop {4}# curtain up: everything is dropped until it comes down/);
  t.regex(lines.at(-1)!, /^- .*priority=65535 actions=drop {4}# curtain down$/);
  t.is(planSummary(plan), "0 entries to add, 1 to replace, none to delete");
  const json = planJson(plan, new Map()) as { interrupts: string; add: number; stages: { curtain?: boolean }[][] };
  t.is(json.interrupts, "everything");
  t.is(json.add, 0);
  t.deepEqual(
    json.stages.flat().map(({ curtain = false }) => curtain),
    [true, false, true],
  );
});

test("a plan that changes a meter says that its bucket is filled once more, and one that makes a meter does not", (t) => {
  const meter = { meter: 7, rate: 5e6, burst: 5e6, statement: "guests" };
  const [changed] = resourceText({
    meters: [{ kind: "replace", one: { ...meter, rate: 6e6 }, old: meter }],
    queues: [],
  });
  t.regex(changed, /^# a meter that is changed begins with a full bucket: once, a second's worth [^\n]*\n~ meter=7/);
  t.regex(resourceText({ meters: [{ kind: "add", one: meter }], queues: [] })[0], /^\+ meter=7/);
});

test("a plan that interrupts nothing has no note, and one that may interrupt says so", (t) => {
  const allow = tableOf("table=0,priority=2,ip,nw_src=10.0.0.1 actions=NORMAL");
  const none = diff(tableOf(""), allow);
  t.false(planText(none, new Map()).includes("#"));
  t.is((planJson(none, new Map()) as { interrupts: string }).interrupts, "nothing");
  // The deny is sent before the allow above it, and 10.0.0.1 was allowed by an entry below both.
  const before = tableOf("table=0,priority=1,ip actions=NORMAL");
  const after = tableOf(
    "table=0,priority=1,ip actions=NORMAL\ntable=0,priority=3,ip,nw_src=10.0.0.1 actions=NORMAL\ntable=0,priority=2,ip actions=drop",
  );
  t.regex(planText(diff(before, after), new Map()), /some traffic that stays allowed may stop/);
});
