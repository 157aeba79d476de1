/**
 * One sentence to a running network → statements, against names that are loaded once. What a sentence means depends on
 * the hosts, switches and named flowgroups of the policy and on the users of the network, never on the policy's other
 * statements: reading one costs the same beside a hundred hosts and beside ten thousand.
 */
import { HEADS } from "#grammar/tokens.ts";
import * as codes from "../diagnostics/codes/model.ts";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import { Flows } from "../model/flows.ts";
import type { Model, Statement } from "../model/model.ts";
import type { Names } from "../model/values.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Source, Span } from "../source.ts";
import type { WrittenStatement } from "../syntax/ast.ts";
import { parse } from "../syntax/parse.ts";
import { PlainSentences, plainSentence } from "./plain/plain-sentences.ts";
import { Statements, type CommandStatement } from "./statements.ts";

/** A sentence as it comes in. */
export interface Said {
  readonly source: Source;
  /** The user who says it. Only root may put another speaker in front of a statement. */
  readonly by: string;
  /** The clock when it was taken, in Unix seconds: relative times count from it. */
  readonly now: number;
}

/** What a sentence says. With an error it says nothing. */
export interface Read {
  /** One statement, or those of one `begin. … commit.`, which are accepted together or not at all. */
  readonly statements: readonly Statement[];
  readonly diagnostics: readonly Diagnostic[];
}

type Loaded = Pick<Model, "directory" | "flowgroups">;

/** Reads sentences against one policy. */
export class Interpreter {
  readonly #names: Omit<Names, "report">;
  readonly #named: ReadonlyMap<string, Flowgroup>;
  readonly #plain = new PlainSentences();

  /** @param users The users of the network as they are now; AddUser and RemoveUser change them between sentences. */
  constructor({ directory: { hosts, switches }, flowgroups }: Loaded, users: Names["users"]) {
    // What is said is decided by the network as it is (SEMANTICS, "What the network takes away").
    this.#names = { hosts, switches, users, anyUser: false, awaits: false, awaited: new Set() };
    this.#named = new Map([...flowgroups].map(([name, { flows }]) => [name, flows]));
  }

  /** How many shapes of sentences are known. */
  get shapes(): number {
    return this.#plain.size;
  }

  /** Reads one sentence: a statement, or several between `begin.` and `commit.`. */
  read(said: Said): Read {
    const plain = plainSentence(said.source.text);
    if (plain === undefined) return this.readInFull(said);
    const known = this.#plain.statement(plain, said);
    if (known !== undefined) return { statements: [known], diagnostics: [] };
    const read = this.readInFull(said);
    const { statements, diagnostics } = read;
    if (!this.#plain.isKnown(plain))
      this.#plain.learn(plain, said, diagnostics.length === 0 ? statements[0] : undefined);
    return read;
  }

  /** The same without what is known of sentences that were read before. */
  readInFull({ source, by, now }: Said): Read {
    const { file, diagnostics: syntax } = parse(source);
    const diagnostics: Diagnostic[] = [...syntax];
    const report = (diagnostic: Diagnostic): void => void diagnostics.push(asLive(diagnostic));
    const statements = new Statements(new Flows({ ...this.#names, report }, [], this.#named), now, "live");
    const add = (written: WrittenStatement, transaction?: number): void => {
      const fault = faultOf(written, by);
      if (fault === undefined)
        statements.add({ statement: spoken(written as CommandStatement, by), ...(transaction && { transaction }) });
      else report(fault);
    };
    const [first, second] = hasErrors(syntax) ? [] : file.statements;
    if (second !== undefined) report(codes.oneAtATime({}, { span: second.span, help: TOGETHER }));
    else if (first?.kind === "transaction") for (const one of first.statements) add(one, 1);
    else if (first !== undefined) add(first);
    return { statements: hasErrors(diagnostics) ? [] : statements.resolved, diagnostics };
  }
}

/** A named flowgroup is made in the files: what is said names the flows themselves. */
const asLive = (diagnostic: Diagnostic): Diagnostic =>
  diagnostic.code === codes.unknownFlowgroup.code && diagnostic.help?.startsWith("`flowgroup ") === true
    ? { ...diagnostic, help: FLOWS }
    : diagnostic;

const FLOWS =
  "write the flows, as in `(dstPort=80, transport=TCP)`; `flowgroup` in the policy's files gives them a name, once the server is started with them again";

const TOGETHER = "`begin.` before and `commit.` behind them make several one";

/** A statement with its speaker: who says it, unless root has put another name in front. */
const spoken = (statement: CommandStatement, by: string): CommandStatement =>
  statement.speaker === undefined && by !== "root"
    ? { ...statement, speaker: { text: by, quoted: true, span: statement.span } }
    : statement;

/** Why a running network does not take a statement from a speaker, whatever it says of flows; undefined if it may. */
function faultOf(written: WrittenStatement, by: string): Diagnostic | undefined {
  const { span } = written;
  if (written.kind !== "command") {
    const help = loneWord(span) ?? "change the files, and start the server with them again";
    return codes.ofFiles({ what: WHAT[written.kind] }, { span, help });
  }
  const { speaker, expected } = written;
  if (expected !== undefined) {
    return codes.expectsLive({}, { span, help: `leave \`${expected ? "True" : "False"} <-\` out` });
  }
  if (speaker === undefined || speaker.text === by || by === "root") return undefined;
  return codes.speaksAs({ by, other: speaker.text }, { span: speaker.span });
}

/** `ListRequest.`, `help.`: a word alone is a fact, and hardly meant as one. */
function loneWord({ source, start, end }: Span): string | undefined {
  const word = /^([A-Za-z]+)\s*\.?$/.exec(source.text.slice(start, Math.min(end, start + 64)))?.[1];
  if (word === undefined) return undefined;
  const meant = suggest(word, Object.keys(HEADS));
  return meant === undefined
    ? "what is said begins with a word such as `deny`, `Cancel` and `ListShares`"
    : `did you mean \`${meant}\`?`;
}

const WHAT: Readonly<Record<Exclude<WrittenStatement["kind"], "command">, string>> = {
  transaction: "`begin` inside `begin`",
  flowgroup: "a named flowgroup",
  default: "`default`",
  include: "`include`",
  extern: "`extern`",
  rule: "a fact or a rule",
  policy: "`policy`",
  cascade: "`cascade`",
  assert: "`assert`",
};
