/**
 * Random waypoints and avoids whose flows have exceptions, before the outside judge of frames and an evaluator of its own: what
 * is held crosses the waypoint, or keeps away from what it avoids; what is excepted goes as if nothing were said.
 */
import test from "ava";
import fc from "fast-check";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged, type Wiring } from "../../semantics/frame-judge.ts";

/** Of three about one is accepted, and takes a second. */
const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 8);

/** Four switches in a ring; two hosts at each of three, one at the fourth. Host n has 10.0.0.n. */
const SEATS = ["s1:1", "s1:2", "s2:1", "s2:2", "s3:1", "s3:2", "s4:1"] as const;
const LINKS = ["s1:10 s2:11", "s2:10 s3:11", "s3:10 s4:11", "s4:10 s1:11"].map(
  (one) => one.split(" ") as [string, string],
);
const HOSTS = SEATS.map((at, i) => ({ at, n: i + 1, mac: `02:00:00:00:00:0${i + 1}` }));
const USERS = ["A", "B"] as const;
const RING = [
  "default allow.",
  ...[1, 2, 3, 4].map((n) => `switch(s${n}, ${n}).`),
  ...LINKS.map(([a, b]) => `link(${a.replace(":", ", ")}, ${b.replace(":", ", ")}, 1Gb).`),
  ...HOSTS.map(
    ({ at, n, mac }) =>
      `host_ip(h${n}, 10.0.0.${n}). host_mac(h${n}, ${mac}). host_at(h${n}, ${at.replace(":", ", ")}).`,
  ),
  `user_host("A", h1). user_host("B", h5).`,
].join("\n");
const userOf = (n: number | "all"): string => (n === 1 ? "A" : n === 5 ? "B" : "unknown");

interface Sent {
  readonly from: number;
  readonly to: number | "all";
  readonly tcp: boolean;
  readonly port: number;
  /** Whose MAC it shows, as of a router; absent: that of `to`. */
  readonly by?: number;
}
type Atom = { readonly text: string; readonly holds: (one: Sent) => boolean };
const host = fc.integer({ min: 1, max: HOSTS.length });
const seatOf = (n: number | "all"): string => (n === "all" ? "" : SEATS[n - 1]!);
const textOf = (all: readonly Steering[]): string =>
  all.map(({ kind, node, flows }, i) => `@x${i} ${kind}(${flows.text}) = ${node} on rootShare.`).join("\n");
const atom: fc.Arbitrary<Atom> = fc.oneof(
  host.map((n) => ({ text: `srcEth=02:00:00:00:00:0${n}`, holds: ({ from }: Sent) => from === n })),
  host.map((n) => ({ text: `dstEth=02:00:00:00:00:0${n}`, holds: ({ to }: Sent) => to === n })),
  host.map((n) => ({ text: `srcHost=10.0.0.${n}`, holds: ({ from }: Sent) => from === n })),
  host.map((n) => ({ text: `dstHost=10.0.0.${n}`, holds: ({ to }: Sent) => to === n })),
  fc.constant({ text: "dstHost=10.0.0.4/30", holds: ({ to }: Sent) => to !== "all" && to >= 4 }),
  fc.constant({ text: "srcHost=10.0.0.4/30", holds: ({ from }: Sent) => from >= 4 }),
  host.map((n) => ({ text: `srcAP=${seatOf(n)}`, holds: ({ from }: Sent) => from === n })),
  host.map((n) => ({ text: `dstAP=${seatOf(n)}`, holds: ({ to }: Sent) => to === n })),
  host.map((n) => ({
    text: `switch=${seatOf(n).slice(0, 2)}`,
    holds: ({ from }: Sent) => seatOf(from).startsWith(seatOf(n).slice(0, 2)),
  })),
  fc
    .constantFrom(1, 2)
    .map((n) => ({ text: `inPort=${n}`, holds: ({ from }: Sent) => seatOf(from).endsWith(`:${n}`) })),
  fc.constantFrom(...USERS).map((u) => ({ text: `user="${u}"`, holds: ({ from }: Sent) => userOf(from) === u })),
  fc.constantFrom(...USERS).map((u) => ({ text: `dstUser="${u}"`, holds: ({ to }: Sent) => userOf(to) === u })),
  fc.boolean().map((tcp) => ({ text: `transport=${tcp ? "TCP" : "UDP"}`, holds: (one: Sent) => one.tcp === tcp })),
  fc
    .constantFrom(53, 80)
    .map((port) => ({ text: `transport={TCP, UDP}, dstPort=${port}`, holds: (one: Sent) => one.port === port })),
);
const FIELDS = /([a-zA-Z]+)=/g;
const and = fc.array(atom, { minLength: 1, maxLength: 3 }).map((all): Atom => {
  const some: Atom[] = [];
  const taken = new Set<string>();
  for (const one of all) {
    const fields = [...one.text.matchAll(FIELDS)].map(([, name]) => name!);
    if (fields.some((name) => taken.has(name))) continue;
    for (const name of fields) taken.add(name);
    some.push(one);
  }
  return {
    text: `(${some.map(({ text }) => text).join(", ")})`,
    holds: (one) => some.every(({ holds }) => holds(one)),
  };
});
const flows: fc.Arbitrary<Atom> = fc
  .tuple(
    fc.oneof(and, fc.constant<Atom>({ text: "(*)", holds: () => true })),
    fc.array(and, { minLength: 1, maxLength: 2 }),
    fc.option(and, { freq: 3 }),
  )
  .map(([a, less, more]) => {
    const base: Atom = {
      text: less.reduce((text, one) => `(${text} except ${one.text})`, a.text),
      holds: (one) => a.holds(one) && !less.some(({ holds }) => holds(one)),
    };
    return more ? { text: `(${base.text} or ${more.text})`, holds: (one) => base.holds(one) || more.holds(one) } : base;
  });
