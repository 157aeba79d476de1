/**
 * Random policies for five bridges: who stands where, what is stated of whom, shares, guards and requests of all kinds.
 * One number makes one policy. For tests.
 */

/** A machine of the laboratory. What facts say of it differs from policy to policy. */
export interface Machine {
  readonly name: string;
  /** Its port, as in `s1:3`. */
  readonly at: string;
  readonly mac: string;
  readonly v4: string;
  /** The last part of its IPv6 address `2001:db8::N`. */
  readonly v6: number;
  /** A wire gives back what is not for it; a router forwards IP with its own MAC. */
  readonly box?: "wire" | "router";
}

/** What facts state of a machine. */
export interface Stated {
  readonly place: boolean;
  readonly mac: boolean;
  readonly v4: boolean;
  readonly v6: boolean;
  readonly users: readonly string[];
}

export type Term =
  | { readonly field: "srcHost" | "dstHost" | "srcEth" | "dstEth" | "srcAP" | "dstAP"; readonly host: number }
  | { readonly field: "user" | "dstUser"; readonly users: readonly string[]; readonly isNot: boolean }
  | { readonly field: "switch"; readonly name: string }
  | { readonly field: "ethType"; readonly types: readonly number[] }
  | { readonly field: "dstPort" | "srcPort"; readonly transport: "TCP" | "UDP"; readonly port: number };

/** Flows that all terms hold, but for those that all of `except` hold. */
export interface Part {
  readonly terms: readonly Term[];
  readonly except?: readonly Term[];
}

export interface Saying {
  readonly id: string;
  readonly kind: "allow" | "deny" | "waypoint" | "avoid" | "limit" | "reserve";
  readonly parts: readonly Part[];
  readonly isBothWays: boolean;
  readonly isPartial: boolean;
  readonly nodes: readonly string[];
  /** The shares from its own to the one below the root; none for a request on the root. */
  readonly shares: readonly string[];
}

export interface BridgePolicy {
  readonly verdict: "allow" | "deny";
  readonly stated: readonly Stated[];
  readonly guard: readonly Term[] | undefined;
  readonly sayings: readonly Saying[];
  readonly text: string;
}

