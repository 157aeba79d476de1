/**
 * What the columns of the admission relations hold, as far as names stand there that somebody must have given: a word that
 * is none of them makes a rule that never fires (NETWORK: a name that no source knows is an error).
 */

/** Kinds of names. The first three are the network's, the others are the admission rules' own words. */
export type NameKind = "user" | "share" | "node" | keyof typeof WORDS;

/** The words that there are, by what they say. */
export const WORDS = {
  request: ["allow", "deny", "reserve", "limit", "waypoint", "avoid"],
  right: ["allow", "deny", "hint", "query", "reserve", "limit", "waypoint", "avoid"],
  bound: ["reserve_max", "reserve_min", "fill", "capacity", "limit_cap", "limit_floor", "requests", "entries"],
  way: ["waypoint", "avoid"],
  rank: ["higher", "level", "lower"],
  place: ["share", "link"],
  scarcity: ["max", "min", "bucket"],
  account: ["requests", "entries"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** How a word is called that is none. */
export const WORD_KINDS: Readonly<Record<keyof typeof WORDS, string>> = {
  request: "kind of request",
  right: "privilege",
  bound: "bound of a share",
  way: "kind of way",
  rank: "rank",
  place: "place of a reservation",
  scarcity: "bound of a reservation",
  account: "thing that is counted",
};

const _ = undefined;

/** By relation. A name that a candidate brings along may be anything, and is left out. */
export const ADMISSION_COLUMNS: Readonly<Record<string, readonly (NameKind | undefined)[]>> = {
  user: ["user"],
  added: ["user"],
  share: ["share"],
  parent: ["share", "share"],
  depth: ["share"],
  speaker: ["share", "user"],
  everybody: ["share"],
  holds: ["share", "right"],
  bound: ["share", "bound"],
  node: ["share", "way", "node"],
  every_node: ["share", "way"],
  accepted: [_, "request", "share", "user"],
  levels: ["share"],
  add_user: [_, "user"],
  remove_user: [_, "user"],
  new_share: [_, "user", _, "share"],
  states_right: [_, "right"],
  states_bound: [_, "bound"],
  states_node: [_, "way", "node"],
  remove_share: [_, "user", "share"],
  grant: [_, "user", "share"],
  grant_default: [_, "user", "share"],
  revoke: [_, "user", "share", "user"],
  request: [_, "user", "request", "share"],
  cancel: [_, "user"],
  inquiry: [_, "user", "share"],
  listing: [_, "user", "share"],
  policy_rule: [_, "user", "request", "share"],
  pass_rule: [_, "user", "share"],
  guard_rule: [_, "user"],
  about: [_, "user", "share"],
  asks: [_, "request", "share"],
  speaks: ["user", "share"],
  inside: [_, "share"],
  outside: [_, "share"],
  undecided: [_, "share"],
  ancestor: ["share", "share"],
  occupied: ["share"],
  rival: [_, "request", "share"],
  overlaps: [_, "request", "share", "rank"],
  meets: [_, "request"],
  short: [_, "share", "place", _, "scarcity"],
  through: [_, "node"],
  reorders: [_, "request"],
  placed: ["node"],
  lacks: [_, "place"],
  charged: ["share", "share", "account"],
};
