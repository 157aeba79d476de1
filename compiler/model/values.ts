/**
 * A field and a value as written → the flows that have it. Names are looked up in the directory: a host name means all
 * its addresses, IPv4 and IPv6, or its MACs if it has no address. Users and access points stay names.
 */
import { symbolText } from "../syntax/print-flows.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import type { Cube, Flowgroup } from "../flowgroup/cube.ts";
import { DOMAINS, type Domain, type Field } from "../flowgroup/fields.ts";
import {
  ICMP,
  ICMPV6,
  IPV4,
  IPV6,
  LATER,
  SKIPPED,
  addressSet,
  complement,
  cube,
  wholeDifference,
  flowgroup,
  nameSet,
  numberSet,
  present,
  type AddressRange,
  type NumberRange,
} from "../flowgroup/index.ts";
import { parseIp, type Ip, type Prefix } from "../net/index.ts";
import type { Span } from "../source.ts";
import type { Scalar, ValueExpr } from "../syntax/ast.ts";
import { valueText } from "./constants.ts";
import type { Host } from "./model.ts";
import { DIRECTIONS, ETHER_TYPES, TRANSPORTS, isLaterRange, transportRange } from "./protocols.ts";
import { everyHelp, flowSwitchFault, isA, statedHost, userFault } from "./awaited.ts";
import { protocolHelp } from "../diagnostics/elsewhere.ts";
import { didYouMean, nameList } from "../diagnostics/suggest.ts";
import { relationHelp, valueHelp } from "./value-help.ts";
import { append } from "../net/lists.ts";

/** The directory that gives names their meaning, and the list for faults. */
export interface Names {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly users: Iterable<string> & { has(name: string): boolean };
  readonly switches: ReadonlyMap<string, unknown>;
  /** Whether any user may be named, as in a trace, whose own statements add users. */
  readonly anyUser: boolean;
  /** Whether a name that nothing knows may be one that a fact brings back. */
  readonly awaits: boolean;
  /** Users that statements name and that only a login could make known. */
  readonly awaited: Set<string>;
  /** Switches of which nothing is known now, and that were reported; absent: none may be named. */
  readonly away?: Set<string>;
  readonly report: (diagnostic: Diagnostic) => void;
  /** Another condition speaks of the tag, so that the type may be that of a second one. */
  readonly besideVlan?: boolean;
  /** The value stands in a rule, where a bare word with a capital letter is a variable. */
  readonly inRule?: boolean;
  /** Relations that facts, rules and externs make → how many terms they have. */
  readonly arityOf?: (relation: string) => number | undefined;
}

/** The flows whose field has the value; undefined if that was refused. `!=` means that the field has another value. */
export function fieldFlows(field: Field, value: ValueExpr, negated: boolean, names: Names): Flowgroup | undefined {
  const cubes = new Members(field, names).read(value);
  if (cubes === undefined) return undefined;
  if (!negated) return flowgroup(cubes);
  const asked = cubes.some((c) => c.mask === cube({ [field]: present(field) }).mask) ? field : hardwareField(field);
  return wholeDifference(flowgroup([cube({ [asked]: present(asked) })]), flowgroup(cubes));
}

/** The flows of a set of hosts or addresses, as source or destination. */
export function hostCubes(field: "srcHost" | "dstHost", hosts: Iterable<Host | Ip | Prefix>): Cube[] {
  const ips: AddressRange[] = [];
  const macs: number[] = [];
  for (const host of hosts) {
    if ("family" in host || "length" in host) ips.push(host);
    else if (host.addresses.length > 0) append(ips, host.addresses);
    else append(macs, host.macs);
  }
  const hardware = hardwareField(field);
  const byAddress = addressSet(ips);
  const byMac = numberSet(hardware, macs);
  return [...(byAddress ? [cube({ [field]: byAddress })] : []), ...(byMac ? [cube({ [hardware]: byMac })] : [])];
}

/** The field by which a host without an address is recognized. */
const hardwareField = (field: Field): Field =>
  field === "srcHost" ? "srcEth" : field === "dstHost" ? "dstEth" : field;

/** Collects the members of one value, however deep its braces. */
class Members {
  readonly field: Field;
  readonly names: Names;
  readonly ranges: NumberRange[] = [];
  readonly words: string[] = [];
  readonly ips: AddressRange[] = [];
  readonly hosts: Host[] = [];
  /** Transports that are held over one family alone. */
  readonly overIpv4: NumberRange[] = [];
  readonly overIpv6: NumberRange[] = [];
  /** Whether later IPv6 fragments are named: by their number alone, not by a range around it. */
  later = false;
  /** Whether frames without a tag are a member. */
  untagged = false;
  failed = false;

