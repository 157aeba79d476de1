/**
 * Conditions on flows → notes on those that hold more, or less, than the author may have meant (NETWORK, "What a switch
 * can show").
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Cube, Flowgroup } from "../flowgroup/cube.ts";
import type { Field } from "../flowgroup/fields.ts";
import { constraintsOf, IPV4, IPV6, setHolds, SKIPPED } from "../flowgroup/index.ts";
import { printIp, type Ip } from "../net/index.ts";
import type { Span } from "../source.ts";
import type { ValueExpr } from "../syntax/ast.ts";
import { valueText } from "./constants.ts";
import { TRANSPORTS } from "./protocols.ts";

/** A field and the value that it must have, or must not have. */
interface FlowCondition {
  readonly field: Field;
  readonly value: ValueExpr;
  readonly negated: boolean;
  readonly span: Span;
}

/** The notes on conditions that together hold these flows. */
export function notesOn(conditions: readonly FlowCondition[], flows: Flowgroup): readonly Diagnostic[] {
  const saysFamily = conditions.some(({ field }) => FAMILIES.has(field));
  return [
    ...noteItself(conditions),
    ...conditions.flatMap(({ field, value, negated, span }) => {
      const which = negated ? undefined : nobodys(field, value, conditions);
      if (which === undefined) return [];
      const given = valueText(value);
      const mapped = value.kind === "ip" ? mappedAddress(value.address) : undefined;
      const help =
        mapped === undefined ? `all addresses of its family are \`${given}/0\`` : `on the wire it is \`${mapped}\``;
      return [codes.noAddress({ given, which }, { span, help })];
    }),
    ...conditions.flatMap(({ field, value, negated, span }): readonly Diagnostic[] => {
      if (field === "icmpType" && !isWholeRange(value) && flows.cubes.some(isOfBothFamilies)) {
        return [codes.bothFamilies({ field }, { span, help: "add a condition on the family: `ethType` IPv4 or IPv6" })];
      }
      const skipped = field === "transport" && !negated ? skippedOverIpv6(value) : undefined;
      return skipped === undefined || saysFamily ? [] : [ipv4AloneNote(skipped, span)];
    }),
  ];
}

/**
 * Of `0.0.0.0` or `::`, as elsewhere every address is written, why it is none of a host. As a source it has a use (DHCP, filters of
 * what is broken), and so has what goes from it to itself.
 */
function nobodys(field: Field, value: ValueExpr, conditions: readonly FlowCondition[]): string | undefined {
  if (value.kind !== "ip") return undefined;
  if (mappedAddress(value.address) !== undefined) return "by which no packet shows a host of IPv4";
  const isOfNobody = (one: ValueExpr): boolean => one.kind === "ip" && BigInt(one.address.value) === 0n;
  const isFromIt = conditions.some((one) => one.field === "srcHost" && isOfNobody(one.value));
  return field === "dstHost" && isOfNobody(value) && !isFromIt ? "to which nothing is sent" : undefined;
}

/** The IPv4 address of `::ffff:10.0.0.2`, which programs write for it. */
function mappedAddress({ family, value }: Ip): string | undefined {
  if (family !== 6 || BigInt(value) >> 32n !== 0xffffn) return undefined;
  return printIp({ family: 4, value: Number(BigInt(value) & 0xffff_ffffn) });
}

/** The note on flows from a host to itself. */
function noteItself(conditions: readonly FlowCondition[]): readonly Diagnostic[] {
  const of = (field: Field): FlowCondition | undefined =>
    conditions.find(
      (one) => one.field === field && !one.negated && (one.value.kind === "name" || one.value.kind === "ip"),
    );
  const [from, to] = [of("srcHost"), of("dstHost")];
  if (from === undefined || to === undefined || valueText(from.value) !== valueText(to.value)) return [];
  // What shows no address at both ends is damaged.
  if (to.value.kind === "ip" && BigInt(to.value.address.value) === 0n) return [];
  return [
    codes.toItself(
      { host: valueText(to.value) },
      { span: to.span, related: [{ span: from.span, message: "the source" }] },
    ),
  ];
}

/** The note on a transport that switches show over IPv4 only. */
export function ipv4AloneNote(given: string, span: Span): Diagnostic {
  const help = "where that is meant, ask for `ethType` IPv4 as well; what follows the header is held by its own number";
  return codes.ipv4Alone({ given }, { span, help });
}

/** The fields that say which family is meant. */
const FAMILIES: ReadonlySet<string> = new Set(["ethType", "srcHost", "dstHost"]);

/** Whether a value is all types of ICMP, so that their numbers do not matter. */
const isWholeRange = (value: ValueExpr): boolean => valueText(value) === "0-255";

function isOfBothFamilies(one: Cube): boolean {
  const { ethType } = constraintsOf(one);
  return ethType === undefined || (setHolds(ethType, IPV4) && setHolds(ethType, IPV6));
}

/** The first transport of a value that stands for a header over IPv6, as it is written. */
function skippedOverIpv6(value: ValueExpr): string | undefined {
  if (value.kind === "set") return value.values.map(skippedOverIpv6).find((found) => found !== undefined);
  const number =
    value.kind === "number"
      ? value.value
      : value.kind === "name"
        ? TRANSPORTS.get(value.name.text.toLowerCase())
        : undefined;
  return number !== undefined && SKIPPED.has(number) ? valueText(value) : undefined;
}
