/**
 * The grammar of the whole language: tokens → concrete syntax tree. The parser reads one *unit* at a time (a statement
 * up to its `.`, the head of a policy up to its `{`, one rule of a policy), so that the tree of each can be dropped
 * before the next is read; `units.ts` cuts a file into units. Here stand units and declarations; `commands.ts`,
 * `rules.ts` and `flows.ts` hold the rest.
 */
import type { TokenType } from "chevrotain";
import { EOF } from "./chevrotain.ts";
import { CommandGrammar } from "./commands.ts";
import type { Production } from "./rules.ts";
import * as t from "./tokens.ts";

const { HEADS: h, KEYWORDS: k } = t;

/** The recursive-descent parser. Construction costs some milliseconds: `grammar()` shares one. */
export class Grammar extends CommandGrammar {
  /** One statement with its full stop. */
  readonly statement: Production = this.RULE("statement", () => {
    this.OPTION(() => this.SUBRULE(this.expectation));
    this.OPTION1(() => this.SUBRULE(this.label));
    this.OPTION2(() => this.SUBRULE(this.speaker));
    this.OR([
      { GATE: () => this.atRule(), ALT: () => this.SUBRULE(this.rule), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.command) },
      { ALT: () => this.SUBRULE(this.declaration) },
    ]);
    this.CONSUME(t.Dot);
  });

  /** `policy campus on share net0 as root ordered {` */
  readonly policyHead: Production = this.RULE("policyHead", () => {
    this.CONSUME(h.policy);
    this.CONSUME(t.Name, { LABEL: "name" });
    this.OPTION(() => {
      this.CONSUME(k.on);
      this.CONSUME(k.share);
      this.CONSUME1(t.Name, { LABEL: "share" });
    });
    this.OPTION1(() => {
      this.CONSUME(k.as);
      this.CONSUME2(t.Name, { LABEL: "speaker" });
    });
    this.OPTION2(() => this.CONSUME(k.ordered));
    this.CONSUME(t.LeftBrace);
  });

  /** One rule between the braces of a policy. */
  readonly policyRule: Production = this.RULE("policyRule", () => {
    this.OPTION(() => this.SUBRULE(this.label));
    this.SUBRULE(this.rule);
    this.CONSUME(t.Dot);
  });

  /** `True <-` */
  readonly expectation: Production = this.RULE("expectation", () => {
    this.either(0, [k.True, k.False]);
    this.CONSUME(t.TraceArrow);
  });

  /** `@call "weekly sync"` */
  readonly label: Production = this.RULE("label", () => {
    this.CONSUME(t.AtSign);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.OPTION({
      GATE: () => this.atNote(),
      DEF: () => this.CONSUME(t.Quoted, { LABEL: "note" }),
    });
  });

  /** `Alice:` */
  readonly speaker: Production = this.RULE("speaker", () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
  });

  // ---------------------------------------------------------------- declarations

  readonly declaration: Production = this.RULE("declaration", () => {
    this.OR([
      { ALT: () => this.CONSUME(h.begin) },
      { ALT: () => this.CONSUME(h.commit) },
      {
        ALT: () => {
          this.CONSUME(h.flowgroup);
          this.CONSUME(t.Name);
          this.CONSUME(t.Equal);
          this.SUBRULE(this.flows);
        },
      },
      {
        ALT: () => {
          this.CONSUME(h.default);
          this.OPTION(() => this.CONSUME(k.fragments));
          this.SUBRULE(this.verdict);
        },
      },
      {
        ALT: () => {
          this.CONSUME(h.include);
          this.CONSUME(t.Quoted, { LABEL: "path" });
        },
      },
      { ALT: () => this.SUBRULE(this.extern) },
      {
        ALT: () => {
          this.CONSUME(h.cascade);
          this.AT_LEAST_ONE_SEP({ SEP: t.Greater, DEF: () => this.CONSUME1(t.Name, { LABEL: "level" }) });
        },
      },
      { ALT: () => this.SUBRULE(this.assertion) },
    ]);
  });

  readonly verdict: Production = this.RULE("verdict", () => {
    this.either(0, [h.allow, h.deny]);
  });

  readonly extern: Production = this.RULE("extern", () => {
    this.CONSUME(h.extern);
    this.CONSUME(t.Name, { LABEL: "relation" });
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME1(t.Name, { LABEL: "sort" }) });
    this.CONSUME(t.RightParen);
    this.CONSUME(k.from);
    this.either(0, [k.csv, k.json]);
    this.CONSUME(t.Quoted, { LABEL: "path" });
    this.OPTION(() => this.CONSUME1(t.Quoted, { LABEL: "select" }));
    this.OPTION1(() => {
      this.CONSUME1(t.LeftParen);
      this.AT_LEAST_ONE_SEP1({ SEP: t.Comma, DEF: () => this.CONSUME2(t.Name, { LABEL: "column" }) });
      this.CONSUME1(t.RightParen);
    });
    this.OPTION2(() => {
      this.CONSUME(k.where);
      this.CONSUME3(t.Name, { LABEL: "where" });
      this.CONSUME(t.Equal);
      this.either(1, [t.Name, t.Integer], "equals");
    });
    this.OPTION3(() => {
      this.CONSUME(h.allow);
      this.CONSUME(k.empty);
    });
  });

  readonly assertion: Production = this.RULE("assertion", () => {
    this.CONSUME(h.assert);
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.verdict);
          this.SUBRULE(this.flows);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.reserved);
          this.SUBRULE1(this.flows);
          this.either(1, [t.LessEqual, t.GreaterEqual]);
          this.SUBRULE(this.rate);
        },
      },
    ]);
    this.OPTION(() =>
      this.OR2([
        {
          ALT: () => {
            this.CONSUME(k.at);
            this.SUBRULE(this.time);
          },
        },
        { ALT: () => this.CONSUME(k.always) },
      ]),
    );
  });

  /** `validate` has Chevrotain check the grammar itself; only tests pay for that. */
  constructor(validate = false) {
    super({ skipValidations: !validate });
    this.performSelfAnalysis();
  }

  /** Whether quoted text behind a label is its note, not a quoted name with which the statement begins. */
  private atNote(): boolean {
    if (this.LA(1).tokenType !== t.Quoted) return false;
    const next = this.LA(2).tokenType;
    const timed = next === k.from || next === k.to; // a fact for a time, or a relation or speaker of that name
    return timed ? endsName(this.LA(3).tokenType) : !endsName(next);
  }

  /**
   * Whether a rule begins here rather than a command: `allow(…) <= …` is a rule, `allow(…) on net0` a request. Request
   * words are looked at beyond their parentheses, which costs the length of what stands between them, once.
   */
  private atRule(): boolean {
    const first = this.LA(1).tokenType;
    if (first === h.pass || !isRequestWord(first)) return first === h.pass || isName(first);
    if (this.LA(2).tokenType !== t.LeftParen) return true;
    if (isNumeric(this.LA(3).tokenType)) return true;
    let depth = 0;
    let commas = 0;
    let terms = false;
    for (let at = 2; ; at++) {
      const type = this.LA(at).tokenType;
      if (type === t.LeftParen || type === t.LeftBrace) depth++;
      else if (type === t.RightBrace) depth--;
      else if (type === t.Comma && depth === 1) commas++;
      else if (type === t.Equal || type === t.NotEqual || type === t.Star) terms = true;
      else if (type === t.RightParen && --depth === 0) {
        const next = this.LA(at + 1).tokenType;
        if (next === t.LessEqual || next === t.ColonDash) return true;
        // Without a body: `waypoint(fw1).` and the eight terms of `allow(…).`, but not `allow(web).`
        if (next !== t.Dot && next !== k.from && next !== k.to) return false;
        return !terms && (first === h.waypoint || first === h.avoid || commas === POSITIONAL - 1);
      } else if (type === EOF || type === t.Dot) return false;
    }
  }
}

/** How many terms the positional form of a verdict has. */
const POSITIONAL = 8;

const requestWords = new Set([h.allow, h.deny, h.reserve, h.limit, h.ratelimit, h.waypoint, h.avoid]);

function isRequestWord(type: TokenType): boolean {
  return requestWords.has(type);
}

/** What follows the name of a relation or of a speaker. */
function endsName(type: TokenType): boolean {
  return type === t.LeftParen || type === t.LessEqual || type === t.ColonDash || type === t.Dot || type === t.Colon;
}

function isNumeric(type: TokenType): boolean {
  return type === t.Quantity || type === t.Integer || type === t.Decimal || type === t.Minus;
}

function isName(type: TokenType): boolean {
  return type.CATEGORIES?.includes(t.Name) ?? false;
}

/** The grammar rules at which a unit can begin. */
export type EntryRule = "statement" | "policyHead" | "policyRule";

let shared: Grammar | undefined;

/** The parser of this process; made when first asked for. */
export function grammar(): Grammar {
  return (shared ??= new Grammar());
}
