/**
 * PANE commands as written → statements of the model, in text order: flowgroups as sets, times as seconds, and the
 * identity of each (SEMANTICS, "Files": its label, else its canonical text). What cannot be compiled yet is refused here.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { mirror, union } from "../flowgroup/index.ts";
import { LAST_SECOND } from "../net/index.ts";
import type { Span } from "../source.ts";
import { printStatement } from "../syntax/print.ts";
import { requestSenses } from "../syntax/sense.ts";
import type { CommandExpr, QueryExpr, RequestExpr, WrittenStatement } from "../syntax/ast.ts";
import type { Flows } from "../model/flows.ts";
import type { Demand, Effect, RequestDemand, Statement } from "../model/model.ts";
import { nodes } from "../model/nodes.ts";
import { faultOfUser } from "../model/values.ts";
import { unsupported } from "./unsupported.ts";
import { privileges } from "../model/privileges.ts";
import { statedRights } from "../shares/privileges.ts";
import { question } from "./queries.ts";
import { shellWord } from "../diagnostics/text.ts";
import { textOf } from "../syntax/context.ts";
import { interval, type KeptTimes } from "../model/times.ts";

export type CommandStatement = WrittenStatement & { readonly kind: "command" };

/** A command with the number of the `begin. … commit.` that holds it. */
export interface NumberedCommand {
  readonly statement: CommandStatement;
  readonly transaction?: number;
}

/** Where commands stand: in a policy's files, in a trace with a clock of its own, or said to a running network. */
export type CommandSetting = "file" | "trace" | "live";

/** Turns commands into statements. The clock of a trace moves with `Tick`. */
export class Statements {
  readonly flows: Flows;
  readonly setting: CommandSetting;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly identities = new Map<string, Statement>();
  readonly resolved: Statement[] = [];
  /** The next number for a twin of a text. */
  readonly twins = new Map<string, number>();
  /** What is left out because it has ended. */
  readonly past: Set<Effect["kind"]>;
  readonly kept: KeptTimes | undefined;
  readonly senseOf: (request: RequestExpr) => string;
  clock: number;

  constructor(
    flows: Flows,
    now: number,
    setting: CommandSetting,
    past: Set<Effect["kind"]> = new Set(),
    kept?: KeptTimes,
  ) {
    this.past = past;
    this.kept = kept;
    this.flows = flows;
    this.senseOf = requestSenses((name) => flows.declared.get(name)?.flows);
    this.setting = setting;
    this.report = flows.names.report;
    this.clock = now;
  }

  add({ statement, transaction }: NumberedCommand): void {
    const label = statement.label?.name.text;
    if (label === "") this.report(codes.emptyName({ what: "a label" }, { span: statement.label!.name.span }));
    const demand = this.demand(statement);
    if (demand === undefined) return;
    const text = flat(printStatement(statement));
    const id = this.identity(statement, label, text);
    if (id === undefined) return;
    const resolved: Statement = {
      id,
      ...(label !== undefined && { label }),
      text,
      speaker: statement.speaker?.text ?? "root",
      demand,
      ...(statement.expected !== undefined && { expected: statement.expected }),
      ...(transaction !== undefined && { transaction }),
      span: statement.span,
    };
    this.identities.set(id, resolved);
    this.resolved.push(resolved);
    if (demand.kind === "Tick") this.clock += demand.seconds;
  }

  /** The label, else the text; a repetition of the text gets a number behind it. */
  identity(statement: CommandStatement, label: string | undefined, text: string): string | undefined {
    const id = label ?? text;
    const earlier = this.identities.get(id);
    if (earlier === undefined) return id;
    if (label !== undefined) {
      const related = [{ span: earlier.span, message: "used first here" }];
      this.report(codes.duplicateLabel({ name: label }, { span: statement.label!.name.span, related }));
      return undefined;
    }
    if (statement.command.kind === "request" && this.setting === "file") {
      const related = [{ span: earlier.span, message: "made first here" }];
      const help = "remove it, or give it a label of its own";
      this.report(codes.identicalRequests({}, { span: statement.span, related, help }));
    }
    let n = this.twins.get(id) ?? 2;
    while (this.identities.has(`${id} #${n}`)) n++;
    this.twins.set(id, n + 1);
    return `${id} #${n}`;
  }

