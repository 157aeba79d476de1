/**
 * Pieces as later IPv6 fragments meet them (NETWORK, "Fragments"). Such a fragment hides its transport. So a statement that
 * holds all that could be of its flows holds fragments beside one that names them (`transport=44`), though no flow is of
 * both. What names them speaks of datagrams of every transport: where it is compared with what is opposite it stands for
 * all of these, as the shares of a deny and of an allow that hold one packet must not lie in two branches.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { Cube, Flowgroup } from "../../flowgroup/cube.ts";
import { cube, withConstraint } from "../../flowgroup/cubes.ts";
import { flowgroup, intersect, isEmpty, NONE } from "../../flowgroup/index.ts";
import { IPV6, namesLater, OF_LATER } from "../../flowgroup/prerequisites.ts";
import { onlyNamed, overIpv6 } from "../../flowgroup/later.ts";
import { numbers } from "../../flowgroup/sets.ts";
import { flowsInBoth } from "../../flowgroup/universe.ts";
import { intersection } from "../../net/interval.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import { undirected, withSureFragments } from "./sure-fragments.ts";

/** Whether a statement of this kind holds a fragment only where it surely is of its flows. */
const isSure = (kind: RequestKind | undefined, fragments: "allow" | "deny"): boolean =>
  kind === (fragments === "deny" ? "allow" : "deny");

const all = new WeakMap<readonly Piece[], readonly Piece[]>();

/** The pieces, and all datagrams over IPv6 whose later fragments they name, where statements of their kind hold no others. */
export function withNamed(
  pieces: readonly Piece[],
  kind: RequestKind | undefined,
  fragments: "allow" | "deny",
): readonly Piece[] {
  if (!isSure(kind, fragments) || !nameLater(pieces)) return pieces;
  let found = all.get(pieces);
  if (found === undefined) {
    const named = pieces.flatMap(({ flows: { cubes }, interval }): readonly Piece[] => {
      const datagrams = cubes.flatMap((one) => (namesLater(one) && datagramsOf(one, kind === "allow")) || []);
      return datagrams.length === 0 ? [] : [{ flows: { cubes: datagrams }, interval }];
    });
    all.set(pieces, (found = [...pieces, ...named]));
  }
  return found;
}

/** The pieces, and the later fragments of their flows, by the transport that these show. */
export function withLater(pieces: readonly Piece[]): readonly Piece[] {
  const later = pieces.map(({ flows: { cubes }, interval }): Piece => {
    const shown = cubes.flatMap((one) => overIpv6(one) ?? []).map((one) => withConstraint(one, "transport", OF_LATER));
    return { flows: { cubes: shown }, interval };
  });
  return [...pieces, ...later];
}

/**
 * The pieces that blockers leave of some flows: what only the cut leaves of a range of transports names no fragments, but
 * where the statement surely holds them.
 */
export function cutOf(of: Flowgroup, pieces: readonly Piece[], permits: boolean): Piece[] {
  if (!nameLater(pieces)) return [...pieces];
  const kept = pieces.map(({ flows, interval }): Piece => ({
    flows: flowgroup(onlyNamed(flows.cubes, of.cubes)),
    interval,
  }));
  const lost = pieces.flatMap(({ flows, interval }) => {
    const cubes = flows.cubes.filter(namesLater).flatMap((one) => flowsInBoth(one, IPV6_ALONE) ?? []);
    return cubes.length === 0 ? [] : [{ flows: { cubes }, interval }];
  });
  const sure = withSureFragments(pieces, permits).slice(pieces.length);
  const still = lost.flatMap((one) =>
    sure.flatMap(({ flows: { cubes }, interval }): readonly Piece[] => {
      const time = intersection(one.interval, interval);
      const both = time ? intersect(one.flows, { cubes: cubes.filter(namesLater) }) : NONE;
      return isEmpty(both) ? [] : [{ flows: both, interval: time! }];
    }),
  );
  return [...kept, ...still].filter(({ flows }) => !isEmpty(flows));
}

export const nameLater = (pieces: readonly Piece[]): boolean =>
  pieces.some(({ flows }) => flows.cubes.some(namesLater));

function datagramsOf(of: Cube, permits: boolean): Cube | undefined {
  const open = undirected(of, permits);
  return open && overIpv6(open);
}

const IPV6_ALONE = cube({ ethType: numbers("ethType", IPV6) });

/** What of an accepted request stands in the way of pieces that it overlaps: its own, and the fragments that both may hold. */
export function inTheWayOf(
  asked: readonly Piece[],
  { kind, pieces }: { readonly kind: RequestKind; readonly pieces: readonly Piece[] },
  fragments: "allow" | "deny",
): readonly Piece[] {
  if (kind !== "allow" && kind !== "deny") return pieces;
  if (isSure(kind, fragments)) return withNamed(pieces, kind, fragments);
  return nameLater(asked) ? withLater(pieces) : pieces;
}
