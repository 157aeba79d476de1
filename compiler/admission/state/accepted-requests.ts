/**
 * All accepted requests, indexed so that a candidate is compared only with those that could matter: per share, kind and
 * rank an index by flow and time; per share the number of requests in its subtree, by which the walk from the root
 * prunes. A request is counted in every share on its way to the root.
 */
import { shareFlow, type OverlapIndex } from "../../flowgroup/index.ts";
import type { Cube, Flowgroup } from "../../flowgroup/cube.ts";
import type { Interval } from "../../net/interval.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { Share } from "../../shares/tree.ts";
import { entriesOf, type Accepted, type Rank } from "./accepted.ts";
import { SteadyMap } from "../../net/steady-map.ts";
import { nameLater, withNamed } from "./later-fragments.ts";
import { InOrder } from "./in-order.ts";
import { TimedIndex } from "./timed-index.ts";

/** A piece of a request that has several. */
interface PieceOf {
  readonly request: Accepted;
  readonly interval: Interval;
}

/** An item of the indexes: the request itself if it has one piece, as almost all have. */
type Indexed = Accepted | PieceOf;

const requestOf = (item: Indexed): Accepted => ("request" in item ? item.request : item);

/** The requests of one share, and how many there are below it. */
interface ShareIndex {
  readonly requests: InOrder;
  readonly indexes: Map<RequestKind, Partial<Record<Rank, TimedIndex<Indexed>>>>;
  /** Numbers of requests by kind: in the share itself, and with all below it. */
  readonly own: Map<RequestKind, number>;
  readonly subtree: Map<RequestKind, number>;
  /** Requests and cubes of the share itself; rules of policies are the operator's and are not counted. */
  ownRequests: number;
  ownEntries: number;
  /** The same with all below it. */
  allRequests: number;
  allEntries: number;
}

export class AcceptedRequests {
  readonly #fragments: "allow" | "deny";
  readonly #byId = new SteadyMap<string, Accepted>();
  readonly #all = new InOrder();
  readonly #byKind = new Map<RequestKind, InOrder>();
  readonly #byShare = new WeakMap<Share, ShareIndex>();
  /** What the indexes hold of requests of several pieces: removal needs the same objects. */
  readonly #pieces = new Map<Accepted, readonly PieceOf[]>();

  /** Of texts that several requests have: all smaller numbers than this are taken. */
  readonly #twins = new Map<string, number>();
  /** The first identities in order of acceptance, until a request comes or goes: refusals look for near ones there. */
  #firstIds: readonly string[] | undefined;

  /** How many name later IPv6 fragments. */
  #later = 0;

  /** `fragments`: the policy's `default fragments`. */
  constructor(fragments: "allow" | "deny" = "deny") {
    this.#fragments = fragments;
  }

  /** Whether any names later IPv6 fragments. */
  get nameLater(): boolean {
    return this.#later > 0;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Accepted | undefined {
    return this.#byId.get(id);
  }

  /** All, in order of acceptance. */
  [Symbol.iterator](): Iterator<Accepted> {
    return this.#all[Symbol.iterator]();
  }

