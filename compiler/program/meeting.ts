/** Whom a candidate meets, whatever the shares: requests of one kind with a flow and an instant in common. */
import type { Pair } from "../paths/index.ts";
import { stranded, type Detour } from "../shares/detours.ts";
import type { Share } from "../shares/tree.ts";
import type { Piece } from "../shares/verdict.ts";
import type { RequestKind } from "../syntax/ast.ts";
import type { Candidate, World } from "./world.ts";
import type { Accepted, Rank } from "./standing.ts";

/** The shares that hold requests of a kind and whose flows touch these pieces; each once. */
export function rivals(
  { standing, tree }: Pick<World, "standing" | "tree">,
  pieces: readonly Piece[],
  kind: RequestKind,
): readonly Share[] {
  if (pieces.length === 1) return standing.rivals(tree.root, pieces[0]!.flows, kind);
  return [...new Set(pieces.flatMap(({ flows }) => standing.rivals(tree.root, flows, kind)))];
}

/**
 * Accepted requests of a kind that share a flow and an instant with these pieces; each once. Rules of policies are of
 * other ranks.
 */
export function met(
  world: Pick<World, "standing" | "tree">,
  pieces: readonly Piece[],
  kind: RequestKind,
  ranks: readonly Rank[] = ["level"],
): readonly Accepted[] {
  return rivals(world, pieces, kind).flatMap((share) =>
    ranks.flatMap((rank) => [...world.standing.overlapping(share, rank, kind, pieces)]),
  );
}

/** Ends between which a waypoint or an avoid would leave no path, alone or beside one that stands. */
export function strandedBy(world: World, { action: kind, nodes, pieces = [] }: Candidate): Pair | undefined {
  if (kind === undefined || nodes === undefined) return undefined;
  // One that contradicts the candidate outright is a conflict, which is told as such.
  const isContrary = (one: Accepted): boolean => one.kind !== kind && one.nodes!.some((node) => nodes.includes(node));
  const others = (["waypoint", "avoid"] as const).flatMap((other) => met(world, pieces, other));
  const beside = others.filter((one) => !isContrary(one)).flatMap(detoursOf);
  for (const { flows } of pieces) {
    const pair = stranded(world.topology, { kind, nodes, flows }, beside);
    if (pair) return pair;
  }
  return undefined;
}

const detoursOf = ({ kind, nodes, pieces }: Accepted): Detour[] =>
  pieces.map(({ flows }) => ({ kind, nodes: nodes!, flows }));
