/**
 * The privileges of shares (the paper's Table 2; SEMANTICS, "Shares"): stated privileges → effective ones below the
 * parent, and both → numbers and names that the admission rules of `policies/pane.fml` compare.
 */
import type { Privileges, StatedPrivileges } from "../model/model.ts";

/** `rootShare` holds all privileges, without bounds. */
export const ROOT_PRIVILEGES: Privileges = {
  allow: true,
  deny: true,
  hint: true,
  query: true,
  reserve: { max: Infinity, min: 0 },
  limit: { cap: Infinity, floor: 0 },
  waypoint: "all",
  avoid: "all",
  requests: Infinity,
  entries: Infinity,
};

/** Bounds of a share that states none (NETWORK, "Limits on what one speaker can cost"). */
export const DEFAULT_BOUNDS = { requests: 100, entries: 1000 } as const;

/** Yes-or-no privileges. */
export type Right = "allow" | "deny" | "hint" | "query" | "reserve" | "limit" | "waypoint" | "avoid";

export const RIGHTS: readonly Right[] = ["allow", "deny", "hint", "query", "reserve", "limit", "waypoint", "avoid"];

/** Numeric bounds, by the names that the admission rules use. */
export type Bound =
  | "reserve_max"
  | "reserve_min"
  | "fill"
  | "capacity"
  | "limit_cap"
  | "limit_floor"
  | "requests"
  | "entries";

/** The effective privileges of a share: those it states, and the parent's for the gaps. ListShares shows them. */
export function effective(stated: StatedPrivileges, parent: Privileges): Privileges {
  const max = stated.reserveMax ?? 0;
  const reserve = max > 0 ? { max, min: stated.reserveMin ?? parent.reserve.min } : { max: 0, min: 0 };
  const bucket =
    stated.fill === undefined && stated.capacity === undefined
      ? undefined
      : // The bound that is not stated does not bind beyond the drain: the seed's F = M (section 4.1).
        { fill: stated.fill ?? max, capacity: stated.capacity ?? max };
  const limit = effectiveLimit(stated, parent);
  return {
    allow: stated.allow ?? false,
    deny: stated.deny ?? false,
    hint: stated.hint ?? false,
    query: stated.query ?? false,
    reserve,
    ...(bucket && { bucket }),
    ...(limit && { limit }),
    waypoint: stated.waypoint ?? [],
    avoid: stated.avoid ?? [],
    requests: stated.requests ?? Math.min(parent.requests, DEFAULT_BOUNDS.requests),
    entries: stated.entries ?? Math.min(parent.entries, DEFAULT_BOUNDS.entries),
  };
}

/**
 * The effective privileges as a statement could state them: bounds are filled in, and those that grant nothing left
 * out.
 */
