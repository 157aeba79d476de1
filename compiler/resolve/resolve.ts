/**
 * Syntax → model: everything between the parser and admission. Declarations are free of order (facts, externs, named
 * flowgroups, policies); PANE statements keep the order of the text, files in the order given (SEMANTICS, "Files").
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { checkPaths } from "./reachability.ts";
import { evaluatePolicies } from "../fml/policy/evaluate-policies.ts";
import { PolicyProgram, type PolicyStatement } from "../fml/policy/plan-policies.ts";
import type { RuleExpr, Statement } from "../syntax/ast.ts";
import { cascades } from "../fml/policy/cascades.ts";
import type { Columns } from "../fml/columns.ts";
import { directory } from "../model/directory.ts";
import { Emptiness } from "../fml/policy/emptiness.ts";
import { readExtern, type ExternStatement } from "../fml/extern.ts";
import { Flows, type Declared } from "../model/flows.ts";
import { gather, type Input, type Load, type Placed } from "../fml/include.ts";
import { mixedColumns } from "../fml/policy/mixed-columns.ts";
import type { Effect, Model } from "../model/model.ts";
import { checkUsers } from "./unplaced-users.ts";
import { notYet } from "./not-yet.ts";
import { checkOwnNames } from "../fml/network-rule-names.ts";
import { Program } from "../fml/program.ts";
import { inSourceOrder } from "./source-order.ts";
import { unknownShares } from "./unknown-shares.ts";
import { Statements, type Numbered } from "./statements.ts";
import type { KeptEnds } from "../model/times.ts";
import type { Names } from "../model/values.ts";

export interface ResolveOptions {
  /** Unix seconds that `now` and relative times count from. */
  readonly now: number;
  /** Ends that counted from an earlier clock, and are not to be counted anew. */
  readonly kept?: KeptEnds | undefined;
  readonly load: Load;
  /** A trace: `Tick` and queries are statements, its own AddUser decides who exists, and times are left as written. */
  readonly trace?: boolean;
  /** Relations that admission answers, which rules for `reject` may use. */
  readonly vocabulary?: ReadonlySet<string>;
}

/** Resolves parsed files into one model. Faults are diagnostics, in source order; the model lacks what is at fault. */
export function resolve(
  files: readonly Input[],
  options: ResolveOptions,
): { readonly model: Model; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const { placed, diagnostics: gathered } = gather(files, options.load);
  diagnostics.push(...gathered);
  const sorted = sortOut(placed, options.trace === true, report);

  // Rules and facts first: the directory, which gives names their meaning, is made of them.
  const policyRules = sorted.policies.flatMap((p) => p.rules);
  const program = new Program(
    sorted.rules,
    sorted.externs.map((e) => e.statement),
    policyRules,
    options.vocabulary ?? new Set(),
    report,
  );
  for (const { statement, source } of sorted.externs) {
    const data = options.load(statement.path.text, source);
    const { facts, diagnostics: bad } = readExtern(statement, data);
    if (bad.length > 0) program.faulty.add(statement);
    diagnostics.push(...bad);
    for (const fact of facts) program.facts.add(statement.relation.text, fact);
  }
  const columns = program.columns(policyRules);
  const mixed = mixedColumns(program.facts, [...program.ordinary().values(), policyRules].flat(), columns);
  diagnostics.push(...mixed);
  const named = namedUsers(program, columns);
  const users = new Set([...named, ...addedUsers(sorted)]);
  const hosts = new Set(program.factsOfSort("host", columns));
  const known = { relations: program.relations(), users, hosts, columns };
  const sound = program.translate(known) && mixed.length === 0;
  const policies = new PolicyProgram(
    sound ? sorted.policies : [],
    program.ordinary(),
    program.predicates,
    program.inlinable(),
    known,
    report,
  );
  const evaluable = program.check(policies.shadows) && sound;
  const run = evaluable ? program.run(policies.rules, users) : undefined;
  if (run === undefined) program.translated.length = 0;
  const engine = run ?? program.run([], users)!;

  // In a trace a user is added when it is said, not before.
  const who = directory((relation) => program.factsOf(relation), options.trace === true ? named : users);
  diagnostics.push(...who.diagnostics);
  const names: Names = {
    hosts: who.directory.hosts,
    users: new Set(who.directory.users),
    switches: who.directory.switches,
    anyUser: options.trace === true,
    report,
  };
  const flows = new Flows(names, sorted.flowgroups);
  const past = new Set<Effect["kind"]>();
  const statements = new Statements(flows, options.now, options.trace === true, past, options.kept);
  for (const command of sorted.commands) statements.add(command);

  const emptiness = new Emptiness(program, report);
  const { now, kept } = options;
  const evaluated = run
    ? evaluatePolicies(policies.planned, { engine, names, now, kept, past, emptiness: emptiness.check, report })
    : [];
  const model: Model = {
    now,
    defaults: sorted.defaults,
    statements: statements.resolved,
    policies: evaluated,
    past,
    cascades: cascades(sorted.cascades, sorted.policies, report),
    directory: who.directory,
    assertions: [],
    flowgroups: flows.all(),
    rules: program.admissionRules(),
    facts: program.facts.tuples(),
    arities: program.arities(),
  };
  diagnostics.push(...checkOwnNames(model, options.trace === true));
  if (options.trace !== true) diagnostics.push(...checkPaths(model), ...checkUsers(model));
  if (options.trace !== true && diagnostics.some(({ severity }) => severity === "error")) {
    diagnostics.push(...unknownShares(sorted.commands, sorted.policies));
  }
  return {
    model,
    diagnostics: inSourceOrder(
      diagnostics,
      files.map((f) => f.source),
    ),
  };
}