  demand(statement: CommandStatement): Demand | undefined {
    const { command, span } = statement;
    switch (command.kind) {
      case "AddUser":
      case "RemoveUser":
        if (command.user.text === "") this.report(codes.emptyName({ what: "a user" }, { span: command.user.span }));
        return { kind: command.kind, user: command.user.text };
      case "NewShare":
        return this.newShare(command);
      case "RemoveShare":
        return { kind: "RemoveShare", share: command.share.text, cascade: command.cascade };
      case "Grant":
        // A user whom nobody knows is no speaker; admission refuses that, where no login could make the name known.
        if (this.flows.names.awaits) faultOfUser(command.user.text, this.flows.names, command.user.span, "speaker");
        return { kind: "Grant", share: command.share.text, user: command.user.text };
      case "GrantDefault":
        return { kind: "GrantDefault", share: command.share.text };
      case "Revoke": {
        const { share, user, withRequests } = command;
        return { kind: "Revoke", share: share.text, user: user.text, withRequests };
      }
      case "Cancel":
        return { kind: "Cancel", request: command.request.text };
      case "request":
        return this.request(command, statement);
      case "hint":
        this.report(unsupported("hint", span));
        return undefined;
      case "Tick":
        if (this.setting === "trace") return this.tick(command.seconds, span);
        if (this.setting === "live") this.report(codes.tickLive({}, { span }));
        else this.report(codes.tickInPolicy({}, { span, help: "run it with `glazier replay`" }));
        return undefined;
      case "query":
        if (this.setting !== "file") {
          const asks = question(command.query, this.flows);
          return asks && { kind: "query", query: command.query, asks };
        }
        this.report(
          codes.queryInPolicy({}, { span, help: `take it out, and ask it with \`${askedBy(command.query, span)}\`` }),
        );
        return undefined;
    }
  }

  tick(seconds: number, span: Span): Demand | undefined {
    if (this.clock + seconds <= LAST_SECOND) return { kind: "Tick", seconds };
    this.report(codes.clockEnds({ last: String(LAST_SECOND) }, { span, help: "wait for less" }));
    return undefined;
  }

  newShare(command: CommandExpr & { kind: "NewShare" }): Demand | undefined {
    const flows = this.flows.resolve(command.flows);
    const { stated, diagnostics } = privileges(command.privileges);
    for (const diagnostic of diagnostics) this.report(diagnostic);
    for (const one of command.privileges) {
      // A right is no path: whether a node has a place matters once a request names it.
      if (one.kind === "waypoint" || one.kind === "avoid") nodes("avoid", one.nodes, this.flows.names);
    }
    if (flows === undefined) return undefined;
    const { share, parent } = command;
    if (this.setting === "file" && diagnostics.length === 0) {
      const none = (["requests", "entries"] as const).find((bound) => stated[bound] === 0);
      const help =
        statedRights(stated).length === 0
          ? "grant it a right, as `deny = True` or `reserve <= 10Mb` do"
          : `\`${none!} <= 0\` leaves room for none: state a greater number, or nothing for the usual one`;
      if (none !== undefined || statedRights(stated).length === 0)
        this.report(codes.grantsNothingAtAll({ share: share.text }, { span: share.span, help }));
    }
    if (share.text === "") this.report(codes.emptyName({ what: "a share" }, { span: share.span }));
    return { kind: "NewShare", share: share.text, flows, privileges: stated, parent: parent.text };
  }

  request(command: RequestExpr, statement: CommandStatement): RequestDemand | undefined {
    const { action, mode, share } = command;
    const written = this.flows.resolve(command.flows);
    const by = this.path(command);
    const rate = this.rate(command);
    const clock = { now: this.clock, asWritten: this.setting !== "file", kept: this.kept };
    const time = interval(command, clock, statement.span, this.report, () => this.key(command, statement));
    if (time.ended && statement.expected !== false) this.past.add(action);
    if (written === undefined || by === "refused" || rate === "refused" || time.ended) return undefined;
    const answers = command.bothWays ? mirror(written) : undefined;
    if (answers?.ok === false) {
      const help = "write the two directions as two requests";
      this.report(codes.asymmetric({ field: answers.field }, { span: command.flows.span, help }));
      return undefined;
    }
    return {
      kind: "request",
      action,
      flows: answers ? union(written, answers.flows) : written,
      ...(rate !== undefined && { rate }),
      ...(by && { nodes: by }),
      mode,
      share: share.text,
      interval: time.interval,
      ...(time.counted && { counted: time.counted }),
      ...(time.startedBefore && { startedBefore: true }),
    };
  }

  /** What is the same for two requests iff one is the other, unchanged. */
  key(command: RequestExpr, { label, speaker }: CommandStatement): string {
    return JSON.stringify(["request", label?.name.text, speaker?.text ?? "root", this.senseOf(command)]);
  }

  /** The rate of a reservation or a limit. The parser has refused a limit of zero. */
  rate({ action, rate }: RequestExpr): number | "refused" | undefined {
    if (action === "reserve" && rate?.bits === 0 && this.setting !== "trace") {
      this.report(codes.zeroReservation({}, { span: rate.span, help: "the least rate is `1b`" }));
      return "refused";
    }
    return rate?.bits;
  }

  /** The nodes that a path is to pass or to avoid. */
  path({ action, nodes: written }: RequestExpr): readonly string[] | "refused" | undefined {
    if ((action !== "waypoint" && action !== "avoid") || written === undefined) return undefined;
    return nodes(action, written, this.flows.names) ?? "refused";
  }
}

/** The same text in one piece: asked for a character, what was put together of many is joined. It is kept for long. */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

/** The command that answers a query. */
function askedBy(query: QueryExpr, span: Span): string {
  const text = shellWord(textOf(span).replaceAll(/\s+/g, " "));
  if (query.kind === "Explain") return `glazier explain ${shellWord(`@${query.request.text}`)}`;
  return query.kind === "Traffic" ? `glazier say ${text} --server SERVER` : `glazier query ${text}`;
}