export function granted(stated: StatedPrivileges, { reserve, bucket, limit }: Privileges): StatedPrivileges {
  const reserves = reserve.max > 0;
  const bound = (holds: boolean, value: number | undefined, none: number): number | undefined =>
    holds && value !== none ? value : undefined;
  const bounds = {
    reserveMax: bound(reserves, reserve.max, Infinity),
    reserveMin: bound(reserves, reserve.min, 0),
    fill: bound(reserves, bucket?.fill, Infinity),
    capacity: bound(reserves, bucket?.capacity, Infinity),
    limitCap: bound(limit !== undefined, limit?.cap, Infinity),
    // Without a cap the floor is what grants limits, even one of zero.
    limitFloor: bound(limit !== undefined, limit?.floor, limit?.cap === Infinity ? Infinity : 0),
  };
  const shown = Object.entries({ ...stated, ...bounds }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(shown);
}

/** Either bound grants limits; the one that is not stated is the parent's; a cap of zero is no privilege. */
function effectiveLimit(stated: StatedPrivileges, parent: Privileges): Privileges["limit"] {
  if (stated.limitCap === undefined && stated.limitFloor === undefined) return undefined;
  const cap = stated.limitCap ?? parent.limit?.cap ?? Infinity;
  return cap > 0 ? { cap, floor: stated.limitFloor ?? parent.limit?.floor ?? 0 } : undefined;
}

/** Whether the privilege is held at all. */
export function holdsRight(privileges: Privileges, right: Right): boolean {
  switch (right) {
    case "allow":
    case "deny":
    case "hint":
    case "query":
      return privileges[right];
    case "reserve":
      return privileges.reserve.max > 0;
    case "limit":
      return privileges.limit !== undefined;
    case "waypoint":
    case "avoid":
      return privileges[right] === "all" || privileges[right].length > 0;
  }
}

/** The finite bounds in force in a share, its nearest stated bucket among them; what is unbounded is not listed. */
export function boundsOf(privileges: Privileges, bucket: Privileges["bucket"]): [Bound, number][] {
  const bounds: [Bound, number][] = [
    ["reserve_max", privileges.reserve.max],
    ["reserve_min", privileges.reserve.min],
    ["requests", privileges.requests],
    ["entries", privileges.entries],
  ];
  if (bucket) bounds.push(["fill", bucket.fill], ["capacity", bucket.capacity]);
  if (privileges.limit) bounds.push(["limit_cap", privileges.limit.cap], ["limit_floor", privileges.limit.floor]);
  return bounds.filter(([, bound]) => Number.isFinite(bound));
}

/** The rights that a share states. A bound of zero asks for nothing. */
export function statedRights(stated: StatedPrivileges): Right[] {
  const asked = (right: Right): boolean => {
    switch (right) {
      case "reserve":
        return (stated.reserveMax ?? 0) > 0;
      case "limit":
        return stated.limitCap === undefined ? stated.limitFloor !== undefined : stated.limitCap > 0;
      case "waypoint":
      case "avoid":
        return (stated[right] ?? []).length > 0;
      case "allow":
      case "deny":
      case "hint":
      case "query":
        return stated[right] === true;
    }
  };
  return RIGHTS.filter(asked);
}

/** The bounds that a share states. */
export function statedBounds(stated: StatedPrivileges): [Bound, number][] {
  const bounds: [Bound, number | undefined][] = [
    ["reserve_max", stated.reserveMax],
    ["reserve_min", stated.reserveMin],
    ["fill", stated.fill],
    ["capacity", stated.capacity],
    ["limit_cap", stated.limitCap],
    ["limit_floor", stated.limitFloor],
    ["requests", stated.requests],
    ["entries", stated.entries],
  ];
  return bounds.filter((one): one is [Bound, number] => one[1] !== undefined);
}

/** Stated privileges lowered to what the parent effectively holds; `bucket`: the nearest that binds in the parent. */
export function withinParent(
  stated: StatedPrivileges,
  parent: Privileges,
  bucket: Privileges["bucket"],
): StatedPrivileges {
  const most = (own: number | undefined, bound: number | undefined): number | undefined =>
    own === undefined || bound === undefined ? own : Math.min(own, bound);
  const least = (own: number | undefined, bound: number | undefined): number | undefined =>
    own === undefined || bound === undefined ? own : Math.max(own, bound);
  const nodes = (kind: "waypoint" | "avoid"): readonly string[] | undefined => {
    const held = parent[kind];
    return held === "all" ? stated[kind] : stated[kind]?.filter((node) => held.includes(node));
  };
  const lowered = {
    allow: stated.allow && parent.allow,
    deny: stated.deny && parent.deny,
    hint: stated.hint && parent.hint,
    query: stated.query && parent.query,
    // Where the parent may reserve nothing, none of it is left.
    ...(parent.reserve.max > 0 && {
      reserveMax: most(stated.reserveMax, parent.reserve.max),
      reserveMin: least(stated.reserveMin, parent.reserve.min),
      fill: most(stated.fill, bucket?.fill),
      capacity: most(stated.capacity, bucket?.capacity),
    }),
    limitCap: parent.limit ? most(stated.limitCap, parent.limit.cap) : undefined,
    limitFloor: parent.limit ? least(stated.limitFloor, parent.limit.floor) : undefined,
    waypoint: nodes("waypoint"),
    avoid: nodes("avoid"),
    requests: most(stated.requests, parent.requests),
    entries: most(stated.entries, parent.entries),
  };
  return Object.fromEntries(Object.entries(lowered).filter(([, given]) => given !== undefined));
}
