/**
 * What one speaker may see of what a sentence came to. It stands at the rim of the network, so the text protocol, HTTP
 * and what is kept for a key all have the same. A share is a speaker's own where she speaks for it or for one above it.
 * There she sees all, since she may cancel it. Of others she sees that they are in the way, their kind, and the
 * share's name where it is above or beside her own: never an id, a text, a speaker, a number or a place.
 */
import type { Admission } from "#compiler/admission/admission.ts";
import type { Accepted } from "#compiler/admission/state/accepted.ts";
import { REASONS } from "#compiler/certificates/reasons.ts";
import { shareOf } from "#compiler/certificates/refusal.ts";
import { askedText, gapText } from "#compiler/certificates/no-path.ts";
import { list } from "#compiler/certificates/text.ts";
import type {
  Blocker,
  Certificate,
  Grant,
  NoPath,
  Outcome,
  Suspension,
  Verdict,
} from "#compiler/certificates/verdict.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { MOST_PIECES } from "#compiler/flowgroup/index.ts";
import type { Query, Statement } from "#compiler/model/model.ts";
import { ALWAYS } from "#compiler/net/interval.ts";
import type { Answered } from "#compiler/queries/index.ts";
import { ROOT_SHARE, type Share } from "#compiler/shares/tree.ts";
import type { Span } from "#compiler/source.ts";
import type { Labels } from "./names/labels.ts";

/** In place of the name of another's request. */
const ANOTHER = "another's request";
/** In place of the name of a share that is neither above nor beside one of hers. */
const BRANCH = "another branch";

/** The eyes of one speaker, on the network as it stands. */
export class Viewer {
  readonly #by: string;
  readonly #state: Admission["state"];
  readonly #labels: Labels;

  constructor({ state }: Admission, by: string, labels: Labels) {
    this.#by = by;
    this.#labels = labels;
    this.#state = state;
  }

  /** Whether nothing is hidden from the speaker. */
  get seesAll(): boolean {
    return this.#by === "root" || this.#speaksFor(this.#state.tree.root);
  }

