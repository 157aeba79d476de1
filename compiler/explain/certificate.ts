/** Verdicts and certificates as lines of text: what `check` and `replay` print. */
import type { Proof } from "../datalog/types.ts";
import { inLines, printable } from "../diagnostics/text.ts";
import { readable } from "../flowgroup/index.ts";
import type { Interval } from "../net/interval.ts";
import { printInstant, printRate } from "../net/index.ts";
import { locate } from "../source.ts";
import { isGuess, saidOffers, WIDEST, witnessText, UNSOUGHT } from "../certificates/diagnose.ts";
import type { Certificate, Grant, Piece, Verdict } from "../certificates/verdict.ts";
import { abridged } from "../certificates/text.ts";

/** A verdict as lines of text: what was decided, the certificate of a rejection or a partial grant, the notes. */
export function verdictText(verdict: Verdict): string {
  const notes = verdict.kind === "rejected" ? [] : (verdict.notes ?? []);
  const suspended = verdict.kind === "rejected" ? undefined : verdict.suspended;
  const dropped = suspended ? [`  suspended: ${abridged(suspended.certificate.reason)}`] : [];
  const below = [...dropped, ...notes.map(({ message }) => `  ${abridged(message)}`)];
  return [decisionText(verdict), ...below.map(printable)].join("\n");
}

function decisionText(verdict: Verdict): string {
  switch (verdict.kind) {
    case "accepted":
      return verdict.promise === NOTHING_PROMISED ? NOTHING_PROMISED : `accepted${promiseText(verdict)}`;
    case "partial":
      return [
        `granted in part${promiseText(verdict)}:`,
        ...verdict.pieces.slice(0, MOST_PIECES_SHOWN).map((piece) => `  ${rateText(verdict)}${pieceText(piece)}`),
        ...morePieces(verdict.pieces),
        certificateText(verdict.certificate),
      ].join("\n");
    case "rejected":
      return `rejected: ${certificateText(verdict.certificate)}`;
  }
}

/** The most granted pieces in a text; `--json` has all of them. */
const MOST_PIECES_SHOWN = 20;

const morePieces = ({ length }: readonly Piece[]): readonly string[] =>
  length > MOST_PIECES_SHOWN ? [`  and ${length - MOST_PIECES_SHOWN} more pieces`] : [];

const NOTHING_PROMISED = "admitted, not guaranteed";

/** `, guaranteed`: of a reservation only, and only where it is true (NETWORK, "Promises"). */
const promiseText = ({ promise }: Grant): string =>
  promise === undefined ? "" : promise === NOTHING_PROMISED ? ", not guaranteed" : `, ${promise}`;

/** `5Mb for `. */
const rateText = ({ rate }: Grant): string => (rate === undefined ? "" : `${printRate(rate)} for `);

/** A certificate as lines of text; the first is the reason. */
export function certificateText(certificate: Certificate): string {
  const { code, reason, blockers, moreBlockers, witness, chain, grounds = [] } = certificate;
  const { nearest, otherwise = [] } = saidOffers(certificate);
  const { isUnsought, isUntried, isWidest, known, proof } = certificate;
  const cut = (lines: readonly string[]): readonly string[] => lines.map((line) => abridged(line));
  const word = isGuess(certificate) ? "did you mean" : "would be accepted";
  return inLines([
    ...cut([
      `${reason} [${code}]`,
      ...blockers.map(
        ({ id, kind, share, interval, span }) =>
          `  ${roleOf(code)} ${kind}${share === "" ? "" : ` on ${share}`}${during(interval)}: ${id} (${locate(span)})`,
      ),
      ...(moreBlockers === undefined ? [] : [`  and ${moreBlockers} more`]),
      ...grounds.map(({ what, span }) =>
        what.endsWith(" here") ? `  ${what.slice(0, -5)} at ${locate(span)}` : `  ${what} (${locate(span)})`,
      ),
      ...(witness ? [`  for example: ${witnessText(witness, code.endsWith("-short"))}`] : []),
      ...(chain.length > 0 ? [`  shares walked: ${chain.join(" → ")}`] : []),
    ]),
    // What is to be said back is whole, however long it is: a cut one could not be.
    ...nearest.map((text) => `  ${word}: ${text}${isWidest ? ` (${WIDEST})` : ""}`),
    ...(nearest.length > 0 ? otherwise : []).map((text) => `  or instead: ${text}`),
    ...cut([
      ...(nearest.length > 0 || NOT_LOOKED_FOR.includes(code)
        ? []
        : [`  ${isUnsought ? UNSOUGHT : isUntried ? UNTRIED : "nothing near it would be accepted"}`]),
      ...(nearest.length > 0 || known === undefined ? [] : [`  ${known}`]),
      ...(proof ? ["  because:", ...proofLines(proof, 2)] : []),
    ]),
  ]);
}

const UNTRIED = "what is near it is not offered: to see whether tables could hold it takes longer than an answer";

/** Reasons with which no nearest request was looked for. */
const NOT_LOOKED_FOR: readonly string[] = ["transaction", "too-many-conflicts", "too-costly"];

/** How a statement that a certificate names takes part in the rejection: not every one of them blocks. */
function roleOf(code: string): string {
  if (code === "transaction") return "refused with";
  return code === "not-empty" ? "still there:" : "blocked by";
}

/** A piece of a grant: its flows, and its time where that is not for ever. */
const pieceText = ({ flows, interval }: Piece): string => `${readable(flows)}${during(interval)}`;

function during({ start, end }: Interval): string {
  const from = Number.isFinite(start) ? ` from ${printInstant(start)}` : "";
  return `${from}${Number.isFinite(end) ? ` to ${printInstant(end)}` : ""}`;
}

/** A derivation as an indented list: what holds, and below it why. */
export function proofLines(proof: Proof, depth = 0): string[] {
  const indent = "  ".repeat(depth);
  switch (proof.kind) {
    case "absent":
      return [
        `${indent}not ${proof.relation}(${proof.terms.map((term) => (term === undefined ? "_" : show(term))).join(", ")})`,
      ];
    case "fact":
    case "builtin":
    case "external":
      return [`${indent}${atom(proof.relation, proof.tuple)}`];
    case "derived": {
      const at = proof.rule.span ? `  (${locate(proof.rule.span)})` : "";
      return [
        `${indent}${atom(proof.relation, proof.tuple)}${at}`,
        ...proof.premises.flatMap((premise) => proofLines(premise, depth + 1)),
      ];
    }
  }
}

const show = (constant: string | number): string =>
  typeof constant === "number" ? `${constant}` : JSON.stringify(constant);

const atom = (relation: string, tuple: readonly (string | number)[]): string =>
  /^\W+$/.test(relation)
    ? `${show(tuple[0]!)} ${relation} ${show(tuple[1]!)}`
    : `${relation}(${tuple.map(show).join(", ")})`;
