/** Verdicts are values, never exceptions; a certificate says why, for people and for machines (SEMANTICS, "Certificates"). */
import type { Proof } from "../datalog/types.ts";
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { Interval } from "../model/model.ts";
import type { Span } from "../source.ts";

/** What is granted of a request: these flows, in this time. A whole request is one piece. */
export interface Piece {
  readonly flows: Flowgroup;
  readonly interval: Interval;
}

/** An accepted statement that stands in the way. */
export interface Blocker {
  readonly id: string;
  readonly kind: string;
  readonly share: string;
  readonly interval: Interval;
  readonly span: Span;
  readonly text: string;
}

export interface Witness {
  readonly flow: Flow;
  /** Unix seconds. */
  readonly instant: number;
  /** bit/s, where a rate is at stake. */
  readonly rate?: number;
}

export interface Certificate {
  /** Stable and machine-readable: `unknown-share`, `not-a-speaker`, `outside-share`, `conflict`, … */
  readonly code: string;
  /** One sentence. */
  readonly reason: string;
  readonly statement: string;
  readonly span: Span;
  readonly blockers: readonly Blocker[];
  readonly witness?: Witness;
  /** The shares walked, from the request's own to the root. */
  readonly chain: readonly string[];
  /** Statements in canonical text that would be accepted together in this one's place; empty: there is none. */
  readonly nearest: readonly string[];
  /** The Datalog derivation of the rejection. */
  readonly proof?: Proof;
}

export type Verdict =
  | { readonly kind: "accepted"; readonly pieces: readonly Piece[] }
  | { readonly kind: "partial"; readonly pieces: readonly Piece[]; readonly certificate: Certificate }
  | { readonly kind: "rejected"; readonly certificate: Certificate };
