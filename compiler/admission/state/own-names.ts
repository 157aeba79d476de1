/**
 * The names that a speaker may be led to: those of shares that she speaks for, and of requests that she may cancel. All
 * others count as absent, since a name that is nearer would show by what is proposed in its place.
 */
import { MOST_PASSED } from "../../diagnostics/suggest.ts";
import type { Share, ShareTree } from "../../shares/tree.ts";
import type { State } from "./state.ts";

/** The first of her shares, parents first. */
export function* sharesOf({ root }: ShareTree, speaker: string): Generator<Share> {
  let left = MOST_PASSED;
  const waiting: { readonly share: Share; readonly isHers: boolean }[] = [{ share: root, isHers: false }];
  for (let next = waiting.pop(); next !== undefined && left > 0; next = waiting.pop()) {
    const { share } = next;
    const isHers = next.isHers || share.open || share.speakers.has(speaker);
    if (isHers) {
      left--;
      yield share;
    }
    for (const one of [...share.children.values()].toReversed()) waiting.push({ share: one, isHers });
  }
}

/** The names of the first of her shares. */
export function shareNamesOf(tree: ShareTree, speaker: string): readonly string[] {
  // All are hers: a list that is made once serves until the tree changes.
  if (tree.root.open || tree.root.speakers.has(speaker)) return tree.firstNames();
  return Array.from(sharesOf(tree, speaker), ({ name }) => name);
}

/** The first requests of her shares. */
export function requestsOf({ tree, accepted }: Pick<State, "tree" | "accepted">, speaker: string): readonly string[] {
  if (tree.root.open || tree.root.speakers.has(speaker)) return accepted.firstIds(MOST_PASSED);
  const ids: string[] = [];
  for (const share of sharesOf(tree, speaker))
    for (const { id } of accepted.inShare(share)) {
      if (ids.length >= MOST_PASSED) return ids;
      ids.push(id);
    }
  return ids;
}
