/**
 * Sentences that a changed policy does not take any more, for the operator to read: those alone that would be in force
 * otherwise, and not what was cancelled later.
 */
import type { JsonValue } from "../../log/record.ts";
import type { RecordedNames } from "../names/identities.ts";
import type { FallenSentence } from "./form.ts";

/** A sentence of a record, with its answers. */
interface AcceptedAgain extends FallenSentence {
  readonly answers: readonly JsonValue[];
}

export class FallenSentences {
  readonly #all = new Set<AcceptedAgain>();
  /** Identity → the last of these that asked for it, and how much else each asked for that was not cancelled yet. */
  readonly #askedBy = new Map<string, AcceptedAgain>();
  readonly #left = new Map<AcceptedAgain, number>();

  /** One more that was accepted once; what it cancelled is missed by nobody. `holds`: it still fits. */
  read(said: AcceptedAgain, holds: boolean): void {
    const names = said.answers.filter(isObject) as readonly RecordedNames[];
    for (const { of, where } of names) if (of !== undefined && where !== "files") this.#cancel(of);
    if (holds) return;
    const ids = names.flatMap(({ id, of }) => (id !== undefined && of === undefined ? [id] : []));
    this.#all.add(said);
    this.#left.set(said, ids.length);
    for (const id of ids) this.#askedBy.set(id, said);
  }

  /** Those of which something is missed. */
  get all(): readonly FallenSentence[] {
    return [...this.#all].map(({ number, by, text }) => ({ number, by, text }));
  }

  #cancel(id: string): void {
    const said = this.#askedBy.get(id);
    if (said === undefined) return;
    this.#askedBy.delete(id);
    const left = this.#left.get(said)! - 1;
    this.#left.set(said, left);
    if (left === 0) this.#all.delete(said);
  }
}

const isObject = (answer: JsonValue): boolean => typeof answer === "object" && answer !== null;