/** Whole numbers below `n`, the same for one seed. */
export function randomly(seed: number): (n: number) => number {
  let state = (seed * 0x9e3779b1) >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

const USERS = ["Ann", "Bob", "Eve"];
const typeName = (type: number): string =>
  new Map([
    [0x800, "IPv4"],
    [0x86dd, "IPv6"],
    [0x806, "ARP"],
  ]).get(type)!;

function termText(machines: readonly Machine[], term: Term): string {
  switch (term.field) {
    case "srcHost":
    case "dstHost":
      return `${term.field}=${machines[term.host]!.name}`;
    case "srcEth":
    case "dstEth":
      return `${term.field}=${machines[term.host]!.mac}`;
    case "srcAP":
    case "dstAP":
      return `${term.field}=${machines[term.host]!.at}`;
    case "user":
    case "dstUser": {
      const names = term.users.join(", ");
      return `${term.field}${term.isNot ? "!=" : "="}${term.users.length > 1 ? `{${names}}` : names}`;
    }
    case "switch":
      return `switch=${term.name}`;
    case "ethType":
      return `ethType={${term.types.map(typeName).join(", ")}}`;
    case "dstPort":
    case "srcPort":
      return `transport=${term.transport}, ${term.field}=${term.port}`;
  }
}

export function partsText(machines: readonly Machine[], parts: readonly Part[]): string {
  const list = (terms: readonly Term[]): string =>
    terms.length === 0 ? "(*)" : `(${terms.map((one) => termText(machines, one)).join(", ")})`;
  const texts = parts.map(({ terms, except }) =>
    except === undefined ? list(terms) : `${list(terms)} except ${list(except)}`,
  );
  return texts.length === 1 && parts[0]!.except === undefined ? texts[0]! : `(${texts.join(" or ")})`;
}

/** The policy of a number, with its text. `links`: the facts of the switches and links. */
export function bridgePolicy(machines: readonly Machine[], links: string, seed: number): BridgePolicy {
  const below = randomly(seed);
  const switches = [...links.matchAll(/^switch\((\w+),/gm)].map(([, name]) => name!);
  const oneOf = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const chance = (of: number): boolean => below(of) === 0;
  // In a third of the policies all is stated of everybody, as it should be.
  const isWhole = chance(3);
  const stated = machines.map(({ box }): Stated => {
    const gap = (of: number): boolean => isWhole || !chance(of);
    const users = chance(2) ? [oneOf(USERS), ...(chance(6) ? [oneOf(USERS)] : [])] : [];
    return {
      place: gap(box ? 20 : 9),
      mac: gap(box ? 12 : 5),
      v4: gap(8),
      v6: isWhole ? !chance(3) : chance(2),
      users: [...new Set(users)],
    };
  });
  const term = (kind: Saying["kind"], isBothWays: boolean): Term => {
    const host = below(machines.length);
    const field = oneOf([
      "srcHost",
      "dstHost",
      "srcHost",
      "dstHost",
      "user",
      "user",
      "dstUser",
      "srcEth",
      "dstEth",
      "srcAP",
      "dstAP",
      "switch",
      "ethType",
      "web",
      "web",
      "dns",
    ] as const);
    const isSteering = kind === "waypoint" || kind === "avoid";
    if (field === "web" || field === "dns")
      return { field: "dstPort", transport: field === "web" ? "TCP" : "UDP", port: field === "web" ? 80 : 53 };
    if (field === "user" || field === "dstUser") {
      const users = chance(5) ? ["unknown"] : [...new Set([oneOf(USERS), ...(chance(4) ? [oneOf(USERS)] : [])])];
      return { field, users, isNot: users.length === 1 && chance(4) };
    }
    if (field === "ethType") {
      return {
        field,
        types: oneOf([[0x800], [0x86dd], [0x806], [0x800, 0x86dd], [0x800, 0x806], [0x800, 0x86dd, 0x806]]),
      };
    }
    if (field === "switch" && !isBothWays) return { field, name: oneOf(switches) };
    if (field === "dstAP" && isSteering) return { field, host };
    if (field === "srcAP" && (isSteering || !isBothWays)) return { field, host };
    if (field === "dstEth" || field === "srcEth" || field === "dstHost") return { field, host };
    return { field: "srcHost", host };
  };
  const terms = (count: number, kind: Saying["kind"], isBothWays: boolean): Term[] => {
    const drawn = Array.from({ length: count }, () => term(kind, isBothWays));
    const names = (one: Term): string => (one.field === "srcPort" ? "dstPort" : one.field);
    return drawn.filter((one, i) => drawn.findIndex((other) => names(other) === names(one)) === i);
  };
  const shares = chance(2)
    ? []
    : [
        { name: "lab", above: [] as string[], terms: chance(2) ? [] : terms(1, "deny", false) },
        ...(chance(2) ? [{ name: "desk", above: ["lab"], terms: [] as Term[] }] : []),
      ];
  const held = (name: string): readonly Term[] => shares.find((one) => one.name === name)!.terms;
  const sayings = Array.from({ length: 1 + below(6) }, (_, i): Saying => {
    const kind = oneOf<Saying["kind"]>([
      "waypoint",
      "waypoint",
      "waypoint",
      "avoid",
      "avoid",
      "deny",
      "deny",
      "allow",
      "allow",
      "limit",
      "reserve",
    ]);
    const isBothWays = chance(6);
    const share = shares.length > 0 && chance(2) ? oneOf(shares) : undefined;
    const isSteering = kind === "waypoint" || kind === "avoid";
    const inShare: Part = { terms: share ? [...held("lab")] : [] };
    const parts = Array.from({ length: chance(7) ? 2 : 1 }, (): Part => {
      const mine = terms(below(4), kind, isBothWays);
      const all = [...inShare.terms, ...mine.filter((one) => inShare.terms.every(({ field }) => field !== one.field))];
      if (!chance(5)) return { terms: all };
      // What is led names the types that it holds, if it leaves out some of them.
      const types: Term = { field: "ethType", types: [0x800, 0x86dd, 0x806] };
      const isTyped = all.some(({ field }) => field === "ethType");
      return { terms: isSteering && !isTyped ? [...all, types] : all, except: terms(1 + below(2), kind, isBothWays) };
    });
    // A limit says where its flows enter: else every switch would pass its whole rate.
    const known = kind === "limit" ? [{ terms: [{ field: "srcAP", host: below(machines.length) } as const] }] : parts;
    const boxes = machines.filter(({ box }) => box !== undefined).map(({ name }) => name);
    const nodes = Array.from({ length: 1 + (chance(2) ? 0 : below(3)) }, () =>
      kind === "waypoint" && chance(2) ? oneOf(boxes) : oneOf(switches),
    );
    return {
      id: `q${i}`,
      kind,
      parts: known,
      isBothWays: isBothWays && kind !== "limit",
      isPartial: (kind === "allow" || kind === "deny") && chance(3),
      nodes: kind === "avoid" ? [nodes[0]!] : [...new Set(nodes)],
      shares: kind === "limit" || share === undefined ? [] : [share.name, ...share.above],
    };
  });
  const guard = chance(6)
    ? ([
        { field: "srcHost", host: below(machines.length) },
        { field: "dstPort", transport: "TCP", port: 80 },
      ] as const)
    : undefined;
  const verdict = chance(3) ? "deny" : "allow";
  const facts = machines.flatMap(({ name, at, mac, v4, v6 }, i) => {
    const said = stated[i]!;
    return [
      ...(said.place ? [`host_at(${name}, ${at.replace(":", ", ")}).`] : []),
      ...(said.mac ? [`host_mac(${name}, ${mac}).`] : []),
      ...(said.v4 ? [`host_ip(${name}, ${v4}).`] : []),
      ...(said.v6 ? [`host_ip(${name}, 2001:db8::${v6.toString(16)}).`] : []),
      ...said.users.map((user) => `user_host("${user}", ${name}).`),
    ].join(" ");
  });
  const nodesOfAll = [...switches, ...machines.map(({ name }) => name)].join(", ");
  const text = [
    `default ${verdict}.`,
    links.trimEnd(),
    ...facts.filter((line) => line !== ""),
    ...USERS.map((user) => `AddUser ${user}.`),
    ...(guard
      ? [`policy stop as guard { deny <= srcHost(${machines[guard[0].host]!.name}), transport(tcp), dstPort(80). }`]
      : []),
    ...shares.map(
      ({ name, above }) =>
        `NewShare ${name} for ${partsText(machines, [{ terms: held("lab") }])} [allow = True, deny = True, ` +
        `reserve <= 1Gb, waypoint = {${nodesOfAll}}, avoid = {${nodesOfAll}}] on ${above[0] ?? "rootShare"}.`,
    ),
    ...sayings.map(({ id, kind, parts, isBothWays, isPartial, nodes, shares: on }) => {
      const asked = { allow: "", deny: "", limit: " = 1Gb", reserve: " = 1Mb", waypoint: "", avoid: "" }[kind];
      const led = kind === "waypoint" || kind === "avoid" ? ` = ${nodes.join(", ")}` : "";
      const how = `${isBothWays ? " both ways" : ""}${isPartial ? " partial" : ""}`;
      return `@${id} ${kind}${partsText(machines, parts)}${asked}${led}${how} on ${on[0] ?? "rootShare"}.`;
    }),
  ].join("\n");
  return { verdict, stated, guard, sayings, text: `${text}\n` };
}
