/** Five bridges in a ring with a chord, nine machines of which three are boxes, and frames that are followed. For tests. */
import { spawn } from "node:child_process";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import { RULES } from "../../../compiler/admission/testing/networks.ts";
import { send, type JudgedFrame as ShownFrame, type Plugged } from "../../../compiler/semantics/frame-judge.ts";
import type { TargetName } from "../../../compiler/lowering/index.ts";
import type { Table } from "../../../compiler/table/entry.ts";
import { must, searchPath } from "../../process/command.ts";
import { capture, followFrames, marked, type Capture, type Sending, type Sighting } from "../../lab/capture.ts";
import { all6, arp, ethernet, icmp6, ipv4, ipv6, linkOption, site6, udp } from "../../lab/frames.ts";
import type { Lab, LabOptions } from "../../lab/lab.ts";
import { plan } from "../../lab/topology.ts";
import { apply } from "../index.ts";
import { BridgeLaw, type Sent } from "./bridge-law.ts";
import { judgeFrame, type Judged } from "./bridge-judge.ts";
import { bridgePolicy, randomly, type BridgePolicy, type Machine } from "./bridge-policies.ts";

/** The switch of each machine; the last three are boxes. */
const HOMES = [0, 1, 2, 3, 4, 1, 2, 4, 3] as const;
const BOXES: ReadonlyMap<number, "wire" | "router"> = new Map([
  [6, "wire"],
  [7, "wire"],
  [8, "router"],
]);
/** A ring of five switches, and a cable across. */
export const RING_LINKS = [
  ["s1", "s2"],
  ["s2", "s3"],
  ["s3", "s4"],
  ["s4", "s5"],
  ["s5", "s1"],
  ["s2", "s4"],
] as const;
const macOf = (host: number): string => `02:00:00:00:00:0${host + 1}`;

export const BRIDGES: LabOptions = {
  switches: ["s1", "s2", "s3", "s4", "s5"],
  hosts: HOMES.map((home, i) => ({ name: `h${i + 1}`, ip: `10.0.0.${i + 1}`, mac: macOf(i), switch: `s${home + 1}` })),
  links: RING_LINKS,
};

/** Gives every packet of IP that is not its own to the host of its address, with its own MAC; hosts are `IP MAC` a line. */
const ROUTER = `
import socket, sys
own = bytes.fromhex(sys.argv[1])
hosts = {bytes.fromhex(a): bytes.fromhex(m) for a, m in (one.split("=") for one in sys.argv[2:])}
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 3))
print("ready", flush=True)
while True:
    data, (_, _, kind, _, _) = s.recvfrom(2048)
    if kind == 4 or data[0] & 1 or data[6:12] == own: continue
    to = data[30:34] if data[12:14] == b"\\x08\\x00" else data[38:54] if data[12:14] == b"\\x86\\xdd" else None
    mac = hosts.get(to)
    if mac is not None and mac != own: s.send(mac + own + data[12:])
`;

/** The machines, switches and cables: what facts may state. */
export interface Ground {
  readonly machines: readonly Machine[];
  /** The facts of the switches and links. */
  readonly wiring: string;
  readonly cables: ReadonlyMap<string, string>;
}

/** The laboratory once its boxes give back what they get. */
export interface Bridges extends Ground {
  readonly lab: Lab;
  readonly watch: Capture;
  /** The number of the next frame. */
  readonly numbers: { next: number };
  stop(): void;
}

function ground({ switches, links, hosts }: Pick<Lab, "switches" | "links" | "hosts">): Ground {
  const machines = hosts.map((one, i): Machine => {
    const box = BOXES.get(i);
    return {
      name: one.name,
      at: `${one.switch}:${one.port}`,
      mac: one.mac,
      v4: one.ip,
      v6: i + 1,
      ...(box && { box }),
    };
  });
  const wiring = [
    ...switches.map(({ name, dpid }) => `switch(${name}, ${Number.parseInt(dpid, 16)}).`),
    ...links.map(({ from, fromPort, to, toPort }) => `link(${from}, ${fromPort}, ${to}, ${toPort}, 1Gb).`),
  ].join("\n");
  const cables = new Map(
    links.flatMap(({ from, fromPort, to, toPort }) => [
      [`${from}:${fromPort}`, `${to}:${toPort}`] as const,
      [`${to}:${toPort}`, `${from}:${fromPort}`] as const,
    ]),
  );
  return { machines, wiring, cables };
}

