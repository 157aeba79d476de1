/**
 * Guards stand above all shares and are never blocked (SEMANTICS, "The network's verdict"): which
 * statements a guard's rule silences, and by which rules a statement is silenced, each with a flow on which it shows.
 */
import { inLines } from "../diagnostics/text.ts";
import { intersectCubes, shareFlow, witness } from "../flowgroup/index.ts";
import type { Admission } from "../admission/admission.ts";
import { SILENCED } from "../admission/policy-admission.ts";
import { contained } from "../admission/state/contained.ts";
import { overlapping } from "../admission/state/overlaps.ts";
import type { RuleCandidate } from "../admission/policies/policies.ts";
import { RANKS, type Accepted } from "../admission/state/accepted.ts";
import type { Settle } from "../admission/state/world.ts";
import { witnessText } from "../certificates/diagnose.ts";
import type { Piece, Witness } from "../certificates/verdict.ts";
import { holdsInstant, intersection, overlap } from "../net/interval.ts";
import { locate, type Span } from "../source.ts";
import { pieceJson, witnessJson } from "./certificate-json.ts";
import { pieceText } from "./text.ts";

/** How much of a statement is silenced; `at least in part`: the budget for sets does not suffice to say more. */
export type SilenceExtent = "wholly" | "in part" | "at least in part";

/** A statement that a guard's rule silences, or a rule that silences a statement. */
export interface Silence {
  readonly id: string;
  readonly kind: string;
  /** Absent for the guard's rule. */
  readonly share?: string;
  readonly span: Span;
  readonly extent: SilenceExtent;
  /** A flow of both, at the first instant of both. */
  readonly witness: Witness;
}

/** An accepted rule of a guard. */
export interface GuardExplanation {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly speaker: string;
  readonly policy: string;
  readonly denied: readonly Piece[];
  readonly inForce: boolean;
  /** In order of acceptance. */
  readonly silences: readonly Silence[];
}

/** Explains a rule of a guard; undefined: no accepted rule of a guard has this identity. */
export function explainGuard(admission: Admission, id: string, instant: number): GuardExplanation | undefined {
  const guard = admission.policies.guards.find((one) => one.id === id);
  if (guard === undefined) return undefined;
  const denied = piecesOf(guard);
  const found = SILENCED.flatMap((kind) => [...overlapping(admission.state, denied, kind, RANKS)]);
  return {
    id,
    text: guard.rule.text,
    span: guard.rule.span,
    speaker: guard.policy.speaker,
    policy: guard.policy.name,
    denied,
    inForce: denied.some(({ interval }) => holdsInstant(interval, instant)),
    silences: found
      .toSorted((a, b) => a.order - b.order)
      .flatMap(({ id: other, kind, share, span, pieces }) => {
        const shown = commonWitness(pieces, denied);
        const extent = extentOf(pieces, denied, admission.state.settle);
        return shown ? [{ id: other, kind, share: share.name, span, extent, witness: shown }] : [];
      }),
  };
}

/** The rules of guards that silence a statement, and how much of it all of them together do. */
export function silencedBy(
  admission: Admission,
  { kind, pieces }: Accepted,
): { readonly extent?: SilenceExtent; readonly guards: readonly Silence[] } {
  if (!SILENCED.some((one) => one === kind)) return { guards: [] };
  const { settle } = admission.state;
  const guards = admission.policies.guards.flatMap((guard): Silence[] => {
    const shown = commonWitness(pieces, piecesOf(guard));
    if (shown === undefined) return [];
    const extent = extentOf(pieces, piecesOf(guard), settle);
    return [{ id: guard.id, kind: "deny", span: guard.rule.span, extent, witness: shown }];
  });
  if (guards.length === 0) return { guards };
  const together = guards.flatMap(({ id }) => piecesOf(admission.policies.guards.find((one) => one.id === id)!));
  return { extent: guards.length === 1 ? guards[0]!.extent : extentOf(pieces, together, settle), guards };
}

const piecesOf = ({ candidate }: RuleCandidate): readonly Piece[] => candidate.pieces ?? [];

/** A flow and an instant that pieces have in common. */
function commonWitness(some: readonly Piece[], others: readonly Piece[]): Witness | undefined {
  for (const a of some) {
    for (const b of others) {
      const common = intersection(a.interval, b.interval);
      if (common === undefined) continue;
      for (const one of a.flows.cubes) {
        const two = b.flows.cubes.find((cube) => shareFlow(one, cube));
        if (two) return { flow: witness({ cubes: [intersectCubes(one, two)!] })!, instant: common.start };
      }
    }
  }
  return undefined;
}

/** How much of some pieces other pieces hold; they overlap. */
function extentOf(some: readonly Piece[], others: readonly Piece[], settle: Settle | undefined): SilenceExtent {
  let whole: SilenceExtent = "wholly";
  for (const { flows, interval } of some) {
    const near = others.filter((one) => overlap(one.interval, interval));
    const changes = near.flatMap((one) => [one.interval.start, one.interval.end]);
    const starts = [interval.start, ...changes.filter((time) => interval.start < time && time < interval.end)];
    for (const start of new Set(starts)) {
      const active = near.filter((one) => holdsInstant(one.interval, start));
      const held = contained(flows, { cubes: active.flatMap((one) => one.flows.cubes) }, { settle, budget: undefined });
      if (held === false) return "in part";
      if (held === "undecided") whole = "at least in part";
    }
  }
  return whole;
}

/** A sentence shows at most this many silenced statements; `--json` has all. */
const SHOWN = 20;

/** A guard's rule as lines of text: its place, what it denies and which statements it silences. */
export function guardText({ id, policy, speaker, span, denied, inForce, silences }: GuardExplanation): string {
  const shown = silences.slice(0, SHOWN);
  const force = inForce ? "" : ", not in force now";
  return inLines([
    `${id}: deny of guard ${policy}, above all shares, by ${speaker} (${locate(span)})${force}`,
    ...denied.map((piece) => `  denies ${pieceText(piece)}`),
    ...shown.map((one) => `  silences ${one.kind} ${one.id} on ${one.share} ${one.extent} ${shownText(one)}`),
    ...(silences.length > shown.length ? [`  silences ${silences.length - shown.length} more`] : []),
    ...(silences.length === 0 ? ["  silences nobody"] : []),
  ]);
}

/** `(net.pane:7:1): for example srcHost=10.0.0.1 at 2026-12-01T09:00:00Z`. */
export const shownText = ({ span, witness: shown }: Silence): string =>
  `(${locate(span)}): for example ${witnessText(shown)}`;

/** As plain JSON; its text and its place are the rule's. */
export function guardJson(explanation: GuardExplanation): object {
  const { span: _, denied, silences, ...rest } = explanation;
  return { ...rest, above: "all shares", denied: denied.map(pieceJson), silences: silences.map(silenceJson) };
}

/** The statement that silences, or is silenced, as plain JSON. */
export const silenceJson = ({ span, witness: shown, ...rest }: Silence): object => ({
  ...rest,
  at: locate(span),
  witness: witnessJson(shown),
});
