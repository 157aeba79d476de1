/** What is said to a running network, what it comes to, and what is recorded of it: values alone. */
import type { Recorded } from "#compiler/admission/recorded.ts";
import type { Outcome } from "#compiler/certificates/verdict.ts";
import type { DerivedRule } from "#compiler/derived/rule.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Answered } from "#compiler/queries/index.ts";
import type { JsonValue } from "../log/record.ts";
import type { TokenAnswer } from "./tokens.ts";

/** A sentence that a speaker says to the network. */
export interface Sentence {
  /** Its number among those of its speaker that are recorded; an unlabelled request gets its name from it. */
  readonly own: number;
  readonly text: string;
  /** The user who says it. */
  readonly by: string;
  /** Unix seconds. */
  readonly now: number;
  /** Why a decision cannot be kept, before anything of it is in force; undefined: it can. */
  readonly faultOf?: (heard: DecidedSentence) => Diagnostic | undefined;
}

/** What a sentence comes to. */
export type Heard =
  /** It could not be read, or no switch could keep it: nothing has changed. */
  | { readonly kind: "faulty"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "answered"; readonly answered: Answered }
  /** Why a request stands as it does, as lines of text; undefined: others' requests stand in it, and it is for root alone. */
  | { readonly kind: "explained"; readonly text: string | undefined }
  /** A new token, or why there is none. */
  | { readonly kind: "token"; readonly name: string; readonly made: TokenAnswer }
  | DecidedSentence;

export interface DecidedSentence {
  readonly kind: "decided";
  /** One outcome for each statement: those of one `begin. … commit.` are accepted together or not at all. */
  readonly outcomes: readonly Outcome[];
  /** What was accepted, as it is carried out again; empty if nothing was. */
  readonly records: readonly Recorded[];
  /**
   * What it has denied, led, limited or reserved, as rules that would deny it alone. Few answers need them, so they are made
   * when asked for.
   */
  readonly held?: () => readonly DerivedRule[];
  /** What is to be known of the switches: an answer that nothing carries out says so. */
  readonly notes?: readonly string[];
  /** Of each outcome what the record has, where its speaker reads another name or is told another reason. */
  readonly recorded: readonly RecordedOutcome[];
}

/** The identities of a statement, and the reason of its rejection. */
export interface RecordedOutcome {
  readonly id: string;
  /** Of a Cancel the identity of what it cancels. */
  readonly of?: string;
  /** Where that was said; absent: in the same sentence. */
  readonly where?: "files" | "said" | undefined;
  /** Of one of the files: its wording. */
  readonly was?: string | undefined;
  readonly code?: string;
}

/** A sentence of a speaker, and how it came in. */
export interface Spoken {
  readonly text: string;
  readonly by: string;
  /** Whose new token is asked for, in the place of a statement. */
  readonly tokenOf?: string;
  /** The transport, for the record: `unix`, `tcp`, `http`. */
  readonly via: string;
  /** The connection that it came from; fires once that is gone, and then it is not decided any more. */
  readonly from?: AbortSignal;
  /** What is recorded with the decision, so that it is made once alone. `at` in Unix milliseconds. */
  readonly once?: (heard: DecidedSentence, number: number, at: number) => Once;
}

/** A key of the speaker's own, the digest of what was asked with it, and the answer. */
export interface Once {
  readonly key: string;
  readonly body: string;
  readonly answer: JsonValue;
}

/** What is recorded of a sentence that was decided. */
export interface SaidRecord {
  readonly spoken: Spoken;
  /** Unix milliseconds. */
  readonly at: number;
  readonly heard: DecidedSentence;
  /** Its number among those of its speaker that are recorded. */
  readonly own: number;
}

/** What is recorded of a token that was made. */
export interface TokenRecord {
  /** Unix milliseconds. */
  readonly at: number;
  readonly name: string;
  readonly digest: string;
}

/** The users whom it removes. */
export const removedUsers = (records: readonly Recorded[]): readonly string[] =>
  records.flatMap(({ statement: { demand } }) => (demand.kind === "RemoveUser" ? [demand.user] : []));

/** What a service is told, and whom it tells of what was said. */
export interface ServiceOptions {
  /** Unix milliseconds. It may go back: the clock of decisions does not. */
  readonly clock: () => number;
  /** Called when what is in force may have changed, once that is durable. */
  readonly changed: () => void;
  /** Called with each token that is made, before anybody hears of it. */
  readonly tokenMade?: ((name: string, digest: string) => void) | undefined;
  /** Called with each user who is removed, before anything else is decided. */
  readonly userRemoved?: ((name: string) => void) | undefined;
  /** What those hear whose request is accepted: with notes which switches do not have it yet, and why. */
  readonly noted?: ((heard: DecidedSentence) => DecidedSentence) | undefined;
  /** Called with each sentence, once its answer is durable, and the seconds that it took. */
  readonly observe?: ((heard: Heard, seconds: number) => void) | undefined;
  /** Called with an exception that a sentence met, or several together: a fault of ours. */
  readonly failed?: ((error: unknown, spoken: Spoken | undefined) => void) | undefined;
  /** Brings the network to what its log holds, all of which is durable. Where it rejects nothing more is decided. */
  readonly rebuild?: (() => Promise<void>) | undefined;
}

/** Whether it is a question that was refused: nothing of it is recorded, as of those that are answered. */
export const asks = ({ outcomes }: DecidedSentence): boolean => outcomes[0]?.statement.demand.kind === "query";

/** Whether what was accepted is for switches to carry out: shares and users decide no packet. */
export const isCarriedOut = ({ statement: { demand } }: Recorded): boolean =>
  !["AddUser", "NewShare", "Grant", "GrantDefault", "query"].includes(demand.kind);

export const isReservation = ({ statement: { demand } }: Recorded): boolean =>
  demand.kind === "request" && demand.action === "reserve";

/** A record of a sentence, as it was written. */
export interface SaidAgain {
  readonly number: number;
  /** Its number among those of its speaker; undefined: it was said when all speakers had one namespace. */
  readonly own?: number | undefined;
  readonly by: string;
  readonly text: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly answers: readonly JsonValue[];
}
