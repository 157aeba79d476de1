/**
 * A snapshot as a value: all of a network's state on which a later decision, answer or table can depend, at one instant
 * (SEMANTICS, "Snapshots"). What the policy's files say stays with the files: rules and guards are known by their ids.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { Flowgroup } from "../../flowgroup/cube.ts";
import type { Model, StatedPrivileges } from "../../model/model.ts";
import type { Kept } from "../../model/times.ts";
import type { Promised } from "../../paths/index.ts";
import type { Source, Span } from "../../source.ts";
import type { RequestKind } from "../../syntax/ast.ts";

/** The version of the form that is written, and the only one that is read. */
export const SNAPSHOT_VERSION = 1;

/** No snapshot is longer than this, in bytes: about 800,000 requests. */
export const MOST_SNAPSHOT_BYTES = 2 ** 28;

/** SHA-256 as 64 hexadecimal digits. The compiler imports no module of Node, so the caller brings it. */
export type Sha256 = (bytes: Uint8Array) => string;

/** The policy that a network was opened with. */
export interface LoadedPolicy {
  /** A text that is the same for two policies iff their files are. */
  readonly hash: string;
  readonly model: Pick<Model, "now" | "statements" | "policies" | "cascades">;
}

/**
 * Where a statement is written: in a file of the policy, or in a text of its own. A file is known by its name, and where it is
 * called otherwise by its number among those of the policy: the policy's hash is that of their texts.
 */
export interface SnapshotSpan extends Pick<Span, "start" | "end"> {
  readonly source: Source | { readonly file: string; readonly nth?: number };
}

/** The links that a reservation is charged to, beside its shares. */
export interface SnapshotCharge {
  readonly links: readonly string[];
  readonly promise: Promised;
}

export interface SnapshotShare {
  readonly name: string;
  /** In order of text. */
  readonly speakers: readonly string[];
  readonly open: boolean;
  /** Bits in its own bucket, if it has one. */
  readonly level?: number;
  /** All that the root has not. */
  readonly made?: {
    readonly parent: string;
    readonly flows: Flowgroup;
    readonly stated: StatedPrivileges;
    /** Identity of the NewShare. */
    readonly statement: string;
  };
}

/** A standing request of a statement, or of the policy's rule with that id. */
export type SnapshotRequest = { readonly id: string; readonly charge?: SnapshotCharge } & (
  | { readonly of: "rule" }
  | {
      readonly of: "statement";
      readonly kind: RequestKind;
      readonly share: string;
      readonly speaker: string;
      readonly pieces: readonly Piece[];
      readonly level: number;
      readonly rate?: number;
      readonly nodes?: readonly string[];
      readonly text: string;
    }
);

export interface NetworkSnapshot {
  /** The clock of decisions, in Unix seconds. */
  readonly now: number;
  /** The policy's hash and the clock with which it was read, in Unix seconds. */
  readonly policy: { readonly hash: string; readonly now: number };
  /** The times of the policy that count from a clock, by key in order of text: with them it is read as it was then. */
  readonly kept: ReadonlyMap<string, Kept>;
  /** The users that statements have added, in order of text. */
  readonly users: readonly string[];
  /** Parents first, children by name. */
  readonly shares: readonly SnapshotShare[];
  /** The rules of guards in force, in the order in which they are written. */
  readonly guards: readonly string[];
  /** In order of acceptance. */
  readonly requests: readonly SnapshotRequest[];
  /** Where they are written: the shares without the root, then the requests of statements. */
  readonly places: readonly SnapshotSpan[];
}

/**
 * A snapshot as it is taken. What there is one of for each request is made while it is walked: made at once, it would take
 * longer the more requests stand, and nobody would be answered meanwhile.
 */
export type TakenSnapshot = Omit<NetworkSnapshot, "requests" | "places"> & {
  /** The line of each. */
  readonly requests: Iterable<string> & { readonly length: number };
  readonly places: Iterable<TakenPlace>;
};

/** Where a statement is written: the line of its text, and where it begins and ends there. */
export interface TakenPlace extends Pick<Span, "start" | "end"> {
  readonly text: string;
}
