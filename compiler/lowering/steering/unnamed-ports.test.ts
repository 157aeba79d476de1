/**
 * Waypoints and avoids of what comes in at a port of which no fact says who stands there. The first switch tells it by the port,
 * and no later one can (NETWORK, "Forward").
 */
import test from "ava";
import { fc, NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged, type JudgedFrame, type Plugged } from "../../semantics/frame-judge.ts";

interface Station {
  readonly name: string;
  readonly at: string;
  readonly last: bigint;
  readonly facts: "both" | "ip" | "mac" | "none";
  readonly isBox: boolean;
}

interface Network {
  readonly size: number;
  readonly isRing: boolean;
  readonly stations: readonly Station[];
}

/** A station with its MAC and address stated, or with less. */
const station = (name: string, at: string, last: number, facts: Station["facts"] = "both", isBox = false): Station => ({
  name,
  at,
  last: BigInt(last),
  facts,
  isBox,
});

const macOf = ({ last }: Station): bigint => 0x020000000000n + last;
const ipOf = ({ last }: Station): bigint => 0x0a000000n + last;

/** The cables of a row of switches, or of a ring. */
const cablesOf = ({ size, isRing }: Network): readonly (readonly [string, string])[] =>
  Array.from({ length: isRing ? size : size - 1 }, (_, i) => [`s${i + 1}:20`, `s${((i + 1) % size) + 1}:21`] as const);

function factsOf(network: Network): string {
  const switches = Array.from({ length: network.size }, (_, i) => `switch(s${i + 1}, ${i + 1}).`);
  const links = cablesOf(network).map((ends) => `link(${ends.map((one) => one.replace(":", ", ")).join(", ")}, 1Gb).`);
  const hosts = network.stations.flatMap(({ name, at, last, facts }) => [
    ...(facts === "both" || facts === "ip" ? [`host_ip(${name}, 10.0.0.${last}).`] : []),
    ...(facts === "both" || facts === "mac" ? [`host_mac(${name}, 02:00:00:00:00:0${last}).`] : []),
    ...(facts === "none" ? [] : [`host_at(${name}, ${at.replace(":", ", ")}).`]),
  ]);
  return ["default allow.", ...switches, ...links, ...hosts].join("\n");
}

interface Compiled {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  send(frame: JudgedFrame, from: string): Judged;
}

