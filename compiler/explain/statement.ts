/** An accepted statement explained: what of it was granted, where, and what overrides it or is overridden by it. */
import { inLines } from "../diagnostics/text.ts";
import { overlaps } from "../flowgroup/index.ts";
import { printRate } from "../net/index.ts";
import { holdsInstant, overlap } from "../net/interval.ts";
import type { Admission } from "../admission/admission.ts";
import { missingFacts } from "../admission/missing-facts.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import type { Piece } from "../certificates/verdict.ts";
import { list } from "../certificates/text.ts";
import { locate, type Span } from "../source.ts";
import { pieceJson } from "./certificate-json.ts";
import { EARLIER } from "./active.ts";
import { silencedBy, silenceJson, shownText, type SilenceExtent, type Silence } from "./guard.ts";
import { pieceText } from "./text.ts";
import { steeringAmong } from "./steering.ts";

export interface StatementExplanation {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly span: Span;
  readonly speaker: string;
  /** The policy whose rule it is. */
  readonly policy?: string;
  /** From its own share to the root. */
  readonly chain: readonly string[];
  /** bit/s that are granted, of reserve and limit. */
  readonly rate?: number;
  readonly granted: readonly Piece[];
  /** Of a reservation that is not guaranteed: which facts are missing. */
  readonly missing?: string;
  /** The nodes of a waypoint or an avoid, and why some of its flows are dropped. */
  readonly nodes?: readonly string[];
  readonly lost?: readonly string[];
  readonly inForce: boolean;
  /** How much of it the guards silence, all together, and the rules that do; absent: nothing. */
  readonly silenced?: SilenceExtent;
  readonly silencedBy: readonly Silence[];
  /** Opposite statements that share a flow and an instant with it: which of the two decides there, and why. */
  readonly beside: readonly {
    readonly id: string;
    readonly kind: string;
    readonly share: string;
    readonly overrides: boolean;
    readonly why: string;
  }[];
}

/** Explains an accepted request or rule of a policy; undefined: there is none with this identity. */
export function explainStatement(admission: Admission, id: string, instant: number): StatementExplanation | undefined {
  const { accepted } = admission.state;
  const request = accepted.get(id);
  if (!request) return undefined;
  const { kind, text, span, speaker, share, pieces, policy, rate, nodes } = request;
  const own = { cubes: pieces.flatMap(({ flows }) => flows.cubes) };
  const { extent, guards } = silencedBy(admission, request);
  const missing = missingFacts(admission.state, request);
  const lost = nodes ? steeringAmong(admission, own, instant).lost : [];
  return {
    id,
    kind,
    text,
    span,
    speaker,
    ...(policy !== undefined && { policy }),
    ...(rate !== undefined && { rate }),
    ...(missing && { missing: missing.why }),
    ...(nodes && { nodes }),
    ...(lost.length > 0 && { lost }),
    chain: [...share.chain()].map(({ name }) => name),
    granted: pieces,
    inForce: pieces.some(({ interval }) => holdsInstant(interval, instant)),
    ...(extent && { silenced: extent }),
    silencedBy: guards,
    beside: [...accepted]
      .filter((other) => isBeside(request, other))
      .map((other) => besideOf(admission, request, other)),
  };
}

const isOpposite = (a: Accepted, b: Accepted): boolean =>
  (a.kind === "allow" && b.kind === "deny") || (a.kind === "deny" && b.kind === "allow");

const isBeside = (a: Accepted, b: Accepted): boolean =>
  isOpposite(a, b) &&
  a.pieces.some((one) => b.pieces.some((two) => overlap(one.interval, two.interval) && overlaps(one.flows, two.flows)));

function besideOf(admission: Admission, request: Accepted, other: Accepted): StatementExplanation["beside"][number] {
  const { id, kind, share } = other;
  const shown = { id, kind, share: share.name };
  if (admission.state.tree.isAncestor(share.name, request.share.name)) {
    return { ...shown, overrides: true, why: `\`${request.share.name}\` lies below \`${share.name}\`` };
  }
  if (admission.state.tree.isAncestor(request.share.name, share.name)) {
    return { ...shown, overrides: false, why: `\`${share.name}\` lies below \`${request.share.name}\`` };
  }
  if (request.ordered && request.policy === other.policy) {
    return { ...shown, overrides: request.order < other.order, why: EARLIER };
  }
  if (request.level !== other.level) {
    return { ...shown, overrides: request.level < other.level, why: "the higher level of the cascade decides" };
  }
  return { ...shown, overrides: request.kind === "deny", why: "deny overrides allow" };
}

/** As lines of text. */
export function statementText(explanation: StatementExplanation): string {
  const { id, kind, span, speaker, policy, chain, rate, nodes, lost = [], granted, inForce, beside } = explanation;
  const through = nodes ? `${kind === "waypoint" ? "through" : "around"} ${list(nodes)} for ` : "";
  const much = rate === undefined ? through : `${printRate(rate)} for `;
  const by = policy === undefined ? `by ${speaker}` : `rule of policy ${policy}, by ${speaker}`;
  const silenced = explanation.silenced === undefined ? "" : `, silenced ${explanation.silenced}`;
  return inLines([
    `${id}: ${kind} on ${chain.join(" → ")}, ${by} (${locate(span)})${inForce ? "" : ", not in force now"}${silenced}`,
    ...granted.map((piece) => `  granted ${much}${pieceText(piece)}`),
    ...explanation.silencedBy.map((one) => `  is silenced ${one.extent} by deny ${one.id}, a guard ${shownText(one)}`),
    ...(explanation.missing === undefined ? [] : [`  not guaranteed: ${explanation.missing}`]),
    ...lost.map((why) => `  some dropped: ${why}`),
    ...beside.map(
      (one) =>
        `  ${one.overrides ? "overrides" : "is overridden by"} ${one.kind} ${one.id} on ${one.share}: ${one.why}`,
    ),
  ]);
}

/** As plain JSON; its text and its place are the statement's. */
export function statementJson(explanation: StatementExplanation): object {
  const { span: _, granted, silencedBy: guards, ...rest } = explanation;
  return { ...rest, granted: granted.map(pieceJson), silencedBy: guards.map(silenceJson) };
}
