/**
 * The relations that rules about `reject` may use: one declaration each. From it come the arities and types that
 * admission is held to, the checks of names in a network's own rules, and the tables of `policies/README.md`.
 */
import { any, namesColumn, type Column, type NameKind, type TermOf } from "./vocabulary-columns.ts";

/** How a relation gets its tuples. */
export type RelationKind =
  /** A base fact of the state. */
  | "state"
  /** A base fact of the statement that is being decided. */
  | "candidate"
  /** A base fact of what is in force at the instant of the table. */
  | "in force"
  /** Answered through an index, stored nowhere. */
  | "external"
  /** A function of its leading terms. */
  | "function"
  /** Derived by `policies/pane.fml`. */
  | "derived";

export interface RelationDeclaration<Kind extends RelationKind = RelationKind, Columns = readonly Column[]> {
  readonly kind: Kind;
  readonly columns: Columns;
  /** What a tuple means, in a sentence. */
  readonly means: string;
}

/** Declares relations of one kind. */
const relation =
  <Kind extends RelationKind>(kind: Kind) =>
  <const Columns extends readonly Column[]>(columns: Columns, means: string): RelationDeclaration<Kind, Columns> => ({
    kind,
    columns,
    means,
  });

const state = relation("state");
const candidate = relation("candidate");
const inForce = relation("in force");
const external = relation("external");
const calculated = relation("function");
const derived = relation("derived");

/** The candidate: the identity of the statement that is being decided. */
const Q = any("Q");
/** The identity of an accepted request. */
const R = any("R");
const N = any("N");
const T = any("T");
const Rate = any("Rate");
const End = any("End");
const Level = any("Level");
const Cube = any("Cube");
const Who = namesColumn("Who", "user");
const User = namesColumn("User", "user");
const Share = namesColumn("Share", "share");
const Node = namesColumn("Node", "node");
const Kind = namesColumn("Kind", "request");
const Right = namesColumn("Right", "right");
const Bound = namesColumn("Bound", "bound");
const Steer = namesColumn("Steer", "steering");

