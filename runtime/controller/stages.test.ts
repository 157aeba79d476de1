/**
 * Stage by stage on a real switch that has no bundles: it stands behind a relay that refuses them, and after each stage
 * the switch itself is asked, by frames and by `ofproto/trace`.
 */
import fc from "fast-check";
import { packets } from "../../compiler/semantics/arbitrary-rules.ts";
import { MOVED_HOST, movingPolicies, tableOfMoving } from "../../compiler/plan/testing/moving-hosts.ts";
import { Switch } from "../../compiler/trace/switch.ts";
import { traceOf } from "../../compiler/trace/testing/trace-of.ts";
import { ethernet, ipv4, udp } from "../lab/frames.ts";
import { switchTest } from "../lab/test.ts";
import { withoutBundles } from "../session/testing/without-bundles.ts";
import { apply } from "./index.ts";

switchTest("without bundles a host that moves gets no frame through before the policy allows it", async (t, start) => {
  const lab = await start({ hosts: [1, 2, 3, 4].map((n) => ({ name: `h${n}`, ip: `10.0.0.2${n}` })) });
  const mac = "00:00:00:00:00:04";
  const frame = ethernet({ src: mac, dst: "00:00:00:00:00:09" }, 0x0800, ipv4("10.0.0.1", "10.0.0.9", 17, udp(7, 7)));
  let stages = 0;
  const leaked: string[] = [];
  let watching = false;
  const target = await withoutBundles(t, lab.mgmt, async () => {
    if (!watching) return;
    stages++;
    leaked.push(...(await lab.frame("h4", frame)));
  });
  await lab.ofctl("del-flows");
  t.is((await apply(target, tableOfMoving(MOVED_HOST.old, "of13"))).outcome, "applied");
  t.deepEqual(await lab.frame("h4", frame), [], "the old table denies it");
  watching = true;
  const result = await apply(target, tableOfMoving(MOVED_HOST.next, "of13"));
  t.is(result.outcome === "applied" && result.method, "stages");
  t.true(stages >= 4, `${stages} barriers`);
  t.deepEqual(leaked, []);
  // The frame is one that can get through: where all is allowed, the other hosts receive it.
  await lab.ofctl("add-flow", ["table=0,priority=65535,actions=NORMAL"]);
  t.deepEqual(await lab.frame("h4", frame), ["h1", "h2", "h3"]);
});

switchTest("without bundles no stage of random plans lets through what both tables deny", async (t, start) => {
  const lab = await start();
  const drawn = fc.sample(
    fc.tuple(
      movingPolicies,
      movingPolicies,
      fc.constantFrom("ovs" as const, "of13" as const),
      fc.array(packets, { minLength: 40, maxLength: 40 }),
    ),
    { numRuns: 12, seed: 8 },
  );
  let asked = 0;
  let watch: (() => Promise<void>) | undefined;
  const target = await withoutBundles(t, lab.mgmt, async () => watch?.());
  for (const [old, next, kind, sent] of drawn) {
    const [a, b] = [tableOfMoving(old, kind), tableOfMoving(next, kind)];
    const [before, after] = [new Switch(a), new Switch(b)];
    const denied = sent
      .map((packet) => ({ ...packet, inPort: ((packet.inPort - 1) % 3) + 1 }))
      .filter((packet) => before.run(packet).verdict === "deny" && after.run(packet).verdict === "deny")
      .slice(0, 6);
    watch = undefined;
    await lab.ofctl("del-flows");
    t.is((await apply(lab.mgmt, a)).outcome, "applied", old);
    watch = async () => {
      for (const packet of denied) {
        asked++;
        const { actions, text } = await lab.trace(traceOf(packet));
        t.is(actions, "drop", `${old}\n\n${next}\n${text}`);
      }
    };
    const result = await apply(target, b, { database: lab.db });
    t.is(result.outcome, "applied", next);
  }
  t.true(asked > 100, `${asked} packets`);
});

/** Policies of which one becomes the other without a word: one statement comes, one goes, one changes its mind. */
const QUIET = [
  ["", "deny(dstHost=10.0.0.2, transport=TCP, dstPort=80) on rootShare."],
  ["deny(dstHost=10.0.0.2, transport=TCP, dstPort=80) on rootShare.", ""],
  ["allow(dstHost=10.0.0.2) on rootShare.", "deny(dstHost=10.0.0.2) on rootShare."],
].map(
  ([old, next]) => [`default allow. switch(s1, 1).\n${old!}\n`, `default allow. switch(s1, 1).\n${next!}\n`] as const,
);

switchTest(
  "without bundles an apply says when a stage may drop what both tables pass, and else none does",
  async (t, start) => {
    const lab = await start();
    const drawn = fc.sample(fc.tuple(movingPolicies, movingPolicies), { numRuns: 80, seed: 21 });
    const sent = fc
      .sample(packets, { numRuns: 60, seed: 21 })
      .map((packet) => ({ ...packet, inPort: ((packet.inPort - 1) % 3) + 1 }));
    const plans = [...QUIET, ...drawn].flatMap(([old, next]) => {
      const [a, b] = [tableOfMoving(old, "ovs"), tableOfMoving(next, "ovs")];
      const [before, after] = [new Switch(a), new Switch(b)];
      const passed = sent.filter(
        (packet) => before.run(packet).verdict === "allow" && after.run(packet).verdict === "allow",
      );
      return passed.length === 0 ? [] : [{ old, next, a, b, passed: passed.slice(0, 6) }];
    });
    const seen = { said: 0, dropped: 0, silent: 0 };
    let watch: (() => Promise<void>) | undefined;
    const target = await withoutBundles(t, lab.mgmt, async () => watch?.());
    for (const { old, next, a, b, passed } of plans.slice(0, 9)) {
      watch = undefined;
      await lab.ofctl("del-flows");
      t.is((await apply(lab.mgmt, a)).outcome, "applied", old);
      let dropped = 0;
      watch = async () => {
        for (const packet of passed) if ((await lab.trace(traceOf(packet))).actions === "drop") dropped++;
      };
      const result = await apply(target, b, { database: lab.db });
      if (result.outcome !== "applied") return t.fail(`${next}\n${JSON.stringify(result.diagnostics)}`);
      t.is(result.method, "stages");
      if (dropped > 0) seen.dropped++;
      if (result.plan.interrupts !== undefined) seen.said++;
      else {
        seen.silent++;
        t.is(dropped, 0, `${old}\n\n${next}`);
      }
      // Once all is there, what both pass passes.
      for (const packet of passed) t.not((await lab.trace(traceOf(packet))).actions, "drop", next);
    }
    t.true(seen.said > 2 && seen.dropped > 2 && seen.silent >= QUIET.length, JSON.stringify(seen));
  },
);
