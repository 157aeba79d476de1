/** Random networks of several switches with random policies, and frames to send through them. For tests. */
import type { Directory } from "../../model/model.ts";
import type { Table } from "../../table/entry.ts";
import { lower } from "../../lowering/index.ts";
import type { TargetName } from "../../lowering/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { compileFile, fc, NOW } from "../../admission/testing/networks.ts";
import type { JudgedFrame, Plugged, Wiring } from "../frame-judge.ts";

/** A statement of a story. `from` and `to` are numbers of hosts; absent: any host. */
export interface StoryStatement {
  readonly kind: "waypoint" | "avoid" | "deny" | "allow" | "limit";
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Whether it holds only TCP to port 80. */
  readonly isWeb: boolean;
  readonly nodes: readonly string[];
}

/** A network with its policy. */
export interface Story {
  readonly cables: readonly (readonly [string, string])[];
  readonly switches: number;
  /** The switch of each host, and whether the host's address is known. */
  readonly homes: readonly (readonly [number, boolean])[];
  readonly statements: readonly StoryStatement[];
  /** The ports of the hosts; absent: ports from 20 on the switches in `homes`. */
  readonly ports?: readonly string[];
  /** The verdict on flows that no statement holds; absent: `allow`. */
  readonly verdict?: "allow" | "deny";
}

export const stories: fc.Arbitrary<Story> = fc
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

/** The port of a host. */
export const place = ({ homes, ports }: Story, host: number): string =>
  ports?.[host] ?? `s${homes[host]![0] + 1}:${20 + host}`;
const mac = (host: number): string => `02:00:00:00:00:0${host + 1}`;
export const macNumber = (host: number): bigint => 0x020000000001n + BigInt(host);
export const ip = (host: number): bigint => 0x0a000001n + BigInt(host);
const has = (story: Story, host: number): boolean => story.homes[host]![1];

/** The statements of a story as text of the policy language. */
export function statementsIn(story: Story): readonly string[] {
  const end = (side: "src" | "dst", host: number | undefined): string[] => {
    if (host === undefined) return [];
    return [has(story, host) ? `${side}Host=10.0.0.${host + 1}` : `${side}Eth=${mac(host)}`];
  };
  return story.statements.map(({ kind, from, to, isWeb, nodes }, i) => {
    const flows = [...end("src", from), ...end("dst", to), ...(isWeb ? ["transport=TCP, dstPort=80"] : [])];
    const of = flows.length === 0 ? "*" : flows.join(", ");
    const asks = kind === "deny" || kind === "allow" ? "" : ` = ${kind === "limit" ? "1Gb" : nodes.join(", ")}`;
    return `@q${i} ${kind}(${of})${asks} on rootShare.`;
  });
}

/** The whole policy file of a story. */
export function textOf(story: Story): string {
  const at = (port: string): string => port.replace(":", ", ");
  return [
    "default allow.",
    ...Array.from({ length: story.switches }, (_, i) => `switch(s${i + 1}, ${i + 1}).`),
    ...story.cables.map(([a, b]) => `link(${at(a)}, ${at(b)}, 1Gb).`),
    ...story.homes.map(([, known], i) => {
      const address = known ? `host_ip(h${i + 1}, 10.0.0.${i + 1}). ` : "";
      return `${address}host_mac(h${i + 1}, ${mac(i)}). host_at(h${i + 1}, ${at(place(story, i))}).`;
    }),
    ...statementsIn(story),
  ].join("\n");
}

/** The receiver of a frame: a host's number, all hosts, or an address that no host has. */
export type To = number | "all" | "unknown";
export type Kind = "web" | "dns" | "arp";

/** A frame from a host. */
export function frameOf(from: number, to: To, kind: Kind): JudgedFrame {
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

/**
 * Whether a statement holds a frame. A statement names a host by its IP address if that is known, and so does not hold
 * ARP. It names any other host by its MAC.
 */
export function holds(
  story: Story,
  { from, to, isWeb }: StoryStatement,
  source: number,
  target: To,
  kind: Kind,
): boolean {
  const isMeant = (host: number | undefined, real: To): boolean =>
    host === undefined || (host === real && (kind !== "arp" || !has(story, host)));
  return isMeant(from, source) && isMeant(to, target) && (!isWeb || kind === "web");
}

/** A story compiled, and the network that the judge knows. */
export interface CompiledStory {
  readonly wiring: Wiring;
  readonly tables: ReadonlyMap<string, Table>;
  readonly directory: Directory;
  readonly rules: readonly DerivedRule[];
  readonly inForce: readonly StoryStatement[];
  /** The nodes that waypoints in force name. */
  readonly boxes: ReadonlySet<string>;
  /** Waypoints of which no address is stated, where what such send may be dropped. */
  readonly silent: ReadonlySet<string>;
}

/**
 * Compiles a story; undefined if lowering fails. `suspends`: whether statements without a path are suspended, as in a
 * file, instead of refused.
 */
export function compileStory(
  story: Story,
  { target = "ovs", suspends = false }: { readonly target?: TargetName; readonly suspends?: boolean } = {},
): CompiledStory | undefined {
  const { model, admission } = compileFile(textOf(story), NOW, suspends);
  const { directory } = model;
  const rules = [...admission.derived.active(NOW)];
  const defaults = { verdict: "allow", fragments: "deny" } as const;
  const { tables, diagnostics } = lower(rules, { directory, defaults, target, now: NOW });
  if (diagnostics.some(({ severity }) => severity === "error")) return undefined;
  const accepted = new Set(rules.map(({ statement }) => statement));
  const inForce = story.statements.filter((_, i) => accepted.has(`q${i}`));
  const boxes = new Set(inForce.flatMap(({ kind, nodes }) => (kind === "waypoint" ? nodes : [])));
  const plugged = new Map(
    story.homes.map((_, i): [string, Plugged] => {
      const name = `h${i + 1}`;
      return [place(story, i), { name, mac: macNumber(i), ip: ip(i), isMiddlebox: boxes.has(name) }];
    }),
  );
  const cables = new Map(story.cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  // What a waypoint sends from an address that no fact states is dropped; N839 names the first and counts the others.
  const isNamed = diagnostics.some(({ code }) => code === "N839");
  const silent = new Set([...boxes].filter((name) => isNamed && directory.hosts.get(name)?.addresses.length === 0));
  return { wiring: { tables, cables, plugged }, tables, directory, rules, inForce, boxes, silent };
}
