/**
 * What steering drops although the policy allows it is told, with the hosts between which it is lost (W821, W831, N855). Random
 * networks are judged by the frames that come to no host, and by the words alone.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { send, type JudgedFrame, type Wiring } from "../../semantics/frame-judge.ts";
import { RING_OF_FOUR } from "../testing/cables.ts";
import { drawnNetwork } from "../testing/drawn-network.ts";

const ALL = 0xffffffffffffn;
const SEED = Number(process.env["GLAZIER_SEED"] ?? 6);

interface Station {
  readonly name: string;
  readonly at: string;
  readonly last: number;
  /** The facts that are stated of it: `M` its MAC, `I` its address. */
  readonly stated: string;
}

interface Network {
  readonly stations: readonly Station[];
  readonly boxes: readonly string[];
  /** Whether the boxes forward as routers. */
  readonly routes?: boolean;
  readonly cables: readonly (readonly [string, string])[];
  readonly statements: readonly string[];
}

const macOf = ({ last }: Station): bigint => 0x020000000000n + BigInt(last);
const ipOf = ({ last }: Station): bigint => 0x0a000000n + BigInt(last);
const placed = (at: string): string => at.replace(":", ", ");

function compiled({ stations, boxes, cables, statements, routes = false }: Network): {
  readonly told: readonly Diagnostic[];
  readonly wiring: Wiring;
  readonly text: string;
} {
  const ports = [...cables.flat(), ...stations.map(({ at }) => at)];
  const names = [...new Set(ports.map((at) => at.split(":")[0]!))].toSorted();
  const text = [
    "default allow.",
    ...names.map((name) => `switch(${name}, ${name.slice(1)}).`),
    ...cables.map(([a, b]) => `link(${placed(a)}, ${placed(b)}, 1Gb).`),
    ...stations.map(({ name, at, last, stated }) =>
      [
        `host_at(${name}, ${placed(at)}).`,
        stated.includes("M") ? `host_mac(${name}, 02:00:00:00:00:0${last}).` : "",
        stated.includes("I") ? `host_ip(${name}, 10.0.0.${last}).` : "",
      ].join(" "),
    ),
    ...statements.map((one, i) => `@q${i} ${one} on rootShare.`),
  ].join("\n");
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(
    stations.map((one) => [
      one.at,
      {
        name: one.name,
        mac: macOf(one),
        ip: ipOf(one),
        isMiddlebox: boxes.includes(one.name) && (routes ? ("router" as const) : true),
      },
    ]),
  );
  const wires = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return {
    told: [...new Set([...policy.diagnostics, ...diagnostics])],
    wiring: { tables, cables: wires, plugged },
    text,
  };
}

const TO_ONE = ["ip", "ip6", "arp reply", "other", "arp request"] as const;
const TO_ALL = ["ip", "arp request", "other"] as const;
type Kind = (typeof TO_ONE)[number];

/** A frame for a host, or for all. */
function frame(kind: Kind, from: Station, to?: Station): JudgedFrame {
  const isToAll = to === undefined || kind === "arp request";
  const shown = new Map<string, bigint>([
    ["eth_src", macOf(from)],
    ["eth_dst", isToAll ? ALL : macOf(to)],
  ]);
  if (kind.startsWith("ip")) {
    shown.set("ip_proto", 17n).set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
    const six = 0x20010db8n << 96n;
    if (kind === "ip") shown.set("eth_type", 0x0800n).set("ipv4_src", ipOf(from));
    else shown.set("eth_type", 0x86ddn).set("ipv6_src", six + ipOf(from));
    if (kind === "ip") shown.set("ipv4_dst", to === undefined ? 0xffffffffn : ipOf(to));
    else shown.set("ipv6_dst", six + ipOf(to!));
  } else if (kind === "other") shown.set("eth_type", 0x88b5n);
  else {
    shown
      .set("eth_type", 0x0806n)
      .set("arp_op", kind === "arp reply" ? 2n : 1n)
      .set("arp_sha", macOf(from));
    shown.set("arp_tha", 0n).set("arp_spa", ipOf(from));
    shown.set("arp_tpa", to === undefined ? 0x0a000063n : ipOf(to));
  }
  return shown;
}

