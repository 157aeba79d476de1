/**
 * Ordinary waypoints are led: random small networks with hosts, boxes, users and waypoints end in no internal error, the
 * proof comes to its end, and frames before the outside judge end and pass what is asked.
 */
import test from "ava";
import fc from "fast-check";
import { tablesAt } from "../compile.ts";
import { decide } from "../decide.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { NOW, RULES } from "../admission/testing/networks.ts";
import type { Table } from "../table/entry.ts";
import { send, type Judged, type JudgedFrame, type Plugged, type Wiring } from "./frame-judge.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 60);

interface Host {
  readonly name: string;
  readonly at: string;
  readonly number: number;
  readonly hasAddress?: boolean;
  /** Whether a fact states its MAC. */
  readonly hasMac?: boolean;
  readonly user?: string;
}

interface Network {
  readonly switches: number;
  /** Pairs of switches. */
  readonly cables: readonly (readonly [number, number])[];
  readonly hosts: readonly Host[];
  readonly statements: readonly string[];
}

const mac = (number: number): bigint => BigInt(number);
const ip = (number: number): bigint => 0x0a000000n + BigInt(number);
const macText = (number: number): string => `00:00:00:00:00:${number.toString(16).padStart(2, "0")}`;

/** The ends of each cable as ports. */
function cablesOf({ cables }: Network): readonly (readonly [string, string])[] {
  const next = new Map<number, number>();
  const plug = (one: number): string => {
    const port = next.get(one) ?? 10;
    next.set(one, port + 1);
    return `s${one}:${port}`;
  };
  return cables.map(([a, b]) => [plug(a), plug(b)]);
}

function textOf(network: Network): string {
  const place = (port: string): string => port.replace(":", ", ");
  return [
    "default allow.",
    ...Array.from({ length: network.switches }, (_, i) => `switch(s${i + 1}, ${i + 1}).`),
    ...cablesOf(network).map(([a, b]) => `link(${place(a)}, ${place(b)}, 1Gb).`),
    ...network.hosts.flatMap(({ name, at, number, hasAddress = true, hasMac = true, user }) => [
      `host_at(${name}, ${place(at)}).`,
      ...(hasMac ? [`host_mac(${name}, ${macText(number)}).`] : []),
      ...(hasAddress ? [`host_ip(${name}, 10.0.0.${number}).`] : []),
      ...(user === undefined ? [] : [`user_host("${user}", ${name}).`]),
    ]),
    ...network.statements.map((one, i) => `@q${i} ${one} on rootShare.`),
  ].join("\n");
}

interface Compiled {
  readonly diagnostics: readonly Diagnostic[];
  readonly wiring: Wiring;
}

/** The tables of a network. Hosts whose names begin with `b` give back what is not for them. */
function compiled(network: Network): Compiled {
  const decided = decide([{ name: "net.fml", text: textOf(network) }], {
    now: NOW,
    rules: RULES,
    load: () => undefined,
  });
  const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
  return {
    diagnostics: [...decided.diagnostics, ...diagnostics],
    wiring: {
      tables: tables as ReadonlyMap<string, Table>,
      cables: new Map(cablesOf(network).flatMap(([a, b]) => [[a, b] as const, [b, a] as const])),
      plugged: new Map(
        network.hosts.map(({ name, at, number, hasAddress = true }): [string, Plugged] => [
          at,
          { name, mac: mac(number), ip: hasAddress ? ip(number) : undefined, isMiddlebox: name.startsWith("b") },
        ]),
      ),
    },
  };
}

/** An IPv4 frame. */
const frame = (
  ethSrc: bigint,
  ethDst: bigint,
  source: bigint,
  target: bigint,
  [protocol, from, to]: readonly ["udp" | "tcp", number, number] = ["udp", 4000, 53],
): JudgedFrame =>
  new Map([
    ["eth_src", ethSrc],
    ["eth_dst", ethDst],
    ["eth_type", 0x0800n],
    ["ip_proto", protocol === "tcp" ? 6n : 17n],
    ["ip_dscp", 0n],
    ["ipv4_src", source],
    ["ipv4_dst", target],
    [`${protocol}_src`, BigInt(from)],
    [`${protocol}_dst`, BigInt(to)],
  ]);

