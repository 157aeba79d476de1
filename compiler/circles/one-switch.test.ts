/**
 * One switch, several boxes, MACs that facts state for two of them, and broadcasts: a box gives back what is flooded to it, and what
 * has the MAC of another box may be that one's broadcast. Random networks, judged by frames that are followed through the tables.
 */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { send, type Plugged } from "../semantics/frame-judge.ts";
import type { Table } from "../table/entry.ts";

const SEED = Number(process.env["GLAZIER_SEED"] ?? 41);
const ROUNDS = Number(process.env["GLAZIER_ROUNDS"] ?? 40);

interface Made {
  readonly tables: ReadonlyMap<string, Table>;
  readonly codes: readonly string[];
}

function compiled(text: string): Made {
  const policy = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  return { tables, codes: [...policy.diagnostics, ...diagnostics].map(({ code }) => code) };
}

/** A host at the port of its number. */
interface Drawn {
  readonly n: number;
  readonly macs: readonly bigint[];
  readonly address: boolean;
  readonly isBox: boolean;
}

const macText = (mac: bigint): string => `02:00:00:00:00:${mac.toString(16).padStart(2, "0").slice(-2)}`;
const facts = ({ n, macs, address }: Drawn): string =>
  [
    `host_at(h${n}, s1, ${n}).`,
    ...macs.map((mac) => `host_mac(h${n}, ${macText(mac)}).`),
    ...(address ? [`host_ip(h${n}, 10.0.0.${n}).`] : []),
  ].join(" ");

const OF = (last: number): bigint => 0x020000000000n + BigInt(last);
const [SHARED, UNKNOWN, ALL] = [OF(0x41), OF(0x99), 0xffffffffffffn];

/** Frames to nobody known of a host: of a type of its own, UDP and ARP, from each of its MACs and from those of others that it may give back. */
function framesOf({ n }: Drawn, all: readonly Drawn[]): readonly ReadonlyMap<string, bigint>[] {
  const macs = new Set([...all.flatMap(({ macs: its }) => its), OF(0x70 + n)]);
  const ip = 0x0a000000n + BigInt(n);
  const types: readonly (readonly [string, bigint][])[] = [
    [["eth_type", 0x88b5n]],
    ...[ip, 0n].map((source): readonly [string, bigint][] => [
      ["eth_type", 0x0800n],
      ["ipv4_src", source],
      ["ipv4_dst", 0xffffffffn],
      ["ip_proto", 17n],
      ["ip_dscp", 0n],
      ["udp_src", 68n],
      ["udp_dst", 67n],
    ]),
  ];
  return [...macs].flatMap((mac) =>
    types.flatMap((type) =>
      [ALL, UNKNOWN].map((to) => new Map([["eth_src", mac] as const, ["eth_dst", to] as const, ...type])),
    ),
  );
}

/** The frames that go round, as text. */
function storms({ tables }: Made, hosts: readonly Drawn[]): readonly string[] {
  const plugged = new Map(
    hosts.map(({ n, macs, isBox }): [string, Plugged] => [
      `s1:${n}`,
      { name: `h${n}`, mac: macs[0] ?? OF(0x70 + n), isMiddlebox: isBox },
    ]),
  );
  return hosts.flatMap((host) =>
    framesOf(host, hosts).flatMap((frame) =>
      send({ tables, cables: new Map(), plugged }, frame, `s1:${host.n}`).faults.map(
        (fault) => `${fault} by ${[...frame].join(" ")}`,
      ),
    ),
  );
}

const box = (n: number, ...macs: readonly bigint[]): Drawn => ({ n, macs, address: true, isBox: true });

test("a broadcast of a MAC that facts state for two boxes at two ports of one switch does not go to and fro between them", (t) => {
  const hosts = [
    box(1, OF(1), SHARED),
    box(2, OF(4), SHARED),
    { n: 3, macs: [OF(5)], address: true, isBox: false },
  ] as const;
  const text = `default allow. @q1 waypoint(transport=TCP, dstPort=80) = h2, h1 on rootShare. switch(s1, 1).
    ${hosts.map(facts).join("\n")}`;
  for (const more of ["", "switch(s9, 9)."]) {
    const made = compiled(text + more);
    t.deepEqual(
      made.codes.filter((code) => code.startsWith("E")),
      [],
    );
    t.true(made.codes.includes("N868"));
    t.deepEqual(storms(made, hosts), []);
  }
  // What has its own MAC goes on.
  const own = framesOf(hosts[0], hosts).find((frame) => frame.get("eth_src") === OF(1))!;
  const plugged = new Map(hosts.map(({ n }) => [`s1:${n}`, { name: `h${n}`, mac: OF(n), isMiddlebox: false }]));
  const { arrivals } = send({ tables: compiled(text).tables, cables: new Map(), plugged }, own, "s1:1");
  t.deepEqual(
    arrivals.map(({ at }) => at),
    ["s1:2", "s1:3"],
  );
});