/** Whether the words say that some of these frames are lost between two hosts. */
function isTold(told: readonly Diagnostic[], kind: Kind, from: Station, to: Station): boolean {
  const [source, end] = [`\`${from.name}\``, `\`${to.name}\``];
  return told.some(({ code, message }) => {
    if (code === "N839") return kind.startsWith("ip") && message.includes(source);
    if (code === "N856") return kind.startsWith("ip") && message.includes(source);
    if (code === "N855") return kind === "other" && message.includes(source);
    if (code !== "W821" && code !== "W831") return false;
    const [between] = message.slice(message.lastIndexOf("dropped ")).split(", such as");
    return between!.split("; ").some((group) => {
      const [sources, ends] = group.split(" to ");
      return sources!.includes(source) && (ends === undefined || ends === "other hosts" || ends.includes(end));
    });
  });
}

/** The frames that come to no host that they are for, and of which nothing says so. */
function untold({ told, wiring }: ReturnType<typeof compiled>, stations: readonly Station[]): readonly string[] {
  const found: string[] = [];
  for (const from of stations) {
    const others = stations.filter((one) => one !== from);
    const sent = [
      ...others.flatMap((to) => TO_ONE.map((kind) => [kind, [to], frame(kind, from, to)] as const)),
      ...TO_ALL.map((kind) => [kind, others, frame(kind, from)] as const),
    ];
    for (const [kind, ends, shown] of sent) {
      const arrived = new Set(send(wiring, shown, from.at).arrivals.map(({ at }) => at));
      for (const to of ends)
        if (!arrived.has(to.at) && !isTold(told, kind, from, to)) found.push(`${kind} ${from.name} to ${to.name}`);
    }
  }
  return found;
}

function drawn(seed: number): Network {
  const { below, pick, names, cables, port } = drawnNetwork(seed);
  const stations = Array.from({ length: 2 + below(4) }, (_, i) => ({
    name: `h${i + 1}`,
    at: port(pick(names), 1),
    last: i + 1,
    stated: pick(["MI", "MI", "MI", "MI", "M", "I", ""]),
  }));
  const boxes = new Set<string>();
  const condition = (): readonly [string, string] => {
    const one = pick(stations);
    return pick([
      ["srcHost", `10.0.0.${one.last}`],
      ["srcEth", `02:00:00:00:00:0${one.last}`],
      ["srcAP", one.at],
      ["dstHost", `10.0.0.${one.last}`],
      ["dstEth", `02:00:00:00:00:0${one.last}`],
      ["dstAP", one.at],
      ["dstHost", pick(["10.0.0.99", "255.255.255.255"])],
      ["dstEth", "ff:ff:ff:ff:ff:ff"],
      ["ethType", pick(["IPv4", "IPv6", "ARP", "0x88b5"])],
    ] as const);
  };
  const statements = Array.from({ length: 1 + below(2) }, () => {
    const effect = pick(["avoid", "avoid", "waypoint", "waypoint", "limit", "reserve"]);
    const node = (): string => {
      const one = pick(stations);
      if (effect !== "waypoint" || below(3) > 0 || !one.stated.includes("M")) return pick(names);
      boxes.add(one.name);
      return one.name;
    };
    const flows = new Map(Array.from({ length: below(3) }, condition));
    const does = { limit: "8Mb", reserve: "2Mb" }[effect] ?? [...new Set([node(), node()])].join(", ");
    return `${effect}(${[...flows].map((one) => one.join("=")).join(", ") || "*"}) = ${does}`;
  });
  return { stations, boxes: [...boxes], cables, statements, routes: seed % 2 === 1 };
}

test("random networks: what steering drops although it is allowed is told, with the hosts between which it is lost", (t) => {
  const made = new Map<string, number>();
  for (let seed = 0; seed < 160; seed++) {
    const network = drawn(SEED * 1000 + seed);
    const tables = compiled(network);
    // A suspended statement has words of its own.
    if (tables.told.some(({ code }) => code.startsWith("E") || code === "W750")) continue;
    for (const code of new Set(tables.told.map((one) => one.code))) made.set(code, (made.get(code) ?? 0) + 1);
    made.set("all", (made.get("all") ?? 0) + 1);
    t.deepEqual(untold(tables, network.stations), [], `seed ${seed}\n${tables.text}`);
  }
  t.true(made.get("all")! > 80, JSON.stringify([...made]));
  for (const code of ["W821", "W831", "N855"]) t.true((made.get(code) ?? 0) > 3, code);
});

