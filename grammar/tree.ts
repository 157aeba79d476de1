/**
 * The shapes of the concrete syntax tree, one per grammar rule. Generated from the grammar by `tree.test.ts`
 * (`UPDATE_GOLDEN=1 npx ava grammar/tree.test.ts`, then the formatter, write it anew); do not edit.
 */
/* oxlint-disable max-lines */
import type { CstNodeLocation, IToken } from "chevrotain";

type Some<T> = readonly [T, ...T[]];

/** The tree of one grammar rule; where it stands, and its parts by name. */
export interface Tree<Name extends string, Children> {
  readonly name: Name;
  readonly location: CstNodeLocation;
  readonly children: Readonly<Children>;
}

export type FlowsTree = Tree<
  "flows",
  {
    part: Some<PartTree>;
    Or?: Some<IToken>;
  }
>;

export type PartTree = Tree<
  "part",
  {
    basic: Some<BasicTree>;
    operator?: Some<IToken>;
  }
>;

export type BasicTree = Tree<
  "basic",
  {
    LeftParen: Some<IToken>;
    Star?: Some<IToken>;
    term?: Some<TermTree>;
    Comma?: Some<IToken>;
    flows?: Some<FlowsTree>;
    RightParen: Some<IToken>;
  }
>;

export type TermTree = Tree<
  "term",
  {
    Name: Some<IToken>;
    Equal?: Some<IToken>;
    NotEqual?: Some<IToken>;
    value?: Some<ValueTree>;
  }
>;

export type ValueTree = Tree<
  "value",
  {
    LeftBrace?: Some<IToken>;
    value?: Some<ValueTree>;
    Comma?: Some<IToken>;
    RightBrace?: Some<IToken>;
    scalar?: Some<ScalarTree>;
    Minus?: Some<IToken>;
    DotDot?: Some<IToken>;
  }
>;

export type ScalarTree = Tree<
  "scalar",
  {
    Name?: Some<IToken>;
    Colon?: Some<IToken>;
    port?: Some<IToken>;
    Minus?: Some<IToken>;
    literal?: Some<IToken>;
  }
>;

export type RateTree = Tree<
  "rate",
  {
    Minus?: Some<IToken>;
    amount: Some<AmountTree>;
  }
>;

export type AmountTree = Tree<
  "amount",
  {
    Quantity?: Some<IToken>;
    Integer?: Some<IToken>;
    Decimal?: Some<IToken>;
  }
>;

export type TimeTree = Tree<
  "time",
  {
    Now?: Some<IToken>;
    Forever?: Some<IToken>;
    Plus?: Some<IToken>;
    Minus?: Some<IToken>;
    amount?: Some<AmountTree>;
    Instant?: Some<IToken>;
    AtSign?: Some<IToken>;
    Integer?: Some<IToken>;
  }
>;

export type RuleTree = Tree<
  "rule",
  {
    head: Some<HeadTree>;
    LessEqual?: Some<IToken>;
    ColonDash?: Some<IToken>;
    body?: Some<BodyTree>;
    span: Some<SpanTree>;
  }
>;

export type HeadTree = Tree<
  "head",
  {
    verdict?: Some<IToken>;
    arguments?: Some<ArgumentsTree>;
    rated?: Some<RatedTree>;
    LeftParen?: Some<IToken>;
    rate?: Some<RateTree>;
    RightParen?: Some<IToken>;
    routed?: Some<RoutedTree>;
    node?: Some<IToken>;
    Comma?: Some<IToken>;
    relation?: Some<IToken>;
  }
>;

export type ArgumentsTree = Tree<
  "arguments",
  {
    LeftParen: Some<IToken>;
    argument: Some<ArgumentTree>;
    Comma?: Some<IToken>;
    RightParen: Some<IToken>;
  }
>;

export type ArgumentTree = Tree<
  "argument",
  {
    function?: Some<IToken>;
    LeftParen?: Some<IToken>;
    variable?: Some<IToken>;
    RightParen?: Some<IToken>;
    value?: Some<ValueTree>;
  }
>;

export type BodyTree = Tree<
  "body",
  {
    conjunction: Some<ConjunctionTree>;
    Bar?: Some<IToken>;
    Or?: Some<IToken>;
  }
>;

export type ConjunctionTree = Tree<
  "conjunction",
  {
    literal: Some<LiteralTree>;
    and?: Some<IToken>;
  }
>;