  /** What she sees of a decision on statements of her own. */
  outcome({ statement, verdict }: Outcome): Outcome {
    return { statement, verdict: this.#verdict(statement, verdict) };
  }

  /** Why a question is not hers to ask; undefined: it is. */
  refusal(statement: Statement, asks: Query): Verdict | undefined {
    const share = "share" in asks ? this.#state.tree.get(asks.share) : undefined;
    if (share === undefined || this.#isHers(share)) return undefined;
    if (!this.#isNamed(share)) return { kind: "rejected", certificate: noShare(statement, share) };
    if (asks.kind !== "GetSchedule" && asks.kind !== "Available") return undefined;
    return { kind: "rejected", certificate: bare(statement, "not-a-speaker", this.#noSpeaker(share.name)) };
  }

  /** What she sees of an answer. */
  answered(answered: Answered): Answered {
    if (answered.kind !== "answer") return answered;
    const { answer } = answered;
    const seen = (rows: (typeof answer)["rows"]): Answered => ({ kind: "answer", answer: { ...answer, rows } });
    const { tree, accepted } = this.#state;
    switch (answer.query) {
      case "ListRequests":
      case "ListRequestsByFlowGroup":
        return seen(
          [...answer.rows].filter(([id]) => {
            const one = accepted.get(id as string);
            return one !== undefined && this.#isSeen(one);
          }),
        );
      case "ListShares":
      case "ListSharesByFlowGroup": {
        const rows = new Map([...answer.rows].map((row) => [row[0] as string, row]));
        return seen(
          [...tree.root.subtree()].flatMap((one) => {
            const row = rows.get(one.name);
            if (this.#isHers(one)) return row === undefined ? [] : [row];
            // Whether its flows are among those that were asked for would tell which they are.
            return this.#isNamed(one) ? [[one.name, one.parent?.name, undefined, undefined, undefined]] : [];
          }),
        );
      }
      case "ListUsers":
        return seen(
          [...answer.rows].map(([user, shares]) => [
            user,
            (shares as readonly string[]).filter(
              (name) => user === this.#by || name === ROOT_SHARE || this.#isHers(tree.get(name)!),
            ),
          ]),
        );
      case "Available":
        return seen(
          [...answer.rows].map((row) => {
            const limit = /^limit (.*)$/su.exec(typeof row[4] === "string" ? row[4] : "")?.[1];
            const one = limit === undefined ? undefined : accepted.get(limit);
            const isHidden = limit !== undefined && (one === undefined || !this.#isSeen(one));
            return row.map((cell, i) => (i === 4 && isHidden ? "another's limit" : cell));
          }),
        );
      case "GetSchedule":
      case "Traffic":
      case "Explain":
        return answered;
    }
  }

  #speaksFor = (share: Share): boolean => share.open || share.speakers.has(this.#by);

  #isHers(share: Share): boolean {
    return [...share.chain()].some(this.#speaksFor);
  }

  /** Whether she may read the name: it is hers, above one of hers, or beside one. */
  #isNamed(share: Share): boolean {
    if (share.name === ROOT_SHARE || this.#isHers(share)) return true;
    if ([...(share.parent?.children.values() ?? [])].some(this.#speaksFor)) return true;
    return [...share.subtree()].some(this.#speaksFor);
  }

  #isSeen(one: Accepted): boolean {
    return this.#labels.isOf(one, this.#by) || this.#isHers(one.share);
  }

  #verdict(statement: Statement, verdict: Verdict): Verdict {
    if (verdict.kind === "rejected")
      return { ...verdict, certificate: this.#certificate(statement, verdict.certificate) };
    const { suspended, notes } = verdict;
    const more: Pick<Grant, "suspended" | "notes"> = {
      ...(suspended && { suspended: this.#suspension(statement, suspended) }),
      ...(notes && { notes: this.#notes(statement, notes) }),
    };
    return verdict.kind === "accepted"
      ? { ...verdict, ...more }
      : { ...verdict, ...more, certificate: this.#certificate(statement, verdict.certificate) };
  }

  #suspension(statement: Statement, { certificate, pieces }: Suspension): Suspension {
    return { certificate: this.#certificate(statement, certificate), pieces };
  }

  #certificate(statement: Statement, certificate: Certificate): Certificate {
    const { demand } = statement;
    const { code, blockers, moreBlockers, grounds, noPath, known: _, name: __, proof: ___, ...kept } = certificate;
    const target = this.#state.tree.get(shareOf(demand) ?? "");
    if (target !== undefined && !this.#isNamed(target)) return noShare(statement, target);
    if (code === "may-not-cancel" && demand.kind === "Cancel") {
      const one = this.#state.accepted.get(demand.request);
      // She reads in her list that it stands.
      if (one !== undefined && this.#isSeen(one))
        return bare(statement, "not-a-speaker", this.#noSpeaker(one.share.name));
      return {
        ...bare(statement, "unknown-request", REASONS["unknown-request"]({ request: demand.request }).message),
        nearest: certificate.nearest,
      };
    }
    const shown = blockers.map((one) => (this.#isOwn(statement, one) ? one : undefined));
    const seen = shown.filter((one) => one !== undefined);
    const others = this.#others(
      statement,
      blockers.filter((_, i) => shown[i] === undefined),
    );
    const ways = noPath && this.#noPath(statement, noPath);
    const places = [...(target?.chain() ?? [])].filter((one) => this.#isHers(one)).map(({ span }) => span);
    const open = grounds?.filter(({ span }) => code === "own-rule" || places.some((one) => one === span)) ?? [];
    return {
      ...kept,
      code,
      reason: this.#reason(statement, certificate, seen, others.length > 0, ways),
      blockers: [...seen, ...others],
      ...(moreBlockers !== undefined && others.length === 0 && { moreBlockers }),
      ...(open.length > 0 && { grounds: open }),
      ...(ways && { noPath: ways }),
    };
  }

  /** A statement of the same sentence is her own, though nothing of it stands. */
  #isOwn({ span }: Statement, { id, kind, share, span: where }: Blocker): boolean {
    if (where.source === span.source) return true;
    if (kind === "share") {
      const one = this.#state.tree.get(id);
      return one !== undefined && this.#isHers(one);
    }
    const one = this.#state.accepted.get(id);
    if (one !== undefined) return this.#isSeen(one);
    const place = this.#state.tree.get(share);
    return place !== undefined && this.#isHers(place);
  }

  /** Others' requests, one for each kind and share: their number is not said, nor a time outside of what was asked. */
  #others({ demand, span }: Statement, hidden: readonly Blocker[]): readonly Blocker[] {
    const interval = demand.kind === "request" ? demand.interval : ALWAYS;
    const all = hidden.map(({ kind, share }): Blocker => {
      const one = this.#state.tree.get(share);
      const name = share === "" || (one !== undefined && this.#isNamed(one)) ? share : BRANCH;
      return { id: ANOTHER, kind, share: name, interval, span, text: "" };
    });
    const byName = new Map(all.map((one) => [`${one.kind} ${one.share}`, one]));
    return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  }

  #reason(
    { demand }: Statement,
    { code, reason }: Certificate,
    seen: readonly Blocker[],
    isMore: boolean,
    noPath: NoPath | undefined,
  ): string {
    const share = shareOf(demand) ?? "";
    const kind = demand.kind === "request" ? demand.action : demand.kind;
    const requests = [...(seen.length > 0 ? [list(seen.map(({ id }) => id))] : []), "requests of others"].join(" and ");
    switch (code) {
      case "not-a-speaker":
        return this.#noSpeaker(share, demand.kind === "RemoveShare");
      case "conflict":
      case "nothing-left":
        return isMore ? REASONS[code]({ kind, share, requests }).message : reason;
      case "too-many-pieces":
        return isMore ? REASONS[code]({ kind, requests, limit: MOST_PIECES }).message : reason;
      case "no-path":
        return noPath === undefined
          ? reason
          : REASONS[code]({ between: noPath.between, asked: askedText(noPath), why: gapText(noPath) }).message;
      case "too-many-requests":
      case "too-many-entries": {
        const own = this.#state.tree.get(share);
        const isHers =
          own !== undefined &&
          [...own.chain()].every((one) => this.#isHers(one) || !reason.includes(`\`${one.name}\``));
        return isHers ? reason : "a share above this one holds all that it may";
      }
      default:
        return reason;
    }
  }

  /** `isAbove`: to remove a share one speaks for a share above it. */
  #noSpeaker = (share: string, isAbove = false): string =>
    `\`${this.#by}\` does not speak for ${isAbove ? "a share above" : "share"} \`${share}\``;

  #noPath(statement: Statement, noPath: NoPath): NoPath {
    const seen = (nodes: NoPath["passes"]): NoPath["passes"] =>
      nodes.map(({ node, by }) => {
        const one = by === undefined ? undefined : this.#state.accepted.get(by);
        const isOwn = one !== undefined && (this.#isSeen(one) || one.span.source === statement.span.source);
        return by === undefined || isOwn ? { node, ...(by !== undefined && { by }) } : { node, by: ANOTHER };
      });
    return { ...noPath, passes: seen(noPath.passes), avoids: seen(noPath.avoids) };
  }

  /** Notes that rest on requests of others say that alone, and once. */
  #notes(statement: Statement, notes: readonly Diagnostic[]): readonly Diagnostic[] {
    const seen = notes.map((one) => this.#note(statement, one));
    const isOpen = (one: Diagnostic, i: number): boolean => one === notes[i];
    return seen.filter((one, i) => isOpen(one, i) || seen.findIndex((other, k) => !isOpen(other, k)) === i);
  }

  #note({ span }: Statement, note: Diagnostic): Diagnostic {
    const isOpen = (where: Span): boolean =>
      where.source === span.source || [...this.#state.accepted].some((one) => one.span === where && this.#isSeen(one));
    if (note.related.every((one) => isOpen(one.span))) return note;
    const { help: _, ...kept } = note;
    return { ...kept, related: [], message: "requests of others have a part in what becomes of this" };
  }
}

/** A rejection that shows nothing but its reason. */
const bare = ({ id, span }: Statement, code: string, reason: string): Certificate => ({
  code,
  reason,
  statement: id,
  span,
  blockers: [],
  chain: [],
  nearest: [],
});

/** What is said of a share that is not there is said of one that she may not know. */
const noShare = (statement: Statement, { name }: Share): Certificate =>
  bare(statement, "unknown-share", REASONS["unknown-share"]({ share: name }).message);