interface Steering {
  readonly kind: string;
  readonly node: string;
  readonly flows: Atom;
}
const statement: fc.Arbitrary<Steering> = fc.record({
  kind: fc.constantFrom("waypoint", "avoid"),
  node: fc.constantFrom("s1", "s2", "s3", "s4"),
  flows,
});

function wiringOf(text: string): { readonly wiring?: Wiring; readonly codes: readonly string[] } {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  if (!policy.good) return { codes: policy.diagnostics.map(({ code }) => code) };
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const codes = [...policy.diagnostics, ...diagnostics].map(({ code }) => code);
  if (diagnostics.some(({ severity }) => severity === "error")) return { codes };
  const plugged = new Map(
    HOSTS.map(
      ({ at, n }) =>
        [
          at,
          { name: `h${n}`, mac: 0x020000000000n + BigInt(n), ip: 0x0a000000n + BigInt(n), isMiddlebox: false },
        ] as const,
    ),
  );
  const cables = new Map(
    LINKS.flatMap(
      ([a, b]) =>
        [
          [a, b],
          [b, a],
        ] as const,
    ),
  );
  return { wiring: { tables, cables, plugged }, codes };
}

const SENT: readonly Sent[] = HOSTS.flatMap(({ n: from }) =>
  HOSTS.flatMap(({ n: to }) =>
    from === to ? [] : [true, false].flatMap((tcp) => [53, 80].map((port): Sent => ({ from, to, tcp, port }))),
  ),
);

function judged(wiring: Wiring, { from, to, tcp, port, by = 0 }: Sent): Judged {
  const frame = new Map([
    ["eth_src", 0x020000000000n + BigInt(from)],
    ["eth_dst", to === "all" ? 0xffffffffffffn : 0x020000000000n + BigInt(by || to)],
    ["eth_type", 0x0800n],
    ["ip_proto", tcp ? 6n : 17n],
    ["ip_dscp", 0n],
    ["ipv4_src", 0x0a000000n + BigInt(from)],
    ["ipv4_dst", to === "all" ? 0xffffffffn : 0x0a000000n + BigInt(to)],

    [tcp ? "tcp_src" : "udp_src", 4000n],
    [tcp ? "tcp_dst" : "udp_dst", BigInt(port)],
  ]);
  return send(wiring, frame, seatOf(from));
}

const ways = ({ arrivals }: Judged): string => arrivals.map(({ by }) => by.join(" ")).join(" | ");
const ordinaryWays = new Map(SENT.map((one) => [one, ways(judged(wiringOf(RING).wiring!, one))] as const));

