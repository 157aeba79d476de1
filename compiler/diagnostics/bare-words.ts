/** Words that stand alone where a term or a condition belongs, as other languages have them → the term of this one. */
import { numberElsewhere } from "./elsewhere.ts";
import type { Fix } from "./diagnostic.ts";
import type { Span } from "../source.ts";

/** Words for what a packet is → field and value. */
const PROTOCOLS: ReadonlyMap<string, readonly [field: string, value: string]> = new Map<
  string,
  readonly [string, string]
>([
  ...["TCP", "UDP", "ICMP", "SCTP", "ICMPv6", "GRE", "ESP", "IGMP"].map(
    (value) => [value.toLowerCase(), ["transport", value]] as const,
  ),
  ...["ARP", "IPv4", "IPv6", "LLDP"].map((value) => [value.toLowerCase(), ["ethType", value]] as const),
  ["ping", ["transport", "ICMP"]],
]);

/** Where the word stands: among the terms of a flowgroup, or among the conditions of a rule. */
type Context = "flows" | "rule";

/** A word as it is compared, small and without quotes. */
const small = (word: string): string => word.toLowerCase();

/** Help, and a fix where one thing alone can be meant, for a word that stands alone; undefined for others. */
export function bareWord(word: string, span: Span, context: Context): { help: string; fix?: Fix } | undefined {
  const known = PROTOCOLS.get(small(word));
  if (known !== undefined) {
    const [field, value] = known;
    // In a rule a bare word with a capital letter is a variable.
    const text = context === "flows" ? `${field}=${value}` : `${field}(${small(value)})`;
    const what = context === "flows" ? "a term" : "a condition";
    return { help: `${what} names its field`, fix: { title: `write \`${text}\``, span, text } };
  }
  if (/^(?:any|all|every|everything)$/.test(small(word)))
    return {
      help: context === "flows" ? "all flows are `(*)`" : "a rule that holds every flow has no conditions: `deny.`",
    };
  if (small(word) === "ip") {
    const [first, second] = context === "flows" ? ["=IPv4", "=IPv6"] : ["(ipv4)", "(ipv6)"];
    return { help: `write \`ethType${first}\` or \`ethType${second}\`` };
  }
  const port = numberElsewhere("dstPort", word);
  if (port === undefined || /^\d/.test(word)) return undefined;
  const term = context === "flows" ? `dstPort=${port}` : `dstPort = ${port}`;
  return { help: `a service is told by its port: \`${term}\`` };
}

/** The word of a rule for a value of a field that was written with a capital letter, as a variable is. */
export function smallWord(field: string, variable: string): string | undefined {
  const [of] = PROTOCOLS.get(small(variable)) ?? [];
  if (of === field || (field === "direction" && /^(?:request|response)$/i.test(variable))) return small(variable);
  return field === "vlan" && small(variable) === "none" ? "none" : undefined;
}
