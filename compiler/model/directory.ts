/**
 * Directory facts → hosts, users and switches with their ports and addresses (LANGUAGE, "The directory and the
 * network"). Every fact is checked: addresses parse, a host has one port, datapath ids are unique, switches are known.
 * Faulty facts are reported and left out.
 */
import { append } from "../net/lists.ts";
import { byText } from "../net/order.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import type { Constant } from "../datalog/types.ts";
import {
  compareIp,
  hostlessIp,
  hostlessMac,
  parseIp,
  parseMac,
  parsePrefix,
  parseRate,
  type Ip,
} from "../net/index.ts";
import type { Span } from "../source.ts";
import type { LocatedFact } from "./facts.ts";
import type { Directory, Host } from "./model.ts";
import { switchFault } from "./awaited.ts";
import { formHelp, otherOrder, restated } from "./fact-forms.ts";
import { believedSwitches, type StatedSwitch } from "./switches.ts";
import { loneHosts, type Naming } from "./lone-hosts.ts";
import { believed, standsStill, twoRatesOf, type WiredPort, type StatedLink } from "./wiring.ts";
import { tooManySeats } from "./seats-budget.ts";
import { nameList } from "../diagnostics/suggest.ts";
import { sharedBindings } from "./shared-bindings.ts";

/** The relations that the directory is made of. */
export type DirectoryRelation = "user_host" | "host_ip" | "host_mac" | "host_at" | "switch" | "link" | "port_rate";

/** The facts of a relation: stated, read or derived. */
export type FactsOf = (relation: DirectoryRelation) => Iterable<LocatedFact>;

const TERMS_OF_HOST_AT = ["a host", "a switch", "a port number"] as const;

/** The user of what nobody sends (LANGUAGE, "Flowgroups"). */
const NOBODY = "unknown";

const sameIp = (a: Ip, b: Ip): boolean => a.family === b.family && a.value === b.value;

const BLOCK = "that is a block of addresses, and a host has single ones";

/** The largest number of a physical port; higher ones are reserved (OpenFlow 1.3.5, section 7.2.1). */
const LARGEST_PORT = 0xff_ff_ff_00;
/** Numbers that Open vSwitch plugs nothing into: 65534 is its word for the port that has the bridge's own name. */
const SMALLEST_RESERVED = 0xff00;
const LARGEST_RESERVED = 0xffff;
const OWN_PORT =
  "65280 to 65535 are no numbers of ports, and a bridge's own port (LOCAL, 65534) is no place: give a host of the switch's machine an internal port, `ovs-vsctl add-port BRIDGE NAME -- set interface NAME type=internal ofport_request=NUMBER`";

/** Builds the directory. */
export function directory(
  factsOf: FactsOf,
  users: Iterable<string>,
): {
  readonly directory: Directory;
  readonly diagnostics: readonly Diagnostic[];
  /** Switches that facts name, and of which nothing is known: they are reported. */
  readonly away: ReadonlySet<string>;
} {
  const builder = new Builder(factsOf);
  builder.readSwitches(); // first: the others name them
  builder.readHosts();
  builder.readRates();
  builder.readLinks();
  builder.noteNames();
  builder.noteSlips();
  builder.noteSize();
  return { directory: builder.finish(users), diagnostics: builder.diagnostics, away: builder.away };
}

interface HostEntry {
  readonly addresses: Map<string, Ip>;
  readonly macs: Set<number>;
  /** Where facts put it; with several none is believed. */
  readonly places: { readonly switch: string; readonly port: number; readonly span: Span }[];
  /** Whether a fact puts it at a switch that none names. */
  isAway: boolean;
  readonly span: Span;
}

class Builder {
  readonly factsOf: FactsOf;
  readonly diagnostics: Diagnostic[] = [];
  readonly switches = new Map<string, StatedSwitch>();
  readonly hosts = new Map<string, HostEntry>();
  readonly away = new Set<string>();
  readonly userHosts: Directory["userHosts"][number][] = [];
  readonly links: Directory["links"][number][] = [];
  readonly disputed: NonNullable<Directory["disputedPorts"]>[number][] = [];
  readonly rates = new Map<string, { readonly rate: Directory["portRates"][number]; readonly span: Span }>();

  constructor(factsOf: FactsOf) {
    this.factsOf = factsOf;
  }

