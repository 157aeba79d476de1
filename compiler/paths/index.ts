/** Paths through the network: topology, routes, forwarding, and the links that a flowgroup's traffic crosses. */
export { steer, type Bound, type Return, type Step, type Steps } from "./steer.ts";
export { forwarding, type Forwarding, type SwitchForwarding } from "./tree.ts";
export { endsOf, type Ends } from "./ends.ts";
export {
  linksOf,
  linksOn,
  MOST_PAIRS,
  weakest,
  type Crossing,
  type Pair,
  type Promised,
  type Steering,
} from "./links.ts";
export { around, type Around } from "./around.ts";
export { detour, exceptions, type Detour, type Exception, type Steered } from "./detour.ts";
export { closedOf, hopsOf, placeOf, route, type Journey, type Route } from "./route.ts";
export type { Hop, Stop } from "./search.ts";
export { disagree, inOrder } from "./order.ts";
export { waysOf, type Steers, type Way } from "./ways.ts";
export {
  entrance,
  exit,
  portKey,
  ratedExits,
  samePort,
  topology,
  type Link,
  type Port,
  type RatedLink,
  type Stationed,
  type Topology,
  type Trunk,
} from "./topology.ts";