/** The same network without a laboratory, for tables that are looked up here. */
export const DRAWN: Ground = ground(plan("drawn", "", BRIDGES));

export async function bridges(lab: Lab): Promise<Bridges> {
  const drawn = ground(lab);
  const { machines } = drawn;
  // Their kernels answer nothing, as an answer may quote a frame that is followed.
  for (const { namespace } of lab.hosts) await must(["ip", "-n", namespace, "addr", "flush", "dev", "eth0"]);
  const stops: (() => void)[] = [];
  for (const [i, kind] of BOXES) {
    const { name, namespace, mac } = lab.hosts[i]!;
    if (kind === "wire") {
      await lab.middlebox(name);
      continue;
    }
    await must(["ip", "-n", namespace, "link", "set", "eth0", "promisc", "on"]);
    const hex = (text: string): string => text.replaceAll(":", "");
    const known = machines.flatMap((one) => [
      `${Buffer.from(one.v4.split(".").map(Number)).toString("hex")}=${hex(one.mac)}`,
      `${Buffer.from(site6(one.v6)).toString("hex")}=${hex(one.mac)}`,
    ]);
    const argv = ["netns", "exec", namespace, "python3", "-u", "-c", ROUTER, hex(mac), ...known];
    const child = spawn("ip", argv, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PATH: searchPath },
    });
    stops.push(() => void child.kill("SIGKILL"));
    await new Promise((resolve, reject) => {
      child.stdout.once("data", resolve);
      child.once("exit", () => reject(new Error("the router ended")));
    });
  }
  const watch = await capture(lab, new Set(machines.flatMap(({ box, mac }) => (box === "router" ? [mac] : []))));
  return {
    ...drawn,
    lab,
    watch,
    numbers: { next: 1 },
    stop: () => {
      watch.stop();
      for (const stop of stops) stop();
    },
  };
}

/** A random policy that has tables. */
export interface Compiled {
  readonly policy: BridgePolicy;
  readonly law: BridgeLaw;
  readonly tables: ReadonlyMap<string, Table>;
  readonly told: readonly string[];
}

/** The policy of a number without the requests that are refused; a text of errors where it has no table. */
export function compileBridges(
  { machines, wiring }: Ground,
  seed: number,
  target: TargetName = "ovs",
): Compiled | string {
  let policy = bridgePolicy(machines, wiring, seed);
  for (let attempt = 0; ; attempt++) {
    const decided = decide([{ name: "net.pane", text: policy.text }], { now: 0, rules: RULES, load: () => undefined });
    const lowered = decided.good ? tablesAt(decided, 0, { target }) : { tables: new Map(), diagnostics: [] };
    const all = [...decided.diagnostics, ...lowered.diagnostics];
    const errors = all.filter(({ severity }) => severity === "error");
    if (errors.length === 0) {
      const accepted = new Set([...decided.admission.derived.active(0)].map(({ statement }) => statement));
      const law = new BridgeLaw(machines, policy, accepted);
      const told = all.map(({ code, message }) => `${code} ${message}`);
      return { policy, law, tables: lowered.tables, told };
    }
    const said = errors.map(({ code, message }) => `${code} ${message}`).join("; ");
    // Tables that are wrong in themselves are no fault of a statement.
    if (attempt === 6 || errors.some(({ code }) => code.startsWith("E90"))) return said;
    // What is refused stands in a line of its own; the others stay.
    const lines = new Set(errors.map(({ span }) => policy.text.slice(0, span?.start ?? 0).split("\n").length - 1));
    const ids = policy.text
      .split("\n")
      .flatMap((line, i) => (lines.has(i) ? (/^@(q\d+) /.exec(line)?.slice(1) ?? []) : []));
    if (ids.length === 0) return said;
    policy = without(policy, new Set(ids));
  }
}

function without(policy: BridgePolicy, ids: ReadonlySet<string>): BridgePolicy {
  return {
    ...policy,
    sayings: policy.sayings.filter(({ id }) => !ids.has(id)),
    text: policy.text
      .split("\n")
      .filter((line) => !ids.has(/^@(q\d+) /.exec(line)?.[1] ?? ""))
      .join("\n"),
  };
}

