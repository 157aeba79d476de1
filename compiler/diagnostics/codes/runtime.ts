/**
 * E95x to E99x: what goes wrong between us and a switch. Mostly no text of the user is at fault, and there is no span.
 */
import { define } from "../define.ts";

export const badTarget = define("E950", "`{target}` is not a switch: {reason}");
export const unreachable = define("E951", "the switch `{target}` cannot be reached: {reason}");
export const wrongVersion = define("E952", "the switch `{target}` speaks OpenFlow {theirs}, and we speak {ours}");
export const notOpenFlow = define("E953", "what `{target}` sends is not OpenFlow: {reason}");
export const noAnswer = define("E954", "the switch `{target}` did not answer within {seconds} s: {awaited}");
export const connectionLost = define("E955", "the switch `{target}` ended the connection: {awaited}");
export const statementRefused = define("E956", "the switch `{target}` refuses `{statement}`: {reason}");
export const changeRefused = define("E957", "the switch `{target}` refuses the change: {reason}");
export const placeTaken = define(
  "E958",
  "on the switch `{target}` an entry that is not ours stands where `{statement}` must go: table {table}, priority {priority}",
);
export const notConfirmed = define(
  "E959",
  "the switch `{target}` took the change and does not hold it: {missing} of its entries missing, {excess} too many",
);
export const noDatabase = define("E960", "the switch's database `{target}` cannot be reached: {reason}");
export const databaseLost = define("E961", "the switch's database `{target}` is lost: {reason}");
export const databaseRefused = define("E962", "the switch's database `{target}` refuses the change: {reason}");
/** OpenFlow cannot make queues. */
export const queuesNeedDatabase = define(
  "E963",
  "`{statement}` needs queues, and no database of the switch `{target}` was found to make them",
);
export const foreignQos = define(
  "E964",
  "the port `{port}` has a QoS that is not ours, and `{statement}` needs queues there",
);
export const foreignMeter = define(
  "E966",
  "on the switch `{target}` entries that are not ours use the meter {meter}, which `{statement}` needs",
);
export const queueMissing = define(
  "E967",
  "queue {queue} of port {port}, which `{statement}` needs, was not made: the switch cannot shape that port",
);
export const meterMissing = define(
  "E968",
  "the switch `{target}` took the meter {meter} of `{statement}` and does not hold it",
);
export const filterFailed = define("E969", "a filter that puts packets into queues failed: {reason}");
/** What follows is of Open vSwitch: entries that it adds by itself, above all others, and hides (NETWORK, "Sending"). */
export const fallsBack = define(
  "E990",
  "the bridge `{bridge}` has a controller and no fail_mode=secure: while `{controller}` is away, it switches everything",
);
export const reachedInBand = define(
  "E991",
  "hidden entries of the bridge `{bridge}` let everybody reach the address of {peers}, and speak from it",
);
export const vlansJoined = define(
  "E992",
  "the bridge `{bridge}` holds ports apart ({ports}), and a table that sends by port numbers joins them",
);
export const sharedDatapath = define(
  "E993",
  "the bridges {bridges} have one datapath id, {datapath}, and nothing shows which of them `{target}` is",
);
/** An entry of others that only takes away is reported (W950); one that lets on what is denied, led or limited makes the policy untrue. */
export const foreignOpens = define(
  "E994",
  "on the switch `{target}` an entry that is not ours may let on what the policy {holds}: table {table}, priority {priority}, {match}",
);
export const curtainTaken = define(
  "E995",
  "on the switch `{target}`, which has no bundles, an entry that is not ours stands where all must be dropped meanwhile: table 0, priority 65535",
);
/** NETWORK, "Sending": a switch begins nothing by itself. */
export const begunMeanwhile = define(
  "E996",
  "at {instant} something began that is not on the switch `{target}`: deciding and sending took until after that, each time",
);
export const wrongSwitch = define(
  "E980",
  "the switch `{target}` is not `{name}`: its datapath is {datapath}, and that of `{name}` is {dpid}",
);
export const secureNeedsDatabase = define(
  "E981",
  "fail_mode=secure is set in the database of the switch `{target}`, and none was found",
);
/** Setting fail_mode=secure empties all tables. */
export const othersWouldGo = define(
  "E982",
  "setting fail_mode=secure empties the tables of the bridge `{bridge}`, and {entries} of others would go too",
);
/** NETWORK, "Two writers". */
export const serverHolds = define("E984", "the switch `{target}` is held by the server at `{server}`");
/** Of a switch that connects to us. */
export const connectionRefused = define("E983", "the connection of a switch at `{target}` is refused: {reason}");
export const overtaken = define(
  "E985",
  "other applies changed the switch `{target}` each time before this one could: {times} times",
);
export const otherApply = define("E986", "another apply is at work on the switch `{target}`, and holds its lock");
/** SEMANTICS, "Files": the other apply may have promised a later end. */
export const timesKept = define(
  "E987",
  "another apply has begun to keep times that count from the clock on the switch `{target}`",
);
/** A fault of ours after something was sent. */
export const brokenOff = define("E988", "the change of the switch `{target}` broke off: {fault}");
/** A change of the database that another program made after ours. */
export const queuesChanged = define(
  "E989",
  "something else changed the QoS of the switch `{target}` meanwhile: {queues} of ours not as they should be",
);
/** Reported, never touched: entries of others in our tables. */
export const foreignEntries = define("W950", "the switch `{target}` holds {entries} of others in our tables");
/** NETWORK, "Sending": a switch that falls back to plain switching without a controller forgets the policy. */
export const notSecure = define(
  "W951",
  "the bridge `{bridge}` is not set to fail_mode=secure: without entries it switches everything",
);
/** NETWORK, "Track". */
export const trackingBegins = define(
  "N996",
  "with this table the switch `{target}` begins to track connections: one that is open counts as opened by who sends next, and a TCP connection that it remembers from an earlier time, and that has gone on since, hangs",
);
/** NETWORK, "Sending": what E990 to E993 and W996 are about. */
export const bridgeUnknown = define(
  "N997",
  "the database of the switch `{target}` {reason}, so it was not checked whether the bridge adds entries of its own, holds ports apart or forwards reserved groups",
);
/** NETWORK, "Two writers". */
export const partlyRead = define(
  "N998",
  "of {changed} statements that changed on the switch `{target}` the entries of {read} were read back",
);
export const otherCookies = define(
  "N999",
  "another program gave {entries} of the entries that the switch `{target}` was sent other cookies: they do the same, and their packets are counted for other statements",
);
export const forwardsReserved = define(
  "W996",
  "the bridge `{bridge}` forwards frames to reserved groups (forward-bpdu), where the policy allows them",
);
/** NETWORK, "Settings of a bridge". */
export const tagsReadOtherwise = define(
  "E997",
  "the switch of the bridge `{bridge}` reads {tags} of each frame (vlan-limit={limit}), and a table is made for one: behind a second tag frames would show other fields than the policy means",
);
export const fragmentsHandled = define(
  "E998",
  "the switch `{target}` {handling}, and a table is made for one that does neither that nor puts them together",
);
export const endsEvicted = define(
  "E999",
  "the bridge `{bridge}` gives up entries with an end where others come to a full table ({tables}): what they deny would pass before that end",
);
export const spanningTreeRuns = define(
  "W984",
  "the bridge `{bridge}` runs a spanning tree of its own ({protocols}): at a port that it blocks nothing comes in or goes out, whatever the policy allows",
);
export const waitsForRestore = define(
  "W985",
  "the switch of the bridge `{bridge}` is to wait for its entries (flow-restore-wait): after its start it passes nothing until that is taken away",
);
export const portsClosed = define(
  "W987",
  "the switch `{target}` loses what the policy allows at ports {ports}, whatever its table says",
);
export const tagsOfPorts = define(
  "W993",
  "ports of the bridge `{bridge}` have VLANs ({ports}), and {entries} ask for the tag that a frame comes in with: what comes in at an access port has none",
);
export const tunnelsTags = define(
  "W994",
  "the bridge `{bridge}` puts a tag before those of its senders ({ports}): where frames come in with both, no entry sees their addresses",
);
export const connectionsShared = define(
  "W995",
  "the bridges {others} remember connections together with `{bridge}`, so what one of them let open counts as opened here",
);
/** A meter has no cookie, so its owner is unknown. */
export const idleMeters = define(
  "W952",
  "the switch `{target}` holds {meters} that no entry uses and that we do not know",
);
/** SEMANTICS, "Files": relative times are resolved once; only the switch remembers them. */
export const countsFromFirst = define(
  "W980",
  "`{statement}` ends {after} after the first apply, at {end}; an apply after its end begins it anew",
);
/** NETWORK, "Timeouts": the switch has counted on meanwhile. */
export const clockBehind = define(
  "W992",
  "this machine's clock is {by} behind that of the last apply to the switch `{target}`: what is written to begin or end at an instant does so later by as much",
);
export const beginsFromFirst = define("W983", "`{statement}` begins {after} after the first apply, at {start}");
/** Open vSwitch, "QoS - Shaping": kernel yes, userspace no. */
export const queuesIgnored = define(
  "W953",
  "the bridge `{bridge}` runs in user space, where the action set_queue does nothing: it gets no queues, and reservations are not enforced",
);
export const filtersNeeded = define(
  "W954",
  "reservations on the bridge `{bridge}` work once {count} commands have set filters and short queues on its ports; until then, frames that wait there have frames of all its ports lost",
);
/** NETWORK, "Promises": what waits in all queues together must fit into one buffer. */
export const queuesCrowded = define(
  "W959",
  "the {count} queues of the bridge `{bridge}` share one send buffer: while more than {full} of them are full, frames of all its ports are lost, also those of reservations",
);
/** SEMANTICS, "What the network takes away": a port that is unplugged, or was given another number. */
export const noSuchPort = define(
  "W965",
  "the switch `{target}` has no port {port}, so `{statement}` has no queue there",
);
/** The same of what entries match and where they lead. */
export const portsAbsent = define("W967", "the switch `{target}` has no {ports}, which its table names");
/** NETWORK, "Forward": what the switch does beside its tables. */
export const framesMirrored = define(
  "W968",
  "the bridge `{bridge}` copies frames, or what they show, to {copies}, also those that the policy denies",
);
export const portsBonded = define(
  "W969",
  "the bridge `{bridge}` joins ports {ports} to `{bond}`, and its table knows each of them alone: what comes in at another one is not of the host or link there, and a broadcast goes out at each",
);
/** Facts know ports by their numbers alone. */
export const portMoved = define(
  "W966",
  "port {port} of the switch `{target}` is `{name}` by now, and was `{before}` when a table that names it was sent last",
);
/** NETWORK, "Two writers": no bundle, or no place for a token, and no database for a lock. */
export const unprotected = define(
  "W957",
  "nothing keeps another apply from changing the switch `{target}` at the same time: {reason}",
);
/** NETWORK, "Sending": another switch may have older ways, so a broadcast could go round. */
export const waysClosed = define(
  "W955",
  "what changed waypoints and avoids hold is dropped on the switch `{target}` until every other switch with links is known to have no older ways",
);
export const superseded = define(
  "W958",
  "another apply came after this one, and the switch `{target}` holds its table",
);
/** NETWORK, "Sending": what the datapath has cached may outlive the entries. */
export const endsCached = define(
  "W991",
  "entries end by themselves on the bridge `{bridge}`, whose datapath runs in user space: what it has cached may outlast them, so what is denied after an end may go on passing for as long as it is sent",
);
export const notPurged = define("W990", "the flows that the switch `{target}` has cached were not purged: {reason}");