function compiled(network: Network, statements: string): Compiled {
  const sources = [{ name: "test.pane", text: `${factsOf(network)}\n${statements}` }];
  const decided = decide(sources, { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
  const all = [...decided.diagnostics, ...diagnostics];
  const plugged = new Map(
    network.stations.map((one): readonly [string, Plugged] => [
      one.at,
      { name: one.name, mac: macOf(one), ip: ipOf(one), isMiddlebox: one.isBox },
    ]),
  );
  const cables = new Map(cablesOf(network).flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return {
    errors: all.flatMap(({ severity, code, message }) => (severity === "error" ? [`${code} ${message}`] : [])),
    warnings: all.flatMap(({ severity, code, help }) => (severity === "warning" ? [`${code} ${help ?? ""}`] : [])),
    send: (frame, from) => send({ tables, cables, plugged }, frame, from),
  };
}

/** What one station sends to another, or to all: IP, a question or an answer by ARP, or a frame of no known type. */
function frameOf(from: Station, to: Station | "all", type: "ip" | "asks" | "answers" | "other"): JudgedFrame {
  const [mac, ip] = to === "all" ? [0xffffffffffffn, 0xffffffffn] : [macOf(to), ipOf(to)];
  const head = [
    ["eth_src", macOf(from)],
    ["eth_dst", type === "asks" ? 0xffffffffffffn : mac],
    ["eth_type", type === "ip" ? 0x0800n : type === "other" ? 0x88b5n : 0x0806n],
  ] as const;
  if (type === "other") return new Map<string, bigint>(head);
  const more =
    type === "ip"
      ? ([
          ["ipv4_src", ipOf(from)],
          ["ipv4_dst", ip],
          ["ip_proto", 17n],
          ["udp_src", 5n],
          ["udp_dst", 5n],
        ] as const)
      : ([
          ["arp_op", type === "asks" ? 1n : 2n],
          ["arp_spa", ipOf(from)],
          ["arp_tpa", ip],
          ["arp_sha", macOf(from)],
          ["arp_tha", type === "asks" ? 0n : mac],
        ] as const);
  return new Map<string, bigint>([...head, ...more]);
}

// ---------------------------------------------------------------- policies that glazier's own proof had refused

for (const [name, network, statements] of [
  [
    "a switch and then a box",
    { size: 2, isRing: false, stations: [station("b", "s2:1", 4)] },
    "@q waypoint(srcAP=s2:8) = s1, b on rootShare.",
  ],
  [
    "three switches of a ring",
    { size: 4, isRing: true, stations: [station("h1", "s1:3", 1), station("h3", "s3:1", 3, "ip")] },
    "@q waypoint(srcAP=s3:7) = s1, s4, s2 on rootShare.",
  ],
  [
    "a box in a ring",
    { size: 5, isRing: true, stations: [station("b", "s5:3", 4)] },
    "@q waypoint(srcAP=s3:8) = b on rootShare.",
  ],
  [
    "two boxes",
    { size: 2, isRing: false, stations: [station("b", "s2:2", 5), station("c", "s1:3", 6)] },
    "@q waypoint(srcAP=s1:7) = c, b on rootShare.",
  ],
  [
    "beside a waypoint of everything",
    { size: 3, isRing: true, stations: [station("b", "s2:1", 4)] },
    "@q waypoint(srcAP=s3:8) = s2 on rootShare. @r waypoint(*) = b on rootShare.",
  ],
  [
    "beside a waypoint by a MAC",
    { size: 4, isRing: false, stations: [station("h1", "s4:1", 1), station("h4", "s1:1", 4, "ip")] },
    "@q waypoint(srcEth=02:00:00:00:00:01) = s2, s4 on rootShare. @r waypoint(srcAP=s1:7) = s4 on rootShare.",
  ],
  [
    "beside a waypoint of what its box sends",
    { size: 4, isRing: false, stations: [station("h1", "s4:1", 1), station("b", "s2:3", 4)] },
    `@q waypoint(srcAP=s2:8) = s4, b on rootShare.
     @r waypoint(srcAP=s2:3, dstEth=02:00:00:00:00:01) = s4 on rootShare.`,
  ],
] as const satisfies readonly (readonly [string, Network, string])[])
  test(`a table is made for what comes in at a port of which nothing is known: ${name}`, (t) => {
    t.deepEqual(compiled(network, statements).errors, []);
  });

// ---------------------------------------------------------------- what is led, and what is dropped

const guest = station("x", "s1:7", 9, "none");
const ROW: Network = {
  size: 3,
  isRing: false,
  stations: [guest, station("a", "s1:1", 1), station("b", "s3:1", 2), station("w", "s1:2", 3, "both", true)],
};
const [, a, b, w] = ROW.stations as readonly [Station, Station, Station, Station];
const TYPES = ["ip", "answers", "other"] as const;

test("what comes in where nothing is known passes a switch on its way, and a box at the first switch", (t) => {
  for (const [statement, expected] of [
    ["@q waypoint(srcAP=s1:7) = s2 on rootShare.", ["s3:1"]],
    ["@q waypoint(srcAP=s1:7) = w on rootShare.", ["s1:2", "s3:1"]],
    ["@q waypoint(srcAP={s1:7, s1:1}) = s2 on rootShare.", ["s3:1"]],
  ] as const)
    for (const type of TYPES) {
      const { faults, arrivals } = compiled(ROW, statement).send(frameOf(guest, b, type), "s1:7");
      t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], expected], `${statement} ${type}`);
    }
});

test("what only a source could tell on its way is dropped, and the warning says what to state", (t) => {
  // To a waypoint behind the switch of b and back: there it would look like all else that is for b.
  const far: Network = { ...ROW, size: 4 };
  const policy = compiled(far, "@q waypoint(srcAP=s1:7) = s4 on rootShare.");
  for (const type of TYPES) t.deepEqual(policy.send(frameOf(guest, b, type), "s1:7").arrivals, []);
  t.deepEqual(policy.errors, []);
  const help = policy.warnings.find((one) => one.startsWith("W821"));
  t.regex(help!, /`s1:7`.*`host_at\(HOST, s1, 7\)`/);
  // Others are not led along.
  for (const type of TYPES)
    t.deepEqual(
      policy.send(frameOf(a, b, type), "s1:1").arrivals.map(({ at }) => at),
      ["s3:1"],
    );
});

test("what turns at a waypoint goes back to a known host, where nothing else for it comes", (t) => {
  const policy = compiled(ROW, "@q waypoint(srcAP=s1:7) = s3 on rootShare.");
  for (const type of TYPES) {
    const judged = policy.send(frameOf(guest, a, type), "s1:7");
    t.deepEqual([judged.faults, judged.arrivals.map(({ at }) => at), judged.crossed.has("s3")], [[], ["s1:1"], true]);
  }
});