/** The nodes that the only copy of a frame passed on its way to a host, as far as they are in a list. */
function passed(
  network: Network,
  { wiring }: Compiled,
  sent: JudgedFrame,
  from: string,
  to: string,
  list: readonly string[],
) {
  const { arrivals, faults } = send(wiring, sent, from);
  const end = network.hosts.find(({ name }) => name === to)!.at;
  const names = new Map(network.hosts.map(({ name, at }) => [at, name]));
  return {
    faults,
    ways: arrivals
      .filter(({ at }) => at === end)
      .map(({ by }) => by.map((at) => names.get(at) ?? at).filter((one) => list.includes(one))),
  };
}

const places = ({ arrivals }: Pick<Judged, "arrivals">): readonly string[] => arrivals.map(({ at }) => at);

const internal = ({ diagnostics }: Compiled): readonly string[] =>
  diagnostics.flatMap(({ code, message }) => (/^(E8|E9|N834)/.test(code) ? [`${code} ${message}`] : []));

const LINE: Network = {
  switches: 3,
  cables: [
    [1, 2],
    [1, 3],
  ],
  hosts: [
    { name: "h1", at: "s1:1", number: 2, user: "U" },
    { name: "h2", at: "s1:2", number: 3 },
  ],
  statements: ['waypoint(user="U") = s3, s1, s2'],
};

test("a user's frames are led over their own switch again, also those that only the MAC shows to be the user's", (t) => {
  for (const flows of ['user="U"', 'user="U", transport=UDP']) {
    const one = compiled({ ...LINE, statements: [`waypoint(${flows}) = s3, s1, s2`] });
    t.deepEqual(internal(one), []);
    for (const source of [ip(2), 0n]) {
      const ports = ["udp", source === 0n ? 68 : 4000, source === 0n ? 67 : 53] as const;
      const sent = frame(mac(2), mac(3), source, ip(3), ports);
      const { faults, ways } = passed(LINE, one, sent, "s1:1", "h2", ["s2", "s3"]);
      t.deepEqual(faults, []);
      t.deepEqual(ways, [["s3", "s2"]], flows);
    }
  }
});

test("a frame from a host to its own MAC that a box sends is not led round", (t) => {
  const ring: Network = {
    switches: 5,
    cables: [
      [1, 2],
      [1, 5],
      [2, 3],
      [3, 4],
      [4, 5],
    ],
    hosts: [
      { name: "h1", at: "s5:1", number: 2 },
      { name: "h2", at: "s2:1", number: 3 },
      { name: "b1", at: "s3:1", number: 5 },
    ],
    statements: ["waypoint(srcHost=h1) = s4, s1, b1"],
  };
  const one = compiled(ring);
  t.deepEqual(internal(one), []);
  for (const from of ["s5:1", "s3:1"])
    for (const target of [ip(2), ip(9)])
      t.deepEqual(send(one.wiring, frame(mac(2), mac(2), ip(2), target), from).faults, []);
  const { ways } = passed(ring, one, frame(mac(2), mac(3), ip(2), ip(3)), "s5:1", "h2", ["s4", "s1", "b1"]);
  t.deepEqual(
    ways.map((way) => [...new Set(way)]),
    [["s4", "s1", "b1"]],
  );
});

test("a box without a stated MAC gives back nothing of another box as its own, so their broadcasts do not circle", (t) => {
  const two: Network = {
    switches: 2,
    cables: [[1, 2]],
    hosts: [
      { name: "b1", at: "s2:1", number: 1, user: "U" },
      { name: "b2", at: "s1:1", number: 2, hasMac: false },
      { name: "h3", at: "s2:2", number: 3, hasMac: false },
    ],
    statements: ['waypoint(user="U", dstHost=b2, transport=UDP) = b2', 'waypoint(user="U", transport=ICMP) = b1'],
  };
  const one = compiled(two);
  t.deepEqual(internal(one), []);
  const dhcp = (from: number): JudgedFrame => frame(mac(from), 0xffffffffffffn, 0n, 0xffffffffn, ["udp", 68, 67]);
  t.deepEqual(send(one.wiring, dhcp(1), "s2:1").faults, []);
  t.deepEqual(places(send(one.wiring, dhcp(1), "s1:1")), []);
  for (const sent of [dhcp(2), frame(mac(2), mac(3), ip(2), ip(3))])
    t.true(send(one.wiring, sent, "s1:1").arrivals.some(({ at }) => at === "s2:2"));
});

