/** What a row of the tables of this folder says: the smallest text that raises a code, and how its advice is followed. */

/** Texts beside the policy, by name. */
type Files = Readonly<Record<string, string>>;

/** The fix that is offered is put in its place. */
export const FIX = Symbol("the fix");
/** What is said to be accepted is pasted in the place of what was refused. */
export const OFFER = Symbol("the offer");

/** Nothing is there to be followed: the sentence says how the world or the policy is, and why that may be meant. */
export interface Stays {
  readonly stays: string;
}

export interface Case {
  readonly text: string;
  /** A text: what its reader makes of it; then whatever is quoted in the advice, one piece at least, stands in it. */
  readonly follow: typeof FIX | typeof OFFER | string | Stays;
  readonly files?: Files;
  /** The files after the advice, where it is about them. */
  readonly mendedFiles?: Files;
  readonly target?: "ovs" | "of13" | "ovs-userspace";
  /** Errors that are known to come behind this one. */
  readonly behind?: readonly string[];
}

/** A case; or why no text raises the code. */
export type Row = Case | { readonly unraised: string };

/** A row of a text and how it is followed. */
export const row = (text: string, follow: Case["follow"], more: Omit<Case, "text" | "follow"> = {}): Case => ({
  text,
  follow,
  ...more,
});
export const unraised = (why: string): Row => ({ unraised: why });
export const stays = (why: string): Stays => ({ stays: why });
