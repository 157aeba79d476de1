/**
 * Entries that match the same fields under many masks → those that match all that another matches. The tree has a level
 * for each field, and in each node a map for each mask that occurs there. So a question follows only what holds its own
 * values in all fields before, however many entries hold its value in one field alone.
 */
import type { Match } from "../../table/entry.ts";
import type { Settled } from "./contribution.ts";
import { findLasting, insertByEnd } from "./lasting.ts";

/** Values under one mask → what stands below them: the next field, or after the last one the entries. */
interface Branch {
  readonly mask: bigint | undefined;
  readonly below: Map<Key, Node>;
}

interface Node {
  readonly branches: Branch[];
  entries: Settled[];
}

/** Numbers where they are exact: a map hashes only 64 bits of a long bigint, which prefixes of IPv6 share. */
type Key = number | string;

const keyOf = (value: bigint): Key => (value <= MOST ? Number(value) : value.toString());
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

export class MaskTrie {
  readonly #root: Node = { branches: [], entries: [] };
  /** The values that were looked up, for tests of what a question costs. */
  looked = 0;

  insert(one: Settled): void {
    let node = this.#root;
    for (const { value, mask } of one.match) {
      let branch = node.branches.find((other) => other.mask === mask);
      if (branch === undefined) node.branches.push((branch = { mask, below: new Map() }));
      const key = keyOf(value);
      let next = branch.below.get(key);
      if (next === undefined) branch.below.set(key, (next = { branches: [], entries: [] }));
      node = next;
    }
    insertByEnd(node.entries, one);
  }

  /** Removes an entry that stands here. */
  remove(one: Settled): void {
    removeBelow(this.#root, one, 0);
  }

  /** An entry that matches all that these fields do, ends no earlier and passes the test; undefined if there is none. */
  findAround(match: Match, end: number, test: (other: Settled) => boolean): Settled | undefined {
    return this.#find(this.#root, match, 0, (entries) => findLasting(entries, end, test));
  }

  #find(
    node: Node,
    match: Match,
    level: number,
    among: (entries: readonly Settled[]) => Settled | undefined,
  ): Settled | undefined {
    const field = match[level];
    if (field === undefined) return among(node.entries);
    const { value, mask } = field;
    for (const { mask: wide, below } of node.branches) {
      this.looked++;
      if (wide !== mask && (wide === undefined || (mask !== undefined && (mask & wide) !== wide))) continue;
      const next = below.get(keyOf(wide === undefined ? value : value & wide));
      const found = next && this.#find(next, match, level + 1, among);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Removes an entry and what is empty without it; says whether the node is empty then. */
function removeBelow(node: Node, one: Settled, level: number): boolean {
  const field = one.match[level];
  if (field === undefined) {
    node.entries = node.entries.filter((other) => other !== one);
    return node.entries.length === 0;
  }
  const at = node.branches.findIndex(({ mask }) => mask === field.mask);
  const { below } = node.branches[at]!;
  const key = keyOf(field.value);
  if (removeBelow(below.get(key)!, one, level + 1)) below.delete(key);
  if (below.size === 0) node.branches.splice(at, 1);
  return node.branches.length === 0;
}