test("a host without a stated MAC sends nothing with the MAC of another, which switches would lead by both", (t) => {
  const two: Network = {
    switches: 2,
    cables: [[1, 2]],
    hosts: [
      { name: "h1", at: "s1:20", number: 1, hasMac: false },
      { name: "h2", at: "s2:21", number: 2, hasMac: false },
      { name: "b3", at: "s2:22", number: 3, hasAddress: false },
    ],
    statements: ["waypoint(*) = s2, s1"],
  };
  const one = compiled(two);
  t.deepEqual(internal(one), []);
  t.deepEqual(send(one.wiring, frame(mac(3), mac(9), ip(1), ip(9)), "s1:20").arrivals, []);
  const plain = compiled({ ...two, statements: ["waypoint(*) = s2"] }).wiring;
  t.deepEqual(places(send(plain, frame(mac(3), mac(2), ip(1), ip(2)), "s1:20")), []);
  t.deepEqual(places(send(plain, frame(mac(1), mac(2), ip(1), ip(2)), "s1:20")), ["s2:21"]);
});

test("a box gives back a host's address with the host's MAC or its own, and with that of no other host", (t) => {
  const tree: Network = {
    switches: 4,
    cables: [
      [1, 2],
      [2, 3],
      [3, 4],
    ],
    hosts: [
      { name: "h1", at: "s1:1", number: 1 },
      { name: "h2", at: "s2:1", number: 2 },
      { name: "h3", at: "s2:2", number: 3, hasAddress: false },
      { name: "h4", at: "s2:3", number: 4 },
      { name: "b7", at: "s4:2", number: 7 },
      { name: "b8", at: "s4:3", number: 8, hasAddress: false },
    ],
    statements: ["waypoint(transport=TCP, dstPort=80) = b7, s2", "waypoint(srcHost=h4) = b8"],
  };
  const one = compiled(tree);
  t.deepEqual(internal(one), []);
  const given = (ethernet: number, source: number) =>
    send(one.wiring, frame(mac(ethernet), mac(2), ip(source), ip(2), ["tcp", 4000, 80]), "s4:2");
  for (const [ethernet, source] of [
    [4, 1],
    [3, 7],
    [2, 1],
  ] as const)
    t.deepEqual(given(ethernet, source).arrivals, [], `${ethernet} ${source}`);
  for (const ethernet of [1, 7]) {
    const { arrivals, faults } = given(ethernet, 1);
    t.deepEqual(faults, []);
    t.deepEqual(places({ arrivals }), ["s2:1"], `${ethernet}`);
  }
});

test("a waypoint of flows that come in at another switch leads nothing of a host that stands elsewhere", (t) => {
  const one: Network = { ...LINE, statements: ["waypoint(srcHost=h1, switch=s2) = s3, s1, s2"] };
  const tables = compiled(one);
  t.deepEqual(internal(tables), []);
  const { ways } = passed(one, tables, frame(mac(2), mac(3), ip(2), ip(3)), "s1:1", "h2", ["s2", "s3"]);
  t.deepEqual(ways, [[]]);
});

test("ranges of ports that overlap are led by all statements that hold a port", (t) => {
  const ring: Network = {
    switches: 4,
    cables: [
      [1, 2],
      [2, 3],
      [3, 4],
      [1, 4],
    ],
    hosts: [
      { name: "h1", at: "s1:1", number: 1 },
      { name: "h2", at: "s2:1", number: 2 },
      { name: "b3", at: "s3:1", number: 3 },
    ],
    statements: [
      "waypoint(transport=TCP, dstPort=1000-1100) = s4",
      "waypoint(transport=TCP, dstPort=1050-1150) = b3",
      "waypoint(srcHost=h1, transport=TCP, dstPort=1090-1095) = s3",
    ],
  };
  const one = compiled(ring);
  t.deepEqual(internal(one), []);
  const asked: readonly (readonly [port: number, first: string, ...rest: string[]])[] = [
    [999, ""],
    [1000, "s4"],
    [1049, "s4"],
    [1050, "s4", "b3"],
    [1089, "s4", "b3"],
    [1092, "s4", "b3", "s3"],
    [1096, "s4", "b3"],
    [1101, "b3"],
    [1150, "b3"],
    [1151, ""],
  ];
  for (const [port, ...nodes] of asked) {
    const sent = frame(mac(1), mac(2), ip(1), ip(2), ["tcp", 4000, port]);
    const { faults, ways } = passed(ring, one, sent, "s1:1", "h2", ["s3", "s4", "b3"]);
    t.deepEqual(faults, []);
    t.is(ways.length, 1, `${port}`);
    for (const node of nodes.filter(Boolean)) t.true(ways[0]!.includes(node), `${port} passes ${node}`);
    if (nodes[0] === "") t.deepEqual(ways[0], [], `${port}`);
  }
});

