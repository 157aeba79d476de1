/**
 * Who may speak: names with tokens of 256 random bits. Only a digest of each is kept. A token is as random as a key, so a
 * quick digest is enough; a slow one would let anybody keep the server busy.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { suggest } from "#compiler/diagnostics/suggest.ts";

/** A token as its owner writes it, and the digest that is kept. */
export interface NewToken {
  readonly token: string;
  readonly digest: string;
}

/** The name of those who may read `/metrics` and nothing else: no user. */
export const METRICS = "metrics";

/** A new token, or why there is none: only root makes tokens, and only of users. */
export type TokenAnswer =
  | { readonly token: string }
  | { readonly refused: "not root" }
  /** `near`: the user whose name is near to it, if there is one. */
  | { readonly refused: "no user"; readonly near?: string | undefined };

/** A new token of a name for who asks, or why there is none and who may be meant. */
export function madeFor(
  name: string,
  by: string,
  known: { isUser(name: string): boolean; users(): readonly string[] },
): TokenAnswer {
  if (by !== "root") return { refused: "not root" };
  if (name === "root" || name === METRICS || known.isUser(name)) return { token: makeToken().token };
  return { refused: "no user", near: suggest(name, known.users()) };
}

interface Users {
  isUser(name: string): boolean;
}

/** Whether somebody of that name may speak, or read metrics: a token of a name whose user is gone opens nothing. */
export const isSpeaker = (
  { admission: { state } }: { readonly admission: { readonly state: Users } },
  name: string,
): boolean => name === "root" || name === METRICS || state.isUser(name);

export function makeToken(): NewToken {
  const token = `glz_${randomBytes(32).toString("base64url")}`;
  return { token, digest: tokenDigest(token) };
}

export const tokenDigest = (token: string): string => createHash("sha256").update(token).digest("hex");

/** The name of a token that is not secret: the beginning of its digest. */
export const tokenId = (digest: string): string => digest.slice(0, 12);

/** Name → digests of its tokens, and back. */
export class Tokens {
  readonly #digests = new Map<string, Set<string>>();
  readonly #names = new Map<string, string>();
  /** Digest → what ends once the token is taken away. */
  readonly #ends = new Map<string, Set<() => void>>();
  /** Name → what ends once its user is removed. */
  readonly #logins = new Map<string, Set<() => void>>();

  add(name: string, digest: string): void {
    this.#names.set(digest, name);
    const known = this.#digests.get(name);
    if (known === undefined) this.#digests.set(name, new Set([digest]));
    else known.add(digest);
  }

  remove(name: string, digest: string): void {
    const digests = this.#digests.get(name);
    if (digests?.delete(digest) !== true) return;
    this.#names.delete(digest);
    if (digests.size === 0) this.#digests.delete(name);
    for (const end of this.#ends.get(digest) ?? []) end();
  }

  /** Its user is removed: its tokens are nobody's, and what was opened in its name ends, with a token or without. */
  removeUser(name: string): void {
    for (const end of this.#logins.get(name) ?? []) end();
    for (const digest of this.of(name)) this.remove(name, digest);
  }

  /** Calls back once the user of a name is removed, until the function that is returned is called. */
  whenUserRemoved(name: string, end: () => void): () => void {
    const ends = this.#logins.get(name) ?? new Set();
    this.#logins.set(name, ends.add(end));
    return () => {
      ends.delete(end);
      if (ends.size === 0 && this.#logins.get(name) === ends) this.#logins.delete(name);
    };
  }

  /**
   * Calls back once a token is taken away, at once where it is by now: what was opened with it must end.
   *
   * @returns What is called where that is over before.
   */
  whenRemoved(token: string, end: () => void): () => void {
    const digest = tokenDigest(token);
    if (!this.#names.has(digest)) {
      end();
      return () => undefined;
    }
    const ends = this.#ends.get(digest) ?? new Set();
    this.#ends.set(digest, ends.add(end));
    return () => {
      ends.delete(end);
      if (ends.size === 0) this.#ends.delete(digest);
    };
  }

  /** The digests of a name's tokens. */
  of(name: string): readonly string[] {
    return [...(this.#digests.get(name) ?? [])];
  }

  /** Every name with the ids of its tokens. */
  all(): readonly { readonly name: string; readonly id: string }[] {
    return [...this.#digests].flatMap(([name, digests]) => [...digests].map((one) => ({ name, id: tokenId(one) })));
  }

  /** The name whose token it is; undefined: it is not one. How long that takes tells of digests alone. */
  ownerOf(token: string): string | undefined {
    return this.#names.get(tokenDigest(token));
  }

  get isEmpty(): boolean {
    return this.#digests.size === 0;
  }

  /** Whether the token is one of the name's. An unknown name takes as long as a wrong token. */
  admits(name: string, token: string): boolean {
    const given = Buffer.from(tokenDigest(token));
    let admitted = false;
    for (const digest of this.#digests.get(name) ?? [NO_DIGEST])
      admitted = timingSafeEqual(given, Buffer.from(digest)) || admitted;
    return admitted;
  }
}

const NO_DIGEST = "0".repeat(64);