/** Every relation, in the order of the page. */
export const RELATIONS = {
  request: candidate([Q, Who, Kind, Share], "A request."),
  new_share: candidate(
    [Q, Who, any("Share"), namesColumn("Parent", "share")],
    "`NewShare`: makes the share `Share` below `Parent`.",
  ),
  states_right: candidate([Q, Right], "The new share states a right."),
  states_bound: candidate([Q, Bound, N], "The new share states a bound, in bit/s, in bits (`capacity`) or as a count."),
  states_node: candidate([Q, Steer, Node], "The new share states a node."),
  grant: candidate([Q, Who, Share, any("User")], "`Grant`: makes a user speak for a share."),
  grant_default: candidate([Q, Who, Share], "`GrantDefault`: makes every user speak for a share."),
  revoke: candidate([Q, Who, Share, User], "`Revoke`: a user no longer speaks for a share."),
  remove_share: candidate([Q, Who, Share], "`RemoveShare`: removes a share."),
  cascading: candidate([Q], "The share is removed together with everything below it."),
  add_user: candidate([Q, Who, any("User")], "`AddUser`: makes a user known."),
  remove_user: candidate([Q, Who, any("User")], "`RemoveUser`: a user is no longer known."),
  cancel: candidate([Q, Who, any("Request")], "`Cancel`: ends an accepted request."),
  policy_rule: candidate([Q, Who, Kind, Share], "A rule of a policy, decided like a request."),
  pass_rule: candidate([Q, Who, Share], "A rule of a policy that hands flows on."),
  guard_rule: candidate([Q, Who, any("Kind")], "A rule of a guard."),
  inquiry: candidate([Q, Who, Share], "A query for a share's schedule, or for what is available in it."),
  listing: candidate([Q, Who, Share], "A query for the list of a share's requests."),
  exhausted: candidate([Q], "The request is partial, and nothing is left of it."),

  user: state([User], "A user exists: added, or named by the directory or a fact."),
  added: state([User], "A user was added by `AddUser`; `root` always is."),
  share: state([Share], "A share exists."),
  parent: state([Share, namesColumn("Parent", "share")], "`Share` lies directly below `Parent`."),
  depth: state([Share, N], "How many shares lie above `Share`."),
  speaker: state([Share, User], "A user speaks for a share: its creator, or by `Grant`."),
  everybody: state([Share], "Every user speaks for the share, by `GrantDefault`."),
  holds: state([Share, Right], "The share grants a right."),
  bound: state([Share, Bound, N], "A bound of the share; a bound that does not bind is left out."),
  node: state([Share, Steer, Node], "Requests in the share may name the node."),
  every_node: state([Share, Steer], "Requests in the share may name any node."),
  accepted: state([R, Kind, Share, Who], "A request, or a rule of a policy, that was accepted and has not ended."),

  stands: inForce([R, Cube, Level, End], "A cube of an `allow` or a `deny` is in force, until `End` at the latest."),
  runs: inForce(
    [R, Cube, Rate, End],
    "A cube of another kind of request is in force; `Rate` is 0 for `waypoint` and `avoid`.",
  ),
  guards: inForce([R, Cube, End], "A cube of a guard's rule is in force."),
  levels: inForce([Share, N], "How many levels the share's cascade has."),

  starts: external([Q, T], "When the candidate starts, in Unix seconds."),
  ends: external([Q, T], "When the candidate ends, in Unix seconds; a request for ever has no end."),
  strict: external([Q], "The candidate is granted whole or not at all."),
  cost: external(
    [Q, any("Entries")],
    "How many flow entries the candidate comes to at least: one for each cube, and one more for each further range, prefix or name in it.",
  ),
  rate: external([Q, N], "The rate in bit/s of a `reserve` or a `limit`, of the candidate or of an accepted request."),
  through: external([Q, Node], "A node of a `waypoint` or an `avoid`, of the candidate or of an accepted request."),
  clock: external([any("Now")], "The time of the decision, in Unix seconds."),
  speaks: external(
    [Who, Share],
    "`Who` was granted the share, created it, or is a known user of a share granted to everybody.",
  ),
  ancestor: external(
    [namesColumn("Above", "share"), Share],
    "`Above` lies properly above `Share`; enumerated upwards.",
  ),
  occupied: external([Share], "Another share lies below the share, or a request or a policy's rule stands in it."),
  inside: external([Q, Share], "The candidate's flows are a subset of the share's."),
  outside: external([Q, Share], "The candidate's flows are not a subset of the share's."),
  undecided: external([Q, Share], "Whether the candidate's flows are a subset could not be decided within the budget."),
  rival: external([Q, Kind, Share], "The share holds requests of the kind, and its flows touch the candidate's."),
  overlaps: external(
    [Q, Kind, Share, namesColumn("Rank", "rank"), R],
    "`R`, accepted in the share, has a flow and an instant in common with the candidate, and stands there in the share's cascade.",
  ),
  meets: external(
    [Q, Kind, R],
    "`R`, accepted in whatever share, has a flow and an instant in common with the candidate.",
  ),
  reorders: external([Q, R], "The candidate names two nodes in the opposite order of the accepted request."),
  short: external(
    [Q, Share, namesColumn("Place", "place"), any("Name"), namesColumn("Short", "scarcity")],
    "A reservation of the candidate's rate in the share has no room at the share or link `Name`.",
  ),
  placed: external([Node], "The node stands somewhere in the known network."),
  gives_back: external(
    [Node],
    "The node can be a waypoint: a switch, or a host with a stated MAC that stands alone at its port.",
  ),
  stranded: external([Q], "The candidate, a `waypoint` or an `avoid`, would leave some flow without a path."),
  charged: external(
    [Share, namesColumn("At", "share"), namesColumn("What", "account"), any("Most"), any("Standing")],
    "Requests in `Share` count at `At`, which may hold `Most` of them or of their entries, and holds `Standing`.",
  ),

  hour: calculated([T, any("Hour")], "The hour of the day of a time, 0 to 23, UTC."),
  weekday: calculated([T, any("Day")], "The day of the week of a time, UTC: Monday is 1."),

  about: derived([Q, Who, Share], "The candidate speaks about a share."),
  asks: derived([Q, Kind, Share], "The candidate is a request, or a rule of a policy."),
  blocks: derived([Q, R], "The accepted request `R` conflicts with the candidate."),
  lacks: derived([Q, namesColumn("Place", "place")], "The candidate has no room in a share or on a link."),
  clashes: derived(
    [Q, R],
    "`R` limits the candidate to less than it reserves, or reserves more than the candidate lets through.",
  ),
  exceeds: derived([Q, any("Excess")], "The new share states more than its parent grants."),
  contradicts: derived([Q, any("Excess")], "The new share states a lower bound above its upper bound."),
  leads: derived([Q, Kind, Share], "The candidate is a `waypoint` or an `avoid`."),
  may_remove: derived([Q], "The candidate's speaker may remove the share."),
  may_cancel: derived([Q], "The candidate's speaker may cancel the request."),
  upper: derived([any("Bound")], "A child's bound may be no higher than its parent's."),
  lower: derived([any("Bound")], "A child's bound may be no lower than its parent's."),
  opposite: derived([any("Kind"), any("Other")], "`allow` is the opposite of `deny`, and `deny` of `allow`."),
  contrary: derived([any("Kind"), any("Other")], "`waypoint` is contrary to `avoid`, and `avoid` to `waypoint`."),
  derived: derived(
    [R, Cube, any("Stage"), any("Effect"), any("Depth"), Level, any("Levels"), End, Rate],
    "What is in force, as the tables take it.",
  ),
} as const satisfies Readonly<Record<string, RelationDeclaration>>;