/** Applies a policy to all bridges, at `targets` where another than its own is named for a bridge. */
export async function enforceBridges(
  { lab }: Bridges,
  { tables }: Compiled,
  { targets }: { readonly targets?: ReadonlyMap<string, string> } = {},
): Promise<void> {
  for (const { name, mgmt } of lab.switches) {
    const options = { runFilter: lab.onSwitch, ...(targets && { database: lab.db }) };
    const result = await apply(targets?.get(name) ?? mgmt, tables.get(name)!, options);
    if (result.outcome === "failed") throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  }
}

const KINDS = ["web", "web", "back", "dns", "web6", "dns6", "arp", "asks", "raw", "solicits"] as const;

/** Thirteen frames of each machine, to others, to all and to nobody. */
export function framesOf(machines: readonly Machine[], seed: number): readonly Sent[] {
  const below = randomly(seed + 7);
  const router = machines.findLastIndex(({ box }) => box === "router");
  return machines.flatMap((_, source) =>
    Array.from({ length: 13 }, (): Sent => {
      const kind = KINDS[below(KINDS.length)]!;
      const other = (source + 1 + below(machines.length - 1)) % machines.length;
      const drawn = below(8);
      const isGroup = kind === "asks" || kind === "solicits";
      const to = drawn === 0 && !isGroup ? "all" : drawn === 1 && !isGroup ? "unknown" : other;
      const isRouted = (kind === "web" || kind === "dns6") && below(4) === 0 && typeof to === "number";
      return { source, to, kind, ...(isRouted && ![to, source, -1].includes(router) && { gateway: router }) };
    }),
  );
}

/** A head of TCP that opens a connection. */
const SYN = (from: number, to: number): readonly number[] => [
  ...[from, to].flatMap((port) => [port >> 8, port & 255]),
  ...Array.from(Buffer.from("00000001000000005002200000000000", "hex")),
];

export function bytesOf(machines: readonly Machine[], { source, to, kind, gateway }: Sent, number: number): Uint8Array {
  const me = machines[source]!;
  const them = typeof to === "number" ? machines[to]! : undefined;
  const isToAll = to === "all" || kind === "asks";
  const dst = isToAll
    ? "ff:ff:ff:ff:ff:ff"
    : gateway !== undefined
      ? machines[gateway]!.mac
      : (them?.mac ?? "02:00:00:00:00:63");
  const [v4, v6] = [them?.v4 ?? (to === "all" ? "255.255.255.255" : "10.0.0.99"), them?.v6 ?? 0x63];
  const head = { src: me.mac, dst };
  const mark = [...marked(number)];
  const datagram = udp(4000, 53).toSpliced(5, 1, 16);
  switch (kind) {
    case "web":
      return ethernet(head, 0x800, ipv4(me.v4, v4, 6, [...SYN(4000, 80), ...mark]));
    case "back":
      return ethernet(head, 0x800, ipv4(me.v4, v4, 6, [...SYN(80, 4000), ...mark]));
    case "dns":
      return ethernet(head, 0x800, ipv4(me.v4, v4, 17, [...datagram, ...mark]));
    case "web6":
      return ethernet(head, 0x86dd, ipv6(me.v6, v6, 6, [...SYN(4000, 80), ...mark]));
    case "dns6":
      return ethernet(head, 0x86dd, ipv6(me.v6, v6, 17, [...datagram, ...mark]));
    case "arp":
    case "asks":
      return ethernet(head, 0x806, [...arp(1, { mac: me.mac, ip: me.v4 }, { ip: v4 }), ...mark]);
    case "raw":
      return ethernet(head, 0x1234, mark);
    case "solicits": {
      const asks = icmp6(site6(me.v6), all6(v6), 135, 0, [0, 0, 0, 0, ...site6(v6), ...linkOption(1, me.mac)]);
      return ethernet({ src: me.mac, dst: `33:33:00:00:00:0${v6.toString(16)}` }, 0x86dd, [...asks, ...mark]);
    }
  }
}

export const sendings = (machines: readonly Machine[], frames: readonly Sent[]): readonly Sending[] =>
  frames.map((one) => ({
    host: machines[one.source]!.name,
    bytesOf: (number) => bytesOf(machines, one, number),
  }));

export interface JudgedFrame extends Judged {
  readonly frame: Sent;
  readonly seen: readonly Sighting[];
}

/** So many rounds of 30 ms have to bring nothing more, attempt by attempt. */
const ROUNDS = [4, 16, 64] as const;