/** Statements by what they are. */
interface Sorted {
  readonly commands: readonly Numbered[];
  readonly flowgroups: readonly Declared[];
  readonly rules: readonly RuleExpr[];
  readonly externs: readonly { readonly statement: ExternStatement; readonly source: Placed["source"] }[];
  readonly policies: readonly PolicyStatement[];
  readonly cascades: readonly (Statement & { readonly kind: "cascade" })[];
  readonly defaults: Model["defaults"];
}

function sortOut(placed: readonly Placed[], trace: boolean, report: (diagnostic: Diagnostic) => void): Sorted {
  const commands: Numbered[] = [];
  const flowgroups: Declared[] = [];
  const rules: RuleExpr[] = [];
  const externs: { statement: ExternStatement; source: Placed["source"] }[] = [];
  const policies = new Map<string, PolicyStatement>();
  const cascadeStatements: (Statement & { kind: "cascade" })[] = [];
  const defaults = new Map<string, Statement & { kind: "default" }>();
  let transactions = 0;

  const add = (statement: Statement, source: Placed["source"], transaction?: number): void => {
    switch (statement.kind) {
      case "command":
        commands.push({ statement, ...(transaction !== undefined && { transaction }) });
        break;
      case "transaction": {
        const number = (transactions += 1);
        for (const one of statement.statements) add(one, source, number);
        break;
      }
      case "flowgroup":
        flowgroups.push(statement);
        break;
      case "rule":
        rules.push(statement.rule);
        break;
      case "extern":
        externs.push({ statement, source });
        break;
      case "cascade":
        cascadeStatements.push(statement);
        break;
      case "policy": {
        const { text, span } = statement.name;
        const related = [{ span: policies.get(text)?.name.span ?? span, message: "defined first here" }];
        if (statement.guard && statement.share) report(codes.guardNotRoot({}, { span: statement.share.span }));
        if (policies.has(text)) report(codes.duplicatePolicy({ name: text }, { span, related }));
        else policies.set(text, statement);
        break;
      }
      case "default": {
        const earlier = defaults.get(statement.of);
        if (earlier === undefined) defaults.set(statement.of, statement);
        else if (earlier.verdict !== statement.verdict) {
          const related = [{ span: earlier.span, message: "stated first here" }];
          report(codes.duplicateDefault({ of: statement.of }, { span: statement.span, related }));
        }
        break;
      }
      case "assert":
        report(notYet("assert", statement.span));
        break;
      case "include":
        break; // replaced by what it includes
    }
  };
  for (const { statement, source } of placed) add(statement, source);
  const verdict = defaults.get("verdict");
  if (verdict === undefined && !trace)
    report(codes.unwrittenDefault({}, { help: "write `default allow.` or `default deny.`" }));
  return {
    commands,
    flowgroups,
    rules,
    externs,
    policies: [...policies.values()],
    cascades: cascadeStatements,
    defaults: {
      verdict: verdict?.verdict ?? "allow",
      written: verdict !== undefined,
      fragments: defaults.get("fragments")?.verdict ?? "deny",
    },
  };
}

/**
 * Users that a fact or an extern names; `root` and `unknown` always exist (NETWORK). Whoever speaks is not made a user by
 * speaking: a slip of the pen would be everybody's where a share is granted by default.
 */
const namedUsers = (program: Program, columns: Columns): Set<string> =>
  new Set(["root", "unknown", ...program.factsOfSort("user", columns)]);

const addedUsers = ({ commands }: Sorted): readonly string[] =>
  commands.flatMap(({ statement: { command } }) => (command.kind === "AddUser" ? [command.user.text] : []));
