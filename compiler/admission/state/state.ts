/** The network as admission knows it: shares, users, accepted requests, the clock. Only `Store` changes it. */
import { Bandwidth, type Charge } from "../../shares/bandwidth.ts";
import type { Topology } from "../../paths/index.ts";
import { ShareTree, type Share } from "../../shares/tree.ts";
import { TimeHeap } from "./time-heap.ts";
import { InForce, type GrantedCube, type ScheduledCube } from "./in-force.ts";
import type { Candidate, Levels, Settle, World } from "./world.ts";
import type { Accepted } from "./accepted.ts";
import { AcceptedRequests } from "./accepted-requests.ts";
import type { StateChange } from "./state-changes.ts";
import type { Piece } from "../../certificates/verdict.ts";
import { SharingUsers } from "./joint-users.ts";
import { withSureFragments } from "./sure-fragments.ts";
import type { Directory } from "../../model/model.ts";
import { byText, withName } from "../../net/order.ts";
import { SegmentedMap } from "../../net/segmented-map.ts";

const ONE_LEVEL: Levels = { count: 1, requests: 0 };

export interface StateOptions extends Pick<World, "settle" | "budget" | "suspends"> {
  readonly now: number;
  /** Users that the directory or a fact names; they exist without AddUser. */
  readonly users?: Iterable<string>;
  /** How the switches are wired; without it no path is known. */
  readonly topology?: Topology | undefined;
  /** Who is where; without it no packet may be of several users. */
  readonly directory?: Pick<Directory, "hosts" | "userHosts"> | undefined;
  /** The policy's `default fragments`. */
  readonly fragments?: "allow" | "deny" | undefined;
}

/** Hears of a request that comes to stand, or no longer does. */
export type RequestListener = (request: Accepted, present: boolean) => void;

export class State implements World {
  readonly tree = new ShareTree();
  readonly accepted: AcceptedRequests;
  readonly bandwidth: Bandwidth;
  readonly topology: Topology | undefined;
  readonly inForce: InForce;
  readonly candidates = new Map<string, Candidate>();
  readonly levels = new Map<string, Levels>();
  now: number;
  readonly settle: Settle | undefined;
  readonly budget: number | undefined;
  suspends: boolean;
  /** The name by which a user finds a request; undefined: its identity, as in files. A network that serves sets it. */
  called: ((id: string, user: string) => string) | undefined;
  readonly fragments: "allow" | "deny";
  readonly #sharing: SharingUsers | undefined;
  readonly #added = new Set<string>(["root"]);
  readonly #named: Set<string>;
  /** All users in order; a list that is replaced when one comes or goes: each refusal for an unknown name asks for them. */
  #sorted: readonly string[] | undefined;
  readonly #scheduled = new SegmentedMap<Accepted, readonly ScheduledCube[]>();
  readonly #ends = new TimeHeap<Accepted>((request) => this.accepted.get(request.id) !== request);
  readonly #listeners = new Set<RequestListener>();

  constructor({
    now,
    users = [],
    settle,
    budget,
    suspends = false,
    topology,
    directory,
    fragments = "deny",
  }: StateOptions) {
    this.now = now;
    this.fragments = fragments;
    this.accepted = new AcceptedRequests(fragments);
    this.settle = settle;
    this.budget = budget;
    this.suspends = suspends;
    this.#named = new Set(users);
    // `unknown` is the user of hosts on which no user is known: rules can name it, and it speaks for no share.
    this.#named.delete("unknown");
    this.inForce = new InForce(now);
    this.topology = topology;
    this.#sharing = directory && new SharingUsers(directory);
    this.bandwidth = new Bandwidth(topology);
    this.bandwidth.open(this.tree.root, now);
  }

  isUser(name: string): boolean {
    return this.#added.has(name) || this.#named.has(name);
  }

  speaks(who: string, { speakers, open }: Share): boolean {
    return speakers.has(who) || (open && this.isUser(who));
  }

