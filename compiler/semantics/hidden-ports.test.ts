/**
 * What shows no ports, under random policies of nested shares and of statements that begin and end, judged by brute force: statements as they are written, each
 * asked about all datagrams to which a packet may belong, later IPv6 fragments that are named among them (NETWORK, "Fragments"), and shares as a tree (SEMANTICS, "The
 * network's verdict"). Tables and `trace` say the same, and what `trace` says of shares is so.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { readRules } from "../admission/read-rules.ts";
import { decide, tablesAt } from "../compile.ts";
import { explainFlow } from "../explain/flow.ts";
import { toOvs } from "../table/text.ts";
import { holdsPacket } from "../trace/holds-packet.ts";
import { flowOf, type Packet } from "../trace/packet.ts";
import { Switch } from "../trace/switch.ts";
import { hiddenStories, judged, KINDS_OF_PACKETS, type HiddenStory } from "./testing/hidden-ports.ts";

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });
const RUNS = Number(process.env["GLAZIER_HIDDEN"] ?? 50);

/** What a policy decides, or that it is refused. */
function decidedOf({ text }: HiddenStory): ReturnType<typeof decide> | undefined {
  const decided = decide([{ name: "hidden.pane", text }], { now: 0, load: () => undefined, rules });
  return decided.diagnostics.some(({ severity }) => severity === "error") ? undefined : decided;
}

/** What was seen of all policies together. */
interface Seen {
  overridden: number;
  below: number;
  denied: number;
  allowed: number;
}

/** Each kind of packet in an hour: by brute force, through the table, and as `trace` tells it. */
function judgeAt(story: HiddenStory, decided: ReturnType<typeof decide>, hour: number, seen: Seen): void {
  const { admission, model } = decided;
  const instant = hour * 3600;
  const table = [...tablesAt(decided, instant, { target: "ovs" }).tables.values()][0]!;
  const made = new Switch(table);
  const said = (packet: Packet, what: string): string =>
    `${what} at +${hour}h\n${JSON.stringify(packet, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one))}\n${story.text}\n${toOvs(table)}`;
  for (const packet of KINDS_OF_PACKETS) {
    const right = judged(story, packet, hour);
    seen[right === "deny" ? "denied" : "allowed"]++;
    if (made.run(packet).verdict !== right) throw new Error(said(packet, `table: not ${right}`));
    const flow = flowOf(packet, model.directory);
    const holds = holdsPacket({ packet, flow, chosen: "" }, model.defaults.fragments);
    const { verdict, overridden, decidedBy } = explainFlow(admission, flow, instant, holds);
    const traced = verdict === "default" ? model.defaults.verdict : verdict;
    if (traced !== right) throw new Error(said(packet, `trace: ${traced}, not ${right}`));
    for (const { statement, why } of overridden) {
      seen.overridden++;
      const isBelow = story.isBelow(decidedBy!.share!, statement.share!);
      if (isBelow) seen.below++;
      const isTrue = why.includes("lies below")
        ? isBelow
        : why === "deny overrides allow"
          ? decidedBy!.kind === "deny" && !isBelow
          : why.includes("earlier rule") && decidedBy!.share === statement.share;
      if (!isTrue) throw new Error(said(packet, why));
    }
  }
}

test("tables and `trace` hold what shows no ports as the pages say", (t) => {
  t.timeout(290_000);
  const seen = { policies: 0, timed: 0, refused: 0, overridden: 0, below: 0, denied: 0, allowed: 0 };
  fc.assert(
    fc.property(hiddenStories, (story) => {
      const decided = decidedOf(story);
      if (decided === undefined) {
        seen.refused++;
        return;
      }
      seen.policies++;
      if (story.hours.length > 1) seen.timed++;
      for (const hour of story.hours) judgeAt(story, decided, hour, seen);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.log(seen);
  t.true(
    seen.policies > RUNS / 2 && seen.timed > RUNS / 4 && seen.below > 0 && seen.overridden > seen.below,
    JSON.stringify(seen),
  );
});
