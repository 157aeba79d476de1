/** The world outside a command as a value (streams, folder, clock), and how a command ends (exit codes, failures). */
import { visible } from "#compiler/diagnostics/text.ts";

/** The two streams for text. */
interface Streams {
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
}

/**
 * Everything outside the program that a command may touch. It is passed in, so that a test can run a command in its own
 * process with its own folder, clock and terminal.
 */

export interface Io extends Streams {
  /** The same streams without the escaping of `rim`, for our own colours and for the text of a file as it is. */
  readonly raw: Streams;
  /** Standard input in pieces. */
  stdin(): AsyncIterable<Uint8Array>;
  /** The folders of `--include-root`, from which files may be included beside the policy's own folder. */
  readonly includeRoots: readonly string[];
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output and standard error are terminals. */
  readonly terminal: { readonly out: boolean; readonly err: boolean };
  /**
   * Calls `report` before a signal ends the program, until the returned function is called. Absent: no signals come.
   */
  readonly interrupted?: (report: (signal: string) => void) => () => void;
  /** Resolves with the first signal that asks the program to end; a second one ends it. Absent: no signals come. */
  readonly asked?: () => Promise<string>;
  /** The time in Unix seconds, with a fraction if the clock has one. */
  now(): number;
  /** Milliseconds of a counter that nobody sets, unlike the clock. Absent: nothing passes but by the clock. */
  readonly passed?: () => number;
}

/**
 * The one place where text leaves the program. It escapes characters from users, files and switches that would move the
 * cursor, turn the direction of the line or hide text.
 */
export function rim(world: Omit<Io, "raw">): Io {
  const { out, err } = world;
  return { ...world, raw: { out, err }, out: (text) => out(visible(text)), err: (text) => err(visible(text)) };
}

/** The exit codes, which are the same for every command. */
export const exit = {
  good: 0,
  /** The policy, a request or a test has a fault. */
  fault: 1,
  /** Wrong usage. */
  usage: 2,
  /** A fault of files, a switch or a server. */
  world: 3,
  /** A question about sets was not decided within the budget. */
  undecided: 4,
  /** A fault of this program. */
  internal: 5,
} as const;

export type Exit = (typeof exit)[keyof typeof exit];

/** Ends a command early with a message for the user: wrong usage, or files, a switch or a server that do not answer. */
export class Failure extends Error {
  readonly exit: Exit;
  /** What the user can do. */
  readonly help: string | undefined;
  constructor(code: Exit, message: string, help?: string) {
    super(message);
    this.exit = code;
    this.help = help;
  }
}

/** Wrong usage. */
export const wrongUsage = (message: string, help?: string): Failure => new Failure(exit.usage, message, help);
