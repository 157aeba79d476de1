/**
 * The accepted requests that stand, indexed so that a newcomer meets only those that could matter: per share, kind and
 * rank an index by flow and time; per share the number of requests in its subtree, by which the walk for rivals prunes. A
 * request is charged to every share on its way to the root.
 */
import type { OverlapIndex } from "../../flowgroup/index.ts";
import type { Cube, Flowgroup } from "../../flowgroup/cube.ts";
import type { PolicyRule } from "../../model/model.ts";
import type { Interval } from "../../net/interval.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import type { Charge } from "../../shares/bandwidth.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { Share } from "../../shares/tree.ts";
import type { Span } from "../../source.ts";
import { TimedIndex } from "./timed-index.ts";

/**
 * Where an accepted request stands relative to the requests of its share (SEMANTICS, "Policies"): a policy rule of a
 * level that decides earlier is `higher`, of one that decides later `lower`; requests themselves are `level`.
 */
export type Rank = "higher" | "level" | "lower";

export const RANKS: readonly Rank[] = ["higher", "level", "lower"];

/** A request that stands: of a statement, or of a policy's rule. */
export interface Accepted {
  readonly id: string;
  readonly kind: RequestKind;
  readonly share: Share;
  readonly speaker: string;
  /** Disjoint pieces of what was asked; a partial grant keeps its cut for ever. */
  readonly pieces: readonly Piece[];
  readonly rank: Rank;
  /** The policy that the rule belongs to. */
  readonly policy?: string;
  /** The policy is `ordered`: of its rules the first that holds a flow decides. */
  readonly ordered?: true;
  readonly rule?: PolicyRule;
  /** The level of its share's cascade; 0 decides first. */
  readonly level: number;
  /** bit/s that are granted, of reserve and limit. */
  readonly rate?: number;
  /** Of waypoint and avoid. */
  readonly nodes?: readonly string[];
  /** What a reservation is charged to. */
  readonly charge?: Charge;
  /** From the first start to the last end of its pieces. */
  readonly interval: Interval;
  readonly text: string;
  readonly span: Span;
  /** Position in the order of acceptance. */
  readonly order: number;
}

/** A piece of a request, where it has several. */
interface PieceOf {
  readonly request: Accepted;
  readonly interval: Interval;
}

/** What the indexes hold: the request itself where it is of one piece, as almost all are. */
type Indexed = Accepted | PieceOf;

const requestOf = (item: Indexed): Accepted => ("request" in item ? item.request : item);

interface Ledger {
  readonly indexes: Map<RequestKind, Partial<Record<Rank, TimedIndex<Indexed>>>>;
  /** Requests by kind, in the share itself and with all below it. */
  readonly own: Map<RequestKind, number>;
  readonly subtree: Map<RequestKind, number>;
  readonly requests: Set<Accepted>;
  ownRequests: number;
  /** Requests and cubes of the share and everything below; policy rules are the operator's and not counted. */
  allRequests: number;
  allEntries: number;
  ownEntries: number;
}

/** Number of cubes that a request holds: what it may cost in entries. */
export const cubesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + piece.flows.cubes.length, 0);

