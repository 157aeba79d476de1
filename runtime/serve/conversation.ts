/** What is said to a running network, what it comes to, and what is recorded of it: values alone. */
import type { Recorded } from "#compiler/admission/recorded.ts";
import type { Outcome } from "#compiler/certificates/verdict.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Answered } from "#compiler/queries/index.ts";
import type { JsonValue } from "../log/record.ts";

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
  | DecidedSentence;

export interface DecidedSentence {
  readonly kind: "decided";
  /** One outcome for each statement: those of one `begin. … commit.` are accepted together or not at all. */
  readonly outcomes: readonly Outcome[];
  /** What was accepted, as it is carried out again; empty if nothing was. */
  readonly records: readonly Recorded[];
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
  readonly code?: string;
}

/** A sentence of a speaker, and how it came in. */
export interface Spoken {
  readonly text: string;
  readonly by: string;
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
