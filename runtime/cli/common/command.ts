/** A command as a value: its texts for the help, its options, and its function. */
import type { Exit, Io } from "./io.ts";

export interface Option {
  /** The placeholder for the value in the help (`T`, `TARGET`); absent for a flag. */
  readonly value?: string;
  readonly help: string;
  /** The allowed values; absent: any. */
  readonly choices?: readonly string[];
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
}

/** The arguments of a command line after the options were checked. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Whether a flag was given. */
  flag(name: string): boolean;
  /** The value of an option, or the first of several; undefined if it was not given. */
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
  /** The lines after `glazier`, such as `compile [PATH…] [options]`. */
  readonly synopsis: readonly string[];
  /** Paragraphs: what it does, what it prints, when it fails. */
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** A command line and what it shows. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /**
   * Runs it. Diagnostics go to `io.err`, the answer to `io.out`. Heavy modules are imported here and not at the top.
   */
  run(args: Arguments, io: Io): Promise<Exit>;
}
