/** A certificate as a diagnostic, for a reader of the policy text. */
import { AtSign, Colon, lex, Quoted, TraceArrow, type TokenType } from "#grammar/tokens.ts";
import { grantedInPart, suspended, suspendedRate } from "../diagnostics/codes/admission.ts";
import type { Code } from "../diagnostics/define.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import { renderFlow } from "../flowgroup/index.ts";
import { printInstant, printRate } from "../net/index.ts";
import { REASONS, type Reason } from "./reasons.ts";
import type { Span } from "../source.ts";
import { abridged, offered } from "./text.ts";
import type { Blocker, Certificate, Suspension, Verdict, Witness } from "./verdict.ts";

/** A diagnostic shows at most this many blockers; the certificate lists some more. */
const SHOWN = 8;

/** The error of a rejection. */
export function diagnosticOf(certificate: Certificate): Diagnostic {
  const { code, severity, advice }: Code = REASONS[certificate.code as Reason];
  const found = extras(certificate);
  const help = found.help ?? (found.fix ? undefined : advice);
  return { code, severity, message: certificate.reason, ...found, ...(help !== undefined && { help }) };
}

/** The warning of a request that the network suspends. */
export function suspensionWarning({ certificate }: Suspension): Diagnostic {
  const { statement, reason, code, known } = certificate;
  if (code === "link-short") {
    const help = "it holds again by itself once the links of its path have room for all of it";
    return { ...suspendedRate({ statement, reason }), ...extras(certificate, false), help };
  }
  const isOfNode = code === "unknown-node" || code === "unfit-node";
  const missing = code === "unknown-node" ? "`host_at` says where that is" : "a `link` leads there";
  return {
    ...suspended({ statement, flows: isOfNode ? "all" : "some", reason }),
    ...extras(certificate, false),
    help:
      code === "unfit-node" ? `${known}; it holds again by itself then` : `it holds again by itself once ${missing}`,
  };
}

/** The note of a partial grant. */
export function noteOf(verdict: Verdict & { kind: "partial" }): Diagnostic {
  const granted = verdict.certificate.nearest.join(" ") || `${verdict.pieces.length} pieces`;
  return { ...grantedInPart({ granted: abridged(granted) }), ...extras(verdict.certificate, false) };
}

function extras(certificate: Certificate, proposes = true): Omit<Diagnostic, "code" | "severity" | "message"> {
  const { code, span, name, blockers, moreBlockers = 0, witness, grounds = [] } = certificate;
  const more = moreBlockers + blockers.length - SHOWN;
  const help = proposes ? helpOf(certificate) : undefined;
  const fix = proposes ? fixOf(certificate) : undefined;
  return {
    span: name ?? span,
    related: [
      ...blockers.slice(0, SHOWN).map((blocker, at) => ({
        span: blocker.span,
        message: `${describe(blocker)}${at === SHOWN - 1 && more > 0 ? `, and ${more} more` : ""}`,
      })),
      ...grounds.map((ground) => ({ span: ground.span, message: ground.what })),
    ],
    ...(witness && { witness: witnessText(witness, code.endsWith("-short")) }),
    ...(help !== undefined && { help }),
    ...(fix && { fix }),
  };
}

/** Said of a proposal that is only a part of what would be accepted. */
export const WIDEST = "the widest piece of what is left, which falls into very many";

/** Said where the refusals before it took the steps that there are for offers. */
export const UNSOUGHT =
  "settle what is refused before it, and check again: it was not looked for what would be accepted";

/** The proposals; where there are two choices, both. */
function helpOf({ code, span, nearest, otherwise, isWidest, isUnsought, known }: Certificate): string | undefined {
  if (code === "too-many-conflicts") return "settle the conflicts that are shown before it, and check again";
  if (code === "too-deep") return "let it stand on a share further up";
  if (nearest.length === 0) return known ?? (isUnsought ? UNSOUGHT : undefined);
  const said = saidOffers({ code, span, nearest, otherwise });
  if (isGuess({ code, nearest })) return `did you mean \`${said.nearest.join(" ")}\`?`;
  const choices = [said.nearest, ...(said.otherwise ? [said.otherwise] : [])].map((texts) => offered(texts.join(" ")));
  const more = isWidest ? ` (${WIDEST})` : "";
  return `would be accepted: ${choices.join(", or instead: ")}${more}`;
}

interface Offers extends Pick<Certificate, "code" | "span" | "nearest"> {
  readonly otherwise?: readonly string[] | undefined;
}

