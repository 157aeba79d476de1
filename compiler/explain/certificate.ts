/** Certificates for people and for machines: the text of `check` and `replay`, the JSON of `--json` and of the API. */
import type { Proof } from "../datalog/types.ts";
import { readable, render, renderFlow } from "../flowgroup/index.ts";
import type { Interval } from "../net/interval.ts";
import { printInstant, printRate } from "../net/index.ts";
import { locate } from "../source.ts";
import { witnessText } from "../certificates/diagnose.ts";
import type { Certificate, Grant, NoPath, Piece, ShortPlace, Verdict, Witness } from "../certificates/verdict.ts";
import { abridged } from "../certificates/text.ts";

/** A verdict as lines of text: what was decided, and the certificate where one is owed. */
export function verdictText(verdict: Verdict): string {
  const notes = verdict.kind === "rejected" ? [] : (verdict.notes ?? []);
  return [decisionText(verdict), ...notes.map(({ message }) => `  ${abridged(message)}`)].join("\n");
}

function decisionText(verdict: Verdict): string {
  switch (verdict.kind) {
    case "accepted":
      return verdict.promise === NOTHING_PROMISED ? NOTHING_PROMISED : `accepted${promiseText(verdict)}`;
    case "partial":
      return [
        `granted in part${promiseText(verdict)}:`,
        ...verdict.pieces.map((piece) => `  ${rateText(verdict)}${pieceText(piece)}`),
        certificateText(verdict.certificate),
      ].join("\n");
    case "rejected":
      return `rejected: ${certificateText(verdict.certificate)}`;
  }
}

const NOTHING_PROMISED = "admitted, not guaranteed";

/** `, guaranteed`: of a reservation only, and only where it is true (NETWORK). */
const promiseText = ({ promise }: Grant): string =>
  promise === undefined ? "" : promise === NOTHING_PROMISED ? ", not guaranteed" : `, ${promise}`;

/** `5Mb for `. */
const rateText = ({ rate }: Grant): string => (rate === undefined ? "" : `${printRate(rate)} for `);

/** A certificate as lines of text; the first is the reason. */
export function certificateText(certificate: Certificate): string {
  const { code, reason, blockers, witness, chain, nearest, otherwise = [], grounds = [], proof } = certificate;
  return [
    `${reason} [${code}]`,
    ...blockers.map(
      ({ id, kind, share, interval, span }) =>
        `  ${standsAs(code)} ${kind}${share === "" ? "" : ` on ${share}`}${during(interval)}: ${id} (${locate(span)})`,
    ),
    ...grounds.map(({ what, span }) =>
      what.endsWith(" here") ? `  ${what.slice(0, -5)} at ${locate(span)}` : `  ${what} (${locate(span)})`,
    ),
    ...(witness ? [`  for example: ${witnessText(witness, code.endsWith("-short"))}`] : []),
    ...(chain.length > 0 ? [`  shares walked: ${chain.join(" → ")}`] : []),
    ...(nearest.length > 0
      ? [...nearest.map((text) => `  would be accepted: ${text}`), ...otherwise.map((text) => `  or instead: ${text}`)]
      : code === "transaction"
        ? []
        : ["  nothing near it would be accepted"]),
    ...(proof ? ["  because:", ...proofLines(proof, 2)] : []),
  ]
    .map((line) => abridged(line))
    .join("\n");
}

/** How a statement that a certificate names is at fault: not everything that stands in the way blocks. */
function standsAs(code: string): string {
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

/** A verdict as plain JSON: sets in the language's own notation, times as RFC 3339, `null` for what has no end. */
export function verdictJson(verdict: Verdict): unknown {
  return {
    verdict: verdict.kind,
    ...(verdict.kind !== "rejected" && grantJson(verdict)),
    ...(verdict.kind !== "accepted" && { certificate: certificateJson(verdict.certificate) }),
  };
}

const grantJson = ({ pieces, rate, promise, notes }: Grant): object => ({
  pieces: pieces.map(pieceJson),
  ...(rate !== undefined && { rate }),
  ...(promise !== undefined && { promise }),
  ...(notes !== undefined && { notes: notes.map(({ code, message }) => ({ code, message })) }),
});

/** A piece as plain JSON. */
export const pieceJson = ({ flows, interval }: Piece): unknown => ({ flows: render(flows), ...intervalJson(interval) });

const intervalJson = ({ start, end }: Interval): { from: string | null; to: string | null } => ({
  from: Number.isFinite(start) ? printInstant(start) : null,
  to: Number.isFinite(end) ? printInstant(end) : null,
});

/** A certificate as plain JSON. */
export function certificateJson(certificate: Certificate): unknown {
  const {
    code,
    reason,
    statement,
    span,
    blockers,
    witness,
    chain,
    nearest,
    otherwise,
    shortage,
    noPath,
    grounds,
    proof,
  } = certificate;
  return {
    code,
    reason,
    statement,
    at: locate(span),
    blockers: blockers.map(({ id, kind, share, interval, text, span: where }) => ({
      id,
      kind,
      share,
      ...intervalJson(interval),
      text,
      at: locate(where),
    })),
    ...(witness && { witness: witnessJson(witness) }),
    chain,
    nearest,
    ...(otherwise && { otherwise }),
    ...(shortage && { shortage: shortageJson(shortage) }),
    ...(grounds && { grounds: grounds.map((ground) => ({ what: ground.what, at: locate(ground.span) })) }),
    ...(noPath && { noWay: noPathJson(noPath) }),
    ...(proof && { proof: proofJson(proof) }),
  };
}

/** A witness as plain JSON. */
export const witnessJson = ({ flow, instant, rate }: Witness): object => ({
  flow: renderFlow(flow),
  ...(Number.isFinite(instant) && { at: printInstant(instant) }),
  ...(rate !== undefined && { rate }),
});

/** What has no end is `null`. */
function shortageJson({ kind, name, what, at, excess, window }: ShortPlace): object {
  return {
    kind,
    name,
    what,
    at: Number.isFinite(at) ? printInstant(at) : null,
    excess: Number.isFinite(excess) ? excess : null,
    ...(window && { window: intervalJson(window) }),
  };
}

/** Places and nodes; the words are in the reason. */
const noPathJson = ({ from, to, passes, avoids, gap }: NoPath): object => ({
  from,
  ...(to !== undefined && { to }),
  passes,
  avoids,
  ...(gap && { gap }),
});

function proofJson(proof: Proof): unknown {
  if (proof.kind === "absent") return { absent: proof.relation, terms: proof.terms.map((term) => term ?? null) };
  const { relation, tuple } = proof;
  if (proof.kind !== "derived") return { [proof.kind]: relation, terms: tuple };
  const at = proof.rule.span && locate(proof.rule.span);
  return { derived: relation, terms: tuple, ...(at && { rule: at }), from: proof.premises.map(proofJson) };
}
