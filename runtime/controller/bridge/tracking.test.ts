/**
 * When tracking begins on a switch, in memory (NETWORK, "Track"). What it does to connections that are open, and that the
 * advice helps, `runtime/lab/open-connections.test.ts` shows with frames.
 */
import test from "ava";
import { RULES } from "../../../compiler/admission/testing/networks.ts";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import { apply } from "../index.ts";
import { besidesDatabase } from "../testing/results.ts";
import { FakeSwitch } from "../testing/switch.ts";

test("that a table begins to track connections is said by the apply, and the plan, that brings it, and by no other", async (t) => {
  const target = await new FakeSwitch().start(t);
  const put = async (text: string, dryRun = false): Promise<readonly string[]> => {
    const decided = decide([{ name: "a.pane", text }], { now: 0, load: () => undefined, rules: RULES });
    const [table] = tablesAt(decided, 0, { target: "ovs" }).tables.values();
    const result = await apply(target, table!, { dryRun });
    t.is(result.outcome, dryRun ? "planned" : "applied");
    return besidesDatabase(result).map(({ code, help = "" }) => `${code} ${/zone=\d+/.exec(help)?.[0]}`);
  };
  const tracked = "default deny.\n@in allow(direction=response) on rootShare.";
  const stated = `switch(s1, "0000000000000007").\n${tracked}`;
  t.deepEqual(await put(tracked), ["N996 zone=0"]);
  t.deepEqual(await put(tracked), []);
  t.deepEqual(await put(`${tracked}\n@out allow(direction=request) on rootShare.`), []);
  t.deepEqual(await put("default allow."), []);
  t.deepEqual(await put(tracked, true), ["N996 zone=0"]);
  t.deepEqual(await put(tracked), ["N996 zone=0"]);
  // In a zone of its own it remembers nothing of what it saw in another.
  const [begins] = await put(stated, true);
  t.regex(begins!, /^N996 zone=[1-9]\d*$/);
});