  readSwitches(): void {
    const bad = (given: Constant, span: Span): void =>
      this.bad("switch", "a datapath number", given, span, formHelp("switch"));
    const { switches, away, diagnostics } = believedSwitches(this.factsOf("switch"), bad);
    for (const one of switches) this.switches.set(one.name, one);
    for (const name of away) this.away.add(name);
    const nameless = this.switches.get("");
    if (nameless !== undefined) this.diagnostics.push(codes.emptyName({ what: "a switch" }, { span: nameless.span }));
    append(this.diagnostics, diagnostics);
  }

  readHosts(): void {
    for (const { tuple, span } of this.factsOf("host_ip")) {
      const text = String(tuple[1]);
      const ip = parseIp(text);
      if (ip.ok) {
        this.host(tuple[0]!, span).addresses.set(text, ip.value);
        this.noteHostless("dstHost", text, hostlessIp(ip.value), span);
      } else this.misfit("host_ip", "an address", tuple, 1, span, parsePrefix(text).ok ? BLOCK : ip.fault);
    }
    for (const { tuple, span } of this.factsOf("host_mac")) {
      const mac = parseMac(String(tuple[1]));
      if (mac.ok) {
        this.host(tuple[0]!, span).macs.add(mac.value);
        this.noteHostless("dstEth", String(tuple[1]), hostlessMac(mac.value), span);
      } else this.misfit("host_mac", "a MAC", tuple, 1, span, mac.fault, mac.fix);
    }
    for (const { tuple, span } of this.factsOf("host_at")) {
      const turned = otherOrder("host_at", tuple, span, (name) => this.switches.has(name));
      if (turned !== undefined) {
        const isHost = typeof tuple[0] === "string" && !this.switches.has(tuple[0]);
        const column = !isHost ? 0 : typeof tuple[1] === "number" ? 1 : 2;
        const words = { relation: "host_at", expected: TERMS_OF_HOST_AT[column]!, given: tuple[column]! };
        this.diagnostics.push(codes.badFact(words, { span, ...turned }));
        continue;
      }
      const entry = this.host(tuple[0]!, span);
      const at = this.switch(tuple[1]!, span);
      const port = this.port("host_at", tuple, 2, span);
      if (at === undefined) entry.isAway = true;
      if (at === undefined || port === undefined) continue;
      const place = { switch: at, port, span };
      const [first] = entry.places;
      if (first !== undefined) {
        const related = [{ span: first.span, message: `at \`${first.switch}:${first.port}\` here` }];
        const help = "it counts as unplugged, and what comes from it is dropped, until one of the facts is gone";
        this.diagnostics.push(codes.twoPlaces({ host: tuple[0]! }, { span, related, help }));
      }
      entry.places.push(place);
    }
    const stated = new Set(this.hosts.keys());
    for (const { tuple, span } of this.factsOf("user_host")) {
      const [user, host] = [String(tuple[0]), String(tuple[1])];
      if (user === "") this.diagnostics.push(codes.emptyName({ what: "a user" }, { span }));
      if (user === NOBODY) {
        const help = "that is who is known by no name: a host of nobody has no such fact";
        this.bad("user_host", "the name of a user", user, span, help);
        continue;
      }
      if (stated.has(user) && !stated.has(host))
        this.diagnostics.push(codes.hostAsUser({ name: user }, { span, ...restated("user_host", [host, user], span) }));
      this.host(tuple[1]!, span);
      this.userHosts.push({ user: String(tuple[0]), host: String(tuple[1]) });
    }
  }

  readLinks(): void {
    const stated: StatedLink[] = [];
    const open: WiredPort[] = [];
    for (const { tuple, span } of this.factsOf("link")) {
      const from = this.switch(tuple[0]!, span);
      const fromPort = this.port("link", tuple, 1, span);
      const to = this.switch(tuple[2]!, span);
      const toPort = this.port("link", tuple, 3, span);
      const rate = this.rate("link", tuple, 4, span);
      if (fromPort === undefined || toPort === undefined || rate === undefined) continue;
      // Behind a switch of which nothing is known a circle may close.
      if (from !== undefined && to === undefined) open.push({ switch: from, port: fromPort });
      if (from === undefined && to !== undefined) open.push({ switch: to, port: toPort });
      if (from === undefined || to === undefined) continue;
      const ends = [
        { switch: from, port: fromPort },
        { switch: to, port: toPort },
      ];
      if (rate === 0) this.diagnostics.push(standsStill(`${from}:${fromPort}>${to}:${toPort}`, span));
      // What is down is led over no more, and nothing is known of what comes in by it.
      if (rate === 0 || ends.some((at) => this.rates.get(`${at.switch}:${at.port}`)?.rate.rate === 0))
        append(open, ends);
      stated.push({ from, fromPort, to, toPort, rate, span });
    }
    const places = [...this.hosts].flatMap(([host, { places }]) => places.map((at) => ({ ...at, host })));
    const { links, disputed, diagnostics } = believed(stated, places, open);
    append(this.links, links);
    append(this.disputed, disputed);
    append(this.diagnostics, diagnostics);
  }

