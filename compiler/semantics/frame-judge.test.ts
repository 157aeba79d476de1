/**
 * Tables of several switches before the outside judge, on random networks with random policies. Frames of every kind
 * from every port end, denied frames do not arrive, and steered frames pass their waypoints in order and arrive once.
 */
import test from "ava";
import { compileFile, fc, NOW } from "../admission/testing/networks.ts";
import { lower } from "../lowering/index.ts";
import { topology, type Topology } from "../paths/topology.ts";
import { ambiguities, send, type JudgedFrame, type Plugged, type Wiring } from "./frame-judge.ts";
import { hasPath, type PathQuery } from "./path-reference.ts";

interface StoryStatement {
  readonly kind: "waypoint" | "avoid" | "deny";
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only TCP to port 80. */
  readonly isWeb: boolean;
  readonly nodes: readonly string[];
}

interface Story {
  readonly cables: readonly (readonly [string, string])[];
  readonly switches: number;
  /** The switch of each host, and whether its address is known. */
  readonly homes: readonly (readonly [number, boolean])[];
  readonly statements: readonly StoryStatement[];
}

const stories: fc.Arbitrary<Story> = fc
  .record({
    parents: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
    more: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }),
    homes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 4 })), { minLength: 2, maxLength: 6 }),
    statements: fc.array(
      fc.record({
        kind: fc.constantFrom("waypoint", "waypoint", "waypoint", "avoid", "deny"),
        from: fc.option(fc.nat(), { nil: undefined }),
        to: fc.option(fc.nat(), { nil: undefined }),
        isWeb: fc.boolean(),
        nodes: fc.array(fc.tuple(fc.boolean(), fc.nat()), { minLength: 1, maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ parents, more, homes, statements }): Story => {
    const switches = parents.length + 1;
    const next = Array.from({ length: switches }, () => 1);
    const plug = (i: number): string => `s${i + 1}:${next[i]!++}`;
    const ends = [
      ...parents.map((parent, i) => [parent % (i + 1), i + 1] as const),
      ...more.map(([a, b]) => [a % switches, b % switches] as const),
    ];
    return {
      switches,
      cables: ends.filter(([a, b]) => a !== b).map(([a, b]) => [plug(a), plug(b)] as const),
      homes: homes.map(([at, known]) => [at % switches, known > 0] as const),
      statements: statements.map(({ kind, from, to, isWeb, nodes }) => ({
        kind: kind as StoryStatement["kind"],
        from: from === undefined ? from : from % homes.length,
        to: to === undefined ? to : to % homes.length,
        isWeb,
        nodes: [
          ...new Set(
            nodes.map(([isHost, n]) =>
              isHost && kind === "waypoint" ? `h${(n % homes.length) + 1}` : `s${(n % switches) + 1}`,
            ),
          ),
        ],
      })),
    };
  });

/** Hosts stand at ports from 20. */
const place = (story: Story, host: number): string => `s${story.homes[host]![0] + 1}:${20 + host}`;
const mac = (host: number): string => `02:00:00:00:00:0${host + 1}`;
const macNumber = (host: number): bigint => 0x020000000001n + BigInt(host);
const ip = (host: number): bigint => 0x0a000001n + BigInt(host);
const has = (story: Story, host: number): boolean => story.homes[host]![1];

function textOf(story: Story): string {
  const at = (port: string): string => port.replace(":", ", ");
  const end = (side: "src" | "dst", host: number | undefined): string[] => {
    if (host === undefined) return [];
    return [has(story, host) ? `${side}Host=10.0.0.${host + 1}` : `${side}Eth=${mac(host)}`];
  };
  const statement = ({ kind, from, to, isWeb, nodes }: StoryStatement, i: number): string => {
    const flows = [...end("src", from), ...end("dst", to), ...(isWeb ? ["transport=TCP, dstPort=80"] : [])];
    const of = flows.length === 0 ? "*" : flows.join(", ");
    return `@q${i} ${kind}(${of})${kind === "deny" ? "" : ` = ${nodes.join(", ")}`} on rootShare.`;
  };
  return [
    "default allow.",
    ...Array.from({ length: story.switches }, (_, i) => `switch(s${i + 1}, ${i + 1}).`),
    ...story.cables.map(([a, b]) => `link(${at(a)}, ${at(b)}, 1Gb).`),
    ...story.homes.map(([, known], i) => {
      const address = known ? `host_ip(h${i + 1}, 10.0.0.${i + 1}). ` : "";
      return `${address}host_mac(h${i + 1}, ${mac(i)}). host_at(h${i + 1}, ${at(place(story, i))}).`;
    }),
    ...story.statements.map(statement),
  ].join("\n");
}

/** A host by its number, a broadcast, or an address of no host. */
type To = number | "all" | "unknown";
type Kind = "web" | "dns" | "arp";

function frameOf(from: number, to: To, kind: Kind): JudgedFrame {
  const target = typeof to === "number" ? ip(to) : to === "all" ? 0xffffffffn : 0x0a000063n;
  const shown: [string, bigint][] = [
    ["eth_src", macNumber(from)],
    ["eth_dst", typeof to === "number" ? macNumber(to) : to === "all" ? 0xffffffffffffn : 0x020000000063n],
  ];
  if (kind === "arp") {
    shown.push(["eth_type", 0x0806n], ["arp_op", 1n], ["arp_spa", ip(from)], ["arp_tpa", target]);
    shown.push(["arp_sha", macNumber(from)], ["arp_tha", 0n]);
  } else {
    const [protocol, name] = kind === "web" ? ([6n, "tcp"] as const) : ([17n, "udp"] as const);
    shown.push(["eth_type", 0x0800n], ["ip_proto", protocol], ["ip_dscp", 0n], ["ipv4_src", ip(from)]);
    shown.push(["ipv4_dst", target], [`${name}_src`, 4000n], [`${name}_dst`, kind === "web" ? 80n : 53n]);
  }
  return new Map(shown);
}

/** Whether a statement holds the frame: an address is one of IP, and a host without one is meant by its MAC. */
function holds(story: Story, { from, to, isWeb }: StoryStatement, source: number, target: To, kind: Kind): boolean {
  const isMeant = (host: number | undefined, real: To): boolean =>
    host === undefined || (host === real && (kind !== "arp" || !has(story, host)));
  return isMeant(from, source) && isMeant(to, target) && (!isWeb || kind === "web");
}

/** Whether a network has a path that keeps to all lists and avoids. */
function isPossible(net: Topology, from: string, to: string, lists: PathQuery["lists"], avoid: string[]): boolean {
  const port = (text: string) => ({ switch: text.split(":")[0]!, port: Number(text.split(":")[1]) });
  return hasPath(net, { from: port(from), to: port(to), lists, avoid });
}

/** The faults of a policy's tables, each as a sentence. */
function faultsOf(story: Story, seen: Record<string, number>, suspends = false): readonly string[] {
  const { model, admission } = compileFile(textOf(story), NOW, suspends);
  const { directory } = model;
  const rules = [...admission.derived.active(NOW)];
  const defaults = { verdict: "allow", fragments: "deny" } as const;
  const { tables, diagnostics } = lower(rules, { directory, defaults, target: "ovs", now: NOW });
  if (diagnostics.some(({ severity }) => severity === "error")) return [];
  const accepted = new Set(rules.map(({ statement }) => statement));
  const inForce = story.statements.filter((_, i) => accepted.has(`q${i}`));
  const net = topology(directory);
  const boxes = new Set(inForce.flatMap(({ kind, nodes }) => (kind === "waypoint" ? nodes : [])));
  const plugged = new Map(
    story.homes.map((_, i): [string, Plugged] => {
      const name = `h${i + 1}`;
      return [place(story, i), { name, mac: macNumber(i), ip: ip(i), isMiddlebox: boxes.has(name) }];
    }),
  );
  const cables = new Map(story.cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const wiring: Wiring = { tables, cables, plugged };
  const faults = [...tables].flatMap(([name, table]) => ambiguities(table).map((one) => `${name} ${one}`));
  for (const [source] of story.homes.entries()) {
    for (const to of [...story.homes.keys(), "all", "unknown"] as const) {
      if (to === source) continue;
      for (const kind of ["web", "dns", "arp"] as const) {
        const from = place(story, source);
        const judged = send(wiring, frameOf(source, to, kind), from);
        const report = (fault: string): number => faults.push(`h${source + 1} → ${to} ${kind}: ${fault}`);
        judged.faults.forEach(report);
        const holding = inForce.filter((one) => holds(story, one, source, to, kind));
        const lists = holding.flatMap(({ kind: does, nodes }) => (does === "waypoint" ? [nodes] : []));
        const avoid = holding.flatMap(({ kind: does, nodes }) => (does === "avoid" ? nodes : []));
        if (holding.some(({ kind: does }) => does === "deny")) {
          seen["denied"]! += 1;
          if (judged.arrivals.length > 0) report("denied, and arrives");
          continue;
        }
        for (const one of avoid) {
          // A frame that enters at an avoided switch is there, and is dropped.
          const isIngress = from.startsWith(`${one}:`) && judged.arrivals.length === 0;
          if (judged.crossed.has(one) && !isIngress) report(`crosses ${one}`);
        }
        const isAt = (node: string, at: string): boolean =>
          node === at || (net.hosts.has(node) && plugged.get(at)?.name === node);
        if (typeof to !== "number") {
          seen["flooded"]! += 1;
          for (const [at, times] of Map.groupBy(judged.arrivals, (one) => one.at))
            if (times.length > 1 && !boxes.has(plugged.get(at)!.name)) report(`arrives ${times.length} times at ${at}`);
          const others = [...plugged.keys()].filter((at) => at !== from && isPossible(net, from, at, [], []));
          if (lists.length + avoid.length === 0)
            for (const at of others) if (!judged.arrivals.some((one) => one.at === at)) report(`misses ${at}`);
          continue;
        }
        const end = place(story, to);
        const there = judged.arrivals.filter(({ at }) => at === end);
        if (there.length > 1) report(`arrives ${there.length} times`);
        for (const { by } of there) {
          for (const list of lists) {
            let left = list;
            for (const at of by) while (left.length > 0 && isAt(left[0]!, at)) left = left.slice(1);
            if (left.length > 0) report(`arrives without ${left.join()}, by ${by.join(" ")}`);
          }
        }
        if (lists.length + avoid.length > 0) seen["steered"]! += 1;
        const isPossibleHere = isPossible(net, from, end, lists, avoid);
        if (!isPossibleHere) seen["lost"]! += 1;
        if (there.length === 0 && isPossibleHere)
          report(`does not arrive (${lists.join(" and ")} around ${avoid.join()})`);
        if (there.length > 0 && !isPossibleHere) report("arrives, and there is no such path");
      }
    }
  }
  return faults;
}

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 150);

test("random frames end, and go as random policies ask", (t) => {
  t.timeout(600_000);
  const seen = { denied: 0, flooded: 0, steered: 0, lost: 0 };
  const law = fc.property(stories, (story) => faultsOf(story, seen).length === 0);
  const { counterexample } = fc.check(law, { numRuns: RUNS });
  if (counterexample !== null) {
    const [story] = counterexample;
    t.fail([textOf(story), ...faultsOf(story, seen).slice(0, 6)].join("\n"));
  }
  t.log(seen);
  for (const [what, count] of Object.entries(seen)) t.true(count > RUNS / 10, `${what}: ${count}`);
});

/** The identities of the requests that stand. */
const standing = (story: Story): readonly string[] =>
  compileFile(textOf(story), NOW, true)
    .outcomes.filter(({ statement, verdict }) => statement.demand.kind === "request" && verdict.kind !== "rejected")
    .map(({ statement }) => statement.id);

test("a lost cable changes nothing that stands: what has no path left is dropped, and all else goes as is asked", (t) => {
  t.timeout(600_000);
  const seen = { denied: 0, flooded: 0, steered: 0, lost: 0 };
  const broken = ({ cables, ...story }: Story): Story => ({ ...story, cables: cables.slice(1) });
  const law = fc.property(stories, (story) => {
    const before = standing(story).join();
    const after = standing(broken(story)).join();
    return before === after && faultsOf(broken(story), seen, true).length === 0;
  });
  const { counterexample } = fc.check(law, { numRuns: RUNS / 2 });
  if (counterexample !== null) {
    const [story] = counterexample;
    const faults = faultsOf(broken(story), seen, true).slice(0, 6);
    t.fail([textOf(story), `${standing(story).join()} → ${standing(broken(story)).join()}`, ...faults].join("\n"));
  }
  t.log(seen);
  for (const [what, count] of Object.entries(seen)) t.true(count > RUNS / 20, `${what}: ${count}`);
});

test("a rejected waypoint or avoid is accepted without the statements that its certificate blames", (t) => {
  t.timeout(600_000);
  let blamed = 0;
  const law = (story: Story): string | undefined => {
    const { outcomes } = compileFile(textOf(story));
    for (const { statement, verdict } of outcomes) {
      if (verdict.kind !== "rejected" || verdict.certificate.blockers.length === 0) continue;
      const { code, blockers } = verdict.certificate;
      const gone = blockers.map(({ id }) => id);
      // All statements before it but those that are blamed; a gap in the numbers keeps the labels.
      const lines = textOf(story).split("\n");
      const own = lines.findIndex((line) => line.startsWith(`@${statement.id} `));
      const fewer = lines.filter(
        (line, i) => (i <= own || !line.startsWith("@")) && !gone.some((id) => line.startsWith(`@${id} `)),
      );
      blamed++;
      const retried = compileFile(fewer.join("\n")).outcomes.find((one) => one.statement.id === statement.id)!;
      if (retried.verdict.kind === "rejected") return `${textOf(story)}\n${statement.id}: ${code} ${gone.join()}`;
    }
    return undefined;
  };
  const { counterexample } = fc.check(
    fc.property(stories, (story) => law(story) === undefined),
    { numRuns: RUNS * 4 },
  );
  t.is(counterexample && law(counterexample[0]), null);
  t.log({ blamed });
  t.true(blamed > RUNS / 10);
});
