/** Verdicts and certificates as plain JSON: what `--json` prints. */
import type { Proof } from "../datalog/types.ts";
import { render, renderFlow } from "../flowgroup/index.ts";
import type { Interval } from "../net/interval.ts";
import { printInstant } from "../net/index.ts";
import { locate } from "../source.ts";
import type {
  Certificate,
  Grant,
  NoPath,
  Piece,
  ShortPlace,
  Suspension,
  Verdict,
  Witness,
} from "../certificates/verdict.ts";

/** A verdict as plain JSON: sets in the language's own notation, times as RFC 3339, `null` for what has no end. */
export function verdictJson(verdict: Verdict): unknown {
  return {
    verdict: verdict.kind,
    ...(verdict.kind !== "rejected" && grantJson(verdict)),
    ...(verdict.kind !== "accepted" && { certificate: certificateJson(verdict.certificate) }),
  };
}

const grantJson = ({ pieces, rate, promise, suspended, notes }: Grant): object => ({
  pieces: pieces.map(pieceJson),
  ...(rate !== undefined && { rate }),
  ...(promise !== undefined && { promise }),
  ...(suspended && { suspended: suspensionJson(suspended) }),
  ...(notes !== undefined && { notes: notes.map(({ code, message }) => ({ code, message })) }),
});

/** The flows that are dropped, with the reason. */
function suspensionJson({
  certificate: { code, reason, blockers, moreBlockers, witness, noPath },
  pieces,
}: Suspension): object {
  return {
    code,
    reason,
    pieces: pieces.map(pieceJson),
    blockers: blockers.map(({ id }) => id),
    ...(moreBlockers !== undefined && { moreBlockers }),
    ...(witness && { witness: witnessJson(witness) }),
    ...(noPath && { noWay: noPathJson(noPath) }),
  };
}

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
    moreBlockers,
    witness,
    chain,
    nearest,
    isUnsought,
    isUntried,
    isWidest,
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
    ...(moreBlockers !== undefined && { moreBlockers }),
    ...(witness && { witness: witnessJson(witness) }),
    chain,
    nearest,
    ...(isWidest && { isWidest }),
    ...(isUnsought && { isUnsought }),
    ...(isUntried && { isUntried }),
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
const noPathJson = ({ from, to, passes, avoids, gap, nowhere, unfit }: NoPath): object => ({
  from,
  ...(to !== undefined && { to }),
  passes,
  avoids,
  ...(gap && { gap }),
  ...(nowhere && { nowhere }),
  ...(unfit && { unfit }),
});

function proofJson(proof: Proof): unknown {
  if (proof.kind === "absent") return { absent: proof.relation, terms: proof.terms.map((term) => term ?? null) };
  const { relation, tuple } = proof;
  if (proof.kind !== "derived") return { [proof.kind]: relation, terms: tuple };
  const at = proof.rule.span && locate(proof.rule.span);
  return { derived: relation, terms: tuple, ...(at && { rule: at }), from: proof.premises.map(proofJson) };
}
