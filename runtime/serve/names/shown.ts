/**
 * What a sentence came to → the same with the names by which its speaker knows requests. It stands behind all that looks
 * requests up by identity, at the rim of the network: in fields, in sentences, and in what is proposed.
 */
import type { Certificate, Outcome, Verdict } from "#compiler/certificates/verdict.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Statement } from "#compiler/model/model.ts";
import type { Answered } from "#compiler/queries/index.ts";
import { BARE, QUOTED, nameIn, personPrefix, word, type Labels } from "./labels.ts";

/** The names of one speaker, for one sentence of hers. */
export class ShownNames {
  readonly #labels: Labels;
  readonly #reader: string;
  /** Identities of the sentence: what it asks for and cancels stands no more, or not yet. */
  readonly #said: ReadonlySet<string>;
  readonly #before: string;
  #pattern: RegExp | undefined;

  constructor(labels: Labels, reader: string, said: readonly Statement[] = []) {
    this.#labels = labels;
    this.#reader = reader;
    this.#said = new Set(said.flatMap(({ id, demand }) => (demand.kind === "Cancel" ? [id, demand.request] : [id])));
    this.#before = personPrefix(reader, labels.persons.of(reader));
  }

  outcome({ statement, verdict }: Outcome): Outcome {
    return { statement: this.statement(statement), verdict: this.#verdict(verdict) };
  }

  statement(statement: Statement): Statement {
    return statement.demand.kind === "request" ? { ...statement, id: this.id(statement.id) } : statement;
  }

  id(id: string): string {
    return this.#labels.shown(id, this.#reader);
  }

  diagnostic(one: Diagnostic): Diagnostic {
    return {
      ...one,
      message: this.text(one.message),
      ...(one.help !== undefined && { help: this.text(one.help) }),
      related: one.related.map((other) => ({ ...other, message: this.text(other.message) })),
    };
  }

  answered(answered: Answered): Answered {
    if (answered.kind !== "answer") return answered;
    const { answer } = answered;
    const called = (column: number, name: (cell: string) => string): Answered => {
      const rows = [...answer.rows].map((row) =>
        row.map((cell, i) => (i === column && typeof cell === "string" ? name(cell) : cell)),
      );
      return { kind: "answer", answer: { ...answer, rows } };
    };
    switch (answer.query) {
      case "ListRequests":
      case "ListRequestsByFlowGroup":
        return called(0, (id) => this.id(id));
      case "Available":
        return called(4, (short) => (short.startsWith(LIMIT) ? LIMIT + this.id(short.slice(LIMIT.length)) : short));
      case "ListShares":
      case "ListSharesByFlowGroup":
      case "ListUsers":
      case "GetSchedule":
      case "Traffic":
      case "Explain":
        return answered;
    }
  }

  /** Identities of hers that stand in a text, by their names. */
  text(text: string): string {
    if (!text.includes(this.#before) && !text.includes(`"${this.#before.replaceAll('"', String.raw`\"`)}`)) return text;
    this.#pattern ??= patternOf(this.#before);
    return text.replaceAll(this.#pattern, (found) => {
      const isQuoted = !found.startsWith(this.#before);
      const id = isQuoted ? nameIn(found) : found;
      if (!this.#isHers(id)) return found;
      const name = this.#labels.ownName(id, this.#reader);
      return isQuoted ? word(name) : name;
    });
  }

  #isHers(id: string): boolean {
    return id.startsWith(this.#before) && (this.#said.has(id) || this.#labels.isOwn(id, this.#reader));
  }

  #verdict(verdict: Verdict): Verdict {
    if (verdict.kind === "rejected") return { ...verdict, certificate: this.#certificate(verdict.certificate) };
    const { suspended, notes } = verdict;
    const more = {
      ...(suspended && { suspended: { ...suspended, certificate: this.#certificate(suspended.certificate) } }),
      ...(notes && { notes: notes.map((one) => this.diagnostic(one)) }),
    };
    return verdict.kind === "accepted"
      ? { ...verdict, ...more }
      : { ...verdict, ...more, certificate: this.#certificate(verdict.certificate) };
  }

  #certificate(certificate: Certificate): Certificate {
    const { reason, statement, blockers, nearest, otherwise, noPath, known } = certificate;
    const texts = (all: readonly string[]): readonly string[] => all.map((one) => this.text(one));
    const nodes = (all: NonNullable<Certificate["noPath"]>["passes"]): typeof all =>
      all.map(({ node, by }) => ({ node, ...(by !== undefined && { by: this.id(by) }) }));
    return {
      ...certificate,
      reason: this.text(reason),
      statement: this.id(statement),
      blockers: blockers.map((one) => ({ ...one, id: one.kind === "share" ? one.id : this.id(one.id) })),
      nearest: texts(nearest),
      ...(otherwise && { otherwise: texts(otherwise) }),
      ...(noPath && { noPath: { ...noPath, passes: nodes(noPath.passes), avoids: nodes(noPath.avoids) } }),
      ...(known !== undefined && { known: this.text(known) }),
    };
  }
}

/** Where an identity may stand that begins so, or one in quotes. */
function patternOf(before: string): RegExp {
  const letters = before.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\p{L}\p{M}\p{N}_:.-])${letters}(?:${BARE}|${QUOTED})|${QUOTED}`, "gu");
}

/** What stands before the name of a limit, where `Available` says what is short. */
const LIMIT = "limit ";