/** What is wrong with a frame's ways under these statements; undefined: nothing. */
function faultOf(found: Judged, one: Sent, all: readonly Steering[]): string | undefined {
  if (found.faults.length > 0) return found.faults.join();
  const held = all.filter(({ flows: { holds } }) => holds(one));
  if (held.length === 0 && ways(found) !== ordinaryWays.get(one)) return `led, and not held: ${ways(found)}`;
  for (const { kind, node } of held) {
    const crosses = found.arrivals.map(({ by }) => by.some((step) => step.startsWith(node)));
    if (crosses.includes(kind === "avoid")) return `held, and not led: ${ways(found)}`;
    const isEnd = [one.from, one.to].some((n) => seatOf(n).startsWith(node));
    const hasPath = held.length === 1 && !(kind === "avoid" && isEnd);
    if (hasPath && found.arrivals.length !== 1) return `held, and it arrives ${found.arrivals.length} times`;
  }
  return undefined;
}

test("what an exception leaves out goes its ordinary way, and what it leaves in is led", (t) => {
  let seen = 0;
  for (const all of fc.sample(fc.array(statement, { minLength: 1, maxLength: 2 }), RUNS)) {
    const text = textOf(all);
    const { wiring, codes } = wiringOf(`${RING}\n${text}`);
    if (wiring === undefined) continue;
    seen++;
    const faults = SENT.flatMap((one) => {
      const fault = faultOf(judged(wiring, one), one, all);
      return fault === undefined ? [] : [`${JSON.stringify(one)}: ${fault}`];
    });
    t.deepEqual(faults.slice(0, 3), [], `${text}\n${codes.join()}`);
  }
  t.log(`${seen} policies`);
  t.true(seen >= RUNS / 12);
});

const whereTo = (text: string, from: number, to: number | "all", tcp = true): string =>
  ways(judged(wiringOf(`${RING}\n${text}`).wiring!, { from, to, tcp, port: 80 }));

test("an exception by the port where flows leave is not led, be it in one cube with others or alone", (t) => {
  const one = "@x waypoint((transport=TCP) except (srcEth=02:00:00:00:00:01, dstAP=s2:1)) = s3 on rootShare.";
  t.is(whereTo(one, 1, 3), "s1:1 s1 s2:11 s2 s2:1");
  t.regex(whereTo(one, 2, 3), /s3:/);
  t.regex(whereTo(one, 1, 4), /s3:/);
  const some = "@x waypoint((transport=TCP, dstAP!=s2:1) or (transport=TCP, dstPort=22)) = s3 on rootShare.";
  t.is(whereTo(some, 1, 3), "s1:1 s1 s2:11 s2 s2:1");
  t.regex(whereTo(some, 1, 4), /s3:/);
  const avoids = "@x avoid((transport=TCP) except (dstAP=s3:1)) = s2 on rootShare.";
  t.is(whereTo(avoids, 1, 5), "s1:1 s1 s2:11 s2 s3:11 s3 s3:1");
  t.is(whereTo(avoids, 1, 6), "s1:1 s1 s4:10 s4 s3:10 s3 s3:2");
});

test("what another statement holds of an exception goes by the other's waypoint alone", (t) => {
  const text = `@x waypoint((transport=TCP) except (dstAP=s2:1)) = s4 on rootShare.
    @y waypoint(srcEth=02:00:00:00:00:01, dstEth=02:00:00:00:00:03) = s3 on rootShare.`;
  const way = whereTo(text, 1, 3);
  t.regex(way, /s3:/);
  t.notRegex(way, /s4:1$/);
  t.regex(whereTo(text, 2, 4), /s4:/);
  t.is(whereTo(text, 2, 3), "s1:2 s1 s2:11 s2 s2:1");
});

