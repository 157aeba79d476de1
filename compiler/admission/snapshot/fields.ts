/** JSON values → what a snapshot must hold at a place; whatever else stands there is refused in a clause. */

/** Why a snapshot is not taken, as a clause. It never leaves the reader. */
export class SnapshotFault extends Error {
  override readonly name = "SnapshotFault";
}

export const refuse = (why: string): never => {
  throw new SnapshotFault(why);
};

/**
 * A reader of one value; `what` names it in the clause of a refusal. It is undefined where values are read only to be
 * taken: a name for each would cost more than reading it. A line that is refused so is read once more, with names.
 */
export type ReadValue<T> = (value: unknown, what: What) => T;

export type What = string | undefined;

/** The name of a part. */
export const nameOfPart = (part: string, what: What): What => (what === undefined ? undefined : `${part} of ${what}`);

export const asText: ReadValue<string> = (value, what) =>
  typeof value === "string" ? value : refuse(`${what} is no text`);

export const asInteger: ReadValue<number> = (value, what) =>
  Number.isSafeInteger(value) ? (value as number) : refuse(`${what} is no integer`);

export const asNatural: ReadValue<number> = (value, what) =>
  asInteger(value, what) >= 0 ? (value as number) : refuse(`${what} is below zero`);

/** An integer of any size, as a text of digits. */
export const asBig: ReadValue<bigint> = (value, what) =>
  typeof value === "string" && /^(?:0|[1-9]\d{0,39})$/.test(value) ? BigInt(value) : refuse(`${what} is no integer`);

export const asList = (value: unknown, what: What): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : refuse(`${what} is no list`);

/** One of some words. */
export const asOneOf =
  <Word extends string>(words: readonly Word[]): ReadValue<Word> =>
  (value, what) =>
    words.find((word) => word === value) ?? refuse(`${what} is none of ${words.join(", ")}`);

/** The fields of one object, each read once. */
export class Fields {
  readonly #all: Readonly<Record<string, unknown>>;
  readonly #what: What;
  #read = 0;

  constructor(value: unknown, what: What) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(`${what} is no object`);
    this.#all = value as Readonly<Record<string, unknown>>;
    this.#what = what;
  }

  get names(): readonly string[] {
    return Object.keys(this.#all);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#all, name);
  }

  /** A field that must be there. */
  get<T>(name: string, read: ReadValue<T>): T {
    if (!this.has(name)) return refuse(`${this.#what} has no \`${name}\``);
    this.#read += 1;
    return read(this.#all[name], this.#what === undefined ? undefined : `\`${name}\` of ${this.#what}`);
  }

  /** The field as a part of an object, to be spread; nothing where it is not there. */
  optional<Name extends string, T>(name: Name, read: ReadValue<T>): { readonly [N in Name]?: T } {
    return this.has(name) ? ({ [name]: this.get(name, read) } as { readonly [N in Name]?: T }) : {};
  }

  /** A list. Where it is not there it is empty, if it may be missing. */
  list<T>(name: string, read: ReadValue<T>, mayMiss?: "may miss"): T[] {
    if (mayMiss !== undefined && !this.has(name)) return [];
    const what = this.#what === undefined ? undefined : `an item of \`${name}\` of ${this.#what}`;
    return this.get(name, asList).map((one) => read(one, what));
  }

  /** A field that is there only where it is true. */
  flag(name: string): boolean {
    return this.has(name) && this.get(name, (value, what) => value === true || refuse(`${what} is not true`));
  }

  /** Refuses an object with a field that was not read. */
  done(): void {
    let count = 0;
    for (const name in this.#all) if (this.has(name)) count++;
    if (this.#read !== count) refuse(`${this.#what} has a field that this program does not know`);
  }
}