const station = (name: string, at: string, last: number, stated = "MI"): Station => ({ name, at, last, stated });
const LINE = [
  ["s1:10", "s2:11"],
  ["s2:10", "s3:11"],
] as const;
const [A, B, C] = [station("a", "s1:1", 1), station("b", "s1:2", 2), station("c", "s3:1", 3)];
const row = (statement: string, stations = [A, B, C], boxes: readonly string[] = []): Network => ({
  stations,
  boxes,
  cables: LINE,
  statements: [statement],
});
const messages = ({ told }: ReturnType<typeof compiled>): readonly string[] =>
  told.map(({ code, message }) => `${code} ${message}`);

test("hosts behind an avoided switch get no broadcast of the flows that avoid it: they are named, and those who get it are not", (t) => {
  for (const flows of [
    "srcEth=02:00:00:00:00:01, dstEth=ff:ff:ff:ff:ff:ff",
    "srcHost=a, dstHost=255.255.255.255",
    "srcEth=02:00:00:00:00:01, dstHost=10.0.0.99, dstEth=02:00:00:00:00:99",
  ]) {
    const made = compiled(row(`avoid(${flows}) = s2`));
    const [one, ...more] = made.told;
    t.deepEqual([one?.code, more], ["W821", []], flows);
    t.regex(one!.message, /dropped from `a` to `c`, such as \(/, flows);
    const broadcast = new Map([...frame("ip", A), ["ipv4_dst", 0xffffffffn]]);
    const arrivals = send(made.wiring, broadcast, A.at).arrivals.map(({ at }) => at);
    // To 10.0.0.99 it is not, so the last of them does not hold it.
    t.deepEqual(arrivals.toSorted(), flows.includes("10.0.0.99") ? [B.at, C.at] : [B.at], flows);
  }
  // What is for one known host that is reached is for nobody behind the avoided switch.
  t.deepEqual(messages(compiled(row("avoid(srcHost=a, dstHost=b) = s2"))), []);
});

test("of a host of which only the place is stated, behind an avoided switch, it is told that it gets nothing", (t) => {
  const made = compiled(row("avoid(srcAP=s1:1, ethType=IPv6) = s2", [A, B, { ...C, stated: "" }]));
  t.regex(messages(made).join(), /^W821 .* dropped from `a` to `c`, such as \(/);
});

test("W821 names the statement, between which hosts, the flows and one of them", (t) => {
  const [one] = compiled(row("avoid(srcHost=a) = s2")).told;
  t.is(
    one!.message,
    "some flows of `q0` have no path left that does what is asked: dropped from `a` to `c`, such as (srcHost=10.0.0.1, dstHost=10.0.0.3)",
  );
  t.is(one!.witness, "srcHost=10.0.0.1, dstHost=10.0.0.3, ethType=IPv4, srcAP=s1:1, switch=s1, inPort=1");
});

test("what is neither IP nor ARP ends at a box: it is told, and what helps ends that and leads the rest", (t) => {
  const made = compiled(row("waypoint(srcAP=s1:1) = b", [A, B, C], ["b"]));
  t.deepEqual(messages(made), [
    "N855 what `q0` holds that is neither IP nor ARP ends at its waypoint: from `a` to `b`",
  ]);
  const arrivals = (of: ReturnType<typeof compiled>, kind: Kind): readonly string[] =>
    send(of.wiring, frame(kind, A, C), A.at).arrivals.map(({ at }) => at);
  t.deepEqual([arrivals(made, "other"), arrivals(made, "ip")], [[B.at], [B.at, C.at]]);
  const [types] = /ethType=\{[^}]*\}/.exec(made.told[0]!.help!)!;
  const pasted = compiled(row(`waypoint(srcAP=s1:1, ${types}) = b`, [A, B, C], ["b"]));
  t.deepEqual(messages(pasted), []);
  t.deepEqual([arrivals(pasted, "other"), arrivals(pasted, "ip")], [[C.at], [B.at, C.at]]);
  // A host without an address shows by its MAC whose its frames are, so they come back.
  const bare = compiled(row("waypoint(srcAP=s1:1) = b", [{ ...A, stated: "M" }, B, C], ["b"]));
  t.deepEqual([messages(bare).filter((one) => one.startsWith("N855")), arrivals(bare, "other")], [[], [B.at, C.at]]);
});

test("a broadcast that only goes on where its source is told, of a host of which only the place is stated, is told", (t) => {
  const [a, c] = [station("a", "s1:1", 1, ""), station("c", "s3:1", 3, "")];
  const cables = RING_OF_FOUR;
  const made = compiled({ stations: [a, c], boxes: [], cables, statements: ["waypoint(*) = s4"] });
  t.deepEqual(untold(made, [a, c]), []);
  const lost = made.told.filter(({ code }) => code === "W831");
  t.regex(
    lost.map(({ message, help }) => `${message} | ${help}`).join(),
    /from `a` to `c`.* \| .*`host_mac\(a, MAC\)`/,
  );
});

test("ARP for a host by its port goes where no avoided switch lies, of a host without a stated MAC too", (t) => {
  const [a, c] = [station("a", "s1:1", 1, "I"), station("c", "s2:1", 3, "I")];
  const made = compiled(row("avoid(dstAP=s2:1, srcAP=s1:1) = s3", [a, c]));
  for (const kind of ["arp request", "ip"] as const)
    t.deepEqual(
      send(made.wiring, frame(kind, a, c), a.at).arrivals.map(({ at }) => at),
      [c.at],
      kind,
    );
});

test("beside a limit, the form that E801 says of an exception compiles", (t) => {
  const asked = (flows: string): Network => ({
    ...row(`limit(srcHost=a) = 5Mb`),
    statements: ["limit(srcHost=a) = 5Mb", `waypoint(${flows}) = s3`],
  });
  const [refused] = compiled(asked("(*) except (srcHost=a)")).told.filter(({ severity }) => severity === "error");
  t.is(refused?.code, "E801");
  const [, types] = /`(ethType=\{[^}]*\})` beside what it holds/.exec(refused!.help!)!;
  const pasted = compiled(asked(`(${types}) except (srcHost=a)`));
  t.deepEqual(
    pasted.told.filter(({ severity }) => severity === "error"),
    [],
  );
  const crosses = (from: Station, to: Station): boolean =>
    send(pasted.wiring, frame("ip", from, to), from.at).crossed.has("s3");
  t.deepEqual([crosses(A, B), crosses(B, A)], [false, true]);
});

test("what comes to its last waypoint by a link outside the tree is flooded nowhere: it is told, though no known host misses it", (t) => {
  const cables = [
    ["s1:10", "s2:10"],
    ["s2:11", "s3:10"],
    ["s3:11", "s1:11"],
  ] as const;
  const h = station("h", "s3:2", 2);
  const made = compiled({ stations: [h], boxes: [], cables, statements: ["waypoint(*) = s2"] });
  // Nobody is known at the port, and somebody may stand there.
  const nobody = new Map([["s2:2", { name: "", mac: 0n, isMiddlebox: false as const }]]);
  const wiring = { ...made.wiring, plugged: new Map([...made.wiring.plugged, ...nobody]) };
  t.deepEqual(send(wiring, frame("ip", h), h.at).arrivals, []);
  t.regex(messages(made).join(), /W831 what `q0` leads to no known host, .*: dropped from `h`/);
});

test("of more sources than are told with their ends, the others are named, a box among them", (t) => {
  const cables = [
    ["s1:10", "s2:10"],
    ["s1:11", "s3:10"],
    ["s3:11", "s4:10"],
    ["s3:12", "s5:10"],
    ["s1:12", "s5:11"],
  ] as const;
  const stations = [
    station("h1", "s3:1", 1),
    station("h2", "s1:1", 2),
    station("h3", "s4:1", 3, "I"),
    station("h4", "s4:2", 4),
    station("h5", "s4:3", 5),
  ];
  const made = compiled({ stations, boxes: ["h5"], cables, statements: ["waypoint(*) = h5, s5"] });
  t.deepEqual(untold(made, stations), []);
  t.regex(messages(made).join(), /W831 [^,]*, broadcasts too, .*; and from `h5` to other hosts/);
});
