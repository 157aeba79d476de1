/** Foreign entries on a switch are named, and removed only on request. */
import test from "ava";
import type { Table } from "../table/entry.ts";
import { toOvs } from "../lowering/index.ts";
import { tableOf } from "../table/testing/table-of.ts";
import { reconcile } from "./reconcile.ts";

const texts = (entries: Table["entries"]): string[] => toOvs({ entries }).trimEnd().split("\n");

const OURS = "cookie=0x61a2000000000001,table=0,priority=2,dl_type=0x800,nw_src=10.0.0.1 actions=drop";
const GONE = "cookie=0x61a2000000000002,table=0,priority=2,dl_type=0x800,nw_src=10.0.0.2 actions=drop";
const FOREIGN = "cookie=0x7,table=0,priority=9,dl_type=0x806 actions=NORMAL";
const ELSEWHERE = "cookie=0x7,table=9,priority=9,dl_type=0x806 actions=NORMAL";
const reported = tableOf([OURS, GONE, FOREIGN, ELSEWHERE].join("\n"));

test("a foreign entry in one of our tables is named and stays, and one elsewhere is not even named", (t) => {
  const { plan, foreign, overwritten } = reconcile(reported, tableOf(OURS));
  t.deepEqual(texts(foreign), [FOREIGN]);
  t.deepEqual(overwritten, []);
  t.deepEqual(
    plan.stages.flat().map(({ kind, entry }) => [kind, ...texts([entry])]),
    [["delete", GONE]],
  );
});

test("taking over removes foreign entries in our tables, and none elsewhere", (t) => {
  const { plan } = reconcile(reported, tableOf(OURS), { takeOver: true });
  t.deepEqual(
    plan.stages
      .flat()
      .flatMap(({ entry }) => texts([entry]))
      .sort(),
    [GONE, FOREIGN].sort(),
  );
});

test("a foreign entry with the match and priority of ours is overwritten and named", (t) => {
  const place = "cookie=0x7,table=0,priority=2,dl_type=0x800,nw_src=10.0.0.1 actions=NORMAL";
  const { plan, overwritten } = reconcile(tableOf(place), tableOf(OURS));
  t.deepEqual(texts(overwritten), [place]);
  t.deepEqual(
    plan.stages.flat().map(({ kind }) => kind),
    ["replace"],
  );
});
