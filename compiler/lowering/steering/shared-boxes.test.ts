/**
 * Boxes whose port other hosts or boxes share. Facts say where hosts stand, so no such network may be refused, and least of
 * all as a fault of our own (E903): waypoints are passed in order, what is for a host beside a box has arrived there, and
 * nothing circles, though a box may give back all that comes to its port.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged, type Plugged } from "../../semantics/frame-judge.ts";

interface Host {
  readonly name: string;
  readonly at: string;
  readonly last: number;
  readonly isStated: boolean;
}

interface Drawn {
  readonly switches: readonly string[];
  readonly cables: readonly (readonly [string, string])[];
  readonly hosts: readonly Host[];
  /** The nodes of each statement, all of which hold all flows. */
  readonly lists: readonly (readonly string[])[];
}

const fact = (port: string): string => port.replace(":", ", ");
const macOf = ({ last }: Host): bigint => 0x020000000000n + BigInt(last);
const ipOf = ({ last }: Host): bigint => 0x0a000000n + BigInt(last);

const textOf = ({ switches, cables, hosts, lists }: Drawn): string =>
  [
    "default allow.",
    ...switches.map((name, i) => `switch(${name}, ${i + 1}).`),
    ...cables.map(([a, b]) => `link(${fact(a)}, ${fact(b)}, 1Gb).`),
    ...hosts.flatMap((host) => [
      `host_at(${host.name}, ${fact(host.at)}).`,
      ...(host.isStated
        ? [
            `host_ip(${host.name}, 10.0.0.${host.last}).`,
            `host_mac(${host.name}, 02:00:00:00:00:${host.last.toString(16).padStart(2, "0")}).`,
          ]
        : []),
    ]),
    ...lists.map((nodes, i) => `@q${i} waypoint(*) = ${nodes.join(", ")} on rootShare.`),
  ].join("\n");

function compiled(text: string): {
  readonly errors: readonly string[];
  readonly tables: ReturnType<typeof tablesAt>["tables"];
} {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "of13" });
  const all = [...policy.diagnostics, ...diagnostics];
  return { tables, errors: all.flatMap(({ severity, code }) => (severity === "error" ? [code] : [])) };
}