  constructor(field: Field, names: Names) {
    this.field = field;
    this.names = names;
  }

  read(value: ValueExpr): readonly Cube[] | undefined {
    this.member(value);
    if (this.failed) return undefined;
    const { field } = this;
    const domain: Domain = DOMAINS[field];
    if (domain.kind === "name") return [cube({ [field]: nameSet(this.words)! })];
    if (domain.kind === "number") {
      const isOfFamilies = this.overIpv4.length > 0 && this.overIpv6.length > 0 && this.ranges.every(isLaterRange);
      if (isOfFamilies) for (const over of [this.overIpv4, this.overIpv6]) append(over, this.ranges);
      const set = isOfFamilies ? undefined : numberSet(field, this.ranges);
      const v6 = numberSet("transport", this.overIpv6);
      const v4 = numberSet("transport", this.overIpv4);
      return [
        ...(set ? [cube({ [field]: set })] : []),
        ...(this.later ? [cube({ transport: numberSet(field, [LATER])! })] : []),
        ...(v6 ? [cube({ transport: v6, ethType: numberSet("ethType", [IPV6])! })] : []),
        ...(v4 ? [cube({ transport: v4, ethType: numberSet("ethType", [IPV4])! })] : []),
        ...(this.untagged ? [cube({ vlan: complement("vlan", present("vlan")) })] : []),
      ];
    }
    const byAddress = addressSet(this.ips);
    const named = hostCubes(field as "srcHost" | "dstHost", this.hosts);
    return flowgroup([...(byAddress ? [cube({ [field]: byAddress })] : []), ...named]).cubes;
  }

  member(value: ValueExpr): void {
    if (value.kind === "set") for (const one of value.values) this.member(one);
    else if (value.kind === "range") this.range(value.low, value.high, value.span);
    else if (value.kind === "prefix") {
      if (DOMAINS[this.field].kind === "ip") this.ips.push(value.prefix);
      else this.wrong(value);
    } else this.scalar(value);
  }

  scalar(value: Scalar): void {
    const domain: Domain = DOMAINS[this.field];
    if (domain.kind === "number") {
      if (this.field === "vlan" && value.kind === "name" && value.name.text === "none") this.untagged = true;
      else this.single(this.number(value), value.span);
    } else if (domain.kind === "ip") this.host(value);
    else this.word(value);
  }

  range(low: Scalar, high: Scalar, span: Span): void {
    const { kind } = DOMAINS[this.field];
    if (kind === "ip" && low.kind === "ip" && high.kind === "ip" && low.address.family === high.address.family) {
      if (low.address.value <= high.address.value) this.ips.push({ low: low.address, high: high.address });
      else this.failed = true; // a backward range: the parser has reported it
      return;
    }
    if (kind !== "number") return this.wrong({ kind: "range", low, high, span });
    const from = this.number(low);
    const to = this.number(high);
    if (from === undefined || to === undefined || from > to) {
      this.failed = true;
      return;
    }
    if (this.field === "ethType" && !this.isShown([from, to])) return this.neverShown([from, to], span);
    if (this.field !== "transport") this.ranges.push([from, to]);
    else {
      const { both, overIpv4, overIpv6 } = transportRange(from, to);
      append(this.ranges, both);
      append(this.overIpv4, overIpv4);
      append(this.overIpv6, overIpv6);
    }
  }

  /** A number of the field; protocols may be called by name. */
  number(value: Scalar): number | undefined {
    const { field } = this;
    const isMac = field === "srcEth" || field === "dstEth";
    if (isMac && value.kind === "mac") return value.address;
    if (!isMac && value.kind === "number") {
      const { max } = DOMAINS[field] as Domain & { kind: "number" };
      if (Number.isInteger(value.value) && value.value >= 0 && value.value <= max) return value.value;
      const words = { field, given: valueText(value), low: 0, high: max };
      this.fail(codes.outOfRange(words, { span: value.span }));
      return undefined;
    }
    const table = CALLED[field];
    if (value.kind === "name" && table) {
      const number = table.get(value.name.text.toLowerCase());
      if (number !== undefined) return number;
      const name = value.name.text;
      const isLoud = name === name.toUpperCase();
      const known = isLoud ? [...table.keys()].map((one) => one.toUpperCase()) : table.keys();
      const elsewhere = protocolHelp(field, name);
      const near =
        elsewhere === undefined
          ? didYouMean(isLoud ? name : name.toLowerCase(), known, value.span)
          : { help: elsewhere };
      const help = `\`${field}\` takes ${taken(field)}`;
      this.fail(codes.unknownProtocol({ what: field, name }, { span: value.span, help, ...near }));
      return undefined;
    }
    this.wrong(value);
    return undefined;
  }

