/** The dialect of 2012: what it reads differently, and that nothing else differs. */
import test from "ava";
import type { CommandExpr, WrittenStatement } from "./ast.ts";
import { parse } from "./parse.ts";
import { printStatement, printWhole } from "./print.ts";

function read(text: string): readonly WrittenStatement[] {
  const { file, diagnostics } = parse({ name: "trace", text }, { dialect: "prototype" });
  if (diagnostics.length > 0) throw new Error(`${text}: ${diagnostics[0]!.message}`);
  return file.statements;
}

function canonical(text: string): string {
  return printStatement(read(text)[0]!);
}

function command<K extends CommandExpr["kind"]>(text: string, kind: K): Extract<CommandExpr, { kind: K }> {
  const [first] = read(text);
  if (first?.kind !== "command" || first.command.kind !== kind) throw new Error(text);
  return first.command as Extract<CommandExpr, { kind: K }>;
}

test("a trace of the prototype is read and printed in the language", (t) => {
  const trace = `
    True <- root : AddUser ada.
    True <- root : NewShare lab for (*) [reserve<=100] on rootShare.
    True <- root : Grant lab to ada.
    False <- ada : NewShare half for (user=ada) [reserve <= 200 deny=False] on lab.
    True <- ada : reserve(dstPort=443,user=ada) = 25 on lab from now to +50.
    True <- ada : reserve(*) = 1 on lab from 0 to 10.
    False <- ada : deny() partial on rootShare.
    True <- root : NewShare tap for (transport=TCP) [reserve <= 20 reserve >= 2 reserveTBCapacity = 40 reserveTBFill = 10 ratelimit >= 5] on lab.
    False <- root : ratelimit(*) = 5 on tap.
    True <- root : Tick 10.
    True <- ada : GetSchedule lab.
    True <- ada : ListSharesByFlowGroup (user=ada).
    True <- root : GrantDefault lab.
  `;
  t.deepEqual(read(trace).map(printWhole), [
    "True <- root: AddUser ada.",
    "True <- root: NewShare lab for (*) [reserve <= 100Mb, allow = True, deny = True] on rootShare.",
    "True <- root: Grant lab to ada.",
    "False <- ada: NewShare half for (user=ada) [reserve <= 200Mb, deny = False, allow = True] on lab.",
    "True <- ada: reserve(dstPort=443, user=ada) = 25Mb on lab from now to +50s.",
    "True <- ada: reserve(*) = 1Mb on lab from 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z.",
    "False <- ada: deny(*) partial on rootShare.",
    "True <- root: NewShare tap for (transport=TCP) [reserve <= 20Mb, reserve >= 2Mb, reserveTBCapacity = 40Mb," +
      " reserveTBFill = 10Mb, limit >= 5000.001kb, allow = True, deny = True] on lab.",
    "False <- root: limit(*) = 5Mb on tap.",
    "True <- root: Tick 10.",
    "True <- ada: GetSchedule lab.",
    "True <- ada: ListSharesByFlowGroup (user=ada).",
    "True <- root: GrantDefault lab.",
  ]);
});

test("bare integers are megabits and seconds, and units are read too", (t) => {
  t.is(canonical("reserve(*) = 10 on a."), canonical("reserve(*) = 10Mb on a."));
  t.is(canonical("deny(*) on a from +5 to +60."), canonical("deny(*) on a from +5s to +1min."));
  t.deepEqual(command("deny(*) on a from -5.", "request").from?.kind, "relative");
});

test("allow and deny are granted unless the share says otherwise", (t) => {
  const privileges = (text: string): unknown =>
    Object.fromEntries(
      command(text, "NewShare").privileges.map((one) => [one.kind, "value" in one ? one.value : undefined]),
    );
  t.deepEqual(privileges("NewShare a for (*) [] on b."), { allow: true, deny: true });
  t.deepEqual(privileges("NewShare a for (*) [allow=False] on b."), { allow: false, deny: true });
  t.deepEqual(privileges("NewShare a for (*) [allow=False deny=True] on b."), { allow: false, deny: true });
});

test("`ratelimit >= n` is a floor that must be exceeded; `limit >= n` one that must be reached", (t) => {
  const floor = (word: string): number => {
    const [first] = command(`NewShare a for (*) [${word} >= 5] on b.`, "NewShare").privileges;
    return first?.kind === "limit" ? first.rate.bits : -1;
  };
  t.is(floor("ratelimit"), 5_000_001);
  t.is(floor("limit"), 5_000_000);
});

test("the language itself refuses what only the prototype reads", (t) => {
  for (const text of [
    "reserve(*) = 10 on a.",
    "deny() on a.",
    "deny(*) on a from 0.",
    "deny(*) on a to +5.",
    "deny(*) on a from -5s.",
  ]) {
    t.is(parse({ name: "file", text }).diagnostics.length, 1, text);
  }
});
