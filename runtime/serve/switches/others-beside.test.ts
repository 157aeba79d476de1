/** What is known of a switch's surroundings by a change alone, and what wants it to be read back. */
import test from "ava";
import type { Entry, Table } from "#compiler/table/entry.ts";
import { fromOvs } from "#compiler/table/text.ts";
import type { FlowMod } from "#compiler/plan/plan.ts";
import type { Applied, InstalledFlow } from "../../controller/index.ts";
import { OthersBeside } from "./others-beside.ts";

function table(...lines: readonly string[]): Table {
  const read = fromOvs(lines.join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return { entries: read.entries };
}
const entryOf = (line: string): Entry => table(line).entries[0]!;
const add = (line: string): readonly FlowMod[] => [{ kind: "add", entry: entryOf(line) }];
const result = (...foreign: readonly Entry[]): Applied =>
  ({
    foreign: foreign.map((entry) => ({ flow: { instructions: [], match: [] }, entry }) as unknown as InstalledFlow),
    takenOver: false,
    diagnostics: [],
  }) as unknown as Applied;
const DENY = "priority=3,ip,nw_dst=10.0.0.77 actions=drop";

test("what changed while the switch was read is compared with the entries of others that were read", (t) => {
  const others = new OthersBeside({});
  others.wanted(table("priority=0 actions=NORMAL"));
  t.is(others.changed(add(DENY)), undefined);
  const found = others.read("s1", result(entryOf("priority=9,ip,nw_dst=10.0.0.77 actions=NORMAL")));
  t.deepEqual(
    found.map(({ code }) => code),
    ["E994"],
  );
  t.false(others.needsReading);
  t.deepEqual(others.changed([{ kind: "delete", entry: entryOf(DENY) }]), []);
  others.lost();
  t.is(others.changed(add(DENY)), undefined);
});

test("the first entry of a table, or that sends to a port by its number, wants the switch to be read back", (t) => {
  for (const line of ["table=1,priority=3,ip actions=drop", "priority=3,ip actions=output:2"]) {
    const others = new OthersBeside({});
    const begin = (...more: readonly string[]): void => {
      others.wanted(table("priority=0 actions=NORMAL", ...more));
      others.read("s1", result());
    };
    begin();
    others.changed(add(DENY));
    t.false(others.needsReading);
    others.changed([{ kind: "delete", entry: entryOf(line) }]);
    t.false(others.needsReading);
    others.changed(add(line));
    t.true(others.needsReading);
    begin(line);
    others.changed(add(line));
    t.false(others.needsReading);
  }
});
