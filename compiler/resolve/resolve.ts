/**
 * Syntax → model: everything between the parser and admission. Declarations are free of order (facts, externs, named
 * flowgroups, policies); PANE statements keep the order of the text, files in the order given (SEMANTICS, "Files").
 */
import { askedInVain, holdsNothing } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { cascades } from "../fml/policy/cascades.ts";
import { evaluatePolicies } from "../fml/policy/evaluate-policies.ts";
import { gather, type Input } from "../fml/include.ts";
import { checkNetworkRuleNames } from "../fml/network-rule-names.ts";
import { directory } from "../model/directory.ts";
import { Flows } from "../model/flows.ts";
import type { Directory, Effect, Model } from "../model/model.ts";
import type { Names } from "../model/values.ts";
import { capitalTwins, lookAlikes } from "./look-alikes.ts";
import { checkPaths } from "./reachability.ts";
import { ruleSenses } from "../syntax/sense.ts";
import type { ResolveOptions } from "./options.ts";
import { looseOr } from "./loose-or.ts";
import { namesakes } from "./namesakes.ts";
import { sameEnds } from "./same-ends.ts";
import { nearValues, nearWhere } from "./near-values.ts";
import { runProgram } from "./run-program.ts";
import { sortStatements } from "./sort-statements.ts";
import { inSourceOrder } from "./source-order.ts";
import { Statements } from "./statements.ts";
import { unknownShares } from "./unknown-shares.ts";
import { unreadFacts } from "./unread-facts.ts";
import { unusedNames } from "./unused.ts";
import { checkUsers } from "./unplaced-users.ts";
import { append } from "../net/lists.ts";
import { byText } from "../net/order.ts";

/** The directory with the users that are awaited: they are known, and on no host. */
const withAwaited = (of: Directory, { users, awaited }: Names): Directory => ({
  ...of,
  users: awaited.size === 0 ? of.users : [...users, ...awaited].toSorted(byText),
});

/** Resolves parsed files into one model. Faults are diagnostics, in source order; the model lacks what is at fault. */
export function resolve(
  files: readonly Input[],
  options: ResolveOptions,
): { readonly model: Model; readonly diagnostics: readonly Diagnostic[] } {
  const { now, kept, load, trace = false } = options;
  const sources = files.map(({ source }) => source);
  const diagnostics: Diagnostic[] = [];
  const near: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const { placed, diagnostics: gathered } = gather(files, load, options.reading);
  append(diagnostics, gathered);
  const sorted = sortStatements(placed, trace, report);

  // Rules and facts first: the directory, which gives names their meaning, is made of them.
  const { program, engine, planned, emptiness, users, awaits, passedOver } = runProgram(sorted, options, report);
  const read = directory((relation) => program.factsOf(relation), users);
  append(diagnostics, read.diagnostics);
  const { hosts, switches } = read.directory;
  const known = { hosts, users: new Set(read.directory.users), switches, anyUser: trace };
  const away = trace ? undefined : new Set(read.away);
  const arities = new Map(Object.entries(program.arities()));
  const arityOf = (relation: string): number | undefined => arities.get(relation);
  const names: Names = { ...known, awaits, awaited: new Set(), ...(away && { away }), report, arityOf };

  const flows = new Flows(names, sorted.flowgroups);
  const past = new Set<Effect["kind"]>();
  const statements = new Statements(flows, now, trace ? "trace" : "file", past, kept);
  for (const command of sorted.commands) statements.add(command);

  const definitions = program.ordinary();
  const senseOf = ruleSenses((relation) => definitions.get(relation) ?? []);
  const model: Model = {
    now,
    defaults: sorted.defaults,
    statements: statements.resolved,
    policies: evaluatePolicies(planned, {
      engine,
      names: { ...names, inRule: true },
      now,
      kept,
      senseOf,
      past,
      emptiness,
      report,
    }),
    past,
    cascades: cascades(sorted.cascades, sorted.policies, report),
    directory: withAwaited(read.directory, names),
    assertions: [],
    flowgroups: flows.all(),
    rules: program.admissionRules(),
    facts: program.facts.tuples(),
    arities: program.arities(),
  };
  append(diagnostics, checkNetworkRuleNames(model, trace, awaits));
  if (!trace) append(diagnostics, [...checkPaths(model), ...checkUsers(model, diagnostics)]);
  if (!trace && diagnostics.some(({ severity }) => severity === "error")) {
    append(diagnostics, unknownShares(sorted.commands, sorted.policies));
  }
  if (!trace && !diagnostics.some(({ severity }) => severity === "error")) {
    const policyRules = sorted.policies.flatMap(({ rules }) => rules);
    const { vocabulary = new Set() } = options;
    const reported = unreadFacts(program, policyRules, vocabulary);
    append(diagnostics, reported);
    const added = sorted.commands.flatMap(({ statement: { command } }) =>
      command.kind === "AddUser" ? [command.user.text] : [],
    );
    append(near, nearValues(program, policyRules, read.directory, added));
    append(diagnostics, unusedNames(program, flows, policyRules, { given: new Set(sources), vocabulary, reported }));
    append(diagnostics, [...sameEnds(sorted)]);
  }
  append(diagnostics, [...looseOr(sorted), ...namesakes(sorted)]);
  append(diagnostics, lookAlikes(placed, program.facts, sources));
  append(diagnostics, [...capitalTwins(program.facts), ...nearWhere(passedOver)]);
  const told = diagnostics.filter((one) => !isExplained(one, near));
  append(told, near);
  return { model, diagnostics: inSourceOrder(told, sources) };
}

/** Whether one of some warnings says why a rule holds nothing: it asks for a value that is misspelt. */
const isExplained = ({ code, span }: Diagnostic, near: readonly Diagnostic[]): boolean =>
  code === holdsNothing.code &&
  near.some(
    (one) =>
      one.code === askedInVain.code &&
      one.span!.source === span!.source &&
      span!.start <= one.span!.start &&
      one.span!.end <= span!.end,
  );
