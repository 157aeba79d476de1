/**
 * The rules, facts and externs of the files → a Datalog engine that holds what they say, and the policies planned over
 * it. Where something is wrong with the rules, only the facts are in the engine, and no policy is planned.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Engine } from "../datalog/index.ts";
import { columnFaults } from "../fml/arities.ts";
import type { ColumnSorts } from "../fml/columns.ts";
import { ExternFiles } from "../fml/data/extern-files.ts";
import { readExtern, type ExternStatement, type PassedOver } from "../fml/extern.ts";
import { MeantWords } from "../fml/meant-words.ts";
import { Emptiness } from "../fml/policy/emptiness.ts";
import { mixedColumns } from "../fml/policy/mixed-columns.ts";
import { PolicyProgram, type PlannedPolicy } from "../fml/policy/plan-policies.ts";
import { Program } from "../fml/program.ts";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";
import type { RuleExpr } from "../syntax/ast.ts";
import type { ResolveOptions } from "./options.ts";
import type { Sorted } from "./sort-statements.ts";

type Report = (diagnostic: Diagnostic) => void;

/** What the rules and facts of the files come to. */
export interface ProgramRun {
  readonly program: Program;
  readonly engine: Engine;
  /** Policies whose rules are sound; none where the program is not. */
  readonly planned: readonly PlannedPolicy[];
  /** Says what the emptiness of a relation means for a rule that asks it. */
  readonly emptiness: Emptiness["check"];
  /** Users that exist from the start. In a trace a user is added when `AddUser` comes, not before. */
  readonly users: ReadonlySet<string>;
  /** What rows that the `where` of an extern leaves out have in its column. */
  readonly passedOver: ReadonlyMap<ExternStatement, PassedOver>;
  /** Whether a name that nothing knows may be one that a fact about the network brings back. */
  readonly awaits: boolean;
}

/** Reads, checks and runs the rules of the files. */
export function runProgram(sorted: Sorted, options: ResolveOptions, report: Report): ProgramRun {
  const policyRules = sorted.policies.flatMap(({ rules }) => rules);
  const passedOver = new Map<ExternStatement, PassedOver>();
  const program = readProgram(sorted, policyRules, options, passedOver, report);
  const columns = program.columns(policyRules);
  const mixed = mixedColumns(program.facts, [...program.ordinary().values(), policyRules].flat(), columns);
  for (const diagnostic of mixed) report(diagnostic);
  const named = namedUsers(program, columns);
  const users = new Set([...named, ...addedUsers(sorted)]);
  const hosts = new Set(program.factsOfSort("host", columns));
  const awaits = options.trace !== true && hasDirectory(program);
  const flowgroups = new Set(sorted.flowgroups.map(({ name }) => name.text));
  const words = new MeantWords(program.facts, [...program.definitions.values(), policyRules].flat());
  const known = {
    relations: program.relations(),
    users,
    hosts,
    awaits,
    flowgroups,
    columns,
    words,
    vocabulary: options.vocabulary ?? new Set<string>(),
  };
  const isSound = program.translate(known) && mixed.length === 0;
  const policies = new PolicyProgram(
    isSound ? sorted.policies : [],
    program.ordinary(),
    program.predicates,
    program.inlinable(),
    known,
    report,
  );
  const isEvaluable = program.check(policies.shadows) && isSound;
  const run = isEvaluable ? program.run(policies.rules, users) : undefined;
  if (run === undefined) program.translated.length = 0;
  return {
    program,
    engine: run ?? program.run([], users)!,
    planned: run ? policies.planned : [],
    emptiness: new Emptiness(program, report).check,
    users: options.trace === true ? named : users,
    passedOver,
    awaits,
  };
}

/** The program with the rows of its externs. */
function readProgram(
  { rules, externs }: Sorted,
  policyRules: readonly RuleExpr[],
  { load, reading, vocabulary = new Set() }: ResolveOptions,
  passed: Map<ExternStatement, PassedOver>,
  report: Report,
): Program {
  const statements = externs.map(({ statement }) => statement);
  const program = new Program(rules, statements, policyRules, vocabulary, report);
  const files = new ExternFiles(reading);
  for (const { statement, source } of externs) {
    // Files are not even opened any more: which one was too much has been told.
    if (files.isSpent) {
      program.faulty.add(statement);
      continue;
    }
    const faults = columnFaults(statement);
    const { facts, diagnostics, passedOver } =
      faults.length > 0
        ? { facts: [], diagnostics: faults, passedOver: undefined }
        : readExtern(statement, load(statement.path.text, source), files);
    if (diagnostics.length > 0 || files.isSpent) program.faulty.add(statement);
    if (passedOver !== undefined) passed.set(statement, passedOver);
    for (const diagnostic of diagnostics) report(diagnostic);
    for (const fact of facts) program.facts.add(statement.relation.text, fact);
  }
  return program;
}

/** Whether the files say anything of hosts, logins, switches or links: by facts, an extern or rules. */
const hasDirectory = (program: Program): boolean =>
  [...DIRECTORY_SORTS.keys()].some(
    (relation) =>
      !program.facts.of(relation)[Symbol.iterator]().next().done ||
      program.definitions.has(relation) ||
      program.externs.some((one) => one.relation.text === relation),
  );

/**
 * Users that a fact or an extern names; `root` and `unknown` always exist (NETWORK, "Addresses, users, hosts"). A
 * speaker is not made a user by speaking: a misspelt name would speak for every share that is granted by default.
 */
const namedUsers = (program: Program, columns: ColumnSorts): Set<string> =>
  new Set(["root", "unknown", ...program.factsOfSort("user", columns)]);

const addedUsers = ({ commands }: Sorted): readonly string[] =>
  commands.flatMap(({ statement: { command } }) => (command.kind === "AddUser" ? [command.user.text] : []));
