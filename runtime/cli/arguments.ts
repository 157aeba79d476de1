/** The words after a command's name → checked arguments. The fault of a wrong word names the nearest right one. */
import { parseArgs } from "node:util";
import { spellingHelp } from "#compiler/diagnostics/suggest.ts";
import type { Arguments, Command, Option } from "./common/command.ts";
import { wrongUsage } from "./common/io.ts";

/** The options that every command has. */
export const common: Readonly<Record<string, Option>> = {
  "include-root": {
    value: "FOLDER",
    multiple: true,
    help: "files may also be included from there, beside the policy's own folder",
  },
  json: { help: "one JSON document on standard output" },
  help: { help: "this text" },
};

/** Reads the arguments of a command. Throws a `Failure` (wrong usage) that says what to write instead. */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const options: Readonly<Record<string, Option>> = { ...command.options, ...common };
  const given = new Map<string, readonly string[]>();
  const positionals: string[] = [];
  const hint = `\`glazier help ${command.name}\` lists its options`;
  const types = Object.fromEntries(
    Object.entries(options).map(([name, { value }]) => [name, { type: value ? "string" : "boolean" } as const]),
  );
  const { tokens } = parseArgs({
    args: [...words],
    options: { ...types, help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined)
      throw wrongUsage(
        `${rawName} is not an option of \`${command.name}\``,
        spellingHelp(name, Object.keys(options), "--") ?? hint,
      );
    if (given.has(name) && option.multiple !== true) throw wrongUsage(`${rawName} is given twice`, hint);
    if (option.value === undefined) {
      if (value !== undefined) throw wrongUsage(`${rawName} takes no value`, hint);
      given.set(name, []);
      continue;
    }
    // `--at --json`: the next option is not a value.
    if (value === undefined || value === "" || (!token.inlineValue && value.startsWith("--")))
      throw wrongUsage(`${rawName} needs a value: ${rawName} ${option.value}`, `${option.value}: ${option.help}`);
    if (option.choices?.includes(value) === false)
      throw wrongUsage(
        `${rawName} cannot be \`${value}\`: it is one of ${option.choices.join(", ")}`,
        spellingHelp(value, option.choices) ?? hint,
      );
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  return {
    positionals,
    flag: (name) => given.has(name),
    value: (name) => given.get(name)?.[0],
    values: (name) => given.get(name) ?? [],
    json: given.has("json"),
  };
}
