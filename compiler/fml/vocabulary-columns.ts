/**
 * The columns of the admission relations: what they are called, and which names stand there. A name that does not exist
 * makes a rule that never fires, so the names in a network's own rules are checked.
 */
import type { Constant } from "../datalog/types.ts";
import type { Shortage } from "../shares/bandwidth.ts";
import type { Bound as ShareBound, DEFAULT_BOUNDS, Right as ShareRight } from "../shares/privileges.ts";
import type { RequestKind } from "../syntax/ast.ts";

/** Every member of a union, as a list: one that is missing or too many does not compile. */
const all = <Word extends string>(members: Readonly<Record<Word, true>>): readonly Word[] =>
  Object.keys(members) as Word[];

const both = { waypoint: true, avoid: true } as const;

/** The words of the admission rules, by what they say. */
export const WORDS = {
  request: all<RequestKind>({ allow: true, deny: true, reserve: true, limit: true, ...both }),
  right: all<ShareRight>({ allow: true, deny: true, hint: true, query: true, reserve: true, limit: true, ...both }),
  bound: all<ShareBound>({
    reserve_max: true,
    reserve_min: true,
    fill: true,
    capacity: true,
    limit_cap: true,
    limit_floor: true,
    requests: true,
    entries: true,
  }),
  steering: all<Extract<RequestKind, "waypoint" | "avoid">>(both),
  rank: all<"higher" | "level" | "lower">({ higher: true, level: true, lower: true }),
  place: all<Shortage["place"]["kind"]>({ share: true, link: true }),
  scarcity: all<Shortage["what"]>({ max: true, min: true, bucket: true }),
  account: all<keyof typeof DEFAULT_BOUNDS>({ requests: true, entries: true }),
};

type WordKind = keyof typeof WORDS;

/** What each kind of word is called in messages. */
export const WORD_KINDS: Readonly<Record<WordKind, string>> = {
  request: "kind of request",
  right: "privilege",
  bound: "bound of a share",
  steering: "kind of way",
  rank: "rank",
  place: "place of a reservation",
  scarcity: "bound of a reservation",
  account: "thing that is counted",
};

/** Kinds of names. The first three are the network's, the others are words of the admission rules. */
export type NameKind = "user" | "share" | "node" | WordKind;

/** One column of a relation. */
export interface Column {
  /** The variable that stands for it on the page. */
  readonly name: string;
  /** The names that may stand there; absent: anything may, such as a number, or a name that a candidate brings along. */
  readonly holds?: NameKind;
}

/** What a term in a column is: one of its words, or some constant. */
export type TermOf<C extends Column> = C extends { readonly holds: infer Kind extends WordKind }
  ? (typeof WORDS)[Kind][number]
  : Constant;

/** A column where anything may stand. */
export const any = (name: string): { readonly name: string } => ({ name });

/** A column of names that the network or the admission rules must know. */
export const namesColumn = <Kind extends NameKind>(
  name: string,
  holds: Kind,
): { readonly name: string; readonly holds: Kind } => ({ name, holds });
