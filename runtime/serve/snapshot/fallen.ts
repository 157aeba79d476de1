/**
 * Sentences that a changed policy does not take any more, for the operator to read: those alone of which something would be
 * in force otherwise, and not what was cancelled later, has ended, or has gone with its share or with the right to speak.
 */
import { shareOf } from "#compiler/certificates/refusal.ts";
import type { Statement } from "#compiler/model/model.ts";
import type { ShareTree } from "#compiler/shares/tree.ts";
import type { JsonValue } from "../../log/record.ts";
import type { RecordedNames } from "../names/identities.ts";
import type { FallenPart, FallenSentence } from "./form.ts";

/** A sentence of a record, with its answers. */
interface AcceptedAgain extends FallenSentence {
  readonly answers: readonly JsonValue[];
}

type Shares = Pick<ShareTree, "get">;

export class FallenSentences {
  /** What each asked for that has not gone, by identity. */
  readonly #left = new Map<AcceptedAgain, Map<string, FallenPart>>();
  /** Identity → the last of these that asked for it. */
  readonly #askedBy = new Map<string, AcceptedAgain>();

  /**
   * One more that was accepted once; what it took away is missed by nobody. `holds`: it still fits.
   *
   * @param statements Those of its text, if they can be read.
   */
  read(said: AcceptedAgain, holds: boolean, statements: readonly Statement[], shares: Shares): void {
    const names = said.answers.filter(isObject) as readonly RecordedNames[];
    for (const { of, where } of names) if (of !== undefined && where !== "files") this.#cancel(of);
    for (const { demand } of statements) {
      if (demand.kind === "RemoveShare")
        this.#take(({ share, within = [] }) => share === demand.share || within.includes(demand.share));
      if (demand.kind === "Revoke" && demand.withRequests)
        this.#take((part) => part.by === demand.user && part.share === demand.share);
    }
    if (holds) return;
    // Of what a shortened log keeps the answers may be gone: its text says the same.
    const asked: readonly RecordedNames[] =
      names.length > 0 ? names : statements.map(({ id, demand }) => (demand.kind === "Cancel" ? {} : { id }));
    const parts = new Map<string, FallenPart>();
    for (const [i, { id, of }] of asked.entries()) {
      if (id === undefined || of !== undefined) continue;
      parts.set(id, statements.length === asked.length ? partOf(statements[i]!, shares) : {});
      this.#askedBy.set(id, said);
    }
    // It can be read no more.
    if (asked.length === 0) parts.set("", {});
    this.#left.set(said, parts);
  }

  /** Those of which something is missed at an instant, in Unix seconds. */
  missed(shares: Shares, now: number): readonly FallenSentence[] {
    const all = [...this.#left].map(([{ number, by, text }, parts]) => ({
      number,
      by,
      text,
      parts: [...parts.values()],
    }));
    return stillMissed(all, shares, now);
  }

  #cancel(id: string): void {
    const said = this.#askedBy.get(id);
    if (said === undefined) return;
    this.#askedBy.delete(id);
    this.#drop(said, [id]);
  }

  #take(goes: (part: FallenPart) => boolean): void {
    for (const [said, parts] of this.#left)
      this.#drop(
        said,
        [...parts].filter(([, part]) => goes(part)).map(([id]) => id),
      );
  }

  #drop(said: AcceptedAgain, ids: readonly string[]): void {
    const parts = this.#left.get(said);
    for (const id of ids) parts?.delete(id);
    if (parts?.size === 0) this.#left.delete(said);
  }
}

/** Sentences of which something is still missed: it has not ended, and the shares stand that stood around it. */
export function stillMissed(all: readonly FallenSentence[], shares: Shares, now: number): readonly FallenSentence[] {
  const isMissed = ({ end = Infinity, within = [] }: FallenPart): boolean =>
    end > now && within.every((name) => shares.get(name) !== undefined);
  return all.flatMap((one) => {
    if (one.parts === undefined) return [one];
    const parts = one.parts.filter(isMissed);
    return parts.length === 0 ? [] : [{ ...one, parts }];
  });
}

function partOf({ demand, speaker }: Statement, shares: Shares): FallenPart {
  // Around a new share stands the one of which it is a part.
  const around = shareOf(demand);
  const share = demand.kind === "NewShare" ? demand.share : around;
  const within = Array.from(shares.get(around ?? "")?.chain() ?? [], ({ name }) => name);
  const end = demand.kind === "request" ? demand.interval.end : Infinity;
  return {
    ...(demand.kind === "request" && { by: speaker }),
    ...(share !== undefined && { share }),
    ...(within.length > 0 && { within }),
    ...(Number.isFinite(end) && { end }),
  };
}

const isObject = (answer: JsonValue): boolean => typeof answer === "object" && answer !== null;
