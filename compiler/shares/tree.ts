/**
 * The tree of shares: parents and children, the speakers and the privileges of each share. Children are indexed by
 * flowgroup, so that a walk for rivals of a request visits only shares whose flows it touches.
 */
import { ALL, OverlapIndex } from "../flowgroup/index.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import { MOST_PASSED } from "../diagnostics/suggest.ts";
import { withName } from "../net/order.ts";
import type { Privileges, StatedPrivileges } from "../model/model.ts";
import type { Span } from "../source.ts";
import { ROOT_PRIVILEGES, effective } from "./privileges.ts";

/** The name of the root share; it holds all flows and all privileges, and root speaks for it. */
export const ROOT_SHARE = "rootShare";

/** One share. Identity matters: the tree links the objects, admission hangs its requests on them. */
export class Share {
  readonly name: string;
  readonly parent: Share | undefined;
  /** The root is 0. */
  readonly depth: number;
  readonly flows: Flowgroup;
  readonly privileges: Privileges;
  readonly stated: StatedPrivileges;
  /** Identity of the NewShare; where it stands. The root has neither. */
  readonly statement: string | undefined;
  readonly span: Span | undefined;
  readonly speakers = new Set<string>();
  /** After GrantDefault: every user speaks for it. */
  open = false;
  readonly children = new Map<string, Share>();
  readonly childIndex = new OverlapIndex<Share>();
  #childNames: readonly string[] | undefined;

  constructor(
    name: string,
    parent: Share | undefined,
    flows: Flowgroup,
    stated: StatedPrivileges,
    origin?: { readonly statement: string; readonly span: Span },
  ) {
    this.name = name;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
    this.flows = flows;
    this.stated = stated;
    this.privileges = parent ? effective(stated, parent.privileges) : ROOT_PRIVILEGES;
    this.statement = origin?.statement;
    this.span = origin?.span;
  }

  /** The share itself, its parent, … to the root. */
  *chain(): Generator<Share> {
    for (let share: Share | undefined = this as Share; share; share = share.parent) yield share;
  }

  /** The names of the children, in order. */
  get childNames(): readonly string[] {
    return (this.#childNames ??= [...this.children.keys()].toSorted());
  }

  /** Adds or removes a child. */
  setChild(child: Share, isThere: boolean): void {
    if (isThere) this.children.set(child.name, child);
    else this.children.delete(child.name);
    if (this.#childNames !== undefined) this.#childNames = withName(this.#childNames, child.name, isThere);
    for (const cube of child.flows.cubes) {
      if (isThere) this.childIndex.insert(cube, child);
      else this.childIndex.remove(cube, child);
    }
  }

  /** The share and everything below it, parents first, children by name. */
  *subtree(): Generator<Share> {
    const toVisit: Share[] = [this];
    for (let share = toVisit.pop(); share; share = toVisit.pop()) {
      yield share;
      for (const name of share.childNames.toReversed()) toVisit.push(share.children.get(name)!);
    }
  }

  /** The bucket that binds here: its own, or that of the nearest ancestor that states one. */
  get bucket(): Privileges["bucket"] {
    for (const share of this.chain()) if (share.privileges.bucket) return share.privileges.bucket;
    return undefined;
  }
}

export class ShareTree {
  readonly root: Share;
  readonly #byName = new Map<string, Share>();
  /** What `names` answers, until the tree changes. */
  #names: readonly string[] | undefined;
  #firstNames: readonly string[] | undefined;

  constructor() {
    this.root = new Share(ROOT_SHARE, undefined, ALL, {});
    this.root.speakers.add("root");
    this.#byName.set(ROOT_SHARE, this.root);
  }

  get(name: string): Share | undefined {
    return this.#byName.get(name);
  }

  /** Parents first, children by name. */
  names(): readonly string[] {
    return (this.#names ??= Array.from(this.root.subtree(), ({ name }) => name));
  }

  /** The first of `names`: enough to look for a near one. */
  firstNames(): readonly string[] {
    if (this.#firstNames === undefined) {
      const names: string[] = [];
      for (const { name } of this.root.subtree()) {
        if (names.length >= MOST_PASSED) break;
        names.push(name);
      }
      this.#firstNames = names;
    }
    return this.#firstNames;
  }

  /** How many shares there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** Adds a leaf. The caller has checked that the name is new and the parent is of this tree. */
  add(share: Share): void {
    this.#names = undefined;
    this.#firstNames = undefined;
    this.#byName.set(share.name, share);
    share.parent!.setChild(share, true);
  }

  /** Removes a leaf. */
  remove(share: Share): void {
    this.#names = undefined;
    this.#firstNames = undefined;
    this.#byName.delete(share.name);
    share.parent!.setChild(share, false);
  }

  /** Whether `above` is a proper ancestor of `below`. */
  isAncestor(above: string, below: string): boolean {
    const top = this.#byName.get(above);
    let share = this.#byName.get(below);
    if (!top || !share || top.depth >= share.depth) return false;
    while (share.depth > top.depth) share = share.parent!;
    return share === top;
  }
}
