/** Codes of lowering to tables: what a target cannot hold, and why. */
import { define } from "../define.ts";

export const tooManyEntries = define("E801", "this would need {entries} entries (limit {limit}): {why}");
export const steeredTooMany = define(
  "E845",
  "waypoints and avoids come to more than {limit} entries on all switches together; most are for flows of {statements}",
);
export const steeredTogether = define(
  "E846",
  "these waypoints and avoids hold common flows in more than {limit} combinations: {statements}",
);
export const beginsHeld = define(
  "W849",
  "`{statement}` has begun, and is held back: with it no table could be made, and what stands goes on without it",
  "cancel it, or what leaves it no room: then it comes to the switches by itself",
);
export const entriesTogether = define(
  "E848",
  "this statement and the others come to more than {limit} entries on all switches together",
);
export const timelineTooMany = define(
  "E847",
  "statements that overlap {what} {times} times until {instant}, when `{statement}` begins or ends: that takes too long",
);
export const returnsTooOften = define(
  "E838",
  "a rule that names where flows come in is compared with those that come back from waypoints: that takes more than {steps} steps",
);
export const destinationPort = define(
  "E811",
  "`dstAP` is where flows leave, and no packet shows that where they enter and verdicts act",
);
export const noConntrack = define(
  "E812",
  "`direction` needs connection tracking, which the target `{target}` does not offer",
);
/** NETWORK, "Track". */
export const directionOfFragments = define(
  "N844",
  "`{statement}` holds no fragment: only whole packets show a `direction`",
);
export const directionAcrossVlans = define(
  "N863",
  "`{statement}` names `vlan`, and a `direction`: connections are remembered without their VLAN",
);
export const directionAcross = define(
  "E815",
  "`direction` needs one switch that sees both directions: here are {count}, and each tracks connections alone",
);
export const namedPort = define(
  "E813",
  "port `{port}` of switch `{switch}` is a name: switches match port numbers",
  "write its number, which ovs-ofctl show tells",
);
export const tooManyTags = define("E814", "the sets of addresses need {bits} bits of metadata; the target has {have}");
/** OpenFlow 1.3 has no field for fragments, and they read as port 0. */
export const portZeroLost = define(
  "W820",
  "this {effect} does not hold packets with port 0: `{target}` cannot tell them from fragments",
);
/** NETWORK, "Fragments". */
export const portsZeroAlone = define(
  "W862",
  "`{statement}` holds no packet from port 0 to port 0: no entry tells it from one that shows no ports, which nothing allows by its ports",
);
/** NETWORK, "Track". */
export const withoutDirection = define(
  "W864",
  "`{statement}` holds no whole packet: none of its flows shows a `direction`",
);
export const bandFull = define(
  "E901",
  "priority {priority} is needed, but OpenFlow has {highest}: {depths} depths with {levels} cascade levels",
);
export const sameConjunction = define(
  "E902",
  "`{one}` and `{other}` come to one number of a conjunction, so no table can hold both",
);
/** NETWORK, "Cookies": both keep cookies of their own. */
export const sameHash = define(
  "W904",
  "`{one}` and `{other}` come to one cookie: on switches `{one}` has {cookie}, and `{other}` {next}",
);
export const limitAtEdges = define(
  "E816",
  "traffic of this limit enters at {count} switches ({switches}): each would let its whole rate through",
);
/** SEMANTICS, "What the network takes away". */
export const limitDivided = define(
  "W841",
  "traffic of `{statement}` enters at {count} switches ({switches}): of its {rate} each keeps {kept}",
);
export const limitUndivided = define(
  "W842",
  "`{statement}` is suspended, and its flows are dropped: they enter at {count} switches ({switches}), and no meter counts so small a part of {rate}",
);
export const tooManyLimits = define(
  "E817",
  "limits that overlap need {layers} tables, one for each on a packet's way; `{target}` has room for {room}, and none is left for `{statement}`",
);
export const tooManyNumbers = define("E818", "{wanted} {what} need a {thing} each; `{target}` has {have}");
export const nestedReservations = define(
  "E819",
  "{depth} reservations overlap one inside the other, but OpenFlow has {highest} priorities",
);
export const noPathLeft = define(
  "W821",
  "some flows of `{statement}` have no path left that does what is asked: dropped {between}, such as {flows}",
  "`glazier explain` of it says why, where both ends are known; take a node out of the list, or state the links that are missing",
);
export const searchGivenUp = define(
  "W835",
  "the search of paths for `{statement}` was given up: flows for which none was found by then are dropped",
);
export const entersAnywhere = define(
  "W822",
  "flows of `{statement}` may enter where no host is known: dropped there, no way is prescribed",
);
/** Flooded from the last waypoint they would meet their own path and go round for ever, or cross what they avoid. */
export const endsAnywhere = define(
  "W831",
  "what `{statement}` leads to no known host, broadcasts too, does not reach every host behind the last waypoint: dropped {between}",
);
/** NETWORK, "Forward": it shows no address, so nothing tells whose it is where it comes back. */
export const unshownAtBox = define(
  "N855",
  "what `{statement}` holds that is neither IP nor ARP ends at its waypoint: {between}",
);
export const unstatedBox = define(
  "N839",
  "what waypoints of `{statement}` send with their own MAC from an IP address that no fact states for them is dropped: {hosts}",
);
export const bareBox = define(
  "N847",
  "what waypoints of `{statement}` send is dropped unless it shows an address that facts state for them: {hosts}",
);
/** NETWORK, "Spoof": a broadcast would go to and fro between two. */
export const macOfBoxes = define(
  "N868",
  "what comes in at ports of waypoints of `{statement}` with a MAC or from an address that facts state for hosts at other ports, too, is dropped, whoever it is for: from {hosts}",
);
/** NETWORK, "Spoof": it is named like a way to other networks, and bound to its addresses as any other host. */
export const boundUplinks = define(
  "N876",
  "what {hosts} forwards from other {family} addresses than its own, as an uplink does, is dropped",
);
/** The same of one by which others come in. */
export const boundAccess = define(
  "N877",
  "what others send by {hosts} is dropped: no fact puts another host at {ports}",
);
/** A waypoint gives a frame back with the tag that it had (NETWORK, "Restore"). */
export const tagOfBox = define(
  "N869",
  "`{statement}` names `vlan`, so it does not hold what {boxes} may give back with another tag: that is dropped, or led by other statements alone",
);
/** A router sends to the host of the address, whatever MAC a frame showed (NETWORK, "Spoof"). */
export const endsByMac = define(
  "N870",
  "`{statement}` holds by their MACs alone what is for {hosts}: what {boxes} send on to other hosts, forwarded as by a router, is dropped, or led by other statements alone",
);
/** NETWORK, "Forward": only by a MAC or an address that facts state a switch tells what is for a host. */
export const untoldEnd = define(
  "W852",
  "what is for {hosts} and shows no MAC or address that facts state for them passes nodes of `{statement}` by: no switch can tell it",
);
/** NETWORK, "Forward": a frame shows whom it is for, and not where it leaves. */
export const nobodysEnd = define(
  "W859",
  "no fact says who stands at {ports}, so `{statement}` holds nothing that leaves there",
);
/** What a router forwards gets one MAC of its sender back, whichever it had (NETWORK, "Restore"). */
export const oneMacRestored = define(
  "N866",
  "forwarded as by a router, what {hosts} send shows one source MAC each from there on, and `{statement}` tells their MACs apart",
);
/** An address of several hosts shows of none that a packet is its (NETWORK, "Restore"). */
export const sharedAtRouters = define(
  "N867",
  "forwarded as by a router, what comes through {boxes} from {address} is dropped: it is an address of {hosts}",
);
/** What a router forwards shows whose it is by its address alone (NETWORK, "Spoof"). */
export const unstatedAtRouters = define(
  "N856",
  "forwarded as by a router, what comes through {boxes} of `{statement}` is dropped where it is from {hosts} and shows no address that facts state",
);
export const directionUnplaced = define(
  "E823",
  "flows of this statement may enter where no host is known, and `direction` is not known yet where they would be dropped",
);
/** OpenFlow 1.3 has no field for fragments, and those of ICMP read as answers to a ping. */
export const fragmentsPassBy = define(
  "W824",
  "fragments of what `{statement}` holds pass this {effect} by: `{target}` cannot tell them from answers to a ping",
);
export const keepsLess = define(
  "W825",
  "`{statement}` keeps {least} of its {rate} on {ports}: others were charged there, or accepted before",
);
export const limitTooLow = define(
  "E826",
  "a meter counts in kb/s, so a limit of {rate} cannot be kept: the least is {least}",
);
export const rateTooHigh = define(
  "E827",
  "a {thing} counts no further than {most}, and `{statement}` asks for {rate}",
  "write a lower rate, or take the limit out",
);
export const limitRounded = define(
  "W828",
  "a meter counts in kb/s: `{statement}` is kept at {kept}, not {rate}",
  "write a whole number of kb",
);
export const queueGivesMore = define(
  "W829",
  "a queue keeps at least a full frame a second: `{statement}` gets {least}, not {rate}",
  "reserve that much, or more",
);
/** NETWORK, "Reserve": only IP packets have a DSCP mark. */
export const neverMarked = define(
  "W832",
  "frames of `{statement}` that show no IP get no queue: `{target}` tells queues by a DSCP mark",
);
export const floodsAll = define(
  "W830",
  "of {count} switches with links it is not known where any host stands: what is let through is flooded to all their ports",
);
export const trialOfShares = define(
  "W843",
  "trial run of {shares}: what they ask for is counted and takes no effect, and everything else is in force",
);
/** NETWORK, "The pipeline": a trial run must not be mistaken for the policy. */
export const trialRun = define(
  "W833",
  "trial run: what shares and the default deny is counted and passes; only guards and the spoof guard deny",
);
/** NETWORK, "Forward": found over the entries themselves, whatever made them. */
export const circles = define("E903", "internal error: the tables lead a packet round and round: {path}");
export const ambiguous = define(
  "E905",
  "internal error: on `{switch}` the switch may choose which of two entries of table {table} and priority {priority} decides",
);
export const ambiguityOpen = define(
  "N836",
  "whether two entries of one priority on `{switch}` hold one packet was not proven to the end: too many lists of several fields overlap",
);
export const laterOpen = define(
  "N837",
  "the tables after {instant} were not proven here: those before have {steps} entries and steps of their proof",
);
export const circlesOpen = define(
  "N834",
  "whether some packet circles was not proven to the end: the proof stopped after {steps} steps",
);
