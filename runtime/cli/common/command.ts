/** What a command is: its words for the help, its options, and what it does. */
import type { Exit, Io } from "./io.ts";

export interface Option {
  /** What stands for the value in the help (`T`, `TARGET`); absent for a switch that is on or off. */
  readonly value?: string;
  readonly help: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly multiple?: boolean;
}

/** What was given, after the options were checked. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Whether a switch was given. */
  flag(name: string): boolean;
  /** The value of an option, if it was given; of several the first. */
  value(name: string): string | undefined;
  /** All values of an option that may be given several times. */
  values(name: string): readonly string[];
  /** Whether `--json` was given. */
  readonly json: boolean;
}

export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Behind `glazier`: `compile [PATH…] [options]`. */
  readonly synopsis: readonly string[];
  /** Paragraphs: what it does, what it prints, when it fails. */
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** A command line and what it shows. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Diagnostics go to `io.err`, the answer to `io.out`. Heavy modules are imported here, not at the top. */
  run(args: Arguments, io: Io): Promise<Exit>;
}
