/**
 * Files and what they include → one list of statements in reading order. A file is read once, however often it is
 * included; a cycle and a missing file are errors at the `include`.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { circleText } from "../diagnostics/text.ts";
import type { Source } from "../source.ts";
import type { File, WrittenStatement } from "../syntax/ast.ts";
import { parse } from "../syntax/parse.ts";
import { ReadBudget } from "#grammar/reach.ts";
import { append } from "../net/lists.ts";

/** One parsed file of the policy. */
export interface Input {
  readonly source: Source;
  readonly file: File;
}

/** A statement with the file that it stands in: paths are relative to it. */
export interface PlacedStatement {
  readonly statement: WrittenStatement;
  readonly source: Source;
}

/** Why something that exists cannot be read as text: it is a folder, lies elsewhere, or access is denied. */
export interface UnreadableFile {
  readonly reason: string;
  /** What to do. */
  readonly help?: string;
}

/** Reads the text behind a path as it stands in `from`; undefined where there is none. */
export type Load = (path: string, from: Source) => Source | UnreadableFile | undefined;

/** Policies that come with glazier and are included by name. */
const SHIPPED = ["baseline.fml", "opaque.fml"] as const;

/** What stands before the last slash; paths count from there. Shipped policies have a prefix in its place. */
const folderOf = (name: string): string => /^(?:.*\/|\w+:)?/s.exec(name)![0];

/** All statements of the files, each `include` replaced by what it includes. Transactions are kept whole. */
export function gather(
  files: readonly Input[],
  load: Load,
  reading = new ReadBudget(),
): { readonly placed: readonly PlacedStatement[]; readonly diagnostics: readonly Diagnostic[] } {
  const placed: PlacedStatement[] = [];
  const diagnostics: Diagnostic[] = [];
  const read = new Set<string>();
  // The files that are being read, each with the statements that are left. Files may include each other in a long
  // chain, which recursion would bear no further than the stack of calls reaches.
  const open: { readonly source: Source; readonly left: Iterator<WrittenStatement> }[] = [];

  const begin = ({ source, file }: Input): void => {
    read.add(source.name);
    open.push({ source, left: file.statements.values() });
  };

  // What a path leads to from a folder, so that a file is looked up once, however often it is included.
  const found = new Map<string, ReturnType<Load>>();
  const lookUp = (path: string, from: Source): ReturnType<Load> => {
    const key = JSON.stringify([folderOf(from.name), path]);
    if (!found.has(key)) found.set(key, load(path, from));
    return found.get(key);
  };

  const visit = (input: Input): void => {
    begin(input);
    while (open.length > 0) {
      const { source, left } = open.at(-1)!;
      const next = left.next();
      if (next.done) open.pop();
      else if (next.value.kind === "include") include(next.value, source);
      else placed.push({ statement: next.value, source });
    }
  };

  const include = (statement: WrittenStatement & { kind: "include" }, from: Source): void => {
    const { path } = statement;
    if (reading.isSpent) return;
    const source = lookUp(path.text, from);
    if (source === undefined) {
      const help = "a path is relative to the file that includes it; shipped policies are included by name";
      const near = didYouMean(path.text, [...SHIPPED, ...files.map((f) => f.source.name)], path.span);
      diagnostics.push(codes.missingInclude({ path: path.text }, { span: path.span, help, ...near }));
      return;
    }
    if ("reason" in source) {
      diagnostics.push(
        codes.unreadable({ path: path.text, reason: source.reason }, { span: path.span, help: source.help }),
      );
      return;
    }
    const cycle = open.findIndex((file) => file.source.name === source.name);
    if (cycle >= 0) {
      const witness = circleText([...open.slice(cycle), open[cycle]!].map((file) => file.source.name));
      diagnostics.push(codes.circularInclude({ path: path.text }, { span: path.span, witness }));
      return;
    }
    if (read.has(source.name)) return;
    const parsed = parse(source, { reading });
    append(diagnostics, parsed.diagnostics);
    begin({ source, file: parsed.file });
  };

  for (const input of files) if (!read.has(input.source.name)) visit(input);
  return { placed, diagnostics };
}