/**
 * Sends frames under a policy that is in force, and judges each. What only did not arrive is sent again, up to twice, and
 * waited for longer: a busy switch or box loses a frame now and then, or is late, a table loses it always.
 */
export async function judgedFrames(
  world: Bridges,
  { law, told }: Compiled,
  frames: readonly Sent[],
): Promise<readonly JudgedFrame[]> {
  const judge = async (some: readonly Sent[], attempt: number): Promise<readonly JudgedFrame[]> => {
    const { watch, machines, numbers, cables } = world;
    const seen = await followFrames(watch, sendings(machines, some), { numbers, patience: ROUNDS[attempt]! });
    return some.map((frame, i) => {
      const its = seen[i]!;
      return { frame, seen: its, ...judgeFrame(law, cables, told, frame, its) };
    });
  };
  let judged = await judge(frames, 0);
  const isMissed = ({ faults }: JudgedFrame): boolean =>
    faults.length > 0 && faults.every((fault) => /^(misses|does not arrive)/.test(fault));
  for (let attempt = 1; attempt < ROUNDS.length && judged.some(isMissed); attempt++) {
    const again = [
      ...(await judge(
        judged.filter(isMissed).map(({ frame }) => frame),
        attempt,
      )),
    ];
    judged = judged.map((one) => (isMissed(one) ? again.shift()! : one));
  }
  return judged;
}

const numberOf = (mac: string): bigint => BigInt(`0x${mac.replaceAll(":", "")}`);
const addressOf = (bytes: readonly number[] | Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

/** The fields of a frame that entries may ask for. */
function shownBy(machines: readonly Machine[], frame: Sent): ShownFrame {
  const { source, kind } = frame;
  const me = machines[source]!;
  const bytes = bytesOf(machines, frame, 0);
  const view = (from: number, length: number): bigint => addressOf(bytes.slice(from, from + length));
  const shown: [string, bigint][] = [
    ["eth_dst", view(0, 6)],
    ["eth_src", view(6, 6)],
    ["eth_type", view(12, 2)],
  ];
  if (kind === "arp" || kind === "asks")
    shown.push(
      ["arp_op", 1n],
      ["arp_spa", view(28, 4)],
      ["arp_tpa", view(38, 4)],
      ["arp_sha", view(22, 6)],
      ["arp_tha", 0n],
    );
  const isFour = view(12, 2) === 0x800n;
  if (isFour)
    shown.push(["ip_proto", view(23, 1)], ["ip_dscp", 0n], ["ipv4_src", view(26, 4)], ["ipv4_dst", view(30, 4)]);
  else if (view(12, 2) === 0x86ddn)
    shown.push(["ip_proto", view(20, 1)], ["ip_dscp", 0n], ["ipv6_src", view(22, 16)], ["ipv6_dst", view(38, 16)]);
  const payload = isFour ? 34 : 54;
  if (kind === "solicits")
    shown.push(
      ["icmpv6_type", 135n],
      ["icmpv6_code", 0n],
      ["ipv6_nd_target", view(62, 16)],
      ["ipv6_nd_sll", numberOf(me.mac)],
    );
  else if (shown.some(([name]) => name === "ip_proto")) {
    const name = kind.startsWith("dns") ? "udp" : "tcp";
    shown.push([`${name}_src`, view(payload, 2)], [`${name}_dst`, view(payload + 2, 2)]);
  }
  return new Map(shown);
}

/** Sends frames through tables that are looked up here, without a switch, and judges each. */
export function lookedUp({ machines, cables }: Ground, { law, told, tables }: Compiled, frames: readonly Sent[]) {
  const routes = new Set(machines.map(({ mac }) => numberOf(mac)));
  const plugged = new Map(
    machines.map(({ name, at, mac, v4, box }, i): [string, Plugged] => {
      const isMiddlebox = law.isBox(i) && (box === "router" ? box : box === "wire");
      return [at, { name, mac: numberOf(mac), ip: addressOf(v4.split(".").map(Number)), isMiddlebox, routes }];
    }),
  );
  return frames.map((frame) => {
    const { seen, faults } = send({ tables, cables, plugged }, shownBy(machines, frame), machines[frame.source]!.at);
    const judged = judgeFrame(law, cables, told, frame, seen);
    return { frame, seen, ...judged, faults: [...faults, ...judged.faults] };
  });
}
