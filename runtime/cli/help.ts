/** Commands → the help: the list of all, and a page for each with examples to copy. */
import { columns, wrap } from "#compiler/report/text.ts";
import type { Command, Option } from "./common/command.ts";
import { commands } from "./commands/index.ts";

const exits = `Exit codes: 0 good · 1 the policy, a request or a test is at fault · 2 wrong usage ·
3 files, switch or server · 4 not decided within the budget · 5 a fault of glazier.`;

/** The text of `glazier help`. */
export async function overview(): Promise<string> {
  const loaded = await Promise.all([...commands.values()].map((load) => load()));
  return `glazier fits panes: policy text in, the flow table of a real switch out.

Usage: glazier COMMAND [PATH…] [options]

${columns(
  loaded.map(({ name, summary }) => [name, summary]),
  "  ",
)}
  help [COMMAND]  this text, or all about one command
  --version       the version

A PATH is a file or a folder (all *.pane and *.fml in it, in byte order of their paths), or - for standard input;
none means the current folder. With --json a command prints one JSON document on standard output.

Start with:
  glazier init             write a first policy to learn from
  glazier check            say what is accepted, what is not, and why
  glazier compile          print the table

${exits}
`;
}

function optionRow(name: string, { value, help, choices }: Option): readonly string[] {
  return [`--${name}${value === undefined ? "" : ` ${value}`}`, choices ? `${help}: ${choices.join(", ")}` : help];
}

/** The text of `glazier help COMMAND`. */
export function helpOf(command: Command, common: Readonly<Record<string, Option>>): string {
  const options = Object.entries({ ...command.options, ...common }).map(([name, option]) => optionRow(name, option));
  const examples = command.examples.map(([line, what]) => `  ${line}\n      ${what}`);
  return `glazier ${command.name}: ${command.summary}

Usage:
${command.synopsis.map((line) => `  glazier ${line}`).join("\n")}

${command.description.map((paragraph) => wrap(paragraph, 100)).join("\n\n")}

Options:
${columns(options, "  ")}

Examples:
${examples.join("\n")}
`;
}
