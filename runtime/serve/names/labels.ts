/**
 * What requests are called in a network that serves. The names of files are one namespace, which root goes on in; what
 * any other user says has names of that user's own, so nobody learns which names another has taken. The identity of such
 * a request is `Alice:one`, and whoever may see it reads it so; Alice reads `one`. Once she is removed, and another user
 * is added under her name, that one's is `Alice:2:one`.
 */
import { createHash } from "node:crypto";
import { isName } from "#grammar/tokens.ts";
import { filesOf } from "#compiler/admission/snapshot/take.ts";
import type { Accepted } from "#compiler/admission/state/accepted.ts";
import type { State } from "#compiler/admission/state/state.ts";
import type { Model } from "#compiler/model/model.ts";
import type { Share } from "#compiler/shares/tree.ts";
import type { Source } from "#compiler/source.ts";
import { printQuoted } from "#compiler/syntax/print-flows.ts";
import { ESCAPES } from "#compiler/syntax/values.ts";
import { FIRST_PERSON, Persons } from "./persons.ts";

/** A name without quotes, and one with. */
export const BARE = String.raw`[\p{L}_][\p{L}\p{M}\p{N}_-]*`;
export const QUOTED = String.raw`"(?:[^"\\\n]|\\.)*"`;
const QUALIFIED = new RegExp(`^(${BARE}|${QUOTED}):(?:([1-9][0-9]*):)?(${BARE}|${QUOTED})$`, "u");

/** A name as it stands in a qualified one. */
export const word = (text: string): string => (isName(text) ? text : printQuoted(text));

/** The text of such a word. */
export const nameIn = (printed: string): string =>
  printed.startsWith('"')
    ? printed.slice(1, -1).replaceAll(/\\(.)/gu, (_, letter: string) => ESCAPES[letter] ?? letter)
    : printed;

const ROOT = "root";

/** What the identities of a person's requests begin with. */
export const personPrefix = (speaker: string, person: number): string =>
  person === FIRST_PERSON ? `${word(speaker)}:` : `${word(speaker)}:${person}:`;

const qualified = (speaker: string, person: number, name: string): string => personPrefix(speaker, person) + word(name);

/** The identity of a request that a user calls so. What looks like a qualified name is no one else's. */
const identityOf = (speaker: string, person: number, name: string): string =>
  speaker === ROOT && !QUALIFIED.test(name) ? name : qualified(speaker, person, name);

/** The person to whom a request of that identity belongs. What the files say is the first one's. */
function personIn(id: string, speaker: string): number {
  const [, by, person] = QUALIFIED.exec(id) ?? [];
  return person === undefined || nameIn(by!) !== speaker ? FIRST_PERSON : Number(person);
}

/** What a user calls the request of that identity, if it can be one of that user's; else the identity. */
export function ownName(id: string, speaker: string, person: number): string {
  const before = personPrefix(speaker, person);
  if (!id.startsWith(before)) return id;
  const printed = id.slice(before.length);
  if (isName(printed)) return printed;
  if (!QUALIFIED.test(id) || personIn(id, speaker) !== person) return id;
  const name = nameIn(printed);
  // It would be read as the name of another's.
  return QUALIFIED.test(name) ? id : name;
}

/** The names of one network as it stands. */
export class Labels {
  readonly #state: State;
  readonly #files: ReadonlySet<Source>;
  /** The names in the files, whatever has become of them. */
  readonly #inFiles: ReadonlySet<string>;
  /** Name → identities of the requests that users but root call so. */
  readonly #called = new Map<string, Set<string>>();
  /** Who has which name: as far as the log has been read, and then as it goes on. */
  persons = new Persons();

