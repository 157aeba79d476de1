/**
 * Directory facts → who is where (LANGUAGE, "The directory and the network"). Every fact is checked: addresses parse, a
 * host stands at one port, datapath numbers are unique, switches are known.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Constant } from "../datalog/types.ts";
import { compareIp, parseIp, parseMac, parseRate, type Ip } from "../net/index.ts";
import type { Span } from "../source.ts";
import type { Fact } from "./facts.ts";
import type { Directory, Host } from "./model.ts";
import { didYouMean } from "./suggest.ts";

/** The facts of a relation, stated, read or derived. */
export type FactsOf = (relation: string) => Iterable<Fact>;

interface HostEntry {
  readonly addresses: Map<string, Ip>;
  readonly macs: Set<number>;
  at?: { readonly switch: string; readonly port: number; readonly span: Span };
  readonly span: Span;
}

/** Builds the directory. Faulty facts are reported and left out. */
export function directory(
  factsOf: FactsOf,
  users: Iterable<string>,
): { readonly directory: Directory; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const hosts = new Map<string, HostEntry>();
  const host = (name: Constant, span: Span): HostEntry => {
    const key = String(name);
    const known = hosts.get(key);
    if (known) return known;
    const fresh: HostEntry = { addresses: new Map(), macs: new Set(), span };
    hosts.set(key, fresh);
    return fresh;
  };
  const bad = (relation: string, expected: string, given: Constant, span: Span, help?: string): void => {
    diagnostics.push(codes.badFact({ relation, expected, given }, { span, ...(help !== undefined && { help }) }));
  };

  // Switches first: host_at, link and port_rate name them.
  const switches = new Map<string, { readonly name: string; readonly dpid: string; readonly span: Span }>();
  const dpids = new Map<string, Span>();
  for (const { tuple, span } of factsOf("switch")) {
    const name = String(tuple[0]);
    const dpid = datapath(tuple[1]!);
    const earlier = switches.get(name);
    const taken = dpid === undefined ? undefined : dpids.get(dpid);
    if (dpid === undefined) bad("switch", "a datapath number", tuple[1]!, span);
    else if (earlier || taken) {
      const related = [{ span: (earlier?.span ?? taken)!, message: "used first here" }];
      const words = earlier ? { what: "switch", name } : { what: "datapath", name: dpid };
      diagnostics.push(codes.duplicateSwitch(words, { span, related }));
    } else {
      switches.set(name, { name, dpid, span });
      dpids.set(dpid, span);
    }
  }
  const knownSwitch = (name: Constant, span: Span): string | undefined => {
    const text = String(name);
    if (switches.has(text)) return text;
    const { help = "state it: `switch(name, dpid).`" } = didYouMean(text, switches.keys(), span);
    diagnostics.push(codes.unknownSwitch({ name: text }, { span, help }));
    return undefined;
  };
  const port = (relation: string, value: Constant, span: Span): number | undefined => {
    if (typeof value === "number" && value >= 1 && value <= 0xff_ff_ff_00) return value;
    bad(relation, "a port number", value, span);
    return undefined;
  };
  const rate = (relation: string, value: Constant, span: Span): number | undefined => {
    const parsed = typeof value === "number" ? { ok: true as const, value } : parseRate(value);
    if (parsed.ok && parsed.value >= 0) return parsed.value;
    bad(relation, "a rate", value, span, parsed.ok ? undefined : parsed.fault);
    return undefined;
  };

  for (const { tuple, span } of factsOf("host_ip")) {
    const text = String(tuple[1]);
    const ip = parseIp(text);
    if (ip.ok) host(tuple[0]!, span).addresses.set(text, ip.value);
    else bad("host_ip", "an address", text, span, ip.fault);
  }
  for (const { tuple, span } of factsOf("host_mac")) {
    const mac = parseMac(String(tuple[1]));
    if (mac.ok) host(tuple[0]!, span).macs.add(mac.value);
    else bad("host_mac", "a MAC", tuple[1]!, span, mac.fault);
  }
  for (const { tuple, span } of factsOf("host_at")) {
    const at = knownSwitch(tuple[1]!, span);
    const number = port("host_at", tuple[2]!, span);
    const entry = host(tuple[0]!, span);
    if (at === undefined || number === undefined) continue;
    if (entry.at) {
      const related = [{ span: entry.at.span, message: `at \`${entry.at.switch}:${entry.at.port}\` here` }];
      diagnostics.push(codes.twoPlaces({ host: tuple[0]! }, { span, related }));
    } else entry.at = { switch: at, port: number, span };
  }
  const userHosts: { user: string; host: string }[] = [];
  for (const { tuple, span } of factsOf("user_host")) {
    host(tuple[1]!, span);
    userHosts.push({ user: String(tuple[0]), host: String(tuple[1]) });
  }

  const ends = new Map<string, { readonly other: string; readonly span: Span }>();
  const links: { from: string; fromPort: number; to: string; toPort: number; rate: number }[] = [];
  for (const { tuple, span } of factsOf("link")) {
    const from = knownSwitch(tuple[0]!, span);
    const to = knownSwitch(tuple[2]!, span);
    const fromPort = port("link", tuple[1]!, span);
    const toPort = port("link", tuple[3]!, span);
    const bits = rate("link", tuple[4]!, span);
    if (from === undefined || to === undefined || fromPort === undefined) continue;
    if (toPort === undefined || bits === undefined) continue;
    const one = `${from}:${fromPort}`;
    const other = `${to}:${toPort}`;
    const clash = [[one, other] as const, [other, one] as const].find(
      ([here, there]) => (ends.get(here)?.other ?? there) !== there,
    );
    if (clash) {
      const [name, number] = splitPort(clash[0]);
      const related = [{ span: ends.get(clash[0])!.span, message: "the other link" }];
      diagnostics.push(codes.twoLinks({ switch: name, port: number }, { span, related }));
      continue;
    }
    ends.set(one, { other, span });
    ends.set(other, { other: one, span });
    links.push({ from, fromPort, to, toPort, rate: bits });
  }

  const rates = new Map<string, { switch: string; port: number; rate: number; span: Span }>();
  for (const { tuple, span } of factsOf("port_rate")) {
    const at = knownSwitch(tuple[0]!, span);
    const number = port("port_rate", tuple[1]!, span);
    const bits = rate("port_rate", tuple[2]!, span);
    if (at === undefined || number === undefined || bits === undefined) continue;
    const earlier = rates.get(`${at}:${number}`);
    if (earlier) {
      const related = [{ span: earlier.span, message: "the other rate" }];
      diagnostics.push(codes.twoRates({ switch: at, port: number }, { span, related }));
    } else rates.set(`${at}:${number}`, { switch: at, port: number, rate: bits, span });
  }

  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const sortedHosts = [...hosts]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([name, h]) => [name, finish(name, h)] as const);
  return {
    directory: {
      users: [...new Set(users)].toSorted(byText),
      userHosts: userHosts.toSorted((a, b) => byText(a.user, b.user) || byText(a.host, b.host)),
      hosts: new Map(sortedHosts),
      switches: new Map([...switches].toSorted(([a], [b]) => byText(a, b))),
      links: links.toSorted((a, b) => byText(a.from, b.from) || a.fromPort - b.fromPort),
      portRates: [...rates.values()]
        .map(({ span: _, ...known }) => known)
        .toSorted((a, b) => byText(a.switch, b.switch) || a.port - b.port),
    },
    diagnostics,
  };
}

function finish(name: string, entry: HostEntry): Host {
  return {
    name,
    addresses: [...entry.addresses.values()].toSorted(compareIp),
    macs: [...entry.macs].toSorted((a, b) => a - b),
    ...(entry.at && { at: { switch: entry.at.switch, port: entry.at.port } }),
    span: entry.span,
  };
}

/** `1`, `"0x1f"`, `"00:00:00:00:00:00:00:01"` → 16 hexadecimal digits. */
function datapath(value: Constant): string | undefined {
  if (typeof value === "number") return value >= 0 ? value.toString(16).padStart(16, "0") : undefined;
  const digits = value.replace(/^0x/i, "").replaceAll(":", "");
  return /^[0-9a-fA-F]{1,16}$/.test(digits) ? digits.toLowerCase().padStart(16, "0") : undefined;
}

function splitPort(end: string): [string, string] {
  const at = end.lastIndexOf(":");
  return [end.slice(0, at), end.slice(at + 1)];
}
