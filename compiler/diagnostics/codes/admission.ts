/** E7xx: what the network's own rules refuse (SEMANTICS, "Shares", "Accepting a request"); N7xx: what it reports. */
import { define } from "../define.ts";

export const outsideShare = define("E701", "the flowgroup is not inside share `{share}`, which holds {flows}");
export const noPrivilege = define("E702", "share `{share}` grants no `{kind}`, {held}");
export const notASpeaker = define("E703", "`{speaker}` does not speak for {what}: {who}");
export const unknownShare = define("E704", "there is no share `{share}`");
export const shareExists = define(
  "E705",
  "share `{share}` exists already",
  "give it another name, or change the one that is there: in a file no removal makes room, as removals follow all declarations",
);
export const tooPermissive = define(
  "E706",
  "share `{share}` would hold more than its parent `{parent}`: {excess}",
  "state no more than the parent holds, or let that hold more",
);
export const conflict = define(
  "E707",
  "`{kind}` on `{share}` conflicts with {requests}",
  "ask for other flows or another time, or let its owner cancel what stands in the way",
);
export const nothingLeft = define(
  "E708",
  "nothing of this `{kind}` is left beside {requests}",
  "ask for other flows or another time, or let its owner cancel what stands in the way",
);
export const noSuchUser = define("E709", "there is no user `{user}`{origin}");
export const userExists = define("E710", "user `{user}` exists already", "take it out: it says what is so already");
export const notRoot = define("E711", "only `root` may {deed}, not `{speaker}`", "let root say it");
export const notEmpty = define("E712", "share `{share}` is not empty: {content}");
export const unknownRequest = define(
  "E713",
  "there is no standing request `{request}`",
  "a request is named by its label, or by its text in quotes; `ListRequests.` shows both",
);
export const startsInThePast = define("E714", "the request would begin at {start}, and now it is {now}");
export const emptyTime = define(
  "E715",
  "the request would end at {end}, no later than it begins at {start}",
  "let it end later than it begins",
);
export const tooManyRequests = define(
  "E716",
  "share `{share}` may hold {bound}{by}, and holds {standing}",
  "raise the bound where the share is made, or cancel a request of it",
);
export const fullOfEntries = define(
  "E717",
  "share `{share}` may cost {bound}{by}; with this request it would cost {cost}",
  "raise the bound where the share is made, or cancel a request of it",
);
export const undecided = define(
  "E718",
  "whether the flowgroup lies inside share `{share}` could not be decided within the budget",
);
export const tooManyPieces = define(
  "E719",
  "what is left of this `{kind}` beside {requests} falls into more than {limit} pieces",
);
export const tooManyConflicts = define(
  "E751",
  "the conflicts of the requests before `{request}` took all {limit} steps of this file, so it was not decided",
);
export const tooCostly = define(
  "E752",
  "to decide this takes more than the {limit} steps that a running network spends on {what}",
);
export const manyRows = define(
  "E755",
  "the answers to the queries of this trace list more than {limit} rows: this one and those after it are not shown",
);
export const sharesTooDeep = define(
  "E753",
  "share `{share}` would stand more than {limit} shares deep, since `{parent}` stands {limit} deep already",
);
export const rootStays = define("E720", "`{name}` cannot be removed", "take it out: a network always has it");
export const notGranted = define(
  "E721",
  "`{user}` is no speaker of share `{share}`",
  "take it out: there is nothing to revoke",
);
export const openToAll = define(
  "E729",
  "share `{share}` is granted to everybody, so `{user}` cannot be taken out alone and goes on speaking for it",
  "take the default grant out, and grant the share to each of the others",
);
export const labelInUse = define("E722", "the label `@{label}` stands for a request already");
export const ownRule = define(
  "E723",
  "refused by a rule of this network: {rule}",
  "ask for something that the rule does not refuse, or change the rule",
);
export const transactionFailed = define(
  "E724",
  "nothing of this transaction is accepted, because `{other}` of it is refused",
);
export const contradictory = define("E725", "the privileges of share `{share}` contradict each other: {excess}");
export const mayNotCancel = define(
  "E726",
  "`{speaker}` speaks neither for share `{share}` nor for a share above it: {who}",
  "who speaks for the share, or for one above it, may cancel it",
);
export const reservedUser = define(
  "E728",
  "`{user}` is what rules call whoever is not known: nobody can be added by that name",
  "choose another name",
);
export const circular = define("E727", "these declarations need each other, so none can be made: {path}");
export const guardNotRoot = define("E730", "a guard speaks as `root`, not as `{speaker}`");
export const guardDenies = define("E731", "a guard can only deny");
export const needsCascade = define(
  "E732",
  "policies `{first}` and `{second}` stand on one share and one of them is ordered: join them by a cascade",
);
export const noSuchPolicy = define("E735", "there is no policy `{policy}`");
export const policyTwice = define("E736", "`{policy}` stands twice in a cascade");
export const shareShort = define("E741", "share `{share}` has no room for {rate}: {why}");
export const linkShort = define("E742", "link {link} has no room for {rate}: {why}");
export const aboveCap = define("E744", "share `{share}` limits to at most {bound}, not to {rate}");
export const belowFloor = define("E745", "share `{share}` limits to no less than {bound}, not to {rate}");
export const overLimit = define("E746", "{reserved} cannot be reserved for flows that are limited to {limited}");
export const nodeOutside = define(
  "E747",
  "share `{share}` grants no `{kind}` of {nodes}, only of {held}",
  "name a node that the share grants, or grant this one where the share is made",
);
export const nodeNowhere = define("E748", "{nodes} stands nowhere in the network that is known");
export const noPath = define("E749", "there is no path {between}{asked}: {why}");
export const expectation = define("E740", "expected {expected}, and it was {verdict}");

