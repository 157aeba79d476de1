/** The reasons why a rule cannot be lowered for a target → diagnostics. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { nameText } from "../../certificates/text.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import { thousands } from "../../diagnostics/text.ts";
import type { Span } from "../../source.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { byText } from "../../net/order.ts";
import type { LowerContext } from "./options.ts";
import type { Target } from "./pipeline.ts";

export type LoweringRefusal =
  | { readonly kind: "entries"; readonly entries: number; readonly limit: number; readonly why: string }
  /** The statements together; `at`: the one that found no room. */
  | { readonly kind: "together"; readonly limit: number; readonly at: string }
  /** Frames without an address from a port of several hosts without stated MACs, by what they are not. */
  | { readonly kind: "sharedPort"; readonly limit: number; readonly hosts: readonly string[] }
  /** Flows that are led, of all types of frames but some: those that show an address would have entries. */
  | { readonly kind: "otherTypes"; readonly limit: number }
  /** Waypoints and avoids together; most entries are of flows that all of these statements hold. */
  /** `help`: instead of what ends it mostly. */
  | {
      readonly kind: "steered";
      readonly limit: number;
      readonly statements: readonly string[];
      readonly help?: string | undefined;
    }
  /** These waypoints and avoids overlap in more ways than the limit. */
  | { readonly kind: "regions"; readonly limit: number; readonly statements: readonly string[] }
  /** The flows that come back from waypoints take more steps than this. */
  | { readonly kind: "returns"; readonly steps: number }
  | { readonly kind: "dstAP" }
  | { readonly kind: "unknownIngress" }
  | { readonly kind: "direction"; readonly target: Pick<Target, "name" | "conntrack">; readonly switches: number }
  | { readonly kind: "port"; readonly port: string; readonly switch: string };

/** One diagnostic for each statement and reason, in order of statement. */
export function reportRefusals(
  refused: readonly { readonly rule: DerivedRule; readonly refusal?: LoweringRefusal | undefined }[],
  { spanOf }: LowerContext,
): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const { rule, refusal } of refused) {
    if (refusal === undefined) continue;
    const statement = refusal.kind === "together" ? refusal.at : rule.statement;
    const diagnostic = reportRefusal(refusal, rule, spanOf?.(statement));
    found.set(`${statement}|${diagnostic.message}`, diagnostic);
  }
  return [...found].toSorted(([a], [b]) => byText(a, b)).map(([, diagnostic]) => diagnostic);
}

/** What a set comes to that only a tag could tell has no number. */
const countOf = (entries: number): string => (entries === Infinity ? "countless" : `about ${thousands(entries)}`);

/** The diagnostic of a rule's refusal. */
export function reportRefusal(refusal: LoweringRefusal, { stage }: DerivedRule, span: Span | undefined): Diagnostic {
  switch (refusal.kind) {
    case "entries": {
      const help =
        "constrain fewer fields by sets in one statement, or name blocks and ranges where single values stand";
      const { entries, limit, why } = refusal;
      return codes.tooManyEntries({ entries: countOf(entries), limit: thousands(limit), why }, { span, help });
    }
    case "together":
      return codes.entriesTogether({ limit: thousands(refusal.limit) }, { span, help: FEWER_ENTRIES });
    case "sharedPort": {
      const why = "frames of each type that show no address, from a port of several hosts without stated MACs";
      return codes.tooManyEntries(
        { entries: countOf(TYPES_WITHOUT_ADDRESS), limit: thousands(refusal.limit), why },
        { span, help: statedMacs(refusal.hosts) },
      );
    }
    case "otherTypes": {
      const why = "where flows are led, each type of frame that is neither IPv4 nor IPv6 takes one of its own";
      return codes.tooManyEntries(
        { entries: countOf(TYPES_WITHOUT_ADDRESS), limit: thousands(refusal.limit), why },
        { span, help: NAMED_TYPES },
      );
    }
    case "steered": {
      const statements = named(refusal.statements);
      return codes.steeredTooMany(
        { limit: thousands(refusal.limit), statements },
        { span, help: refusal.help ?? FEWER_PAIRS },
      );
    }
    case "regions": {
      const statements = named(refusal.statements);
      return codes.steeredTogether({ limit: thousands(refusal.limit), statements }, { span, help: FEWER_TOGETHER });
    }
    case "returns": {
      const help = "name the sources by `srcHost` instead of their ports, or lead fewer of them through waypoints";
      return codes.returnsTooOften({ steps: thousands(refusal.steps) }, { span, help });
    }
    case "dstAP":
      return codes.destinationPort({}, { span, help: "name the hosts at that port by `dstHost`" });
    case "unknownIngress":
      return codes.directionUnplaced({}, { span, help: HOSTS_AT });
    case "direction": {
      const help = stage === "limit" || stage === "reserve" ? BY_SIDE : BY_PORTS;
      return refusal.target.conntrack
        ? codes.directionAcross({ count: refusal.switches }, { span, help })
        : codes.noConntrack({ target: refusal.target.name }, { span, help });
    }
    case "port":
      return codes.namedPort({ port: refusal.port, switch: refusal.switch }, { span });
  }
}

/** As many names as a line holds. */
function named(statements: readonly string[]): string {
  const shown = statements.slice(0, 8).map((one) => `\`${one}\``);
  const more = statements.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** All types of frames but IPv4 and IPv6. */
const TYPES_WITHOUT_ADDRESS = 65_534;

/** With all MACs but one known, what shows none of them is of the last host. */
function statedMacs(hosts: readonly string[]): string {
  const facts = hosts.slice(0, 8).map((name) => `\`host_mac(${nameText(name)}, MAC)\``);
  const more = hosts.length - facts.length;
  return `nothing else tells which of these hosts sent them: state ${facts.join(", ")}${more > 0 ? ` and ${more} more` : ""}, or give each host a port of its own`;
}

const NAMED_TYPES =
  "write `ethType={IPv4, IPv6, ARP}` beside what it holds, before `except`, and in place of `ethType!=…` the types that it holds: frames of other types are then led by no statement; or, where `except` names a host by its address alone, name its MAC there (`srcEth=MAC` for `srcHost=…`, `dstEth=MAC` for `dstHost=…`), which leaves out frames of all types of that host";
const FEWER_ENTRIES =
  "name blocks of addresses and of ports (`10.0.0.0/24`, `dstPort=4096-5119`) where many sets, holes or ranges stand, or split the network into several policies";
const FEWER_TOGETHER =
  "let each hold flows of its own (`srcHost`, `dstHost`, `transport`), or name the waypoints of flows that several hold in one statement";
const FEWER_PAIRS =
  "each pair of hosts takes an entry for each switch on its path, block of ports and transport: name sources and destinations by `srcHost` and `dstHost`, `transport` beside ports, ranges of ports that are one block (`dstPort=4096-5119`), or let fewer statements hold one flow";
/** The advice for flows that may enter anywhere. */
export const HOSTS_AT = "say where the hosts stand by `host_at`, or name known sources by `srcHost`";
/** `both ways` would open the way back to everything, and under `deny` close it. */
const BY_PORTS =
  "leave out `direction`, and name the ports of the servers: what is sent to them (`dstPort`) are requests, what they send (`srcPort`) responses; whatever else is sent from such a port then counts as a response, too";
/** For rates the two directions are two statements anyway. */
const BY_SIDE = "leave out `direction`, and name the side that sends by its `srcHost` or `srcPort`";