type Relations = typeof RELATIONS;

/** A relation that is declared. */
export type RelationName = keyof Relations;

/** The declared relations of some kinds. */
type NameOf<Of extends RelationKind> = {
  [Name in RelationName]: Relations[Name]["kind"] extends Of ? Name : never;
}[RelationName];

/** Relations whose facts admission inserts. */
export type BaseName = NameOf<"state" | "candidate" | "in force">;
/** Relations that admission answers through an index. */
export type ExternalName = NameOf<"external">;
export type FunctionName = NameOf<"function">;

/** The terms of a tuple: as many as the relation has columns, and the words of a column where it holds words. */
export type TermsOf<Name extends RelationName> = Terms<Relations[Name]["columns"]>;

type Terms<Columns extends readonly Column[]> = { readonly [At in keyof Columns]: TermOf<Columns[At]> };

const declarations: ReadonlyMap<string, RelationDeclaration> = new Map(Object.entries(RELATIONS));

/** Everything that a network's own rules may name beside relations that they define. */
export const VOCABULARY: ReadonlySet<string> = new Set(declarations.keys());

/** The relations of what is in force at the instant of the table. */
export const IN_FORCE: ReadonlySet<string> = new Set(
  [...declarations].flatMap(([name, { kind }]) => (kind === "in force" || kind === "derived" ? [name] : [])),
);

/** How many terms a relation has. */
export const arityOf = (name: RelationName): number => RELATIONS[name].columns.length;

/** How a relation is written, with a name for each column; undefined: it is none of these. */
export function formOfRelation(name: string): string | undefined {
  if (name === "reject") return 'reject(Q, "REASON")';
  const columns = declarations.get(name)?.columns;
  return columns && `${name}(${columns.map((one) => one.name).join(", ")})`;
}

/** The kind of names in a column of a relation; undefined: anything may stand there, or the relation is none of these. */
export const nameKindOf = (relationName: string, column: number): NameKind | undefined =>
  declarations.get(relationName)?.columns[column]?.holds;

const isBase = ({ kind }: RelationDeclaration): boolean =>
  kind === "state" || kind === "candidate" || kind === "in force";

/** The arities of all base relations. */
export const BASE_ARITIES = Object.fromEntries(
  [...declarations].flatMap(([name, one]) => (isBase(one) ? [[name, one.columns.length]] : [])),
) as Readonly<Record<BaseName, number>>;