/** SEMANTICS, "What the network takes away": nothing is refused for what a fact changes. */
export const suspended = define("W750", "`{statement}` is suspended, and {flows} of its flows are dropped: {reason}");
export const suspendedRate = define("W751", "`{statement}` is suspended, and its flows get what is left: {reason}");

export const grantedInPart = define("N701", "granted in part: {granted}");
export const silenced = define("N702", "guard `{policy}` denies flows of {requests}, in whole or in part: {names}");
export const silencedUnseen = define(
  "N714",
  "which requests {rules} of guards from here on deny was not looked for, since those before deny flows of more than {limit} in all; they are denied all the same",
);
export const guaranteeEnds = define("W703", "no longer guaranteed, because flows are led another way now: {names}");
export const guaranteesTaken = define(
  "W705",
  "no longer guaranteed, because this holds flows of theirs, is no smaller, and is not as certain or for others too: {names}",
);
export const sharesMeter = define("N706", "not guaranteed, because flows of others pass the same limit: {names}");
export const guaranteesMetered = define(
  "W707",
  "no longer guaranteed, because their flows pass this limit together with others: {names}",
);
export const sharesQueue = define(
  "N708",
  "not guaranteed, because flows of it belong to a larger reservation together with others: {names}",
);
export const unfitNode = define("E757", "{node} can be no waypoint: {why}");
/** Of what holds flows that nothing lets through. */
const ADVICE_OF_DENIED = "it takes effect for what an `allow` lets through, or once what denies it is gone";

export const allDenied = define(
  "N709",
  "reserves nothing as it stands, because all of these flows are denied: {names}",
  ADVICE_OF_DENIED,
);
export const limitsDenied = define(
  "N713",
  "limits nothing as it stands, because all of these flows are denied: {names}",
  ADVICE_OF_DENIED,
);
export const leadsDenied = define(
  "N756",
  "leads nothing as it stands, because all of these flows are denied: {names}",
  ADVICE_OF_DENIED,
);
export const holdsLittle = define(
  "N718",
  "holds little as it stands: of these flows only what {names} let through pass",
  ADVICE_OF_DENIED,
);
export const oneWay = define("N760", "no TCP connection{apart} comes about: nothing allows what answers {names}");
export const passesWhole = define(
  "W714",
  "of this {kind} nothing is left: `{pass}` hands all its flows on, wherever it stands",
);
export const passesSomeDenied = define("W715", "this deny does not hold what `{pass}` hands on, wherever it stands");
export const neverDecides = define(
  "W716",
  "{rules}: {earlier} before {it} {hold} all of {its} flows",
  "take it out, or move it before them",
);
export const overridden = define(
  "W719",
  "{allows} no effect: {names} {hold} all of {its} flows, and beside each other deny overrides",
  "in an `ordered` policy the rule that is written first decides",
);
export const limitsBoth = define(
  "N717",
  "flows of this limit pass `{other}` too: among limits no order decides, and each holds",
  "if one alone is meant, leave its flows out of the other",
);
export const speaksAlready = define(
  "W712",
  "{who} for share `{share}` already: this `{kind}` changes nothing",
  "take it out, or name who else is meant",
);
export const takenAway = define(
  "W711",
  "{without}: a `{kind}` takes {what} away though it stands before it, since in a file removals follow all declarations",
  "take out the one that is not meant",
);
export const stillSpeaks = define(
  "N711",
  "`{user}` goes on speaking for share `{share}`, because it is granted to everybody",
  "to end that, take the default grant out",
);
/** NETWORK, "Promises". */
export const waysUnknown = define(
  "N752",
  "not guaranteed, because the ways of its flows are not known: {how} by {names}",
);
export const factsMissing = define("N754", "not guaranteed, because {why}: {names}");
export const limitsLess = define(
  "N753",
  "never takes effect: `{other}` limits all of these flows to {rate} already",
  "take it out, or limit to less",
);
export const addsNothing = define(
  "N704",
  "adds nothing: `{request}` reserves {rate} for all of these flows already",
  "take it out, unless it is to go on when the other has ended",
);