/** Sends TCP from host to host; `mode`: what boxes do. A box that shares its port keeps nothing. */
function tcp(
  drawn: Drawn,
  tables: ReturnType<typeof tablesAt>["tables"],
  [from, to]: readonly [Host, Host],
  mode: true | "router",
): Judged {
  const boxes = new Set(drawn.lists.flat());
  const plugged = new Map<string, Plugged>();
  for (const [at, here] of Map.groupBy(drawn.hosts, (host) => host.at)) {
    const box = here.find(({ name }) => boxes.has(name));
    const one = box ?? here[0]!;
    const isAlone = here.length === 1;
    // As a router it is told by its MAC, whoever else stands there.
    const mac = isAlone || mode === "router" ? macOf(one) : 0n;
    plugged.set(at, { name: one.name, mac, ip: isAlone ? ipOf(one) : undefined, isMiddlebox: box ? mode : false });
  }
  const cables = new Map(drawn.cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const frame = new Map([
    ["eth_src", macOf(from)],
    ["eth_dst", macOf(to)],
    ["eth_type", 0x0800n],
    ["ip_proto", 6n],
    ["ip_dscp", 0n],
    ["tcp_src", 4000n],
    ["tcp_dst", 80n],
    ["ipv4_src", ipOf(from)],
    ["ipv4_dst", ipOf(to)],
  ]);
  return send({ tables, cables, plugged }, frame, from.at);
}

/** Whether a way passes the nodes in order; at a port it passes all that stand there. */
function passes({ hosts }: Drawn, nodes: readonly string[], by: readonly string[]): boolean {
  const ports = new Map(hosts.map(({ name, at }) => [name, at]));
  let next = 0;
  for (const step of by)
    while (next < nodes.length && [step, step.split(":")[0]].includes(ports.get(nodes[next]!) ?? nodes[next]!)) next++;
  return next === nodes.length;
}

/** The faults of what all pairs of stated hosts at different ports send each other. */
function faultsOf(drawn: Drawn): readonly string[] {
  const { errors, tables } = compiled(textOf(drawn));
  // A list may have no path in a drawn network; that is said, and no fault.
  if (errors.length > 0) return errors.filter((code) => code !== "E749" && code !== "E707");
  const stated = drawn.hosts.filter((host) => host.isStated);
  return stated.flatMap((from) =>
    stated.flatMap((to) => {
      if (from.at === to.at) return [];
      return ([true, "router"] as const).flatMap((mode) => {
        const { arrivals, faults } = tcp(drawn, tables, [from, to], mode);
        const ends = arrivals.filter(({ at }) => at === to.at);
        const way = `${from.name} to ${to.name} (${String(mode)})`;
        return [
          ...faults.map((one) => `${way}: ${one}`),
          ...(ends.length > 1 ? [`${way}: arrives ${ends.length} times`] : []),
          ...ends.flatMap(({ by }) =>
            drawn.lists.every((nodes) => passes(drawn, nodes, by)) ? [] : [`${way}: ${by.join(" ")}`],
          ),
        ];
      });
    }),
  );
}

const host = (name: string, at: string, last: number, isStated = true): Host => ({ name, at, last, isStated });
const TWO = { switches: ["s1", "s2"], cables: [["s1:10", "s2:10"]] } as const;
const H3 = host("h3", "s1:3", 3);
const B4 = host("b4", "s1:3", 4);
const H2 = host("h2", "s2:2", 2);
const B5 = host("b5", "s2:1", 5);

test("what a box gives back for a host at its own port goes nowhere", (t) => {
  const drawn: Drawn = { ...TWO, hosts: [H3, B4, H2, B5], lists: [["b4"], ["b5"]] };
  const { errors, tables } = compiled(textOf(drawn));
  t.deepEqual(errors, []);
  // The host beside the first box is reached through the other one, and last.
  const { arrivals, faults } = tcp(drawn, tables, [H2, H3], true);
  t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s2:1", "s1:3"]]);
  t.deepEqual(faultsOf(drawn), []);
});

test("a box beside a host and a switch that is a waypoint have a table", (t) => {
  const hosts = [host("h1", "s1:1", 1), host("b6", "s1:1", 6), host("b5", "s1:2", 5)];
  t.deepEqual(faultsOf({ ...TWO, hosts, lists: [["b6"], ["s2"]] }), []);
});

test("boxes at one port, in a row or apart, have a table, with hosts of no facts beside them too", (t) => {
  const boxes = [host("b6", "s1:1", 6), host("b5", "s1:1", 5), host("b7", "s2:4", 7), host("b8", "s2:4", 8)];
  const ends = [host("h1", "s2:1", 1), host("h2", "s1:3", 2)];
  const unknown = [host("u1", "s1:1", 9, false), host("u2", "s2:4", 10, false)];
  for (const hosts of [
    [...boxes, ...ends],
    [...boxes, ...ends, ...unknown],
  ])
    for (const lists of [
      [["b6", "b5"]],
      [["b6", "b7", "b5"]],
      [["b6"], ["b5"]],
      [["b5", "b8"], ["s2"]],
      [["b8", "b6"]],
    ])
      t.deepEqual(faultsOf({ ...TWO, hosts, lists }), [], `${lists.join(" ; ")} ${hosts.length}`);
});

/** Numbers from 0 below 1, the same for a seed. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function draw(seed: number): Drawn {
  const next = numbersFrom(seed);
  const below = (count: number): number => Math.floor(next() * count);
  const switches = Array.from({ length: 1 + below(4) }, (_, i) => `s${i + 1}`);
  const cables = switches.slice(1).map((name, i) => [`${switches[below(i + 1)]!}:${20 + i}`, `${name}:10`] as const);
  const hosts: Host[] = [];
  for (let i = 1; i <= 6; i++) {
    const beside = hosts.length > 0 && next() < 0.5 ? hosts[below(hosts.length)]!.at : undefined;
    const at = beside ?? `${switches[below(switches.length)]!}:${1 + below(4)}`;
    // Every third box and host has no facts but its place.
    hosts.push(host(`${i < 4 ? "h" : "b"}${i}`, at, i, next() < 0.85));
  }
  const nodes = [...hosts.slice(3).map(({ name }) => name), ...switches];
  const list = (): readonly string[] => [
    ...new Set(Array.from({ length: 1 + below(2) }, () => nodes[below(nodes.length)]!)),
  ];
  return { switches, cables, hosts, lists: Array.from({ length: 1 + below(2) }, list) };
}

test("random networks of shared ports lead all flows as asked", (t) => {
  const first = Number(process.env["GLAZIER_SEED"] ?? 7);
  for (let seed = first; seed < first + 60; seed++) {
    const drawn = draw(seed * 7919);
    t.deepEqual(faultsOf(drawn), [], `${seed}\n${textOf(drawn)}`);
  }
});