export class AcceptedRequests {
  readonly #byId = new Map<string, Accepted>();
  /** What the indexes hold of requests of several pieces: removal needs the same objects. */
  readonly #pieces = new Map<Accepted, readonly PieceOf[]>();
  readonly #kinds = new Map<RequestKind, Set<Accepted>>();
  readonly #ledgers = new WeakMap<Share, Ledger>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Accepted | undefined {
    return this.#byId.get(id);
  }

  /** All that stand, in order of acceptance. */
  [Symbol.iterator](): Iterator<Accepted> {
    return this.#byId.values();
  }

  /** All of a kind that stand, in order of acceptance. */
  ofKind(kind: RequestKind): Iterable<Accepted> {
    return this.#kinds.get(kind) ?? [];
  }

  /** What stands in a share itself, in order of acceptance. */
  inShare(share: Share): Iterable<Accepted> {
    return this.#ledgers.get(share)?.requests ?? [];
  }

  add(request: Accepted): void {
    this.#byId.set(request.id, request);
    const kind = this.#kinds.get(request.kind) ?? new Set();
    this.#kinds.set(request.kind, kind.add(request));
    this.#charge(request, 1);
    const ledger = this.#ledger(request.share);
    ledger.requests.add(request);
    const index = this.#index(ledger, request);
    this.#eachItem(request, (cube, item) => index.insert(cube, item));
  }

  remove(request: Accepted): void {
    this.#byId.delete(request.id);
    this.#kinds.get(request.kind)?.delete(request);
    this.#charge(request, -1);
    const ledger = this.#ledger(request.share);
    ledger.requests.delete(request);
    const index = this.#index(ledger, request);
    this.#eachItem(request, (cube, item) => index.remove(cube, item));
    this.#pieces.delete(request);
  }

  /** The cubes of a request, with what the index keeps for each. */
  #eachItem(request: Accepted, each: (cube: Cube, item: Indexed) => void): void {
    const { pieces } = request;
    if (pieces.length === 1) {
      for (const cube of pieces[0]!.flows.cubes) each(cube, request);
      return;
    }
    let items = this.#pieces.get(request);
    if (items === undefined) {
      items = pieces.map(({ interval }): PieceOf => ({ request, interval }));
      this.#pieces.set(request, items);
    }
    for (const [i, { flows }] of pieces.entries()) for (const cube of flows.cubes) each(cube, items[i]!);
  }

  /** What a share's bounds `requests` and `entries` are compared with: of the share alone, or with all below it. */
  cost(share: Share, whole: boolean): { readonly requests: number; readonly entries: number } {
    const ledger = this.#ledgers.get(share);
    if (!ledger) return { requests: 0, entries: 0 };
    return whole
      ? { requests: ledger.allRequests, entries: ledger.allEntries }
      : { requests: ledger.ownRequests, entries: ledger.ownEntries };
  }

  /**
   * The shares whose flows touch these and that hold requests of the kind. From the root down; a subtree without such
   * requests, or whose share's flows are disjoint, is not entered: requests lie inside their share.
   */
  rivals(root: Share, flows: Flowgroup, kind: RequestKind): readonly Share[] {
    const found: Share[] = [];
    this.#rivals(root, flows, kind, found);
    return found;
  }

  #rivals(root: Share, flows: Flowgroup, kind: RequestKind, found: Share[]): void {
    const ledger = this.#ledgers.get(root);
    const below = ledger?.subtree.get(kind);
    if (!below) return;
    const own = ledger!.own.get(kind);
    if (own) found.push(root);
    if (own === below) return;
    for (const child of touching(root.childIndex, flows)) this.#rivals(child, flows, kind, found);
  }

  /** The requests of one kind and rank in one share that share a flow and an instant with these; each once. */
  overlapping(share: Share, rank: Rank, kind: RequestKind, pieces: readonly Piece[]): ReadonlySet<Accepted> {
    const index = this.#ledgers.get(share)?.indexes.get(kind)?.[rank];
    if (index === undefined) return NOBODY;
    let found: Set<Accepted> | undefined;
    for (const { flows, interval } of pieces) {
      for (const cube of flows.cubes) {
        for (const item of index.overlapping(cube, interval)) (found ??= new Set()).add(requestOf(item));
      }
    }
    return found ?? NOBODY;
  }

  #ledger(share: Share): Ledger {
    let ledger = this.#ledgers.get(share);
    if (ledger === undefined) {
      ledger = {
        indexes: new Map(),
        own: new Map(),
        subtree: new Map(),
        requests: new Set(),
        ownRequests: 0,
        ownEntries: 0,
        allRequests: 0,
        allEntries: 0,
      };
      this.#ledgers.set(share, ledger);
    }
    return ledger;
  }

  #index(ledger: Ledger, request: Accepted): TimedIndex<Indexed> {
    let ranks = ledger.indexes.get(request.kind);
    if (ranks === undefined) ledger.indexes.set(request.kind, (ranks = {}));
    return (ranks[request.rank] ??= new TimedIndex());
  }

  #charge(request: Accepted, sign: 1 | -1): void {
    const { kind, share } = request;
    const cubes = request.policy === undefined ? sign * cubesOf(request.pieces) : 0;
    const one = request.policy === undefined ? sign : 0;
    const own = this.#ledger(share);
    own.own.set(kind, (own.own.get(kind) ?? 0) + sign);
    own.ownRequests += one;
    own.ownEntries += cubes;
    for (let at: Share | undefined = share; at; at = at.parent) {
      const ledger = this.#ledger(at);
      ledger.subtree.set(kind, (ledger.subtree.get(kind) ?? 0) + sign);
      ledger.allRequests += one;
      ledger.allEntries += cubes;
    }
  }
}

/** Nobody overlaps. */
const NOBODY: ReadonlySet<Accepted> = new Set();

/** The shares of a child index that touch a flowgroup; each once. */
function touching(index: OverlapIndex<Share>, flows: Flowgroup): Iterable<Share> {
  if (flows.cubes.length === 1) return index.overlapping(flows.cubes[0]!);
  const found = new Set<Share>();
  for (const cube of flows.cubes) for (const share of index.overlapping(cube)) found.add(share);
  return found;
}
