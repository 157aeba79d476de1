/** The part of the grammar that holds FML: the heads and bodies of rules. */
import { FlowGrammar, type Production } from "./flows.ts";
import * as t from "./tokens.ts";

const { HEADS: h, KEYWORDS: k } = t;

export type { Production } from "./flows.ts";

const verdicts = [h.allow, h.deny, h.pass];
const rated = [h.reserve, h.limit, h.ratelimit];
const routed = [h.waypoint, h.avoid];

/** The reserved words that begin a rule of a policy. */
export const RULE_HEADS: readonly t.TokenType[] = [...verdicts, ...rated, ...routed];

/** Rules, whose terms are the values of flowgroups. */
export class RuleGrammar extends FlowGrammar {
  readonly rule: Production = this.RULE("rule", () => {
    this.SUBRULE(this.head);
    this.OPTION(() => {
      this.either(0, [t.LessEqual, t.ColonDash]);
      this.SUBRULE(this.body);
    });
    this.SUBRULE(this.span);
  });

  readonly head: Production = this.RULE("head", () => {
    this.OR([
      {
        ALT: () => {
          this.either(1, verdicts, "verdict");
          this.OPTION(() => this.SUBRULE(this.arguments));
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.rated);
          this.CONSUME(t.LeftParen);
          this.SUBRULE(this.rate);
          this.CONSUME(t.RightParen);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.routed);
          this.CONSUME1(t.LeftParen);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name, { LABEL: "node" }) });
          this.CONSUME1(t.RightParen);
        },
      },
      {
        ALT: () => {
          this.CONSUME1(t.Name, { LABEL: "relation" });
          this.OPTION1(() => this.SUBRULE1(this.arguments));
        },
      },
    ]);
  });

  readonly arguments: Production = this.RULE("arguments", () => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.argument) });
    this.CONSUME(t.RightParen);
  });

  /** A variable, a value, or in a head an aggregate: `sum(R)`. */
  readonly argument: Production = this.RULE("argument", () => {
    this.OR([
      {
        GATE: () => this.LA(2).tokenType === t.LeftParen,
        ALT: () => {
          this.CONSUME(t.Name, { LABEL: "function" });
          this.CONSUME(t.LeftParen);
          this.CONSUME1(t.Name, { LABEL: "variable" });
          this.CONSUME(t.RightParen);
        },
      },
      { ALT: () => this.SUBRULE(this.value) },
    ]);
  });

  /** Alternatives: `a, b | c`. */
  readonly body: Production = this.RULE("body", () => {
    this.SUBRULE(this.conjunction);
    this.MANY(() => {
      this.either(0, [t.Bar, k.or]);
      this.SUBRULE1(this.conjunction);
    });
  });

  readonly conjunction: Production = this.RULE("conjunction", () => {
    this.SUBRULE(this.literal);
    this.MANY(() => {
      this.either(0, [t.Comma, t.Ampersand, t.Caret, k.and], "and");
      this.SUBRULE1(this.literal);
    });
  });

  readonly literal: Production = this.RULE("literal", () => {
    this.OR([
      {
        ALT: () => {
          this.either(1, [k.not, t.Bang, t.Tilde], "not");
          this.SUBRULE(this.literal);
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          this.SUBRULE(this.body);
          this.CONSUME(t.RightParen);
        },
      },
      {
        GATE: () => this.LA(2).tokenType === t.LeftParen,
        ALT: () => {
          this.CONSUME(t.Name, { LABEL: "relation" });
          this.SUBRULE(this.arguments);
        },
      },
      { ALT: () => this.SUBRULE(this.comparison) },
    ]);
  });

  /** `dstPort in 1024-65535`, `S != T`, `web`. */
  readonly comparison: Production = this.RULE("comparison", () => {
    this.SUBRULE(this.value, { LABEL: "left" });
    this.OPTION(() => {
      this.either(0, [k.in, t.Equal, t.NotEqual, t.Less, t.LessEqual, t.Greater, t.GreaterEqual], "operator");
      this.SUBRULE1(this.value, { LABEL: "right" });
    });
  });

  readonly rated: Production = this.RULE("rated", () => {
    this.either(0, rated);
  });

  readonly routed: Production = this.RULE("routed", () => {
    this.either(0, routed);
  });

  /** `from now to +10min` */
  readonly span: Production = this.RULE("span", () => {
    this.OPTION(() => {
      this.CONSUME(k.from);
      this.SUBRULE(this.time, { LABEL: "begin" });
    });
    this.OPTION1(() => {
      this.CONSUME(k.to);
      this.SUBRULE1(this.time, { LABEL: "end" });
    });
  });
}