export type LiteralTree = Tree<
  "literal",
  {
    not?: Some<IToken>;
    literal?: Some<LiteralTree>;
    LeftParen?: Some<IToken>;
    body?: Some<BodyTree>;
    RightParen?: Some<IToken>;
    relation?: Some<IToken>;
    arguments?: Some<ArgumentsTree>;
    comparison?: Some<ComparisonTree>;
  }
>;

export type ComparisonTree = Tree<
  "comparison",
  {
    left: Some<ValueTree>;
    operator?: Some<IToken>;
    right?: Some<ValueTree>;
  }
>;

export type RatedTree = Tree<
  "rated",
  {
    Reserve?: Some<IToken>;
    Limit?: Some<IToken>;
    Ratelimit?: Some<IToken>;
  }
>;

export type RoutedTree = Tree<
  "routed",
  {
    Waypoint?: Some<IToken>;
    Avoid?: Some<IToken>;
  }
>;

export type SpanTree = Tree<
  "span",
  {
    From?: Some<IToken>;
    begin?: Some<TimeTree>;
    To?: Some<IToken>;
    end?: Some<TimeTree>;
  }
>;

export type CommandTree = Tree<
  "command",
  {
    userCommand?: Some<UserCommandTree>;
    newShare?: Some<NewShareTree>;
    removeShare?: Some<RemoveShareTree>;
    grant?: Some<GrantTree>;
    revoke?: Some<RevokeTree>;
    request?: Some<RequestTree>;
    hint?: Some<HintTree>;
    referring?: Some<ReferringTree>;
    query?: Some<QueryTree>;
    tick?: Some<TickTree>;
  }
>;

export type UserCommandTree = Tree<
  "userCommand",
  {
    AddUser?: Some<IToken>;
    RemoveUser?: Some<IToken>;
    Name: Some<IToken>;
  }
>;

export type NewShareTree = Tree<
  "newShare",
  {
    NewShare: Some<IToken>;
    share: Some<IToken>;
    For: Some<IToken>;
    flows: Some<FlowsTree>;
    LeftBracket: Some<IToken>;
    privilege?: Some<PrivilegeTree>;
    Comma?: Some<IToken>;
    RightBracket: Some<IToken>;
    On: Some<IToken>;
    parent: Some<IToken>;
  }
>;

export type PrivilegeTree = Tree<
  "privilege",
  {
    name: Some<IToken>;
    Equal?: Some<IToken>;
    LessEqual?: Some<IToken>;
    GreaterEqual?: Some<IToken>;
    rate?: Some<RateTree>;
    nodes?: Some<NodesTree>;
    value?: Some<IToken>;
  }
>;

export type NodesTree = Tree<
  "nodes",
  {
    LeftBrace: Some<IToken>;
    Name: Some<IToken>;
    Comma?: Some<IToken>;
    RightBrace: Some<IToken>;
  }
>;

export type RemoveShareTree = Tree<
  "removeShare",
  {
    RemoveShare: Some<IToken>;
    Name: Some<IToken>;
    Cascade?: Some<IToken>;
  }
>;

export type GrantTree = Tree<
  "grant",
  {
    Grant?: Some<IToken>;
    share?: Some<IToken>;
    To?: Some<IToken>;
    user?: Some<IToken>;
    GrantDefault?: Some<IToken>;
  }
>;

export type RevokeTree = Tree<
  "revoke",
  {
    Revoke: Some<IToken>;
    share: Some<IToken>;
    From: Some<IToken>;
    user: Some<IToken>;
    With?: Some<IToken>;
    Requests?: Some<IToken>;
  }
>;

export type RequestTree = Tree<
  "request",
  {
    Allow?: Some<IToken>;
    Deny?: Some<IToken>;
    flows?: Some<FlowsTree>;
    rated?: Some<RatedTree>;
    Equal?: Some<IToken>;
    rate?: Some<RateTree>;
    routed?: Some<RoutedTree>;
    node?: Some<IToken>;
    Comma?: Some<IToken>;
    Both?: Some<IToken>;
    Ways?: Some<IToken>;
    Strict?: Some<IToken>;
    Partial?: Some<IToken>;
    place: Some<PlaceTree>;
  }
>;

export type PlaceTree = Tree<
  "place",
  {
    On: Some<IToken>;
    share: Some<IToken>;
    span: Some<SpanTree>;
  }
>;

export type HintTree = Tree<
  "hint",
  {
    Hint: Some<IToken>;
    flows: Some<FlowsTree>;
    what: Some<IToken>;
    Equal: Some<IToken>;
    time?: Some<TimeTree>;
    Quantity?: Some<IToken>;
    value?: Some<IToken>;
    place: Some<PlaceTree>;
  }
