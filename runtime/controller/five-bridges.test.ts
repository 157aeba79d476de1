/**
 * Random policies on five real bridges in a ring with a chord. Frames between all hosts, to an unknown address and to
 * all are captured at every port, and their paths are compared with the statements. Facts state all of every host here;
 * `bridge-policies.test.ts` draws users, shares, routers and gaps. GLAZIER_RUNS sets the number of policies.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { topology } from "../../compiler/paths/topology.ts";
import { faultsOfFrame } from "../../compiler/semantics/testing/frame-faults.ts";
import {
  statementsIn,
  type Kind,
  type StoryStatement,
  type Story,
  type To,
} from "../../compiler/semantics/testing/frame-stories.ts";
import { capture, followFrames, marked, type Sending, type Sighting } from "../lab/capture.ts";
import { ethernet, ipv4, udp } from "../lab/frames.ts";
import { factsOf, type Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { apply } from "./index.ts";
import { RING_LINKS } from "./testing/bridges.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 100);

/** The switch of each host. The last two hosts give back every frame that is not addressed to them. */
const HOMES = [0, 1, 2, 3, 4, 1, 2, 4] as const;
const BOXES = ["h7", "h8"];
const mac = (host: number): string => `02:00:00:00:00:0${host + 1}`;
const ip = (host: number): string => `10.0.0.${host + 1}`;

const node = fc.oneof(fc.constantFrom("s1", "s2", "s3", "s4", "s5"), fc.constantFrom(...BOXES));
const end = fc.option(fc.nat(HOMES.length - 1), { nil: undefined, freq: 1 });
const saying: fc.Arbitrary<StoryStatement> = fc
  .record({
    kind: fc.constantFrom("waypoint", "waypoint", "avoid", "deny", "allow", "limit"),
    from: end,
    to: end,
    isWeb: fc.boolean(),
    nodes: fc.uniqueArray(node, { minLength: 1, maxLength: 3 }),
    avoided: fc.constantFrom("s1", "s2", "s3", "s4", "s5"),
  })
  .map(({ kind, avoided, nodes, ...rest }): StoryStatement => ({
    ...rest,
    kind: kind as StoryStatement["kind"],
    nodes: kind === "avoid" ? [avoided] : nodes,
    // A limit needs a source, because each switch where its flows enter would otherwise pass the whole rate.
    ...(kind === "limit" && { from: rest.from ?? 0 }),
  }));

const policies = fc.record({
  verdict: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
  statements: fc.array(saying, { minLength: 1, maxLength: 5 }),
});

interface Sent {
  readonly source: number;
  readonly to: To;
  readonly kind: Kind;
}

/** Frames of all kinds from every host to three others, to an unknown destination and to all. */
function framesOf(round: number): readonly Sent[] {
  return HOMES.flatMap((_, source) => {
    const others = [1, 2, 3].map((i) => (source + ((round * 3 + i) % (HOMES.length - 1)) + 1) % HOMES.length);
    const targets: readonly To[] = [...new Set(others.filter((one) => one !== source)), "all", "unknown"];
    return targets.flatMap((to) => (["web", "dns", "arp"] as const).map((kind) => ({ source, to, kind })));
  });
}

function bytesOf({ source, to, kind }: Sent, number: number): Uint8Array {
  const dst = typeof to === "number" ? mac(to) : to === "all" ? "ff:ff:ff:ff:ff:ff" : "02:00:00:00:00:63";
  const target = typeof to === "number" ? ip(to) : to === "all" ? "255.255.255.255" : "10.0.0.99";
  const frame = { src: mac(source), dst };
  const four = (address: string): readonly number[] => address.split(".").map(Number);
  if (kind === "arp") {
    const sender = mac(source)
      .split(":")
      .map((byte) => Number.parseInt(byte, 16));
    const asks = [0, 1, 8, 0, 6, 4, 0, 1, ...sender, ...four(ip(source)), 0, 0, 0, 0, 0, 0, ...four(target)];
    return ethernet(frame, 0x0806, [...asks, ...marked(number)]);
  }
  const syn = [0x0f, 0xa0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0];
  const [protocol, head] = kind === "web" ? [6, syn] : [17, udp(4000, 53).toSpliced(5, 1, 16)];
  return ethernet(frame, 0x0800, ipv4(ip(source), target, protocol, [...head, ...marked(number)]));
}

/**
 * The path of a frame: the hosts' ports where it came out, the places on the way there, and the switches that it
 * crossed.
 */
