/** A real switch that is held at what speakers were answered: hosts' own packets decide. */
import type { ExecutionContext } from "ava";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { serveOn, type Serving } from "./testing/on-switch.ts";

const serve = (t: ExecutionContext, lab: Lab): Serving =>
  serveOn(t, lab, { apply: { takeOver: true, database: lab.db } });

/** The entries of the switch but its token, in order of text. */
const entriesOf = async (lab: Lab): Promise<readonly string[]> =>
  (await lab.dump())
    .split("\n")
    .filter((line) => !line.includes("check_overlap"))
    .toSorted();

const reached = (lab: Lab, from: string): Promise<boolean> => lab.ping(from, "bob", { timeout: 300 });

switchTest("what is accepted is in force, and what is cancelled is not", async (t, start) => {
  const lab = await start();
  const { say, held, events } = serve(t, lab);
  t.true(await held());
  t.true(await reached(lab, "eve"));
  t.regex(await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice."), /^True\n accepted\n id: eve\n\n$/);
  t.true(await held());
  t.false(await reached(lab, "eve"));
  t.true(await reached(lab, "alice"));
  t.regex(await say("allow(srcHost=10.0.0.3) on alice."), /^False\n/);
  t.regex(await say("Cancel eve."), /^True\n/);
  t.true(await held());
  await lab.flushNeighbours();
  t.true(await reached(lab, "eve"));
  t.deepEqual(
    events.map(({ kind }) => kind),
    ["applied", "changed", "changed"],
    "after the first time the switch gets what changes",
  );
});

switchTest("requests begin and end by themselves, and limits have their meters", async (t, start) => {
  const lab = await start();
  const { say, held } = serve(t, lab);
  t.true(await held());
  t.regex(await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice from +3s to +11s."), /^True/);
  t.true(await reached(lab, "eve"));
  t.true(await until(async () => !(await reached(lab, "eve"))));
  await lab.flushNeighbours();
  t.true(await until(() => reached(lab, "eve")));
  t.regex(await say("@slow limit(dstHost=10.0.0.4) = 1Mb on alice."), /^True/);
  t.true(await held());
  t.regex(await lab.ofctl("dump-meters"), /rate=1000/);
  t.regex(await say("Cancel slow."), /^True/);
  t.true(await held());
  t.notRegex(await lab.ofctl("dump-meters"), /rate=1000/);
});

switchTest("a switch to which others wrote, and one that comes back empty, are read back", async (t, start) => {
  const lab = await start();
  const { say, held, events } = serve(t, lab);
  t.true(await held());
  await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice.");
  t.true(await held());
  const before = events.length;
  await lab.ofctl("del-flows");
  t.true(await until(() => events.slice(before).some(({ kind }) => kind === "applied")), "the switch tells it at once");
  t.false(await reached(lab, "eve"));
  t.regex(await say("@dns deny(dstPort=53, transport=UDP, dstHost=10.0.0.4) on alice."), /^True/);
  t.true(await held());
  t.is(events.at(-1)?.kind, "changed");
  const entries = await entriesOf(lab);
  await lab.restart();
  t.true(await until(() => events.some(({ kind }) => kind === "away")));
  t.true(await held());
  t.deepEqual(await entriesOf(lab), entries);
});
