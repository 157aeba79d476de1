/**
 * What a switch does not have of what is in force → the requests that this is about, once when it begins and once when it
 * is over: their speakers were answered before the switch was asked.
 */
import type { Accepted } from "#compiler/admission/state/accepted.ts";
import type { TurningPoint } from "../turning-points.ts";

export class Lacks {
  /** Of each switch: requests by identity. */
  readonly #standing = new Map<string, ReadonlyMap<string, Accepted>>();

  /**
   * @param ids The statements that the switch does not wholly have now.
   * @param of What stands under an identity; undefined: no request.
   * @param at Unix seconds.
   */
  take(
    name: string,
    ids: readonly string[],
    of: (id: string) => Accepted | undefined,
    at: number,
  ): readonly TurningPoint[] {
    const before = this.#standing.get(name) ?? new Map<string, Accepted>();
    const now = new Map<string, Accepted>();
    for (const id of ids) {
      const request = of(id);
      if (request !== undefined) now.set(id, request);
    }
    this.#standing.set(name, now);
    const point = (kind: "lack" | "have", { id, speaker, share }: Accepted): TurningPoint => ({
      kind,
      request: id,
      by: speaker,
      share: share.name,
      at,
      switch: name,
    });
    return [
      ...[...now].filter(([id]) => !before.has(id)).map(([, one]) => point("lack", one)),
      // What was cancelled or has ended is not had by it either.
      ...[...before].filter(([id]) => !now.has(id) && of(id) !== undefined).map(([, one]) => point("have", one)),
    ];
  }
}
