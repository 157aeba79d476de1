/** The set algebra of flowgroups. See `cube.ts` for the shapes; the other files for what each operation costs. */
export * from "./cube.ts";
export * from "./fields.ts";
export { ALL, equal, flowgroup, holds, intersect, intersectWithin, isEmpty, NONE, overlaps, union } from "./algebra.ts";
export {
  constrainedFields,
  constraint,
  constraintsOf,
  cube,
  cubeEqual,
  cubeHolds,
  cubesOverlap,
  cubeSubset,
  EVERYTHING,
  intersectCubes,
  withConstraint,
  type Constraints,
} from "./cubes.ts";
export { canonical } from "./canonical.ts";
export { compareCubes, cubeKey, setKey } from "./keys.ts";
export { cut, difference, wholeDifference, MOST_PIECES, someLeft, valuesIn } from "./difference.ts";
export { onlyNamed, overIpv6, partInside, spokenOf, withoutHidden } from "./later.ts";
export { mirror, type Mirrored } from "./mirror.ts";
export { OverlapIndex } from "./overlap-index.ts";
export {
  ICMP,
  ICMPV6,
  IPV4,
  IPV6,
  LATER,
  namesLater,
  normalise,
  OF_LATER,
  SCTP,
  SKIPPED,
  TCP,
  UDP,
  type Normalised,
} from "./prerequisites.ts";
export { describe, readable, render, renderFlow, renderSet, tellSet } from "./render.ts";
export {
  addresses,
  addressSet,
  complement,
  names,
  nameSet,
  negation,
  numbers,
  numberSet,
  present,
  setDifference,
  setEqual,
  setHolds,
  setIntersect,
  setOverlaps,
  setSubset,
  setUnion,
  type AddressRange,
  type IpSet,
  type NameSet,
  type NumberRange,
  type NumberSet,
} from "./sets.ts";
export { BUDGET, subset } from "./subset.ts";
export { flowsInBoth, isOnAll, possible, shareFlow } from "./universe.ts";
export { witness } from "./witness.ts";
