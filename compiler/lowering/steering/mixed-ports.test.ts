/**
 * Hosts of several users at one port, with a MAC and without, beside statements about `unknown` or all users but one. An evaluator
 * of its own says whose a frame is (NETWORK, "Addresses, users, hosts") and judges where the tables bring it: what is held passes
 * the waypoint or no avoided switch, all else arrives once. GLAZIER_RUNS sets the number of random policies.
 */
import test, { type ExecutionContext } from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type JudgedFrame } from "../../semantics/frame-judge.ts";

interface Machine {
  readonly name: string;
  readonly at: string;
  readonly user: string;
  /** What facts state of it: `m` its MAC, `4` and `6` its addresses. */
  readonly stated: string;
}
type Said = readonly [kind: "waypoint" | "avoid", users: string, node: string, srcAP?: string | undefined];

const NET6 = 0x20010db8n << 96n;
const CABLES = [
  ["s1:10", "s2:10"],
  ["s2:11", "s3:10"],
  ["s3:11", "s1:11"],
] as const;
/** Where they stand beside those of a policy, so that each user is known. */
const OTHERS: readonly Machine[] = [
  { name: "x", at: "s3:1", user: "bob", stated: "m46" },
  { name: "y", at: "s2:1", user: "unknown", stated: "m46" },
  { name: "u", at: "s3:2", user: "ann", stated: "m4" },
];
const switchOf = (at: string): string => at.split(":")[0]!;

function textOf(machines: readonly Machine[], said: readonly Said[]): string {
  const ports = (at: string): string => at.replace(":", ", ");
  const facts = machines.flatMap(({ name, at, user, stated }, i) => [
    `host_at(${name}, ${ports(at)}).`,
    ...(stated.includes("m") ? [`host_mac(${name}, 02:00:00:00:00:0${i + 1}).`] : []),
    ...(stated.includes("4") ? [`host_ip(${name}, 10.0.0.${i + 1}).`] : []),
    ...(stated.includes("6") ? [`host_ip(${name}, 2001:db8::${i + 1}).`] : []),
    ...(user === "unknown" ? [] : [`user_host(${user}, ${name}).`]),
  ]);
  const statements = said.map(
    ([kind, users, node, at], i) => `@q${i} ${kind}(${users}${at ? `, srcAP=${at}` : ""}) = ${node} on rootShare.`,
  );
  const links = CABLES.map(([a, b]) => `link(${ports(a)}, ${ports(b)}, 1Gb).`);
  return ["default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).", ...links, ...facts, ...statements].join("\n");
}

const KINDS = ["ip4", "ip6", "arp", "raw"] as const;

/** A frame of machine `i` to machine `j`; to all where `j` is undefined. */
function frameOf(i: number, j: number | undefined, kind: (typeof KINDS)[number]): JudgedFrame {
  const [me, them] = [BigInt(i + 1), j === undefined ? 0x99n : BigInt(j + 1)];
  const udp = [
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
  ] as const;
  const shown = {
    ip4: [["eth_type", 0x800n], ["ipv4_src", 0x0a000000n + me], ["ipv4_dst", 0x0a000000n + them], ...udp],
    ip6: [["eth_type", 0x86ddn], ["ipv6_src", NET6 + me], ["ipv6_dst", NET6 + them], ...udp],
    arp: [
      ["eth_type", 0x806n],
      ["arp_op", 1n],
      ["arp_spa", 0x0a000000n + me],
      ["arp_tpa", 0x0a000000n + them],
      ["arp_sha", 0x020000000000n + me],
      ["arp_tha", 0n],
    ],
    raw: [["eth_type", 0x1234n]],
  } as const;
  const to = j === undefined ? 0xffffffffffffn : 0x020000000000n + them;
  return new Map([["eth_src", 0x020000000000n + me], ["eth_dst", to], ...shown[kind]]);
}

/** Whose a frame may be: told by a stated MAC; else by a stated address, or it is of any host there without a MAC. */
function ownersOf(machines: readonly Machine[], me: Machine, kind: (typeof KINDS)[number]): readonly string[] {
  const isTold = me.stated.includes("m") || (kind.startsWith("ip") && me.stated.includes(kind.slice(2)));
  const bare = machines.filter(({ at, stated }) => at === me.at && !stated.includes("m"));
  return isTold ? [me.user] : bare.map(({ user }) => user);
}

