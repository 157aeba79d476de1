/** The accepted requests of one kind that share a flow and an instant with a candidate, in whatever share. */
import type { Share } from "../../shares/tree.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import type { World } from "./world.ts";
import { RANKS, type Accepted, type Rank } from "./accepted.ts";

/** The shares that hold requests of a kind and whose flows overlap these pieces; each once. */
export function rivalShares(
  { accepted, tree }: Pick<World, "accepted" | "tree">,
  pieces: readonly Piece[],
  kind: RequestKind,
): readonly Share[] {
  if (pieces.length === 1) return accepted.rivals(tree.root, pieces[0]!.flows, kind);
  return [...new Set(pieces.flatMap(({ flows }) => accepted.rivals(tree.root, flows, kind)))];
}

/**
 * Accepted requests of a kind that share a flow and an instant with these pieces; each once. `ranks`: by default
 * without rules of policies in other levels.
 */
export function overlapping(
  world: Pick<World, "accepted" | "tree">,
  pieces: readonly Piece[],
  kind: RequestKind,
  ranks: readonly Rank[] = ["level"],
): readonly Accepted[] {
  return rivalShares(world, pieces, kind).flatMap((share) =>
    ranks.flatMap((rank) => [...world.accepted.overlapping(share, rank, kind, pieces)]),
  );
}

/**
 * Whether there is any, of each rank, that ends the search: where nearly all requests share a flow with the pieces, a list
 * of them costs seconds.
 */
export function isMetBy(
  world: Pick<World, "accepted" | "tree">,
  pieces: readonly Piece[],
  kind: RequestKind,
  ends?: (request: Accepted) => boolean,
): boolean {
  return rivalShares(world, pieces, kind).some((share) =>
    RANKS.some((rank) => world.accepted.meets(share, rank, kind, pieces, ends)),
  );
}

/** Those of each rank, where there are no more than `most`; undefined otherwise. */
export function overlappingUpTo(
  most: number,
  world: Pick<World, "accepted" | "tree">,
  pieces: readonly Piece[],
  kind: RequestKind,
): readonly Accepted[] | undefined {
  const found = new Set<Accepted>();
  return isMetBy(world, pieces, kind, (one) => found.add(one).size > most) ? undefined : [...found];
}

/**
 * Accepted requests of a kind, in whatever share and of each rank, that hold these flows, at whatever time; perhaps others
 * that hold some of them. Of each share and rank so many comparisons are made.
 */
export function someAround(
  { accepted, tree }: Pick<World, "accepted" | "tree">,
  comparisons: number,
  { flows }: Piece,
  kind: RequestKind,
): readonly Accepted[] {
  return accepted
    .rivals(tree.root, flows, kind)
    .flatMap((share) =>
      RANKS.flatMap((rank) => [...accepted.someContaining(comparisons, share, rank, kind, flows.cubes[0]!)]),
    );
}