>;

export type ReferringTree = Tree<
  "referring",
  {
    Cancel?: Some<IToken>;
    Explain?: Some<IToken>;
    request: Some<IToken>;
  }
>;

export type QueryTree = Tree<
  "query",
  {
    GetSchedule?: Some<IToken>;
    share?: Some<IToken>;
    ListShares?: Some<IToken>;
    ListUsers?: Some<IToken>;
    ListSharesByFlowGroup?: Some<IToken>;
    ListRequestsByFlowGroup?: Some<IToken>;
    Traffic?: Some<IToken>;
    flows?: Some<FlowsTree>;
    ListRequests?: Some<IToken>;
    On?: Some<IToken>;
    Available?: Some<IToken>;
    rate?: Some<RateTree>;
    For?: Some<IToken>;
    Lasting?: Some<IToken>;
    amount?: Some<AmountTree>;
  }
>;

export type TickTree = Tree<
  "tick",
  {
    Tick: Some<IToken>;
    amount: Some<AmountTree>;
  }
>;

export type StatementTree = Tree<
  "statement",
  {
    expectation?: Some<ExpectationTree>;
    label?: Some<LabelTree>;
    speaker?: Some<SpeakerTree>;
    rule?: Some<RuleTree>;
    command?: Some<CommandTree>;
    declaration?: Some<DeclarationTree>;
    Dot: Some<IToken>;
  }
>;

export type PolicyHeadTree = Tree<
  "policyHead",
  {
    Policy: Some<IToken>;
    name: Some<IToken>;
    On?: Some<IToken>;
    Share?: Some<IToken>;
    share?: Some<IToken>;
    As?: Some<IToken>;
    speaker?: Some<IToken>;
    Ordered?: Some<IToken>;
    LeftBrace: Some<IToken>;
  }
>;

export type PolicyRuleTree = Tree<
  "policyRule",
  {
    label?: Some<LabelTree>;
    rule: Some<RuleTree>;
    Dot: Some<IToken>;
  }
>;

export type ExpectationTree = Tree<
  "expectation",
  {
    True?: Some<IToken>;
    False?: Some<IToken>;
    TraceArrow: Some<IToken>;
  }
>;

export type LabelTree = Tree<
  "label",
  {
    AtSign: Some<IToken>;
    name: Some<IToken>;
    note?: Some<IToken>;
  }
>;

export type SpeakerTree = Tree<
  "speaker",
  {
    Name: Some<IToken>;
    Colon: Some<IToken>;
  }
>;

export type DeclarationTree = Tree<
  "declaration",
  {
    Begin?: Some<IToken>;
    Commit?: Some<IToken>;
    Flowgroup?: Some<IToken>;
    Name?: Some<IToken>;
    Equal?: Some<IToken>;
    flows?: Some<FlowsTree>;
    Default?: Some<IToken>;
    Fragments?: Some<IToken>;
    verdict?: Some<VerdictTree>;
    Include?: Some<IToken>;
    path?: Some<IToken>;
    extern?: Some<ExternTree>;
    Cascade?: Some<IToken>;
    level?: Some<IToken>;
    Greater?: Some<IToken>;
    assertion?: Some<AssertionTree>;
  }
>;

export type VerdictTree = Tree<
  "verdict",
  {
    Allow?: Some<IToken>;
    Deny?: Some<IToken>;
  }
>;

export type ExternTree = Tree<
  "extern",
  {
    Extern: Some<IToken>;
    relation: Some<IToken>;
    LeftParen: Some<IToken>;
    sort: Some<IToken>;
    Comma?: Some<IToken>;
    RightParen: Some<IToken>;
    From: Some<IToken>;
    Csv?: Some<IToken>;
    Json?: Some<IToken>;
    path: Some<IToken>;
    select?: Some<IToken>;
    column?: Some<IToken>;
    Where?: Some<IToken>;
    where?: Some<IToken>;
    Equal?: Some<IToken>;
    equals?: Some<IToken>;
    Allow?: Some<IToken>;
    Empty?: Some<IToken>;
  }
>;

export type AssertionTree = Tree<
  "assertion",
  {
    Assert: Some<IToken>;
    verdict?: Some<VerdictTree>;
    flows?: Some<FlowsTree>;
    Reserved?: Some<IToken>;
    LessEqual?: Some<IToken>;
    GreaterEqual?: Some<IToken>;
    rate?: Some<RateTree>;
    At?: Some<IToken>;
    time?: Some<TimeTree>;
    Always?: Some<IToken>;
  }
>;