  readRates(): void {
    for (const { tuple, span } of this.factsOf("port_rate")) {
      const at = this.switch(tuple[0]!, span);
      const port = this.port("port_rate", tuple, 1, span);
      const rate = this.rate("port_rate", tuple, 2, span);
      if (at === undefined || port === undefined || rate === undefined) continue;
      const earlier = this.rates.get(`${at}:${port}`);
      if (rate === 0) this.diagnostics.push(standsStill(`${at}:${port}`, span));
      if (earlier) this.diagnostics.push(twoRatesOf({ switch: at, port }, span, earlier.span));
      if (earlier === undefined || rate < earlier.rate.rate)
        this.rates.set(`${at}:${port}`, { rate: { switch: at, port, rate }, span });
    }
  }

  /** `srcHost=10.0.0.1` means the address, so a host of that name would hold other packets than its facts say. */
  noteNames(): void {
    for (const [name, { addresses, macs, span }] of this.hosts) {
      const [ip, mac] = [parseIp(name), parseMac(name)];
      const isOwn = ip.ok
        ? [...addresses.values()].some((one) => sameIp(one, ip.value))
        : !mac.ok || macs.has(mac.value);
      if (isOwn) continue;
      const what = ip.ok ? "host_ip" : "host_mac";
      const isBare = addresses.size === 0 && macs.size === 0;
      const help = isBare
        ? `facts name the host, and \`${what}(HOST, ${name}).\` states that this is its own`
        : "give the host another name";
      this.diagnostics.push(codes.namedLikeAddress({ name }, { span, help }));
    }
  }

  /** That no host has this address. As a name for where packets go the fact may be meant. */
  noteHostless(field: string, value: string, what: string | undefined, span: Span): void {
    if (what === undefined) return;
    const sent = /cast/.test(what) ? `; what is sent to this one is \`${field}=${value}\`` : "";
    this.diagnostics.push(codes.hostless({ value, what }, { span, help: `give the host its own${sent}` }));
  }

  /** Facts of which each is good, and which hardly mean what they say together. */
  noteSlips(): void {
    const facts = { address: this.factsOf("host_ip"), MAC: this.factsOf("host_mac") };
    const placeOf = (host: string): string | undefined => {
      const places = this.hosts.get(host)?.places ?? [];
      return places.length === 1 ? `${places[0]!.switch}:${places[0]!.port}` : undefined;
    };
    append(this.diagnostics, sharedBindings(facts, placeOf));
    const of = (relation: DirectoryRelation, host: 0 | 1): Naming => ({
      relation,
      facts: () => this.factsOf(relation),
      host,
      shows: relation === "host_ip" || relation === "host_mac",
    });
    append(this.diagnostics, loneHosts([of("host_ip", 0), of("host_mac", 0), of("host_at", 0), of("user_host", 1)]));
  }

  /** Whether switches and hosts are too many together. */
  noteSize(): void {
    const seated = [...this.hosts.values()].filter(({ places }) => places.length > 0);
    const hosts = seated.map(({ span, addresses, macs }) => ({ span, addresses: addresses.size + macs.size }));
    append(this.diagnostics, tooManySeats(this.switches.size, hosts));
  }

