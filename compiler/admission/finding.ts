/** The result of asking the admission rules about a candidate, as a value. */
import { ALWAYS } from "../net/interval.ts";
import type { AttemptView, Constant, Proof, Rule } from "../datalog/types.ts";
import type { Demand } from "../model/model.ts";
import { isReason, rootCause, type Reason } from "../certificates/reasons.ts";
import type { Grant } from "../certificates/verdict.ts";
import { couldHold, isOfFacts, suspendingReason } from "./suspension.ts";
import { inOrder, type Accepted } from "./state/accepted.ts";
import type { State } from "./state/state.ts";
import type { Candidate } from "./state/world.ts";

/** The result of the rules for one candidate. */
export interface Finding {
  /** Undefined: the rules do not reject it. */
  readonly code: Reason | undefined;
  /** The sentence of the network's own rule, where one rejects. */
  readonly words?: string;
  /** The accepted requests of the opposite kind that block a part of it. */
  readonly blockers: readonly Accepted[];
  /** Limits lower than a reservation, or reservations higher than a limit. */
  readonly clashes: readonly Accepted[];
  /** The kinds of places where a reservation has no room. */
  readonly lacks: readonly ("share" | "link")[];
  /** Rights and bounds that a NewShare states beyond its parent's, or against one another. */
  readonly excess: readonly string[];
  readonly proof: Proof | undefined;
  /** The reason that facts about the network give, where it suspends the candidate and refuses nothing. */
  readonly suspends?: { readonly code: Reason; readonly proof: Proof | undefined };
}

/** A demand as the candidate of a decision. */
export function candidateOf(id: string, demand: Demand): Candidate {
  if (demand.kind === "NewShare") return { id, pieces: [{ flows: demand.flows, interval: ALWAYS }] };
  if (demand.kind !== "request") return { id };
  const { action, mode, rate, nodes } = demand;
  return { id, pieces: [demand], strict: mode === "strict", action, rate, nodes };
}

/** Whether nothing prevents that all of it is granted. */
export const isWhole = ({ blockers, clashes, lacks }: Finding): boolean =>
  blockers.length === 0 && clashes.length === 0 && lacks.length === 0;

/** Why a request is granted less than it asks for. */
export const partialReason = ({ blockers, clashes, lacks }: Finding): Reason =>
  blockers.length > 0 ? "conflict" : clashes.length > 0 ? "over-limit" : `${lacks[0]!}-short`;

/** All that is asked for; statements that are no requests ask for no flows. */
export function wholeOf(demand: Demand): Grant {
  if (demand.kind !== "request") return { pieces: [] };
  const { flows, interval, rate } = demand;
  return { pieces: [{ flows, interval }], ...(rate !== undefined && { rate }) };
}

/** What the rules say of a candidate, `own` among them: those that the network adds. */
export function findingIn(view: AttemptView, candidate: Candidate, state: State, own: ReadonlySet<Rule>): Finding {
  const { id, rate } = candidate;
  const refused = refusalIn(view, candidate, state, own);
  const all = (relation: string): readonly string[] => second(view.query(relation, [id, undefined]));
  return {
    ...refused,
    blockers: inOrderOf(state, all("blocks")),
    clashes: rate === undefined ? [] : inOrderOf(state, all("clashes")),
    lacks: rate === undefined ? [] : (all("lacks") as ("share" | "link")[]),
    excess: refused.code ? EXCESSES.flatMap(all) : [],
  };
}

/** The accepted requests of these identities, in order of acceptance. */
export const inOrderOf = ({ accepted }: State, ids: readonly string[]): readonly Accepted[] =>
  inOrder(ids.map((one) => accepted.get(one)!));

/**
 * The reason why the candidate is refused, and the proof. A rule of the network gives a sentence, never a reason
 * code.
 */
function refusalIn(
  view: AttemptView,
  candidate: Candidate,
  state: State,
  own: ReadonlySet<Rule>,
): Pick<Finding, "code" | "words" | "proof" | "suspends"> {
  const { id } = candidate;
  const all = view.query("reject", [id, undefined]).map((tuple) => tuple[1]!);
  if (all.length === 0) return { code: undefined, proof: undefined };
  const proofOf = (why: Constant): Proof | undefined => view.explain("reject", [id, why]);
  const isOwn = (proof: Proof | undefined): boolean => proof?.kind === "derived" && own.has(proof.rule);
  // What is refused whatever the facts are is refused by that, and no path is looked for.
  const isFirm = !isOfFacts(rootCause(all)!);
  const missing = state.suspends && !isFirm ? all.filter((why) => isOfFacts(why) && !isOwn(proofOf(why))) : [];
  const ofFacts = missing.length > 0 && couldHold(state, candidate) ? missing : [];
  const why = rootCause(all.filter((one) => !ofFacts.includes(one)));
  if (why === undefined) {
    const code = suspendingReason(candidate, ofFacts);
    return { code: undefined, proof: undefined, ...(code && { suspends: { code, proof: proofOf(code) } }) };
  }
  const proof = proofOf(why);
  if (isReason(why) && !isOwn(proof)) return { code: why, proof };
  return { code: "own-rule", words: String(why), proof };
}

const EXCESSES = ["exceeds", "contradicts"] as const;

const second = (tuples: Iterable<readonly Constant[]>): string[] => [...tuples].map((tuple) => tuple[1] as string);
