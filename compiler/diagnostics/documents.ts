/** Diagnostics → documents for machines: JSON of our own, and SARIF 2.1.0 (OASIS) for code hosts. */
import { positionOf, type Span } from "../source.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** A place: lines and columns from 1, columns in UTF-16 units, the end exclusive; offsets for tools that edit. */
export interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly start: number;
  readonly end: number;
}

/** A diagnostic in `--json` output. */
export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: Diagnostic["severity"];
  readonly message: string;
  readonly place?: JsonPlace;
  readonly related: readonly { readonly message: string; readonly place: JsonPlace }[];
  readonly witness?: string;
  readonly help?: string;
  readonly fix?: { readonly title: string; readonly place: JsonPlace; readonly text: string };
}

/** A span in words that need no source to be read. */
export function toPlace(span: Span): JsonPlace {
  const { source, start, end } = span;
  const from = positionOf(source, start);
  const to = positionOf(source, end);
  return {
    file: source.name,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
    start,
    end,
  };
}

/** One diagnostic as plain data. */
export function toJson(diagnostic: Diagnostic): JsonDiagnostic {
  const { code, severity, message, span, related, witness, help, fix } = diagnostic;
  return {
    code,
    severity,
    message,
    ...(span && { place: toPlace(span) }),
    related: related.map((one) => ({ message: one.message, place: toPlace(one.span) })),
    ...(witness !== undefined && { witness }),
    ...(help !== undefined && { help }),
    ...(fix && { fix: { title: fix.title, place: toPlace(fix.span), text: fix.text } }),
  };
}

/** Who made the report. */
export interface SarifTool {
  readonly name: string;
  readonly version?: string;
}

function region(span: Span): object {
  const { line, column, endLine, endColumn, start, end } = toPlace(span);
  return {
    startLine: line,
    startColumn: column,
    endLine,
    endColumn,
    charOffset: start,
    charLength: end - start,
  };
}

/** The relative URI of a span's file (RFC 3986). */
const uriOf = ({ source }: Span): string => source.name.split(/[\\/]/).map(encodeURIComponent).join("/");

function location(span: Span, message?: string): object {
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(span) }, region: region(span) },
    ...(message !== undefined && { message: { text: message } }),
  };
}

/** All diagnostics of a run as one SARIF log; columns are UTF-16 units (SARIF section 3.14.17). */
export function toSarif(diagnostics: readonly Diagnostic[], tool: SarifTool = { name: "glazier" }): object {
  const codes = [...new Set(diagnostics.map((one) => one.code))].sort();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            ...(tool.version !== undefined && { semanticVersion: tool.version }),
            rules: codes.map((id) => ({ id })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((one) => ({
          ruleId: one.code,
          ruleIndex: codes.indexOf(one.code),
          level: one.severity,
          message: {
            text: [one.message, one.witness && `witness: ${one.witness}`, one.help].filter(Boolean).join("\n"),
          },
          locations: one.span ? [location(one.span)] : [],
          ...(one.related.length > 0 && {
            relatedLocations: one.related.map((other, id) => ({ id, ...location(other.span, other.message) })),
          }),
          ...(one.fix && {
            fixes: [
              {
                description: { text: one.fix.title },
                artifactChanges: [
                  {
                    artifactLocation: { uri: uriOf(one.fix.span) },
                    replacements: [{ deletedRegion: region(one.fix.span), insertedContent: { text: one.fix.text } }],
                  },
                ],
              },
            ],
          }),
        })),
      },
    ],
  };
}