  /** This identity, or where it is taken, with the smallest number behind it that is free. */
  freeTwin(id: string): string {
    if (!this.#byId.has(id)) return id;
    let twin = this.#twins.get(id) ?? 2;
    while (this.#byId.has(twinOf(id, twin))) twin++;
    this.#twins.set(id, twin);
    return twinOf(id, twin);
  }

  /** The first so many identities, in order of acceptance; the same list until a request comes or goes. */
  firstIds(most: number): readonly string[] {
    if (this.#firstIds === undefined) {
      const ids: string[] = [];
      for (const { id } of this) {
        if (ids.length >= most) break;
        ids.push(id);
      }
      this.#firstIds = ids;
    }
    return this.#firstIds;
  }

  /** All of a kind, in order of acceptance. */
  ofKind(kind: RequestKind): Iterable<Accepted> {
    return this.#byKind.get(kind) ?? [];
  }

  /** All of a kind, the one accepted last first. */
  latestOfKind(kind: RequestKind): Iterable<Accepted> {
    return this.#byKind.get(kind)?.latestFirst() ?? [];
  }

  /** Those of a share itself, in order of acceptance. */
  inShare(share: Share): Iterable<Accepted> {
    return this.#byShare.get(share)?.requests ?? [];
  }

  add(request: Accepted): void {
    this.#firstIds = undefined;
    this.#byId.set(request.id, request);
    this.#all.add(request);
    let ofKind = this.#byKind.get(request.kind);
    if (ofKind === undefined) this.#byKind.set(request.kind, (ofKind = new InOrder()));
    ofKind.add(request);
    this.#count(request, 1);
    if (nameLater(request.pieces)) this.#later++;
    const shareIndex = this.#shareIndex(request.share);
    shareIndex.requests.add(request);
    const index = indexFor(shareIndex, request);
    this.#eachItem(request, (cube, item) => index.insert(cube, item));
  }

  remove(request: Accepted): void {
    this.#firstIds = undefined;
    this.#forgetTwin(request.id);
    this.#byId.delete(request.id);
    this.#all.delete(request);
    this.#byKind.get(request.kind)?.delete(request);
    this.#count(request, -1);
    if (nameLater(request.pieces)) this.#later--;
    const shareIndex = this.#shareIndex(request.share);
    shareIndex.requests.delete(request);
    const index = indexFor(shareIndex, request);
    this.#eachItem(request, (cube, item) => index.remove(cube, item));
    this.#pieces.delete(request);
  }

  /** The number of a twin that goes is free again. */
  #forgetTwin(id: string): void {
    if (this.#twins.size === 0) return;
    const [, text, number] = /^(.*) #(\d+)$/s.exec(id) ?? [];
    const least = text === undefined ? undefined : this.#twins.get(text);
    if (least !== undefined && Number(number) < least) this.#twins.set(text!, Number(number));
  }

  /** The cubes of a request, with what the index keeps for each. */
  #eachItem(request: Accepted, each: (cube: Cube, item: Indexed) => void): void {
    const pieces = withNamed(request.pieces, request.kind, this.#fragments);
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

  /**
   * What a share's bounds `requests` and `entries` are compared with: of the share alone, or `whole`, with all below.
   */
  cost(share: Share, whole: boolean): { readonly requests: number; readonly entries: number } {
    const index = this.#byShare.get(share);
    if (!index) return { requests: 0, entries: 0 };
    return whole
      ? { requests: index.allRequests, entries: index.allEntries }
      : { requests: index.ownRequests, entries: index.ownEntries };
  }

  /**
   * The shares whose flows overlap these and that hold requests of the kind, from the root down. A subtree without such
   * requests, or whose share's flows are disjoint, is not entered: requests lie inside their share.
   */
  rivals(root: Share, flows: Flowgroup, kind: RequestKind): readonly Share[] {
    const found: Share[] = [];
    // A stack of our own, since a file may put ten thousand shares below each other.
    const toEnter = [root];
    for (let share = toEnter.pop(); share; share = toEnter.pop()) {
      const index = this.#byShare.get(share);
      const below = index?.subtree.get(kind);
      if (!below) continue;
      const own = index!.own.get(kind);
      if (own) found.push(share);
      if (own === below) continue;
      for (const child of [...overlappingChildren(share.childIndex, flows)].toReversed()) toEnter.push(child);
    }
    return found;
  }

  /** The requests of one kind and rank in one share that share a flow and an instant with these pieces; each once. */
  overlapping(share: Share, rank: Rank, kind: RequestKind, pieces: readonly Piece[]): ReadonlySet<Accepted> {
    const index = this.#byShare.get(share)?.indexes.get(kind)?.[rank];
    if (index === undefined) return NONE;
    let found: Set<Accepted> | undefined;
    for (const { flows, interval } of pieces) {
      for (const cube of flows.cubes) {
        for (const item of index.overlapping(cube, interval)) (found ??= new Set()).add(requestOf(item));
      }
    }
    return found ?? NONE;
  }

  /** Whether `overlapping` finds any that ends the search; without `ends`, the first does. */
  meets(
    share: Share,
    rank: Rank,
    kind: RequestKind,
    pieces: readonly Piece[],
    ends: (request: Accepted) => boolean = () => true,
  ): boolean {
    const index = this.#byShare.get(share)?.indexes.get(kind)?.[rank];
    if (index === undefined) return false;
    const isLast = (item: Indexed): boolean => ends(requestOf(item));
    return pieces.some(({ flows, interval }) => flows.cubes.some((cube) => index.meets(cube, interval, isLast)));
  }

  /** Those of one kind and rank in one share of which some cube holds all of this one: what so many comparisons find. */
  someContaining(comparisons: number, share: Share, rank: Rank, kind: RequestKind, cube: Cube): Iterable<Accepted> {
    const index = this.#byShare.get(share)?.indexes.get(kind)?.[rank];
    return new Set(index?.someContaining(comparisons, cube).map(requestOf));
  }

  #shareIndex(share: Share): ShareIndex {
    let index = this.#byShare.get(share);
    if (index === undefined) {
      index = {
        requests: new InOrder(),
        indexes: new Map(),
        own: new Map(),
        subtree: new Map(),
        ownRequests: 0,
        ownEntries: 0,
        allRequests: 0,
        allEntries: 0,
      };
      this.#byShare.set(share, index);
    }
    return index;
  }

  /** Counts a request in, or out, in all shares from its own to the root. */
  #count(request: Accepted, by: 1 | -1): void {
    const { kind, share } = request;
    const requests = request.policy === undefined ? by : 0;
    const entries = request.policy === undefined ? by * entriesOf(request.pieces) : 0;
    const own = this.#shareIndex(share);
    own.own.set(kind, (own.own.get(kind) ?? 0) + by);
    own.ownRequests += requests;
    own.ownEntries += entries;
    for (let one: Share | undefined = share; one; one = one.parent) {
      const index = this.#shareIndex(one);
      index.subtree.set(kind, (index.subtree.get(kind) ?? 0) + by);
      index.allRequests += requests;
      index.allEntries += entries;
    }
  }
}

const twinOf = (id: string, twin: number): string => `${id} #${twin}`;

const NONE: ReadonlySet<Accepted> = new Set();

function indexFor({ indexes }: ShareIndex, { kind, rank }: Accepted): TimedIndex<Indexed> {
  let ranks = indexes.get(kind);
  if (ranks === undefined) indexes.set(kind, (ranks = {}));
  return (ranks[rank] ??= new TimedIndex());
}

/** The child shares whose flows overlap a flowgroup; each once. */
function overlappingChildren(index: OverlapIndex<Share>, flows: Flowgroup): Iterable<Share> {
  if (flows.cubes.length === 1) return index.overlapping(flows.cubes[0]!, shareFlow);
  const found = new Set<Share>();
  for (const cube of flows.cubes) for (const share of index.overlapping(cube, shareFlow)) found.add(share);
  return found;
}