/**
 * The proposals as they are to be said: with the label and the speaker of the statement that they replace. Said by nobody
 * in particular one would be root's: another right, and another verdict. Two statements have no one label.
 */
export function saidOffers({ code, span, nearest, otherwise }: Offers): Pick<Certificate, "nearest" | "otherwise"> {
  const head = nearest.length > 0 ? headOf(span) : undefined;
  if (head === undefined) return { nearest, ...(otherwise && { otherwise }) };
  const by = head.speaker === undefined ? "" : `${head.speaker}: `;
  const said = (texts: readonly string[]): readonly string[] =>
    texts.map((text) =>
      text.startsWith("policy ") ? text : `${texts.length === 1 && code !== "label-in-use" ? head.line : by}${text}`,
    );
  return { nearest: said(nearest), ...(otherwise && { otherwise: said(otherwise) }) };
}

/** `@web (deny on net0) stands in the way`. */
function describe({ kind, share, id, interval }: Blocker): string {
  const until = Number.isFinite(interval.end) ? ` until ${printInstant(interval.end)}` : "";
  return kind === "share"
    ? `share \`${id}\` stands below \`${share}\``
    : `this ${kind} on \`${share}\` stands in the way${until}`;
}

/** A witness in the notation of the language; `inAll`: its rate is what is drained in all. */
export function witnessText({ flow, instant, rate }: Witness, inAll = false): string {
  const when = Number.isFinite(instant) ? ` at ${printInstant(instant)}` : "";
  const much = rate === undefined ? "" : inAll ? `, ${printRate(rate)} in all` : `, at ${printRate(rate)}`;
  return `${renderFlow(flow) || "a flow without any of these fields"}${when}${much}`;
}

/** The proposal in place of the statement, with its label and speaker kept; offered only where there is exactly one. */
function fixOf({ code, span, nearest, otherwise = [] }: Certificate): Fix | undefined {
  const [proposal, ...others] = [...nearest, ...otherwise];
  // The label itself is at fault: a proposal that keeps it would be refused again.
  if (code === "label-in-use") return undefined;
  if (proposal === undefined || others.length > 0) return undefined;
  // A policy of its own cannot stand where a rule does, and what is taken away is for a human to decide.
  if (proposal.startsWith("policy ") || takesAway(proposal)) return undefined;
  const head = headOf(span);
  if (head === undefined) return undefined;
  // The full stop of a policy's rule stands behind it.
  const text = head.written + (span.source.text[span.end - 1] === "." ? proposal : proposal.replace(/\.$/, ""));
  return { title: "ask for what would be accepted", span, text };
}

/** Whether what is proposed takes another thing away than the one that was named: the name is a guess, and is asked about. */
export const isGuess = ({ code, nearest }: Pick<Certificate, "code" | "nearest">): boolean =>
  code !== "not-empty" && nearest.some(takesAway);

const takesAway = (proposal: string): boolean => /^(?:RemoveUser|RemoveShare|Revoke|Cancel) /.test(proposal);

/** What stands before a statement's first word, label and speaker: as it is written, and on one line. */
interface Head {
  readonly written: string;
  /** Comments stay where they stand, in the file, and so does the verdict that a trace expects. */
  readonly line: string;
  /** As it is written. */
  readonly speaker?: string;
}

/** The language's own reader tells words from what stands between them; undefined: no statement begins behind the head. */
function headOf({ source, start, end }: Span): Head | undefined {
  const text = source.text.slice(start, end);
  const { tokens } = lex(text);
  const is = (at: number, type: TokenType): boolean => tokens[at]?.tokenType === type;
  const behind = is(1, TraceArrow) ? 2 : 0;
  let first = behind;
  if (is(first, AtSign)) first += is(first + 2, Quoted) && !is(first + 3, Colon) ? 3 : 2;
  const speaker = is(first + 1, Colon) ? tokens[first]!.image : undefined;
  if (speaker !== undefined) first += 2;
  const word = tokens[first];
  if (word === undefined || !/^[A-Za-z]/.test(word.image)) return undefined;
  const line = tokens.slice(behind, first).map(({ image, endOffset }, at) => {
    const isJoined = tokens[behind + at + 1]!.startOffset === endOffset! + 1;
    return isJoined ? image : `${image} `;
  });
  return { written: text.slice(0, word.startOffset), line: line.join(""), ...(speaker !== undefined && { speaker }) };
}