  finish(users: Iterable<string>): Directory {
    const { userHosts, links, rates } = this;
    const ports = new Set(this.disputed.map((at) => `${at.switch}:${at.port}`));
    return {
      users: [...new Set(users)].toSorted(byText),
      userHosts: userHosts.toSorted((a, b) => byText(a.user, b.user) || byText(a.host, b.host)),
      hosts: sortedMap(new Map([...this.hosts].map(([name, entry]) => [name, finishHost(name, entry, ports)]))),
      switches: sortedMap(this.switches),
      links: links.toSorted((a, b) => byText(a.from, b.from) || a.fromPort - b.fromPort),
      ...(ports.size > 0 && {
        disputedPorts: this.disputed.toSorted((a, b) => byText(a.switch, b.switch) || a.port - b.port),
      }),
      portRates: [...rates.values()]
        .map((r) => r.rate)
        .filter(({ rate }) => rate > 0)
        .toSorted((a, b) => byText(a.switch, b.switch) || a.port - b.port),
    };
  }

  // -------------------------------------------------------------- terms of facts

  host(name: Constant, span: Span): HostEntry {
    const key = String(name);
    let known = this.hosts.get(key);
    if (known === undefined && key === "") this.diagnostics.push(codes.emptyName({ what: "a host" }, { span }));
    if (known === undefined)
      this.hosts.set(key, (known = { addresses: new Map(), macs: new Set(), places: [], isAway: false, span }));
    return known;
  }

  switch(name: Constant, span: Span): string | undefined {
    const text = String(name);
    if (this.switches.has(text)) return text;
    // A switch that is away, or known to none, is said once, however many facts name it.
    if (this.away.has(text)) return undefined;
    const fault = switchFault({ name: text, known: nameList(this.switches), span, awaits: this.switches.size > 0 });
    this.diagnostics.push(fault);
    this.away.add(text);
    return undefined;
  }

  port(relation: string, tuple: LocatedFact["tuple"], column: number, span: Span): number | undefined {
    const value = tuple[column]!;
    const isOwn = typeof value === "number" && value >= SMALLEST_RESERVED && value <= LARGEST_RESERVED;
    if (typeof value === "number" && value >= 1 && value <= LARGEST_PORT && !isOwn) return value;
    this.misfit(relation, "a port number", tuple, column, span, isOwn ? OWN_PORT : undefined);
    return undefined;
  }

  rate(relation: string, tuple: LocatedFact["tuple"], column: number, span: Span): number | undefined {
    const value = tuple[column]!;
    const parsed = typeof value === "number" ? { ok: true as const, value } : parseRate(value);
    if (parsed.ok && parsed.value >= 0) return parsed.value;
    this.misfit(relation, "a rate", tuple, column, span, parsed.ok ? undefined : parsed.fault);
    return undefined;
  }

  /** A term that its column does not take; perhaps the terms stand in another order. */
  misfit(
    relation: string,
    expected: string,
    tuple: LocatedFact["tuple"],
    column: number,
    span: Span,
    help = formHelp(relation),
    meant?: string,
  ): void {
    const given = tuple[column]!;
    const turned = otherOrder(relation, tuple, span, (name) => this.switches.has(name));
    if (turned === undefined) this.bad(relation, expected, given, span, help, meant);
    else this.diagnostics.push(codes.badFact({ relation, expected, given }, { span, ...turned }));
  }

  bad(relation: string, expected: string, given: Constant, span: Span, help?: string, meant?: string): void {
    const fix = meant === undefined ? undefined : inPlace(span, String(given), meant);
    this.diagnostics.push(codes.badFact({ relation, expected, given }, { span, help, fix }));
  }
}

/** The fix of one word of a fact, where it is written once. */
function inPlace(span: Span, given: string, meant: string): Fix | undefined {
  const [before, behind, ...more] = span.source.text.slice(span.start, span.end).split(given);
  if (before === undefined || behind === undefined || more.length > 0 || /["\w]$/.test(before)) return undefined;
  const start = span.start + before.length;
  return { title: `write \`${meant}\``, span: { ...span, start, end: start + given.length }, text: meant };
}

const sortedMap = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
  new Map([...map].toSorted(([a], [b]) => byText(a, b)));

function finishHost(name: string, entry: HostEntry, disputed: ReadonlySet<string>): Host {
  const places = entry.places.map(({ switch: at, port }) => ({ switch: at, port }));
  const [at] = places;
  const isBelieved = places.length === 1 && !entry.isAway && !disputed.has(`${at!.switch}:${at!.port}`);
  return {
    name,
    addresses: [...entry.addresses.values()].toSorted(compareIp),
    macs: [...entry.macs].toSorted((a, b) => a - b),
    ...(isBelieved && { at: at! }),
    ...((at !== undefined || entry.isAway) && !isBelieved && { disputed: places }),
    span: entry.span,
  };
}
