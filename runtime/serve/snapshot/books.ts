/**
 * What the records of a log tell beside the network: whose the tokens are, and what was answered to those who named their
 * requests by keys. It follows from the records alone, so a snapshot holds it as of its last one.
 */
import { OnceKeys, type KeyedAnswer } from "../../log/once.ts";
import { readRecord, type JsonValue, type LogRecord, type RecordDraft } from "../../log/record.ts";
import type { ServerSnapshot } from "./form.ts";
import { Persons } from "../names/persons.ts";
import { OwnNumbers } from "./own-numbers.ts";

/** The same as a snapshot holds it. */
export type TakenBooks = Pick<ServerSnapshot, "tokens" | "keys" | "target" | "numbers" | "persons">;

export class RecordBooks {
  /** Digest of a token → whose it is. */
  readonly tokens: Map<string, string>;
  readonly once: OnceKeys;
  readonly numbers: OwnNumbers;
  readonly persons: Persons;
  /** The number of the next record. */
  at: number;
  /** The target for which the tables of the policy were found without faults. */
  target: string | undefined;

  constructor(
    at = 0,
    tokens: Iterable<readonly [digest: string, name: string]> = [],
    keys: readonly KeyedAnswer[] = [],
    target?: string,
    numbers = new OwnNumbers(),
    persons = new Persons(),
  ) {
    this.persons = persons;
    this.numbers = numbers;
    this.target = target;
    this.at = at;
    this.tokens = new Map(tokens);
    this.once = new OnceKeys(keys);
  }

  /** One more record that is written. Most that is said tells nothing beside its number, and is not read again. */
  write({ kind, by, own, once, removed }: RecordDraft, bytes: Uint8Array): void {
    if (kind !== "say" || once !== undefined || removed !== undefined) return this.read(readRecord(bytes, this.at));
    this.at++;
    this.numbers.take(by as string, own as number);
  }

  /** What is in them now, as a value; `now`: of the last record, in Unix milliseconds. */
  taken(now: number): TakenBooks {
    const { target, numbers, persons } = this;
    return {
      tokens: [...this.tokens],
      keys: this.once.kept(now),
      target,
      numbers: new OwnNumbers(numbers.first, numbers.last),
      persons: new Persons(persons.taken),
    };
  }

  /** One more record. */
  read(record: LogRecord): void {
    this.at = record.n + 1;
    this.numbers.read(record);
    if (record.kind === "token") this.#token(record);
    if (record.kind === "policy") this.target = record["target"] as string | undefined;
    const keyed = record.kind === "say" ? keyedOf(record) : undefined;
    if (keyed !== undefined) this.once.remember({ ...keyed, by: this.persons.key(keyed.by) });
    if (record.kind === "say" && record["removed"] !== undefined)
      this.#remove(record["removed"] as readonly string[], record.n);
  }

  /** The tokens of users who were removed are nobody's: another user of that name is another person. */
  #remove(users: readonly string[], n: number): void {
    this.persons.remove(users, n);
    for (const user of users) this.numbers.forget(user);
    for (const [digest, name] of this.tokens) if (users.includes(name)) this.tokens.delete(digest);
  }

  #token({ name, digest, revoked }: LogRecord): void {
    if (revoked === true) this.tokens.delete(digest as string);
    else this.tokens.set(digest as string, name as string);
  }
}

/** What a record says of the key that its speaker gave it. */
function keyedOf({ n, at, by, once }: LogRecord): KeyedAnswer | undefined {
  if (once === undefined) return undefined;
  const { key, body, answer } = once as { readonly key: string; readonly body: string; readonly answer: JsonValue };
  return { key, body, answer, by: by as string, n, at };
}
