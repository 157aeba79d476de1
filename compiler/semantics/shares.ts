/**
 * Shares of the reference network: the privileges that a share has below its parent, and the bounds that no child may
 * exceed (the paper's Table 2; SEMANTICS, "Shares"). It shares no code with admission.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { StatedPrivileges } from "../model/model.ts";
import type { Reservoir } from "./drains.ts";

/** The effective privileges of a share. An absent bound does not bind. */
export interface HeldPrivileges {
  readonly rights: ReadonlySet<string>;
  readonly atMost: ReadonlyMap<string, number>;
  readonly atLeast: ReadonlyMap<string, number>;
  /** The nodes for waypoint and avoid; if a kind is absent, any node. */
  readonly nodes?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The share's own bucket, in bit/s and bits; absent: only the buckets above bind it. */
  readonly bucket?: { readonly fill: number; readonly capacity: number } | undefined;
}

export interface ReferenceShare {
  readonly name: string;
  /** Unique, even against a later share of the same name. */
  readonly key: string;
  /** In Unix seconds. */
  readonly made: number;
  readonly parent: ReferenceShare | undefined;
  readonly flows: Flowgroup;
  readonly held: HeldPrivileges;
  readonly stated: StatedPrivileges;
  readonly speakers: Set<string>;
  open: boolean;
}

/** The shares above, the nearest first. */
export function ancestors(share: ReferenceShare): ReferenceShare[] {
  return share.parent ? [share.parent, ...ancestors(share.parent)] : [];
}

/** A share as a place where drains add up. */
export function reservoirOf({ key, made, held: { atMost, atLeast, bucket } }: ReferenceShare): Reservoir {
  return { key, made, max: atMost.get("reserve") ?? Infinity, min: atLeast.get("reserve") ?? 0, bucket };
}

/** The bucket of the nearest share, from this one upwards, that states one. */
const bucketAbove = (share: ReferenceShare | undefined): HeldPrivileges["bucket"] =>
  share && (share.held.bucket ?? bucketAbove(share.parent));

/** Whether stated privileges are no more permissive than the parent's, by Table 2. */
export function isNoMorePermissive(stated: StatedPrivileges, above: ReferenceShare): boolean {
  const parent = above.held;
  const bucket = bucketAbove(above);
  const rights = (["allow", "deny", "hint", "query"] as const).every(
    (right) => !stated[right] || parent.rights.has(right),
  );
  const most = (own: number | undefined, bound: number | undefined): boolean =>
    own === undefined || own <= (bound ?? Infinity);
  const least = (own: number | undefined, bound: number | undefined): boolean =>
    own === undefined || own >= (bound ?? 0);
  const reserves = !stated.reserveMax || parent.rights.has("reserve");
  const limits = !asksForLimits(stated) || parent.rights.has("limit");
  const nodes = (["waypoint", "avoid"] as const).every((kind) =>
    (stated[kind] ?? []).every((node) => parent.nodes?.get(kind)?.has(node) ?? true),
  );
  return (
    rights &&
    nodes &&
    reserves &&
    limits &&
    most(stated.requests, parent.atMost.get("requests")) &&
    most(stated.entries, parent.atMost.get("entries")) &&
    most(stated.reserveMax, parent.atMost.get("reserve")) &&
    least(stated.reserveMin, parent.atLeast.get("reserve")) &&
    most(stated.fill, bucket?.fill) &&
    most(stated.capacity, bucket?.capacity) &&
    most(stated.limitCap, parent.atMost.get("limit")) &&
    least(stated.limitFloor, parent.atLeast.get("limit"))
  );
}

const asksForLimits = ({ limitCap, limitFloor }: StatedPrivileges): boolean =>
  limitCap === undefined ? limitFloor !== undefined : limitCap > 0;

/** Whether no lower bound is above its upper bound. */
export const isSane = ({ reserveMax, reserveMin, limitCap, limitFloor }: StatedPrivileges): boolean =>
  !((reserveMax ?? 0) > 0 && (reserveMin ?? 0) > reserveMax!) &&
  !((limitCap ?? 0) > 0 && (limitFloor ?? 0) > limitCap!);

/** The effective privileges of a new share: those stated, and the parent's for those that are not. */
export function heldBelow(stated: StatedPrivileges, parent: HeldPrivileges): HeldPrivileges {
  const rights = new Set<string>((["allow", "deny", "hint", "query"] as const).filter((right) => stated[right]));
  if (stated.reserveMax) rights.add("reserve");
  if (asksForLimits(stated)) rights.add("limit");
  const nodes = new Map((["waypoint", "avoid"] as const).map((kind) => [kind, new Set(stated[kind])]));
  for (const [kind, some] of nodes) if (some.size > 0) rights.add(kind);
  const atMost = new Map([
    ["requests", stated.requests ?? Math.min(100, parent.atMost.get("requests") ?? Infinity)],
    ["entries", stated.entries ?? Math.min(1000, parent.atMost.get("entries") ?? Infinity)],
    ["reserve", stated.reserveMax ?? 0],
    ["limit", stated.limitCap ?? parent.atMost.get("limit") ?? Infinity],
  ]);
  const atLeast = new Map([
    ["reserve", stated.reserveMin ?? parent.atLeast.get("reserve") ?? 0],
    ["limit", stated.limitFloor ?? parent.atLeast.get("limit") ?? 0],
  ]);
  const { fill, capacity, reserveMax = 0 } = stated;
  const hasBucket = fill !== undefined || capacity !== undefined;
  const bucket = hasBucket ? { fill: fill ?? reserveMax, capacity: capacity ?? reserveMax } : undefined;
  return { rights, atMost, atLeast, nodes, bucket };
}