test("two boxes that have one MAC and nothing else are no waypoints: what is led there is dropped, and no file is refused", (t) => {
  const hosts = [
    { ...box(1, SHARED), address: false },
    { ...box(2, SHARED), address: false },
    { n: 3, macs: [OF(5)], address: true, isBox: false },
    { n: 4, macs: [OF(6)], address: true, isBox: false },
  ];
  const made = compiled(`default allow. @q0 waypoint(ethType={IPv4, IPv6, ARP}) = h1, h2 both ways on rootShare.
    switch(s1, 1). switch(s2, 2). ${hosts.map(facts).join("\n")}`);
  t.deepEqual(
    made.codes.filter((code) => code.startsWith("E")),
    [],
  );
  t.true(made.codes.includes("W750"));
  t.deepEqual(storms(made, hosts), []);
  const frame = new Map([
    ["eth_src", OF(5)],
    ["eth_dst", OF(6)],
    ["eth_type", 0x0800n],
    ["ipv4_src", 0x0a000003n],
    ["ipv4_dst", 0x0a000004n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
  ]);
  const plugged = new Map(
    hosts.map(({ n, macs, isBox }) => [`s1:${n}`, { name: `h${n}`, mac: macs[0]!, isMiddlebox: isBox }]),
  );
  const { arrivals } = send({ tables: made.tables, cables: new Map(), plugged }, frame, "s1:3");
  t.deepEqual(
    arrivals.map(({ at }) => at),
    [],
  );
});

/** Three to five hosts on one switch, some with a common MAC, and one to three waypoints of one or two boxes. */
function drawn(seed: number): { readonly text: string; readonly hosts: readonly Drawn[] } {
  let state = seed;
  const int = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const pick = <T>(all: readonly T[]): T => all[int(all.length)]!;
  const ports = Array.from({ length: 3 + int(3) }, (_, i) => i + 1);
  const named = ports.map((n) => ({
    n,
    macs: pick([[OF(n), SHARED], [OF(n), SHARED], [SHARED], [OF(n)], [OF(n)], []]),
    address: int(4) > 0,
  }));
  const flows = (): string =>
    pick([
      "*",
      "transport=TCP, dstPort=80",
      "ethType={IPv4, IPv6, ARP}",
      `srcAP=s1:${pick(ports)}`,
      `dstAP=s1:${pick(ports)}`,
      `srcHost=10.0.0.${pick(ports)}`,
      `srcEth=${macText(SHARED)}`,
      "ethType=0x88b5",
    ]);
  const statements = Array.from({ length: 1 + int(3) }, () => ({
    flows: flows(),
    nodes: [...new Set([pick(ports), pick(ports)])],
    both: int(4) === 0 ? " both ways" : "",
  }));
  const isBox = (n: number): boolean => statements.some(({ nodes }) => nodes.includes(n));
  const hosts = named.map((one) => ({ ...one, isBox: isBox(one.n) }));
  const said = statements.map(
    (one, i) => `@q${i} waypoint(${one.flows}) = ${one.nodes.map((n) => `h${n}`).join(", ")}${one.both} on rootShare.`,
  );
  return { text: ["default allow. switch(s1, 1).", ...hosts.map(facts), ...said].join("\n"), hosts };
}

test("on random single switches with several boxes and common MACs no broadcast goes round, and no table is refused for it", (t) => {
  const seen = { made: 0, shared: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED * 1000 + round;
    const { text, hosts } = drawn(seed);
    const made = compiled(text);
    t.false(made.codes.includes("E903"), `seed ${seed}\n${text}`);
    if (made.codes.some((code) => code.startsWith("E"))) {
      seen.refused++;
      continue;
    }
    seen.made++;
    if (made.codes.includes("N868")) seen.shared++;
    t.deepEqual(storms(made, hosts), [], `seed ${seed}\n${text}`);
  }
  t.log(seen);
  t.true(seen.made > ROUNDS / 3 && seen.shared > ROUNDS / 10, JSON.stringify(seen));
});