test("a deny at the port of a box holds what the box sends, also where it gives back what comes from anywhere", (t) => {
  const policy = compiled(
    ROW,
    "@q waypoint(srcAP=s1:7) = w on rootShare. @d deny(srcAP=s1:2, dstHost=10.0.0.2) on rootShare.",
  );
  t.deepEqual(policy.errors, []);
  t.deepEqual(policy.send(frameOf(w, b, "ip"), "s1:2").arrivals, []);
  // Nothing tells what the box gives back from what it sends as somebody of whom nothing is known.
  t.deepEqual(
    policy.send(frameOf(guest, b, "ip"), "s1:7").arrivals.map(({ at }) => at),
    ["s1:2"],
  );
});

test("what comes in at a port that a statement leaves out goes its ordinary way, and where others hold it, theirs", (t) => {
  const other = station("y", "s1:8", 8, "none");
  const network = { ...ROW, stations: [...ROW.stations, other] };
  for (const left of ["srcAP=s1:7", "inPort=7", "srcAP={s1:7, s2:9}"]) {
    const all = `@q avoid((*) except (${left})) = s2 on rootShare.`;
    const policy = compiled(network, all);
    t.deepEqual(policy.errors, [], left);
    const ends = (from: Station, by = policy): readonly string[] => {
      const { faults, arrivals } = by.send(frameOf(from, b, "ip"), from.at);
      return [...faults, ...arrivals.map(({ at }) => at)];
    };
    t.deepEqual([ends(guest), ends(other), ends(a)], [["s3:1"], [], []], left);
    const more = compiled(network, `${all} @r avoid(dstHost=10.0.0.2) = s2 on rootShare.`);
    t.deepEqual([more.errors, ends(guest, more), ends(other, more), ends(a, more)], [[], [], [], []], left);
    const both = compiled(network, `${all} @r avoid((*) except (srcAP={s1:7, s1:8})) = s2 on rootShare.`);
    t.deepEqual([both.errors, ends(guest, both), ends(other, both), ends(a, both)], [[], ["s3:1"], [], []], left);
  }
  // A port of a known host is left out likewise, and so is that of a box.
  for (const [port, arrives] of [
    ["s1:1", "s3:1"],
    ["s1:2", "s1:2 s3:1"],
  ] as const) {
    const policy = compiled(network, `@q waypoint((*) except (srcAP=${port})) = w on rootShare.`);
    const { faults, arrivals } = policy.send(frameOf(a, b, "ip"), "s1:1");
    t.deepEqual([policy.errors, faults, arrivals.map(({ at }) => at).join(" ")], [[], [], arrives], port);
  }
});

test("nothing enters at the port of a link, so a statement that names it holds nothing", (t) => {
  const policy = compiled(ROW, "@q waypoint(srcAP=s2:21) = s1 on rootShare.");
  t.deepEqual(policy.errors, []);
  const judged = policy.send(frameOf(a, b, "ip"), "s1:1");
  t.deepEqual([judged.faults, judged.arrivals.map(({ at }) => at)], [[], ["s3:1"]]);
});

// ---------------------------------------------------------------- random networks

interface Statement {
  readonly kind: "waypoint" | "avoid";
  readonly source: string | undefined;
  readonly to: Station | undefined;
  readonly nodes: readonly string[];
}

