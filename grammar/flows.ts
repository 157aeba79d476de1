/** The part of the grammar that says which flows, how much and when: flowgroups, values, rates, times. */
import type { CstNode, IParserConfig, ParserMethod, TokenType } from "chevrotain";
import { CstParser } from "./chevrotain.ts";
import { Expectations } from "./errors.ts";
import * as t from "./tokens.ts";

const { KEYWORDS: k } = t;

/** A grammar rule as a method that returns its tree. */
export type Production = ParserMethod<[], CstNode>;

/** What requests and rules share. */
export class FlowGrammar extends CstParser {
  /** What the grammar wanted where it last failed. */
  readonly expectations: Expectations;

  constructor(options: IParserConfig, expectations: Expectations = new Expectations()) {
    super(t.TOKEN_VOCABULARY, {
      ...options,
      maxLookahead: 2,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: expectations,
    });
    this.expectations = expectations;
  }

  /** One of these tokens; `index` tells apart several such choices in one rule. */
  protected either(index: number, types: readonly TokenType[], label?: string): void {
    const options = label === undefined ? {} : { LABEL: label };
    this.or(
      index,
      types.map((type) => ({ ALT: () => this.consume(10 + index, type, options) })),
    );
  }

  readonly flows: Production = this.RULE("flows", () => {
    this.SUBRULE(this.part);
    this.MANY(() => {
      this.CONSUME(k.or);
      this.SUBRULE1(this.part);
    });
  });

  readonly part: Production = this.RULE("part", () => {
    this.SUBRULE(this.basic);
    this.MANY(() => {
      this.either(0, [k.and, k.except], "operator");
      this.SUBRULE1(this.basic);
    });
  });

  /** `(*)`, a list of terms or a flowgroup between parentheses; `()` is read so that it can be refused in words. */
  readonly basic: Production = this.RULE("basic", () => {
    this.CONSUME(t.LeftParen);
    this.OPTION(() =>
      this.OR([
        { ALT: () => this.CONSUME(t.Star) },
        { ALT: () => this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.term) }) },
        { ALT: () => this.SUBRULE(this.flows) },
      ]),
    );
    this.CONSUME(t.RightParen);
  });

  /** `dstPort = 80`, `user != Alice`, or the name of a flowgroup. */
  readonly term: Production = this.RULE("term", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.either(0, [t.Equal, t.NotEqual]);
      this.SUBRULE(this.value);
    });
  });

  readonly value: Production = this.RULE("value", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LeftBrace);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.value) });
          this.CONSUME(t.RightBrace);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.scalar);
          this.OPTION(() => {
            this.either(1, [t.Minus, t.DotDot]);
            this.SUBRULE1(this.scalar);
          });
        },
      },
    ]);
  });

  readonly scalar: Production = this.RULE("scalar", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Name);
          this.OPTION(() => {
            this.CONSUME(t.Colon);
            this.either(1, [t.Integer, t.Name], "port");
          });
        },
      },
      {
        ALT: () => {
          this.OPTION1(() => this.CONSUME(t.Minus));
          this.CONSUME1(t.Integer, { LABEL: "literal" });
        },
      },
      { ALT: () => this.CONSUME(t.Hex, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Decimal, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Quantity, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Ip4, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Ip6, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Prefix4, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Prefix6, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Mac, { LABEL: "literal" }) },
      { ALT: () => this.CONSUME(t.Instant, { LABEL: "literal" }) },
    ]);
  });

  /** A rate or a count; the sign is read so that it can be refused in words. */
  readonly rate: Production = this.RULE("rate", () => {
    this.OPTION(() => this.CONSUME(t.Minus));
    this.SUBRULE(this.amount);
  });

  readonly amount: Production = this.RULE("amount", () => {
    this.either(0, [t.Quantity, t.Integer, t.Decimal]);
  });

  readonly time: Production = this.RULE("time", () => {
    this.OR([
      { ALT: () => this.CONSUME(k.now) },
      { ALT: () => this.CONSUME(k.forever) },
      {
        ALT: () => {
          this.either(1, [t.Plus, t.Minus]);
          this.SUBRULE(this.amount);
        },
      },
      { ALT: () => this.CONSUME(t.Instant) },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(t.AtSign));
          this.CONSUME(t.Integer);
        },
      },
    ]);
  });
}
