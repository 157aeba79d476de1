/** A traced packet → the answers of policy and table, as text for people and as JSON for programs. */
import { flowText } from "../explain/index.ts";
import { renderFlow } from "../flowgroup/index.ts";
import { printInstant } from "../net/index.ts";
import { hiddenFields, isUndirected, type Packet, type PossibleUsers } from "../trace/packet.ts";
import type { Trace } from "../trace/trace.ts";
import type { Cookies } from "./entries.ts";
import { hopsJson, hopsText, journeyJson, journeyText } from "./journey.ts";
import { printable } from "../diagnostics/text.ts";

/** How the trace is shown. */
interface Context {
  readonly cookies: Cookies;
  /** Whether the policy has several switches, so that the one where the packet enters is named. */
  readonly hasSeveral: boolean;
}

/** The packet, the policy's answer and the table's answer, one below the other. */
export function traceText(
  {
    entering: { packet, flow, among, chosen, switch: switchName },
    explanation,
    policyVerdict,
    outcome,
    ...trace
  }: Trace,
  { cookies, hasSeveral }: Context,
): string {
  const { journey, tableVerdict, why } = trace;
  const at = hasSeveral && switchName !== undefined ? ` at ${printable(switchName)}, where it enters` : "";
  const table = journey ? journeyText(journey, cookies) : [`${tableVerdict}${at}`, ...hopsText(outcome.path, cookies)];
  const fragment = fragmentOf(packet);
  const hidden = hiddenFields(packet);
  return [
    `packet   ${renderFlow(flow)}${fragment === undefined ? "" : `, fragment=${fragment}`}`,
    ...(chosen === "" ? [] : [`         chosen: ${chosen}`]),
    ...amongText(among).map((one) => `         ${one}`),
    ...(hidden.length === 0
      ? []
      : [`         hides ${hidden.join(", ")}${fragment === undefined ? AS_CUT : ": see `default fragments`"}`]),
    ...(isUndirected(packet)
      ? ["         shows no direction: a restriction of any direction holds it, a permission of one does not"]
      : []),
    `policy   ${policyVerdict}: ${flowText(explanation).replaceAll("\n", "\n         ")}`,
    `table    ${table.map(printable).join("\n         ")}`,
    ...(why === undefined ? [] : [`         ${printable(why)}`]),
    "",
  ].join("\n");
}

/** Of a whole packet without ports. */
const AS_CUT = ", as a header that is cut off does: a permission holds it only whatever they are";

/** Of which users a packet may be, where it does not show which. */
export const amongText = (among: PossibleUsers = {}): readonly string[] =>
  (["user", "dstUser"] as const).flatMap((field) => {
    const users = among[field]?.map(printable).join(" or ");
    return users === undefined
      ? []
      : [`${field} may be ${users}: a restriction of any of them holds it, a permission only one of all`];
  });

/** Which part of a datagram it is; undefined: all of it. */
const fragmentOf = ({ ip }: Packet): "first" | "later" | undefined =>
  ip?.fragment === "no" ? undefined : ip?.fragment;

/** How policy and table differ; undefined if they agree. */
export function disagreementText({ agree, faults }: Trace): string | undefined {
  if (agree) return undefined;
  const how = faults.length > 0 ? ` (${faults.join("; ")})` : "";
  return `policy and table differ${how}; this is a fault of glazier's: please report it with the policy`;
}

/** The document for programs. */
export function traceJson(
  {
    entering: { packet, flow, among, chosen, switch: switchName },
    explanation,
    policyVerdict,
    outcome,
    ...trace
  }: Trace,
  instant: number,
  cookies: Cookies,
): object {
  const { journey, tableVerdict, why, agree } = trace;
  const fragment = fragmentOf(packet);
  return {
    ok: agree,
    at: printInstant(instant),
    packet: {
      fields: renderFlow(flow),
      ...among,
      chosen,
      ...(fragment !== undefined && { fragment }),
      ...(switchName !== undefined && { switch: switchName }),
    },
    policy: {
      verdict: policyVerdict,
      ...(explanation.decidedBy && { by: explanation.decidedBy.id }),
      text: flowText(explanation),
    },
    table: {
      verdict: tableVerdict,
      ...(why !== undefined && { why }),
      outputs: outcome.outputs,
      path: hopsJson(outcome.path, cookies),
      ...(journey && journeyJson(journey, cookies)),
    },
  };
}