const flows = fc.record({
  from: fc.option(fc.nat(), { freq: 3 }),
  user: fc.option(fc.nat(2), { freq: 1 }),
  to: fc.option(fc.nat(), { freq: 1 }),
  kind: fc.constantFrom("", "", "", "transport=TCP, dstPort=80", "transport=UDP", "transport=TCP, dstPort=1000-1105"),
});

/** Networks of lines, trees, rings and chords, with statements of up to three waypoints. */
const ordinary: fc.Arbitrary<Network> = fc
  .record({
    parents: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
    shape: fc.constantFrom("line", "tree", "ring", "chord"),
    chord: fc.tuple(fc.nat(), fc.nat()),
    homes: fc.array(
      fc.record({
        at: fc.nat(),
        isBox: fc.boolean(),
        hasAddress: fc.boolean(),
        hasMac: fc.nat(3).map((one) => one > 0),
        user: fc.option(fc.nat(2)),
      }),
      { minLength: 3, maxLength: 9 },
    ),
    asked: fc.array(
      fc.record({ flows, isAvoid: fc.nat(3), nodes: fc.uniqueArray(fc.nat(19), { minLength: 1, maxLength: 3 }) }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ parents, shape, chord, homes, asked }): Network => {
    const switches = parents.length + 1;
    const ends = parents.map((parent, i): readonly [number, number] => [
      shape === "tree" ? 1 + (parent % (i + 1)) : i + 1,
      i + 2,
    ]);
    const round: readonly (readonly [number, number])[] =
      switches > 2 && (shape === "ring" || shape === "chord") ? [[1, switches]] : [];
    const across = chord.map((one) => 1 + (one % switches)) as [number, number];
    const more = shape === "chord" && Math.abs(across[0] - across[1]) > 1 ? [across] : [];
    const hosts = homes.map((home, i): Host => ({
      name: `${home.isBox && i > 1 ? "b" : "h"}${i + 1}`,
      at: `s${1 + (home.at % switches)}:${20 + i}`,
      number: i + 1,
      hasAddress: !home.isBox || home.hasAddress,
      hasMac: home.hasMac || (home.isBox && !home.hasAddress),
      ...(home.user !== null && { user: `U${home.user}` }),
    }));
    const nodes = [
      ...Array.from({ length: switches }, (_, i) => `s${i + 1}`),
      ...hosts.flatMap(({ name }) => (name.startsWith("b") ? [name] : [])),
    ];
    const end = (side: string, which: number): string => {
      const host = hosts[which % hosts.length]!;
      return host.hasAddress ? `${side}Host=${host.name}` : `${side}Eth=${macText(host.number)}`;
    };
    const statements = asked.map(({ flows: { from, user, to, kind }, isAvoid, nodes: chosen }) => {
      const terms = [
        ...(from !== null ? [end("src", from)] : user !== null ? [`user="U${user}"`] : []),
        ...(to === null ? [] : [end("dst", to)]),
        ...(kind === "" ? [] : [kind]),
      ];
      const list = [...new Set(chosen.map((one) => nodes[one % nodes.length]!))];
      const of = terms.length === 0 ? "*" : terms.join(", ");
      return isAvoid === 0 ? `avoid(${of}) = s${1 + (chosen[0]! % switches)}` : `waypoint(${of}) = ${list.join(", ")}`;
    });
    return { switches, cables: [...ends, ...round, ...more], hosts, statements };
  });

test("random ordinary networks compile without an internal error, and their proof comes to its end", (t) => {
  t.timeout(600_000);
  let steered = 0;
  fc.assert(
    fc.property(ordinary, (network) => {
      const one = compiled(network);
      const faults = internal(one);
      if (faults.length > 0) throw new Error(`${faults.join("\n")}\n${textOf(network)}`);
      if (!one.diagnostics.some(({ severity }) => severity === "error")) steered++;
    }),
    { numRuns: RUNS },
  );
  t.true(steered > RUNS / 2);
});