test("with the MAC of another host nothing is of what is left out by the port of the host whose address it shows", (t) => {
  const left = "@x waypoint((*) except (dstAP=s2:1)) = h7 on rootShare.";
  for (const other of [
    "(user=A)",
    "(*) except (srcAP=s2:1)",
    "(srcHost=10.0.0.1) except (srcAP=s2:1)",
    "(dstAP=s2:1)",
  ]) {
    const { wiring } = wiringOf(`${RING}\n${left}\n@y waypoint(${other}) = s3 on rootShare.`);
    const plugged = new Map(wiring!.plugged).set("s4:1", { ...wiring!.plugged.get("s4:1")!, isMiddlebox: true });
    const sent = { from: 1, to: 3, tcp: true, port: 80 };
    // The box gives back all that is not for it.
    const ends = [5, 3].map((by) =>
      judged({ ...wiring!, plugged }, { ...sent, by })
        .arrivals.filter(({ at }) => at !== "s4:1")
        .map(({ at, by: way }) => [at, way.includes("s4:1")]),
    );
    t.deepEqual(ends, [[["s3:1", true]], [["s2:1", false]]], other);
  }
});

test("what shows the MAC of one host and the address of another is of a statement by the port of the first alone", (t) => {
  const { wiring } = wiringOf(`${RING}
    @x waypoint(dstAP=s3:1) = s2 on rootShare. @y waypoint(dstAP=s2:1) = h7 on rootShare.`);
  const plugged = new Map(wiring!.plugged).set("s4:1", { ...wiring!.plugged.get("s4:1")!, isMiddlebox: true });
  const { arrivals } = judged({ ...wiring!, plugged }, { from: 1, to: 5, by: 3, tcp: true, port: 80 });
  const ends = arrivals.filter(({ at }) => at !== "s4:1").map(({ at, by: way }) => [at, way.includes("s4:1")]);
  t.deepEqual(ends, [["s2:1", true]]);
});

test("what shows the MAC of one host and the address of one without a stated MAC is dropped, and told, where `dstAP` tells them apart", (t) => {
  const bare = RING.replace("host_mac(h5, 02:00:00:00:00:05). ", "");
  for (const statements of [
    "@x waypoint(dstAP=s3:1) = s2 on rootShare. @y waypoint(dstAP=s2:1) = h7 on rootShare.",
    "@x waypoint((*) except (dstAP=s3:1)) = h7 on rootShare.",
  ]) {
    const { wiring, codes } = wiringOf(`${bare}\n${statements}`);
    t.true(codes.includes("W821"));
    const plugged = new Map(wiring!.plugged).set("s4:1", { ...wiring!.plugged.get("s4:1")!, isMiddlebox: true });
    const sent = { from: 1, to: 5, tcp: true, port: 80 };
    const [routed, own] = [3, 5].map((by) => judged({ ...wiring!, plugged }, { ...sent, by }).arrivals);
    t.deepEqual([routed, own!.map(({ at }) => at)], [[], ["s3:1"]], statements);
  }
});

test("to an unknown MAC with the address of a host that one of two statements leaves out, frames go the way of the other", (t) => {
  // The region of both ended where that of the other led to the host of the address, and so round (E903).
  const { wiring, codes } = wiringOf(`${RING}
    @x waypoint((srcAP=s2:1) except (dstAP=s1:1)) = s1, s2 both ways on rootShare.
    @y waypoint(srcAP={s1:1, s2:1}) = s1, s2 on rootShare.`);
  t.false(codes.includes("E903"));
  const { arrivals, faults } = judged(wiring!, { from: 3, to: 1, tcp: true, port: 80, by: 9 });
  t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s1:1"]]);
  t.deepEqual(arrivals[0]!.by.filter((step) => /^s[12]$/.test(step)).slice(0, 3), ["s2", "s1", "s2"]);
});

test("a broadcast keeps away from what is avoided, though one port is excepted", (t) => {
  const way = whereTo("@x avoid((transport=TCP) except (dstAP=s3:1)) = s2 on rootShare.", 1, "all");
  t.regex(way, /s3:2/);
  t.notRegex(way, /s2:/);
});

test("flows that come in at a switch by a link are not those that enter there", (t) => {
  const text = "@x avoid(switch=s4, transport=TCP) = s3 on rootShare.";
  t.is(whereTo(text, 4, 7), "s2:2 s2 s3:11 s3 s4:11 s4 s4:1");
});