  /** Whether the directory or a fact names the user. */
  isNamed(name: string): boolean {
    return this.#named.has(name);
  }

  /** The users that statements have added, and root. */
  added(): ReadonlySet<string> {
    return this.#added;
  }

  /** All users, added or named by the directory or a fact, in order of text. */
  users(): readonly string[] {
    return (this.#sorted ??= [...new Set([...this.#added, ...this.#named])].toSorted(byText));
  }

  levelsOf(share: Share): Levels {
    return this.levels.get(share.name) ?? ONE_LEVEL;
  }

  perform(change: StateChange): void {
    switch (change.kind) {
      case "user":
        if (change.present) this.#added.add(change.user);
        else this.#added.delete(change.user);
        if (this.#sorted !== undefined) this.#sorted = withName(this.#sorted, change.user, this.isUser(change.user));
        return;
      case "share":
        if (change.present) {
          this.tree.add(change.share);
          this.bandwidth.open(change.share, this.now);
        } else this.tree.remove(change.share);
        return;
      case "speaker":
        if (change.present) change.share.speakers.add(change.user);
        else change.share.speakers.delete(change.user);
        return;
      case "everybody":
        change.share.open = change.present;
        return;
      case "request":
        if (change.present) this.#enter(change.request);
        else this.#leave(change.request);
    }
  }

  /** Calls back with every request that comes to stand or no longer does, until the returned function is called. */
  onRequest(listener: RequestListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The requests that have ended by now, earliest first. */
  *ended(): Generator<Accepted> {
    for (let request = this.#ends.due(this.now); request; request = this.#ends.due(this.now)) {
      if (this.accepted.get(request.id) === request) yield request;
    }
  }

  /** The pieces of a statement, for packets that hide fields, too. */
  shown({ kind, pieces }: Pick<Accepted, "kind" | "pieces">): readonly Piece[] {
    const permits = kind === "allow" || kind === "reserve";
    const isSure = permits || this.fragments === "allow";
    const held = isSure && kind !== "limit" ? withSureFragments(pieces, permits) : pieces;
    return permits ? (this.#sharing?.with(held) ?? held) : held;
  }

  #enter(request: Accepted): void {
    this.accepted.add(request);
    if (Number.isFinite(request.interval.end)) this.#ends.push(request.interval.end, request);
    this.bandwidth.take(request, this.now);
    this.#scheduled.add(
      request,
      grantedCubes(request, this.shown(request)).map((granted) => this.inForce.add(granted)),
    );
    for (const listener of this.#listeners) listener(request, true);
  }

  #leave(request: Accepted): void {
    this.accepted.remove(request);
    if (Number.isFinite(request.interval.end)) this.#ends.cancel();
    this.bandwidth.giveBack(request, this.now);
    for (const scheduled of this.#scheduled.get(request) ?? []) this.inForce.remove(scheduled);
    this.#scheduled.delete(request);
    for (const listener of this.#listeners) listener(request, false);
  }
}

/** The cubes of a request, each for the stage of the table that it acts in. */
function grantedCubes(request: Accepted, pieces: readonly Piece[]): GrantedCube[] {
  const { id: statement, kind, level, rate, nodes, charge, order } = request;
  const stage = kind === "allow" || kind === "deny" ? "admission" : kind;
  const charged = charge && { links: linksOf(charge), order };
  return pieces.flatMap(({ flows, interval }) =>
    flows.cubes.map((cube): GrantedCube => ({
      statement,
      stage,
      cube,
      level,
      interval,
      ...(rate !== undefined && { rate }),
      ...(nodes !== undefined && { nodes }),
      ...(charged !== undefined && { charged }),
    })),
  );
}

const linksOf = ({ places }: Charge): readonly string[] =>
  places.flatMap(({ kind, name }) => (kind === "link" ? [name] : []));
