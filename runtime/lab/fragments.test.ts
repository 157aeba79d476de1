/**
 * Fragments under policies at random (NETWORK, "Fragments"): users, places, addresses, transports, ports and ICMP types,
 * with `except`, `or`, `not` and `pass`, under both `default fragments`. Real frames of both families, whole, first and
 * later, pass just where a judge by brute force says so.
 */
import fc from "fast-check";
import { switchTest } from "./test.ts";
import { Burst } from "./testing/burst.ts";
import { FRAMES, passes, stories, type Story } from "./testing/fragment-law.ts";
import { compiled, install } from "./testing/user-frames.ts";

const SEED = Number(process.env["GLAZIER_SEED"] ?? 1);
const COUNT = Number(process.env["GLAZIER_FRAGMENTS"] ?? 60);
const HOSTS = ["alice", "eve", "bob"];

/** The table of a story; undefined: it says nothing, or the same twice. */
function tableOf({ text }: Story): ReturnType<typeof compiled>["table"] | undefined {
  try {
    return compiled(text).table;
  } catch {
    return undefined;
  }
}

switchTest("fragments of random policies pass where brute force says so", async (t, start) => {
  t.timeout(60_000 + COUNT * 10_000);
  const lab = await start({ name: "fragments" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  const frames = FRAMES.map(({ sender, bytes }) => ({ from: HOSTS[sender]!, bytes }));
  const seen = { compiled: 0, passed: 0, held: 0 };
  for (const story of fc.sample(stories, { numRuns: COUNT, seed: SEED })) {
    const table = tableOf(story);
    if (table === undefined) continue;
    seen.compiled++;
    await install(lab, table);
    const heard = await burst.send(frames);
    const wrong = FRAMES.flatMap((frame, i) => {
      const passed = heard[i]!.length > 0;
      seen[passed ? "passed" : "held"]++;
      return passed === passes(story, frame) ? [] : [`${frame.name} ${passed ? "passed" : "was held"}`];
    });
    t.deepEqual(wrong, [], story.text);
  }
  t.true(seen.compiled > COUNT / 2 && seen.passed > COUNT * 20 && seen.held > COUNT * 20, JSON.stringify(seen));
});