test("what comes in where no host is known, and is for a port that a statement leaves out, goes on, and is dropped for others that hold it", (t) => {
  const arrives = (policy: string, to: bigint): readonly string[] => {
    const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
      host_ip(h1, 10.0.0.1). host_mac(h1, 02:00:00:00:00:01). host_at(h1, s1, 1).
      host_ip(h2, 10.0.0.2). host_mac(h2, 02:00:00:00:00:02). host_at(h2, s3, 1).
      host_ip(h3, 10.0.0.3). host_mac(h3, 02:00:00:00:00:03). host_at(h3, s3, 2). ${policy}`;
    const decided = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
    const { tables } = tablesAt(decided, NOW, { target: "ovs" });
    const plug = (name: string, n: bigint) => ({ name, mac: 0x020000000000n + n, isMiddlebox: false });
    const plugged = new Map([
      ["s1:1", plug("h1", 1n)],
      ["s1:7", plug("nobody", 9n)],
      ["s3:1", plug("h2", 2n)],
      ["s3:2", plug("h3", 3n)],
    ]);
    const ends = [
      ["s1:10", "s2:10"],
      ["s2:11", "s3:10"],
    ] as const;
    const cables = new Map(ends.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
    const frame = new Map([
      ["eth_src", 0x020000000009n],
      ["eth_dst", 0x020000000000n + to],
      ["eth_type", 0x0800n],
      ["ip_proto", 17n],
      ["ip_dscp", 0n],
      ["udp_src", 4000n],
      ["udp_dst", 53n],
      ["ipv4_src", 0x0a000009n],
      ["ipv4_dst", 0x0a000000n + to],
    ]);
    return send({ tables, cables, plugged }, frame, "s1:7").arrivals.map(({ at }) => at);
  };
  const avoid = "@x avoid((*) except (dstAP=s3:1)) = s2 on rootShare.";
  const other = "@y waypoint((transport=UDP) except (dstAP=s3:2)) = s3 on rootShare.";
  t.deepEqual(
    [2n, 3n].map((to) => arrives(avoid, to)),
    [["s3:1"], []],
  );
  t.deepEqual(
    [2n, 3n].map((to) => arrives(other, to)),
    [[], ["s3:2"]],
  );
  t.deepEqual(
    [2n, 3n].map((to) => arrives(avoid.replace("s2 on", "s1 on") + other, to)),
    [[], []],
  );
  // Another statement leaves out the port where they come in: its own drops, and those of this one, let them on.
  const left = "@y waypoint((*) except (srcAP=s1:7)) = s3 on rootShare.";
  t.deepEqual(
    [2n, 3n].map((to) => arrives(avoid + left, to)),
    [["s3:1"], []],
  );
});

test("ARP from a port of nobody for a host without a stated MAC is dropped, though another statement leaves that host's port out", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_ip(h1, 10.0.0.1). host_mac(h1, 02:00:00:00:00:01). host_at(h1, s2, 1). host_ip(h2, 10.0.0.2). host_at(h2, s2, 2).
    @y waypoint((ethType=IPv4) except (dstAP=s2:2)) = s2 on rootShare.`;
  const arp = new Map([
    ["eth_src", 0x020000000009n],
    ["eth_dst", 0xffffffffffffn],
    ["eth_type", 0x0806n],
    ["arp_op", 1n],
    ["arp_sha", 0x020000000009n],
    ["arp_spa", 0x0a000009n],
    ["arp_tpa", 0x0a000002n],
  ]);
  const cables = new Map([
    ["s1:10", "s2:10"],
    ["s2:10", "s1:10"],
  ]);
  const plugged = new Map([["s2:2", { name: "h2", mac: 0x020000000002n, isMiddlebox: false }]]);
  const ends = ["", "@x waypoint(dstAP=s2:2) = h1 on rootShare."].map((held) => {
    const decided = decide([{ name: "test.pane", text: text + held }], {
      now: NOW,
      load: () => undefined,
      rules: RULES,
    });
    const { tables } = tablesAt(decided, NOW, { target: "ovs" });
    return send({ tables, cables, plugged }, arp, "s1:7").arrivals.map(({ at }) => at);
  });
  t.deepEqual(ends, [["s2:2"], []]);
});
