/**
 * Statements as they were read → the same with identities: of what is asked for, and of what is cancelled. A record says which
 * they were, so that a sentence that is carried out again means what it meant.
 */
import { ambiguousRequest, duplicateLabel } from "#compiler/diagnostics/codes/model.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { list } from "#compiler/certificates/text.ts";
import type { Statement } from "#compiler/model/model.ts";
import { printQuoted } from "#compiler/syntax/print-flows.ts";
import type { Labels } from "./labels.ts";

/** What a record tells of a statement: the identity of a request, and that of the one that it cancelled. */
export interface RecordedNames {
  readonly id?: string;
  readonly of?: string;
  /** Where that was said: files may come to call something else so. Absent: not known. */
  readonly where?: "files" | "said";
  /** The wording of a statement of the files. Absent: not known, or it was said. */
  readonly was?: string;
}

export interface NamedStatements {
  readonly statements: readonly Statement[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param name Of a request without a label; of further ones its beginning.
 * @param recorded What the record says of each statement, where it does.
 */
export function withIdentities(
  labels: Labels,
  all: readonly Statement[],
  name: string,
  recorded: readonly (RecordedNames | undefined)[] = [],
): NamedStatements {
  const diagnostics: Diagnostic[] = [];
  // What is asked for in one sentence is cancelled in it, too.
  const asked = new Set<string>();
  const one = (statement: Statement, i: number): Statement => {
    const { demand, label, speaker, span } = statement;
    if (demand.kind === "request") {
      const auto = i === 0 ? name : `${name}_${i + 1}`;
      const id =
        recorded[i]?.id ?? (label === undefined ? labels.free(speaker, auto) : labels.identity(speaker, label));
      if (label !== undefined && labels.isOfFiles(id, speaker))
        diagnostics.push(duplicateLabel({ name: label }, { span, help: OF_FILES }));
      asked.add(id);
      return { ...statement, id };
    }
    if (demand.kind !== "Cancel") return statement;
    const own = labels.newIdentity(speaker, demand.request);
    const stated = recorded[i]?.of ?? (asked.has(own) ? own : undefined);
    const mine = stated ?? labels.mine(demand.request, speaker);
    // Her own may have ended, or be cancelled by what she says again: then another's must not go in its place.
    const others = mine === undefined ? labels.ofOthers(demand.request, speaker) : [];
    if (others.length > 0) {
      const help = `write which: ${list(others.map((id) => `Cancel ${printQuoted(id)}.`))}`;
      diagnostics.push(ambiguousRequest({ name: demand.request, count: others.length }, { span, help }));
    }
    return { ...statement, demand: { ...demand, request: mine ?? demand.request } };
  };
  return { statements: all.map(one), diagnostics };
}

const OF_FILES = "the files of the policy have a statement of your name and this one: take another label";

/** Names as they were before each user had names of her own: all of one namespace. */
export function namedBefore(
  isTaken: (id: string) => boolean,
  all: readonly Statement[],
  name: string,
): readonly Statement[] {
  return all.map((one, i) => {
    if (one.label !== undefined || one.demand.kind !== "request") return one;
    const auto = i === 0 ? name : `${name}_${i + 1}`;
    let id = auto;
    for (let twin = 2; isTaken(id); twin++) id = `${auto}-${twin}`;
    return { ...one, id };
  });
}