  /**
   * Adds one number, if frames show it: no frame shows some types, and only IPv4 packets show some transports. ICMP is one
   * transport over both families (fields.ts); ICMPv6 is its half over IPv6.
   */
  single(number: number | undefined, span: Span): void {
    if (number === undefined) return;
    if (this.field === "ethType" && !this.isShown([number, number])) this.neverShown([number, number], span);
    else if (this.field === "transport" && number === ICMPV6) this.overIpv6.push(ICMP);
    else if (this.field === "transport" && number === LATER) this.later = true;
    else if (this.field === "transport" && SKIPPED.has(number)) this.overIpv4.push(number);
    else this.ranges.push(number);
  }

  neverShown([low, high]: readonly [number, number], span: Span): void {
    const isLength = high < NO_TYPE;
    const why = isLength
      ? "below 0x0600 it is a length, and frames with a length show 0x05ff"
      : "that marks a tag, and the type is the one behind the tag";
    const help = isLength
      ? "write `ethType=0x05ff`"
      : "write `vlan=0-4095` for frames with a tag, any tag; for those with a second one that condition and this";
    const given = low === high ? hex(low) : `${hex(low)}-${hex(high)}`;
    this.fail(codes.neverShown({ given, why }, { span, help }));
  }

  /** Whether some frame shows a type of this range. */
  isShown([low, high]: readonly [number, number]): boolean {
    return high >= NO_TYPE && !(low === high && TAGS.includes(low) && this.names.besideVlan !== true);
  }

  host(value: Scalar): void {
    if (value.kind === "ip") this.ips.push(value.address);
    else if (value.kind === "name") {
      const name = value.name.text;
      const known = this.names.hosts.get(name);
      const quotedAddress = value.name.quoted ? parseIp(name) : undefined;
      if (known && (known.addresses.length > 0 || known.macs.length > 0)) this.hosts.push(known);
      else if (quotedAddress?.ok) this.ips.push(quotedAddress.value);
      else if (name === "") this.fail(codes.emptyName({ what: "a host" }, { span: value.span }));
      else if (known) {
        const help = `state one of them: \`host_ip(${symbolText(name)}, ADDRESS).\` or \`host_mac(${symbolText(name)}, MAC).\``;
        this.fail(codes.homelessHost({ name }, { span: value.span, help }));
      } else {
        const known = this.otherKind(name);
        const near = known === undefined ? this.meant(name, this.names.hosts.keys(), value.span) : { help: known };
        const asked = relationHelp(name, this.field, this.names, value.span);
        const help = everyHelp(name, "host", this.field) ?? asked ?? statedHost(name);
        const extras = { span: value.span, help, ...(asked === undefined && near) };
        this.fail(codes.unknownHost({ name }, extras));
      }
    } else this.wrong(value);
  }

  /** Adds a user, a switch or an access point, which stay names. */
  word(value: Scalar): void {
    const { field } = this;
    if (field === "srcAP" || field === "dstAP") {
      const text = value.kind === "ap" || (value.kind === "name" && value.name.quoted) ? valueText(value) : "";
      const at = text.lastIndexOf(":");
      if (at <= 0) return this.wrong(value);
      const part = partOf(value.span, text.slice(0, at));
      this.knownSwitch(text.slice(0, at), part, part === value.span ? text.slice(at) : "");
      this.words.push(text);
      return;
    }
    if (value.kind !== "name") return this.wrong(value);
    const name = value.name.text;
    if (field === "switch") this.knownSwitch(name, value.span);
    else this.knownUser(name, value.span);
    this.words.push(name);
  }

  meant(name: string, known: Iterable<string>, span: Span): ReturnType<typeof didYouMean> {
    return didYouMean(name, known, span, this.names.inRule === true ? "rule" : "command");
  }

  /** `behind`: what follows the name within its quotation marks. */
  knownSwitch(name: string, span: Span, behind = ""): void {
    const { switches, away, inRule, report } = this.names;
    if (switches.has(name) || away?.has(name) === true) return;
    const awaits = away !== undefined && switches.size > 0;
    const help = this.otherKind(name);
    if (help !== undefined) return this.fail(codes.unknownSwitch({ name }, { span, help }));
    const place = inRule === true ? "rule" : "command";
    const found = flowSwitchFault({ name, known: nameList(switches), span, awaits, place });
    const fix = found.fix && behind !== "" ? wholeAp(found.fix, behind) : found.fix;
    const fault = { ...found, ...(fix && { fix }) };
    if (fault.severity === "error") return this.fail(fault);
    report(fault);
    away?.add(name);
  }