const network: fc.Arbitrary<readonly [Network, readonly Statement[]]> = fc
  .record({
    size: fc.integer({ min: 2, max: 5 }),
    ring: fc.boolean(),
    hosts: fc.array(fc.tuple(fc.nat(4), fc.constantFrom("both", "ip", "mac")), { minLength: 2, maxLength: 4 }),
    boxes: fc.array(fc.nat(4), { maxLength: 2 }),
    guests: fc.array(fc.nat(4), { minLength: 1, maxLength: 2 }),
    said: fc.array(
      fc.record({
        kind: fc.constantFrom("waypoint", "waypoint", "avoid"),
        source: fc.nat(9),
        to: fc.nat(9),
        nodes: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ size, ring, hosts, boxes, guests, said }) => {
    const stations: Station[] = [];
    const add = (place: number, port: number, facts: Station["facts"], isBox: boolean): void => {
      const at = `s${(place % size) + 1}:${port}`;
      const taken = stations.some((one) => one.at === at);
      if (!taken) stations.push(station(`h${stations.length + 1}`, at, stations.length + 1, facts, isBox));
    };
    hosts.forEach(([place, facts], i) => add(place, 1 + (i % 2), facts, false));
    boxes.forEach((place, i) => add(place, 3 + i, "both", true));
    guests.forEach((place, i) => add(place, 7 + i, "none", false));
    const known = stations.filter(({ facts }) => facts !== "none");
    const unknown = stations.filter(({ facts }) => facts === "none");
    const nodes = [
      ...Array.from({ length: size }, (_, i) => `s${i + 1}`),
      ...known.flatMap((one) => (one.isBox ? [one.name] : [])),
    ];
    const statements = said.map(({ kind, source, to, nodes: some }): Statement => {
      const from =
        source < 6 ? unknown[source % unknown.length] : source < 9 ? known[source % known.length] : undefined;
      const end = to < 6 ? undefined : known[to % known.length];
      const names = [...new Set(some.map((one) => nodes[one % nodes.length]!))];
      const own = kind === "avoid" ? names.slice(0, 1).filter((one) => one.startsWith("s")) : names;
      return {
        kind,
        source: from?.at,
        to: end?.facts === "both" ? end : undefined,
        nodes: own.length > 0 ? own : ["s1"],
      };
    });
    // A host gives packets back where it is a waypoint alone.
    const boxNames = new Set(statements.flatMap((one) => (one.kind === "waypoint" ? one.nodes : [])));
    const plugged = stations.map((one) => ({ ...one, isBox: boxNames.has(one.name) }));
    return [{ size, isRing: ring && size > 2, stations: plugged }, statements] as const;
  });

const textOf = ({ kind, source, to, nodes }: Statement, i: number): string => {
  const flows = [...(source ? [`srcAP=${source}`] : []), ...(to ? [`dstEth=02:00:00:00:00:0${to.last}`] : [])];
  return `@q${i} ${kind}(${flows.length > 0 ? flows.join(", ") : "*"}) = ${nodes.join(", ")} on rootShare.`;
};

/** Whether a way passes these nodes in order. It begins and ends at ports, and names the switches and ports between. */
function passes(by: readonly string[], nodes: readonly string[], { stations }: Network): boolean {
  const names = by.map((one) => stations.find(({ at }) => at === one)?.name ?? one.split(":")[0]!);
  let passed = 0;
  for (const name of names) while (passed < nodes.length && nodes[passed] === name) passed++;
  return passed === nodes.length;
}

test("in random networks what comes in where nothing is known does as asked or is dropped, and no frame circles or comes twice", (t) => {
  let arrived = 0;
  fc.assert(
    fc.property(network, ([one, statements]) => {
      const policy = compiled(one, statements.map(textOf).join("\n"));
      const own = policy.errors.filter((error) => error.startsWith("E9"));
      if (own.length > 0) throw new Error(own[0]);
      if (policy.errors.length > 0) return;
      for (const from of one.stations)
        for (const to of [...one.stations, "all" as const])
          for (const type of ["ip", "asks", "answers", "other"] as const) {
            if (to === from || (to === "all" && type !== "ip" && type !== "other")) continue;
            const frame = frameOf(from, to, type);
            const { faults, arrivals } = policy.send(frame, from.at);
            if (faults.length > 0) throw new Error(`${from.name} ${type}: ${faults[0]}`);
            for (const { at, by } of arrivals) {
              const there = one.stations.find((some) => some.at === at)!;
              for (const { kind, source, to: end, nodes } of statements) {
                const isHeld =
                  (source ?? from.at) === from.at && (end === undefined || frame.get("eth_dst") === macOf(end));
                const isEnd = there.facts !== "ip" && frame.get("eth_dst") === macOf(there);
                // A box gets frames on their way, and what shows nothing of a MAC that no fact states.
                if (!isHeld || (there.isBox && !isEnd)) continue;
                const isKept =
                  kind === "waypoint"
                    ? passes(by, nodes, one)
                    : !by.some((step) => nodes.includes(step.split(":")[0]!));
                if (!isKept) throw new Error(`${from.name} ${type} to ${there.name}: ${by.join(" ")}`);
              }
            }
            const ends = arrivals.filter(({ at }) => !one.stations.some((some) => some.isBox && some.at === at));
            const isTwice = new Set(ends.map(({ at }) => at)).size < ends.length;
            const hasBareBox = one.stations.some(({ isBox, facts }) => isBox && facts === "ip");
            if (isTwice && !hasBareBox) throw new Error(`${from.name} ${type} comes twice`);
            if (from.facts === "none") arrived += arrivals.length;
          }
    }),
    { numRuns: 150, includeErrorInReport: true },
  );
  t.true(arrived > 0);
});