function faultsOf(here: readonly Machine[], said: readonly Said[]): readonly string[] {
  const machines = [...here, ...OTHERS];
  const decided = decide([{ name: "n.pane", text: textOf(machines, said) }], {
    now: NOW,
    rules: RULES,
    load: () => undefined,
  });
  const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
  const errors = [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) return errors.map(({ code, message }) => `${code} ${message}`);
  const cables = new Map(CABLES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const plugged = new Map(
    machines.map(
      ({ name, at }, i) => [at, { name, mac: 0x020000000000n + BigInt(i + 1), isMiddlebox: false }] as const,
    ),
  );
  const faults: string[] = [];
  for (const [i, me] of machines.entries())
    for (const kind of KINDS)
      for (const j of [...machines.keys(), undefined].filter(
        (one) => one === undefined || machines[one]!.at !== me.at,
      )) {
        const owners = ownersOf(machines, me, kind);
        const holds = ([, users, , at]: Said): boolean =>
          (at === undefined || at === me.at) &&
          owners.some((one) => (users.startsWith("user!=") ? one !== users.slice(6) : one === users.slice(5)));
        const held = said.filter(holds);
        const found = send({ tables, cables, plugged }, frameOf(i, j, kind), me.at);
        const arrived = found.arrivals.map(({ at }) => at).toSorted();
        const told = (fault: string): unknown =>
          faults.push(`${me.name} to ${j === undefined ? "all" : machines[j]!.name}, ${kind}: ${fault}`);
        for (const one of found.faults) told(one);
        for (const [does, , node] of held) {
          const passes = found.arrivals.some(({ by }) => !by.some((at) => switchOf(at) === node));
          if (does === "waypoint" && passes) told(`arrives past ${node}`);
          const crosses = found.crossed.has(node) && !(switchOf(me.at) === node && arrived.length === 0);
          if (does === "avoid" && crosses) told(`crosses ${node}`);
        }
        if (new Set(arrived).size < arrived.length) told(`arrives twice: ${arrived.join()}`);
        const meant = j === undefined ? [...plugged.keys()].filter((at) => at !== me.at) : [machines[j]!.at];
        if (held.length === 0 && !meant.every((at) => arrived.includes(at))) told("held by nothing, and lost");
      }
  return faults;
}

const at1 = (user: string, stated: string, name = user): Machine => ({
  name: name.slice(0, 1),
  at: "s1:1",
  user,
  stated,
});
const judge = (t: ExecutionContext, here: readonly Machine[], ...said: readonly Said[]): void =>
  void t.deepEqual(faultsOf(here, said).slice(0, 5), [], textOf([...here, ...OTHERS], said));

test("beside nobody's host at one port, what a known user sends from an unstated address goes its way", (t) => {
  judge(t, [at1("ann", "m6"), at1("unknown", "m46", "n")], ["avoid", "user=unknown", "s3"]);
});

test("beside nobody's host at one port, what a known user without a stated MAC sends is hers", (t) => {
  judge(t, [at1("ann", ""), at1("unknown", "m", "n")], ["waypoint", "user=unknown", "s2"]);
  judge(t, [at1("ann", "4"), at1("unknown", "46", "n")], ["avoid", "user=unknown", "s2"]);
});

test("a statement about `unknown` by the port of a known user drops nothing of hers there", (t) => {
  judge(t, [at1("ann", "m6")], ["waypoint", "user=unknown", "s2", "s1:1"]);
  judge(t, [at1("ann", "m6"), at1("unknown", "m4", "n")], ["avoid", "user!=ann", "s2", "s1:1"]);
});

test("what nobody's host without a stated MAC sends that shows no address crosses no avoided switch", (t) => {
  judge(t, [at1("unknown", "46", "n")], ["avoid", "user=unknown", "s2"], ["avoid", "user=unknown", "s3"]);
});

test("what another host of a user sends that shows no address is led at the switch where one of hers stands beside another's", (t) => {
  judge(t, [at1("ann", "46"), at1("unknown", "46", "n")], ["avoid", "user=ann", "s2"]);
});

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 8);

test(`${RUNS} random policies about unknown users and all but one, with hosts of two at a port`, (t) => {
  t.timeout(1_800_000);
  let state = 12345;
  const below = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n;
  const pick = <T>(some: readonly T[]): T => some[below(some.length)]!;
  const stated = (): string => ["m", "4", "6"].filter(() => below(3) > 0).join("");
  for (let run = 0; run < RUNS; run++) {
    const here = [at1("ann", stated()), at1(pick(["unknown", "unknown", "bob"]), stated(), "n")];
    const users = ["user=unknown", "user=unknown", "user!=ann", "user!=bob", "user=ann"] as const;
    const kind = run % 2 === 0 ? "waypoint" : "avoid";
    const atOne = (): string | undefined => (below(3) === 0 ? "s1:1" : undefined);
    const said = [0, 1].slice(0, 1 + below(2)).map((): Said => [kind, pick(users), "s2", atOne()]);
    judge(t, here, ...said);
  }
});

test("what routers forward for a host beside one of another user passes the waypoints that are left", (t) => {
  const flows = "(dstUser!=unknown) except (dstAP=s2:1)";
  for (const other of ["user!=ann", "*"]) {
    const seats = { h1: "s1:1", h2: "s1:2", h3: "s2:1", h4: "s1:3", h5: "s2:1" };
    const facts = Object.entries(seats).flatMap(([name, at], i) => [
      `host_at(${name}, ${at.replace(":", ", ")}). host_mac(${name}, 02:00:00:00:00:0${i + 1}).`,
      ...(name === "h5" ? [] : [`host_ip(${name}, 10.0.0.${i + 1}). user_host(${i % 2 ? "ann" : "eve"}, ${name}).`]),
    ]);
    const users = facts
      .join(" ")
      .replace("user_host(eve, h3)", "user_host(ann, h3)")
      .replace("user_host(ann, h4)", "user_host(eve, h4)");
    const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${users}
      @q0 waypoint(${flows}) = h2, h4 both ways on rootShare. @q1 waypoint(${other}) = h2, h4 on rootShare.`;
    const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
    const { tables } = tablesAt(policy, NOW, { target: "ovs" });
    const plugged = new Map(
      Object.entries(seats)
        .slice(0, 4)
        .map(([name, at], i) => {
          const [mac, ip] = [0x020000000001n + BigInt(i), 0x0a000001n + BigInt(i)];
          return [at, { name, mac, ip, isMiddlebox: i % 2 ? "router" : false }] as const;
        }),
    );
    const cables = new Map([
      ["s1:10", "s2:10"],
      ["s2:10", "s1:10"],
    ]);
    const { arrivals, faults } = send({ tables, cables, plugged }, frameOf(2, 0, "ip4"), "s2:1");
    const ways = arrivals.filter(({ at }) => at === "s1:1").map(({ by }) => by.filter((one) => /^s1:[23]$/.test(one)));
    t.deepEqual([ways, faults], [[["s1:2", "s1:3"]], []], other);
  }
});
