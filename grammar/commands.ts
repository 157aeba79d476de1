/** The part of the grammar that holds PANE: shares, users, requests, hints and queries. */
import { type Production, RuleGrammar } from "./rules.ts";
import * as t from "./tokens.ts";

const { HEADS: h, KEYWORDS: k } = t;

/** Commands stand beside rules, with which they share rates, routes and spans of time. */
export class CommandGrammar extends RuleGrammar {
  readonly command: Production = this.RULE("command", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.userCommand) },
      { ALT: () => this.SUBRULE(this.newShare) },
      { ALT: () => this.SUBRULE(this.removeShare) },
      { ALT: () => this.SUBRULE(this.grant) },
      { ALT: () => this.SUBRULE(this.revoke) },
      { ALT: () => this.SUBRULE(this.request) },
      { ALT: () => this.SUBRULE(this.hint) },
      { ALT: () => this.SUBRULE(this.referring) },
      { ALT: () => this.SUBRULE(this.query) },
      { ALT: () => this.SUBRULE(this.tick) },
    ]);
  });

  readonly userCommand: Production = this.RULE("userCommand", () => {
    this.either(0, [h.AddUser, h.RemoveUser]);
    this.CONSUME(t.Name);
  });

  readonly newShare: Production = this.RULE("newShare", () => {
    this.CONSUME(h.NewShare);
    this.CONSUME(t.Name, { LABEL: "share" });
    this.CONSUME(k.for);
    this.SUBRULE(this.flows);
    this.CONSUME(t.LeftBracket);
    this.MANY(() => {
      this.SUBRULE(this.privilege);
      this.OPTION(() => this.CONSUME(t.Comma));
    });
    this.CONSUME(t.RightBracket);
    this.CONSUME(k.on);
    this.CONSUME1(t.Name, { LABEL: "parent" });
  });

  /** `reserve <= 10Mb`, `allow = True`, `waypoint = {fw1, fw2}`; which words are privileges is decided in lowering. */
  readonly privilege: Production = this.RULE("privilege", () => {
    this.CONSUME(t.Word, { LABEL: "name" });
    this.either(0, [t.Equal, t.LessEqual, t.GreaterEqual]);
    this.OR1([
      { ALT: () => this.SUBRULE(this.rate) },
      { ALT: () => this.SUBRULE(this.nodes) },
      { ALT: () => this.CONSUME1(t.Name, { LABEL: "value" }) },
    ]);
  });

  /** `{fw1, ids1}` */
  readonly nodes: Production = this.RULE("nodes", () => {
    this.CONSUME(t.LeftBrace);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
    this.CONSUME(t.RightBrace);
  });

  readonly removeShare: Production = this.RULE("removeShare", () => {
    this.CONSUME(h.RemoveShare);
    this.CONSUME(t.Name);
    this.OPTION(() => this.CONSUME(h.cascade));
  });

  readonly grant: Production = this.RULE("grant", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(h.Grant);
          this.CONSUME(t.Name, { LABEL: "share" });
          this.CONSUME(k.to);
          this.CONSUME1(t.Name, { LABEL: "user" });
        },
      },
      {
        ALT: () => {
          this.CONSUME(h.GrantDefault);
          this.CONSUME2(t.Name, { LABEL: "share" });
        },
      },
    ]);
  });

  readonly revoke: Production = this.RULE("revoke", () => {
    this.CONSUME(h.Revoke);
    this.CONSUME(t.Name, { LABEL: "share" });
    this.CONSUME(k.from);
    this.CONSUME1(t.Name, { LABEL: "user" });
    this.OPTION(() => {
      this.CONSUME(k.with);
      this.CONSUME(k.requests);
    });
  });

  /** allow, deny, reserve, limit, waypoint, avoid */
  readonly request: Production = this.RULE("request", () => {
    this.OR([
      {
        ALT: () => {
          this.either(1, [h.allow, h.deny]);
          this.SUBRULE(this.flows);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.rated);
          this.SUBRULE1(this.flows);
          this.CONSUME(t.Equal);
          this.SUBRULE(this.rate);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.routed);
          this.SUBRULE2(this.flows);
          this.CONSUME1(t.Equal);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name, { LABEL: "node" }) });
        },
      },
    ]);
    this.OPTION(() => {
      this.CONSUME(k.both);
      this.CONSUME(k.ways);
    });
    this.OPTION1(() => this.either(2, [k.strict, k.partial]));
    this.SUBRULE(this.place);
  });

  /** `on aliceBW from now to +10min` */
  readonly place: Production = this.RULE("place", () => {
    this.CONSUME(k.on);
    this.CONSUME(t.Name, { LABEL: "share" });
    this.SUBRULE(this.span);
  });

  /** `hint(…) deadline = +1h on aliceBW` */
  readonly hint: Production = this.RULE("hint", () => {
    this.CONSUME(h.hint);
    this.SUBRULE(this.flows);
    this.CONSUME(t.Name, { LABEL: "what" });
    this.CONSUME(t.Equal);
    this.OR([
      { ALT: () => this.SUBRULE(this.time) },
      { ALT: () => this.CONSUME(t.Quantity) },
      { ALT: () => this.CONSUME1(t.Name, { LABEL: "value" }), IGNORE_AMBIGUITIES: true },
    ]);
    this.SUBRULE(this.place);
  });

  /** `Cancel call`, `Explain "deny(user=Bob) on net0."`: a request by its label, or without one by its text. */
  readonly referring: Production = this.RULE("referring", () => {
    this.either(0, [h.Cancel, h.Explain]);
    this.CONSUME(t.Word, { LABEL: "request" });
  });

  readonly query: Production = this.RULE("query", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(h.GetSchedule);
          this.CONSUME(t.Name, { LABEL: "share" });
        },
      },
      { ALT: () => this.CONSUME(h.ListShares) },
      { ALT: () => this.CONSUME(h.ListUsers) },
      {
        ALT: () => {
          this.either(1, [h.ListSharesByFlowGroup, h.ListRequestsByFlowGroup, h.Traffic]);
          this.SUBRULE(this.flows);
        },
      },
      {
        ALT: () => {
          this.CONSUME(h.ListRequests);
          this.OPTION(() => {
            this.CONSUME(k.on);
            this.CONSUME1(t.Name, { LABEL: "share" });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(h.Available);
          this.SUBRULE(this.rate);
          this.CONSUME(k.for);
          this.SUBRULE1(this.flows);
          this.CONSUME1(k.on);
          this.CONSUME2(t.Name, { LABEL: "share" });
          this.OPTION1(() => {
            this.CONSUME(k.lasting);
            this.SUBRULE(this.amount);
          });
        },
      },
    ]);
  });

  readonly tick: Production = this.RULE("tick", () => {
    this.CONSUME(h.Tick);
    this.SUBRULE(this.amount);
  });
}
