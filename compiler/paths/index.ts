/** Paths through the network: topology, routes, forwarding, and the links that a flowgroup's traffic crosses. */
export {
  differ,
  goesFromAnywhere,
  steer,
  type IngressEgress,
  type InnerBox,
  type WaypointReturn,
  type SteeredHop,
  type SteeredHops,
} from "./steer.ts";
export { friendliest, isFriendliest, statedPort } from "./friendliest.ts";
export { forwarding, type Forwarding, type SwitchForwarding } from "./forwarding.ts";
export { endPortsOf, ingressSwitchesOf, isOfUsersAt, maySendAt, namesSources, type EndPorts } from "./end-ports.ts";
export {
  linksOf,
  linksOn,
  MOST_PAIRS,
  PROMISES,
  weakest,
  type CrossedLinks,
  type PortPair,
  type Promised,
  type Steering,
} from "./links.ts";
export type { AskedHost, Flood } from "./flood.ts";
export { blindForwarding, type BlindForwarding } from "./blind-forwarding.ts";
export { forwardingAround, type ForwardingAround } from "./forwarding-around.ts";
export { waypointPath, ownRoutes, type WaypointPath, type OwnRoute, type OpenRouteQuery } from "./waypoint-path.ts";
export { boxFault, type BoxFault } from "./boxes.ts";
export { avoidedSwitches, hopsOf, locationOf, route, waypointOrders, type RouteQuery, type Route } from "./route.ts";
export type { Hop, Stop } from "./search.ts";
export { restoredMacs } from "./restored-macs.ts";
export { fromUnnamed, namedSources, type FromUnnamed } from "./unnamed-ports.ts";
export { nodesTogether, ordersDisagree } from "./waypoint-order.ts";
export { steeredPartsOf, type SteeringStatement, type SteeredPart } from "./steered-parts.ts";
export {
  ingressLink,
  egressLink,
  hostsAtPorts,
  portKey,
  ratedEgressLinks,
  ratedLinks,
  samePort,
  sharedMacs,
  topology,
  type Link,
  type Port,
  type RatedLink,
  type AttachedHost,
  type Topology,
  type Trunk,
} from "./topology.ts";