function wayOf(seen: readonly Sighting[], isHost: (at: string) => boolean) {
  const by: string[] = [];
  const crossed = new Set<string>();
  const arrivals: { readonly at: string; readonly by: readonly string[] }[] = [];
  for (const { at, isIn } of seen) {
    const [name] = at.split(":") as [string];
    if (isIn) {
      crossed.add(name);
      by.push(at, name);
    } else if (isHost(at)) {
      by.push(at);
      arrivals.push({ at, by: [...by] });
    }
  }
  return { arrivals, crossed };
}

/** Applies a policy to all bridges. Returns the accepted statements, or undefined if the policy has no table. */
async function enforce(lab: Lab, story: Story): Promise<readonly StoryStatement[] | undefined> {
  const now = Math.floor(Date.now() / 1000);
  const policy = `default ${story.verdict}.\n${factsOf(lab)}${statementsIn(story).join("\n")}\n`;
  const decided = decide([{ name: "net.pane", text: policy }], { now, rules, load: () => undefined });
  const lowered = tablesAt(decided, now, { target: "ovs" });
  if (lowered.diagnostics.some(({ severity }) => severity === "error")) return undefined;
  for (const { name, mgmt } of lab.switches) {
    const result = await apply(mgmt, lowered.tables.get(name)!, { runFilter: lab.onSwitch });
    if (result.outcome === "failed") throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  }
  const accepted = new Set([...decided.admission.derived.active(now)].map(({ statement }) => statement));
  return story.statements.filter((_, i) => accepted.has(`q${i}`));
}

/** Frames as they are sent. */
const sendings = (frames: readonly Sent[]): readonly Sending[] =>
  frames.map((one) => ({ host: `h${one.source + 1}`, bytesOf: (number) => bytesOf(one, number) }));

switchTest(
  `${RUNS} random policies on five bridges deny, steer and flood frames as their statements say`,
  async (t, start) => {
    t.timeout(1_800_000);
    const lab = await start({
      switches: ["s1", "s2", "s3", "s4", "s5"],
      hosts: HOMES.map((home, i) => ({ name: `h${i + 1}`, ip: ip(i), mac: mac(i), switch: `s${home + 1}` })),
      links: RING_LINKS,
    });
    for (const box of BOXES) await lab.middlebox(box);
    const watch = await capture(lab);
    t.teardown(() => watch.stop());
    const ports = lab.hosts.map((one) => `${one.switch}:${one.port}`);
    const plugged = new Map(lab.hosts.map((one, i) => [ports[i]!, one.name]));
    const seen: Record<string, number> = { denied: 0, flooded: 0, steered: 0, lost: 0, frames: 0, policies: 0 };
    const numbers = { next: 1 };
    const drawn = fc.sample(policies, RUNS);
    for (const [round, one] of drawn.entries()) {
      const story: Story = {
        switches: 5,
        cables: [],
        homes: HOMES.map((home) => [home, true] as const),
        ports,
        ...one,
      };
      const inForce = await enforce(lab, story);
      if (inForce === undefined) continue;
      seen["policies"]! += 1;
      const frames = framesOf(round);
      seen["frames"]! += frames.length;
      const directory = decide([{ name: "net.fml", text: factsOf(lab) }], { now: 0, rules, load: () => undefined });
      const net = topology(directory.model.directory);
      const judge = (frame: Sent, sightings: readonly Sighting[]) => {
        const faults: string[] = [];
        const report = (fault: string): void =>
          void faults.push(`h${frame.source + 1} → ${frame.to} ${frame.kind}: ${fault}`);
        const ways = new Map<string, number>();
        for (const { at, isIn } of sightings) if (isIn) ways.set(at, (ways.get(at) ?? 0) + 1);
        for (const [at, times] of ways) if (times > 1) report(`comes in ${times} times at ${at}`);
        const way = wayOf(sightings, (at) => plugged.has(at));
        const asked = { story, net, inForce, boxes: new Set(BOXES), plugged, ...frame };
        return { faults, counts: faultsOfFrame(asked, way, report) };
      };
      let left = frames;
      let faults: readonly string[] = [];
      // A busy machine loses a frame now and then, or is late; a table is wrong always.
      for (const patience of [4, 16, 64]) {
        const sighted = await followFrames(watch, sendings(left), { numbers, patience });
        const judged = left.map((frame, i) => judge(frame, sighted[i]!));
        for (const { counts } of judged.filter((each) => each.faults.length === 0))
          for (const [what, count] of Object.entries(counts)) seen[what]! += count;
        faults = judged.flatMap((each) => each.faults);
        left = left.filter((_, i) => judged[i]!.faults.length > 0);
        if (left.length === 0) break;
      }
      t.deepEqual(faults.slice(0, 8), [], `default ${story.verdict}.\n${statementsIn(story).join("\n")}`);
    }
    t.log(seen);
    for (const [what, count] of Object.entries(seen)) t.true(count >= RUNS / 4, `${what}: ${count}`);
  },
);
