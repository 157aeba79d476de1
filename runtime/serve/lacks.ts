/**
 * What a switch does not have of what is in force → the requests that this is about, once when it begins and once when it
 * is over: their speakers were answered before the switch was asked.
 */
import type { Outcome } from "#compiler/certificates/verdict.ts";
import type { Accepted } from "#compiler/admission/state/accepted.ts";
import { beginsHeld } from "#compiler/diagnostics/codes/table.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { isReservation, type DecidedSentence } from "./conversation.ts";
import type { Unreserved } from "./switches/events.ts";
import { saidSwitch, standingNote, unheldNotes, unreservedNote, type SwitchTrouble } from "./switches/standing.ts";
import type { RunningNetwork } from "./network.ts";
import type { TurningPoint } from "./turning-points.ts";

/** What is known of a switch when a request is accepted. */
export interface StandingSwitch {
  readonly name: string;
  readonly trouble: SwitchTrouble | undefined;
  readonly unreserved: Unreserved | undefined;
}

export class Lacks {
  /** Of each switch: requests by identity. */
  readonly #standing = new Map<string | undefined, ReadonlyMap<string, Accepted>>();

  /**
   * @param name Undefined: no switch has it, since no table can be made with it.
   * @param ids The statements that the switch does not wholly have now.
   * @param of What stands under an identity; undefined: no request.
   * @param at Unix seconds.
   */
  take(
    name: string | undefined,
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
      ...(name !== undefined && { switch: name }),
    });
    return [
      ...[...now].filter(([id]) => !before.has(id)).map(([, one]) => point("lack", one)),
      // What was cancelled or has ended is not had by it either.
      ...[...before].filter(([id]) => !now.has(id) && of(id) !== undefined).map(([, one]) => point("have", one)),
    ];
  }

  /**
   * What those hear whose request is accepted. Where it is known that queues are missing nothing is called guaranteed.
   *
   * @param unheld The switches of the policy that the server never holds.
   */
  noted(heard: DecidedSentence, switches: readonly StandingSwitch[], unheld: readonly string[]): DecidedSentence {
    const notes = [...switches.flatMap((one) => this.#notes(one, heard)), ...unheldNotes(unheld)];
    if (notes.length === 0) return heard;
    const isUnreserved = switches.some(({ unreserved }) => unreserved !== undefined);
    return { ...heard, notes, ...(isUnreserved && { outcomes: heard.outcomes.map(unpromised) }) };
  }

  /** What a switch does not take of others' statements is told to these, and to root. */
  #notes(
    { name, trouble, unreserved }: StandingSwitch,
    { outcomes, records }: Pick<DecidedSentence, "outcomes" | "records">,
  ): readonly string[] {
    const by = outcomes[0]?.statement.speaker ?? "root";
    const lacking = [...(this.#standing.get(saidSwitch(name))?.values() ?? [])];
    const isTold = trouble !== "lacking" || by === "root" || lacking.some(({ speaker }) => speaker === by);
    return [
      ...(trouble !== undefined && isTold ? [standingNote(trouble, name)] : []),
      ...(unreserved !== undefined && records.some(isReservation) ? [unreservedNote(unreserved, name)] : []),
    ];
  }

  /** What has begun and no table can be made with: once when it is held back and once when it has come to be in the tables. */
  takeHeldBack(
    { admission, tables }: Pick<RunningNetwork, "admission" | "tables">,
    at: number,
  ): { readonly points: readonly TurningPoint[]; readonly told: readonly Diagnostic[] } {
    const points = this.take(undefined, tables.heldBack, (id) => admission.state.accepted.get(id), at);
    const held = points.flatMap(({ kind, request: statement }) => (kind === "lack" ? [beginsHeld({ statement })] : []));
    return { points, told: [...tables.takeTroubles(), ...held] };
  }
}

function unpromised({ statement, verdict }: Outcome): Outcome {
  if (verdict.kind === "rejected" || verdict.promise === undefined) return { statement, verdict };
  return { statement, verdict: { ...verdict, promise: "admitted, not guaranteed" } };
}