  constructor(state: State, model: Pick<Model, "statements" | "policies">) {
    this.#state = state;
    this.#files = new Set(filesOf({ now: 0, cascades: [], ...model }).values());
    this.#inFiles = new Set([
      ...model.statements.flatMap(({ label }) => label ?? []),
      ...model.policies.flatMap(({ rules }) => rules.map(({ id }) => id)),
    ]);
    state.called = (id, user) => this.shown(id, user);
    for (const one of state.accepted) this.#note(one, true);
    state.onRequest((request, present) => this.#note(request, present));
  }

  /** The identity of a new request that a user gives this name. */
  identity(speaker: string, name: string): string {
    return this.#earlier(speaker, name)?.id ?? this.newIdentity(speaker, name);
  }

  /** The same where names are each user's own. */
  newIdentity(speaker: string, name: string): string {
    return identityOf(speaker, this.persons.of(speaker), name);
  }

  /** Whether the identity is a name of the files, which nobody else has. */
  isOfFiles(id: string, speaker: string): boolean {
    return speaker !== ROOT && this.#inFiles.has(id);
  }

  /** The identity of a new request without a label: by this name, or the first like it that the user has not. */
  free(speaker: string, name: string): string {
    const { accepted } = this.#state;
    let id = this.identity(speaker, name);
    for (let twin = 2; accepted.get(id) !== undefined || this.#inFiles.has(id); twin++)
      id = this.identity(speaker, `${name}-${twin}`);
    return id;
  }

  /** The identities that a user may mean by a name: `mine` before all others. */
  meant(name: string, speaker: string): readonly string[] {
    const mine = this.mine(name, speaker);
    return mine === undefined ? this.ofOthers(name, speaker) : [mine];
  }

  /** What a name means to a user by itself: an identity that it is, her own request, then one of the files. */
  mine(name: string, speaker: string): string | undefined {
    const stated = this.#stated(name, speaker);
    if (stated !== undefined) return stated;
    const own = this.#own(speaker, name);
    if (own !== undefined) return own.id;
    return this.#state.accepted.get(name) === undefined ? undefined : name;
  }

  /** What others call so that she may cancel. Whatever she may not cancel is as if it were not there. */
  ofOthers(name: string, speaker: string): readonly string[] {
    const { accepted } = this.#state;
    const all = [...(this.#called.get(name) ?? [])];
    return all.filter((id) => this.#mayCancel(accepted.get(id)!.share, speaker)).toSorted();
  }

  /** The name by which a user finds the request of that identity. */
  shown(id: string, reader: string): string {
    const one = this.#state.accepted.get(id);
    if (one === undefined || (this.isOf(one, reader) && this.#isSaid(one))) return this.ownName(id, reader);
    if (QUALIFIED.test(id)) return id;
    const own = this.#own(reader, id);
    if (own === undefined || own === one) return id;
    return qualified(this.#isSaid(one) ? one.speaker : ROOT, FIRST_PERSON, id);
  }

  /** Whether a user has a request of that identity that stands. */
  isOwn(id: string, speaker: string): boolean {
    const one = this.#state.accepted.get(id);
    return one !== undefined && this.isOf(one, speaker);
  }

  /** Whether a request is that of the person who has a name now, and not of one who had it. */
  isOf({ id, speaker }: Pick<Accepted, "id" | "speaker">, user: string): boolean {
    return speaker === user && personIn(id, speaker) === this.persons.of(user);
  }

  /** What the person who has a name now calls the request of that identity, if it is one of that person's. */
  ownName(id: string, user: string): string {
    return ownName(id, user, this.persons.of(user));
  }

  /** What a qualified name names. */
  #stated(name: string, speaker: string): string | undefined {
    const [, by, person, label] = QUALIFIED.exec(name) ?? [];
    if (by === undefined) return undefined;
    const { accepted } = this.#state;
    const [named, called] = [nameIn(by), nameIn(label!)];
    const number = person === undefined ? FIRST_PERSON : Number(person);
    const one =
      accepted.get(name) ??
      (named === ROOT
        ? accepted.get(called)
        : (accepted.get(qualified(named, number, called)) ?? this.#earlier(named, called)));
    return one !== undefined && this.#mayCancel(one.share, speaker) ? one.id : undefined;
  }

  #own(speaker: string, name: string): Accepted | undefined {
    return this.#state.accepted.get(this.newIdentity(speaker, name)) ?? this.#earlier(speaker, name);
  }

  /** A request of hers from before names were each user's own: its identity is the name alone. */
  #earlier(speaker: string, name: string): Accepted | undefined {
    if (speaker === ROOT || QUALIFIED.test(name)) return undefined;
    const one = this.#state.accepted.get(name);
    return one !== undefined && this.isOf(one, speaker) && this.#isSaid(one) ? one : undefined;
  }

  /** Where the request of that identity was said; undefined: it does not stand. */
  where(id: string): "files" | "said" | undefined {
    const one = this.#state.accepted.get(id);
    return one && (this.#isSaid(one) ? "said" : "files");
  }

  /** What stands for the words of the request of that identity: another statement that is called so has others. */
  wordingOf(id: string): string | undefined {
    const one = this.#state.accepted.get(id);
    return one && createHash("sha256").update(`${one.speaker}: ${one.text}`).digest("hex").slice(0, 16);
  }

  /** Whether it was said to the network, and stands in no file. */
  #isSaid({ rule, span }: Accepted): boolean {
    return rule === undefined && !this.#files.has(span.source);
  }

  /** Whether a user speaks for the share or for one above it (`may_cancel` in policies/pane.fml). */
  #mayCancel(share: Share, speaker: string): boolean {
    return [...share.chain()].some((one) => this.#state.speaks(speaker, one));
  }

  #note({ id, speaker }: Accepted, present: boolean): void {
    const [, by, , label] = (speaker !== ROOT && QUALIFIED.exec(id)) || [];
    if (by === undefined || nameIn(by) !== speaker) return;
    const name = nameIn(label!);
    const ids = this.#called.get(name) ?? new Set();
    if (present) this.#called.set(name, ids.add(id));
    else if (ids.delete(id) && ids.size === 0) this.#called.delete(name);
  }
}