  /** What a name is that is none of this field: people and their machines are mixed up easily. */
  otherKind(name: string): string | undefined {
    const { hosts, users, switches } = this.names;
    const isDestination = this.field.startsWith("dst");
    if (DOMAINS[this.field].kind === "ip" && users.has(name))
      return isA(name, "user", isDestination ? "dstUser" : "user");
    if (switches.has(name) && this.field !== "switch") return isA(name, "switch", "switch");
    return hosts.has(name) && this.field === "switch" ? isA(name, "host", "srcHost") : undefined;
  }

  knownUser(name: string, span: Span): void {
    const field = this.field === "dstUser" ? ("dstHost" as const) : ("srcHost" as const);
    const fault = this.names.anyUser ? undefined : faultOfUser(name, this.names, span, field);
    if (fault !== undefined) this.fail(fault);
  }

  wrong(value: ValueExpr): void {
    const { field } = this;
    const given = valueText(value);
    const expected = taken(field);
    this.fail(
      codes.wrongValue({ field, expected, given }, { span: value.span, ...valueHelp(field, value, this.names) }),
    );
  }

  fail(diagnostic: Diagnostic): void {
    this.failed = true;
    this.names.report(diagnostic);
  }
}

/** The error of a user whom nothing knows. A user whom a login may make known is reported once, and awaited. */
export function faultOfUser(
  name: string,
  names: Names,
  span: Span,
  hostField: "srcHost" | "dstHost" | "speaker" = "srcHost",
): Diagnostic | undefined {
  const { hosts, users, awaits, awaited, report, inRule } = names;
  if (users.has(name) || awaited.has(name)) return undefined;
  const field = hostField === "dstHost" ? "dstUser" : "user";
  const speaks = hostField === "speaker";
  const isHost = speaks ? `\`${name}\` is a host, and users speak for shares` : isA(name, "host", hostField);
  const other = hosts.has(name) ? isHost : speaks ? undefined : relationHelp(name, field, names, span);
  const place = inRule === true ? "rule" : "command";
  const fault = userFault({ name, known: users, span, awaits, place, other, speaks });
  if (fault.severity === "error") return fault;
  report(fault);
  awaited.add(name);
  return undefined;
}

/** The name of the switch in an access point, `s1` of `s1:3`, so that a fix leaves the port; in quotation marks, all of it. */
function partOf(span: Span, name: string): Span {
  const written = span.source.text.slice(span.start, span.end);
  const part = [name, JSON.stringify(name)].find((one) => written.startsWith(`${one}:`));
  return part === undefined ? span : { ...span, end: span.start + part.length };
}

/** The fix of a switch's name where it replaces the access point, too. */
function wholeAp(fix: Fix, port: string): Fix {
  const text = JSON.stringify(`${String(JSON.parse(fix.text))}${port}`);
  return { ...fix, title: `write ${text}`, text };
}

/** The type that Open vSwitch shows for a frame with a length and no type (measured). */
const NO_TYPE = 0x05ff;
/** The types of tags (IEEE 802.1Q and 802.1ad). */
const TAGS: readonly number[] = [0x8100, 0x88a8];

const hex = (type: number): string => `0x${type.toString(16).padStart(4, "0")}`;

/** Field → the names of its numbers. */
const CALLED: Partial<Record<Field, ReadonlyMap<string, number>>> = {
  transport: TRANSPORTS,
  ethType: ETHER_TYPES,
  direction: DIRECTIONS,
};

/** The values of a field, in words. */
const taken = (field: Field): string => TAKEN[field] ?? "a number";

const TAKEN: Partial<Record<Field, string>> = {
  user: "the name of a user",
  dstUser: "the name of a user",
  srcHost: "an address, a block or the name of a host",
  dstHost: "an address, a block or the name of a host",
  srcEth: "a MAC",
  dstEth: "a MAC",
  srcAP: "an access point such as `s1:3`",
  dstAP: "an access point such as `s1:3`",
  switch: "the name of a switch",
  transport: "TCP, UDP, ICMP, SCTP or a number",
  vlan: "a number, or `none` for frames without a tag",
  ethType: "IPv4, IPv6, ARP or a number",
  direction: "request or response",
};
