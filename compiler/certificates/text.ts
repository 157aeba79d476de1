/** Demands as sentences of the language, so that what is proposed can be sent back as it stands. */
import { isReserved } from "#grammar/heads.ts";
import { isName } from "#grammar/tokens.ts";
import { render } from "../flowgroup/index.ts";
import type { Demand, RequestDemand, StatedPrivileges } from "../model/model.ts";
import { printInstant, printRate } from "../net/index.ts";
import { printCommand } from "../syntax/print-command.ts";
import { printQuoted } from "../syntax/print-flows.ts";

/** A name as the language writes it: quoted where it is not a plain word. */
export const nameText = (text: string): string => (isName(text) && !isReserved(text) ? text : printQuoted(text));

/**
 * A demand as canonical text, without label and speaker. Times are absolute; what begins now does not say so. `flows`: in
 * other words than ours, of a share.
 */
export function demandText(demand: Demand, now: number, flows?: string): string {
  switch (demand.kind) {
    case "AddUser":
    case "RemoveUser":
      return `${demand.kind} ${nameText(demand.user)}.`;
    case "NewShare":
      return newShareText(demand, flows);
    case "RemoveShare":
      return `RemoveShare ${nameText(demand.share)}${demand.cascade ? " cascade" : ""}.`;
    case "Grant":
      return `Grant ${nameText(demand.share)} to ${nameText(demand.user)}.`;
    case "GrantDefault":
      return `GrantDefault ${nameText(demand.share)}.`;
    case "Revoke":
      return `Revoke ${nameText(demand.share)} from ${nameText(demand.user)}${demand.withRequests ? " with requests" : ""}.`;
    case "request":
      return requestText(demand, now);
    case "Cancel":
      return `Cancel ${isName(demand.request) ? demand.request : printQuoted(demand.request)}.`;
    case "Tick":
      return `Tick ${demand.seconds}.`;
    case "query":
      return `${printCommand(demand)}.`;
  }
}

/** A request as canonical text; `own`: its flows, with parentheses, in other words than ours. */
export function requestText(
  demand: RequestDemand,
  now: number,
  own: { readonly flows?: string; readonly bothWays?: string } = {},
): string {
  const { action, rate, nodes, mode, share, interval } = demand;
  const { flows = parenthesised(render(demand.flows)), bothWays = "" } = own;
  const what = rate !== undefined ? ` = ${printRate(rate)}` : nodes ? ` = ${nodes.map(nameText).join(", ")}` : "";
  const how = mode === "partial" ? " partial" : "";
  const from = interval.start === now ? "" : ` from ${printInstant(interval.start)}`;
  const to = Number.isFinite(interval.end) ? ` to ${printInstant(interval.end)}` : "";
  return `${action}${flows}${what}${bothWays}${how} on ${nameText(share)}${from}${to}.`;
}

/** A NewShare as canonical text. */
function newShareText(demand: Demand & { kind: "NewShare" }, flows = parenthesised(render(demand.flows))): string {
  const privileges = privilegeText(demand.privileges);
  return `NewShare ${nameText(demand.share)} for ${flows} [${privileges}] on ${nameText(demand.parent)}.`;
}

/** Privileges in the order of the language reference. */
export function privilegeText(stated: StatedPrivileges): string {
  const parts: string[] = [];
  const add = (text: string, given: unknown): unknown => given !== undefined && parts.push(text);
  const rate = (bits: number | undefined): string => (bits === undefined ? "" : printRate(bits));
  for (const right of ["allow", "deny"] as const) if (stated[right]) parts.push(`${right} = True`);
  add(`reserve <= ${rate(stated.reserveMax)}`, stated.reserveMax);
  add(`reserve >= ${rate(stated.reserveMin)}`, stated.reserveMin);
  add(`reserveTBCapacity = ${rate(stated.capacity)}`, stated.capacity);
  add(`reserveTBFill = ${rate(stated.fill)}`, stated.fill);
  add(`limit <= ${rate(stated.limitCap)}`, stated.limitCap);
  add(`limit >= ${rate(stated.limitFloor)}`, stated.limitFloor);
  for (const kind of ["waypoint", "avoid"] as const) {
    const nodes = stated[kind];
    if (nodes?.length) parts.push(`${kind} = {${nodes.map(nameText).join(", ")}}`);
  }
  for (const right of ["hint", "query"] as const) if (stated[right]) parts.push(`${right} = True`);
  add(`requests <= ${stated.requests}`, stated.requests);
  add(`entries <= ${stated.entries}`, stated.entries);
  return parts.join(", ");
}

/** A flowgroup in one pair of parentheses: `(a) or (b)` becomes `((a) or (b))`. */
export const parenthesised = (text: string): string => (/^\([^()]*\)$/.test(text) ? text : `(${text})`);

/** `a`, `b` and 3 more. */
export function list(items: readonly string[], most = 5, all = items.length): string {
  const shown = all > most ? items.slice(0, most - 1) : items;
  const rest = all - shown.length;
  const quoted = shown.map((item) => `\`${item}\``);
  if (rest > 0) return `${quoted.join(", ")} and ${rest} more`;
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)!}`;
}

/** A sentence shows at most this many letters of a text; `--json` has all of it. */
const READABLE = 640;

/** A long text with its middle left out. */
export function abridged(text: string, most = READABLE): string {
  if (text.length <= most) return text;
  const half = (most - 30) >> 1;
  return `${text.slice(0, half)} … (${text.length - 2 * half} more) … ${text.slice(-half)}`;
}

/** A text to be pasted: whole, or where it is too long for a sentence only said to be there. A cut one could not be pasted. */
export const offered = (text: string): string =>
  text.length <= READABLE ? text : `a text of ${text.length} characters, which \`--json\` has whole`;
