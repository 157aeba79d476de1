/**
 * What can be wrong with names, values, facts, rules and externs (E2xx-E6xx, E8xx): everything that is found between
 * the parser and admission.
 */
import { define } from "../define.ts";

// ---------------------------------------------------------------- names

export const unknownRelation = define("E201", "unknown relation `{name}`");
export const nothingReads = define("W258", "nothing reads `{name}`: what it says has no effect");
export const unusedName = define("N277", "no statement uses {what} `{name}`");
export const emptyName = define(
  "E259",
  "{what} needs a name that is not empty",
  "write a name between the quotation marks",
);
export const namedLikeAddress = define(
  "W260",
  "host `{name}` is named like an address that is not its own: `{name}` means the address",
);
export const wrongArity = define("E202", "`{name}` takes {expected}, but {given} given");
export const sortClash = define(
  "E203",
  "`{variable}` is {one} ({oneFrom}), but {otherFrom} needs {other}",
  "one variable holds values of one kind: write another one there, and join them by a relation",
);
export const mixedColumn = define(
  "E253",
  "`{given}` is {one}, but column {column} of `{relation}` holds {holds}",
  "a column holds numbers or names, never both: change this fact, or the others",
);
export const unknownUser = define("E204", "`{name}` is not a known user");
export const unknownHost = define("E205", "`{name}` is not a known host");
export const homelessHost = define("E206", "host `{name}` has neither an address nor a MAC");
export const unknownFlowgroup = define("E207", "unknown flowgroup `{name}`", "`flowgroup {name} = (…).` makes one");
export const circularFlowgroup = define(
  "E208",
  "flowgroup `{name}` is defined through itself",
  "define one of these names without the others",
);
export const duplicateFlowgroup = define(
  "E209",
  "flowgroup `{name}` is defined twice",
  "give one of them another name",
);
export const duplicatePolicy = define(
  "E210",
  "policy `{name}` is defined twice",
  "give one of them another name, or move its rules into the other",
);
export const duplicateLabel = define("E211", "label `@{name}` is used twice", "give one of them another label");
export const identicalRequests = define("W212", "this request was already made word for word");
export const duplicateDefault = define("E213", "the default {of} is stated twice", "take one of them out");
export const unwrittenDefault = define("N214", "no default is written: what nothing decides is allowed");
export const missingInclude = define("E215", "`{path}` was not found");
export const unreadable = define("E249", "`{path}` cannot be read: {reason}");
export const circularInclude = define("E216", "`{path}` includes itself", "take the include out of one of these files");
export const unknownPolicy = define("E217", "unknown policy `{name}`");
export const mixedCascade = define(
  "E218",
  "policy `{name}` is on share `{share}`, but this cascade is on `{other}`",
  "a cascade joins policies of one share: write one for each share",
);
export const repeatedInCascade = define(
  "E219",
  "`{name}` stands twice in this cascade",
  "leave it at one place: what stands further left decides first",
);
export const twoCascades = define("E251", "share `{share}` has two cascades");
export const guardInCascade = define(
  "E252",
  "`{name}` is a guard: it stands above all cascades",
  "leave it out of the cascade",
);

// ---------------------------------------------------------------- values

export const wrongValue = define("E220", "`{field}` takes {expected}, not `{given}`");
export const outOfRange = define(
  "E221",
  "`{given}` is out of range: `{field}` is {low}-{high}",
  "write a value from {low} to {high}",
);
/** NETWORK, "What a switch can show". */
export const neverShown = define("E255", "no frame shows `ethType={given}`: {why}");
export const ipv4Alone = define(
  "N256",
  "`transport={given}` holds IPv4 packets alone: over IPv6 that is a header which switches skip, and they show what follows it",
);
export const bothFamilies = define(
  "N257",
  "`{field}` without a family holds ICMP over IPv4 and ICMPv6, which number their messages differently",
);
export const unknownProtocol = define("E224", "unknown {what} `{name}`");
export const unknownNode = define("E222", "`{name}` is neither a known host nor a known switch");
export const awaitedUser = define("W265", "`{name}` is a user that nothing names now");
export const awaitedNode = define("W266", "`{name}` is a host that no fact names now");
export const awaitedHost = define("W267", "`{name}` is a host that no fact names now, and a rule asks about it");
export const awaitedSwitch = define("W276", "`{name}` is a switch that no `switch` fact names now");
export const ambiguousNode = define("E223", "`{name}` is both a host and a switch");
export const unknownSwitch = define("E225", "`{name}` is not a known switch");
export const contradictoryPrivileges = define(
  "E227",
  "no {what} lies between {low} and {high}",
  "let the lower bound be no higher than the upper one",
);
export const grantsNothing = define("W238", "`{privilege}` grants no reservations without a largest drain");
export const grantsNothingAtAll = define(
  "W278",
  "share `{share}` grants nothing: no request can be made on it or below",
);
export const nodeTwice = define("E228", "`{name}` stands twice in this list", "name it once");
export const asymmetric = define("E229", "`both ways` cannot turn `{field}` around");

// ---------------------------------------------------------------- the directory

export const badFact = define("E230", "`{relation}` takes {expected} here, not `{given}`");
export const hostless = define("W279", "`{value}` is {what}, and that of no host");
export const twoPlaces = define("W268", "host `{host}` stands at two ports, so it is not known where it is");
export const sharedBinding = define(
  "W269",
  "host `{host}` at `{place}` has the same {what} `{value}` as host `{other}` at another port",
);
export const loneHost = define("W270", "only `{relation}` names host `{name}`, {beside}");
export const duplicateSwitch = define("E232", "{what} `{name}` is used twice");
export const disputedSwitch = define("W280", "{what} `{name}` has two {others}");
export const twoRates = define("W271", "port `{port}` of switch `{switch}` has two rates");
export const rateOfZero = define("W281", "facts give `{at}` a rate of zero");
export const twoLinks = define("W272", "port `{port}` of switch `{switch}` has two links");
export const hostOnLink = define("W273", "host `{host}` stands at port `{port}` of switch `{switch}`, which is a link");
export const linkToItself = define("W274", "a link leads from switch `{switch}` back to itself");
export const linkOfTwoRates = define("W275", "the link between `{one}` and `{other}` has two rates");
export const unconnected = define("W239", "no path leads from {from} to {to}");

// ---------------------------------------------------------------- statements out of place

export const tickInPolicy = define("E240", "`Tick` moves the clock of a trace; a policy has none");
export const tickLive = define(
  "E270",
  "`Tick` moves the clock of a trace; a running network has the clock of the world",
);
export const ofFiles = define("E271", "{what} is part of the policy's files, and no statement to a running network");
export const oneAtATime = define("E272", "a running network takes one statement at a time");
export const speaksAs = define("E273", "`{by}` does not speak as `{other}`");
export const longDecision = define(
  "E275",
  "what is decided of this has {size} bytes, more than the {most} that a record of the log may have",
);
export const questionInTransaction = define(
  "E276",
  "a question stands alone: between `begin` and `commit` it would not be answered",
);
export const ambiguousRequest = define("E277", "no request of yours is called `{name}`; of others: {count}");
export const expectsLive = define("E274", "only a trace expects a verdict");
export const queryInPolicy = define("E241", "a query is not part of a policy");
export const startedBefore = define("N242", "the start lies in the past; taken from now");
export const inMilliseconds = define("W293", "`@{given}` is in the year {year}: a time is counted in seconds");
export const ended = define("N243", "this has ended; it has no effect");
export const lastsNowhere = define(
  "E291",
  "the rule would end at {end}, no later than it begins at {start}",
  "let it end later than it begins",
);
export const namesake = define("N292", "policy `{name}` stands on `rootShare`, and not on the share of its name");
export const noAddress = define("W291", "`{given}` is one address, {which}");
export const toItself = define(
  "N291",
  "this holds only what `{host}` sends to itself, which no network sees",
  "see whether source and destination are the ones that are meant",
);
export const verdictOutsidePolicy = define("E244", "a verdict needs a policy around it");
export const guardOnlyDenies = define(
  "E245",
  "a guard can only deny",
  "a rule that does anything else stands in a policy on a share",
);
export const guardOnShare = define(
  "E246",
  "a guard stands above all shares and takes no share",
  "leave out `on share`, or `as guard`",
);
export const zeroReservation = define("E248", "a reservation of zero keeps nothing free");
export const neverBegins = define(
  "E254",
  "what begins at `forever` never begins",
  "name an instant at which it begins, or take it out",
);
export const clockEnds = define("E258", "the clock of a trace ends at second {last}");
export const factInPolicy = define("E247", "`{name}` begins no rule of a policy");

// ---------------------------------------------------------------- rules

export const unboundHead = define(
  "E301",
  "`{variable}` in the head of `{relation}` is not bound by a positive relation",
);
export const sharedUnderNot = define("E302", "`{variable}` is bound only under `not {relation}`");
export const unboundComparison = define("E303", "`{variable}` in `{operator}` is not bound");
export const openJoin = define(
  "E304",
  "`{one}` and `{other}` share `{variable}`, but a switch cannot compare two fields of a packet",
);
export const apartInCapitals = define(
  "W288",
  "`{name}` and `{other}` are two values of `{relation}`, which differ in capital letters alone",
  "where one is meant, write it the same in both places",
);
export const askedInVain = define("W289", "no fact of `{relation}` has `{name}`, for which this rule asks");
export const loneValue = define(
  "W290",
  "`{name}` stands in {facts} of `{relation}` alone, and rules and facts speak of `{other}`",
);
export const nameAsVariable = define("W287", "`{variable}` is a variable here and stands for any value, though {what}");
export const singleton = define("E305", "the variable `{variable}` occurs only once: it stands for anything");
export const variableFact = define("E314", "`{variable}` is a variable here, and a fact has none");
export const admissionsRelation = define(
  "E315",
  "`{name}` is a relation of the admission rules: what a file says of it does not reach them",
);
export const unknownWord = define("E316", "`{name}` is no {what}");
export const negatedPredicate = define("E306", "`not {name}` cannot be decided: {why}");
export const notAConstant = define("E307", "`{given}` is not a single value", "write one value in its place");
export const reservedRelation = define("E308", "`{name}` is a field of the flow and cannot be defined");
export const unboundUnderNot = define("E309", "`not {relation}` joins `{one}` and `{other}`, which no relation lists");
export const aggregateInBody = define("E310", "an aggregate stands in the head of a rule only");
export const negativeCycle = define(
  "E401",
  "`{name}` depends on its own negation: {path}",
  "define one of these relations without the others",
);
export const recursiveFlow = define("E402", "`{name}` looks at the flow and is recursive: {path}");
export const missingPrerequisite = define(
  "E501",
  "`{one}` and `{other}` never hold together: this can never match",
  "leave one of them out, or make two statements of them",
);
export const disjoint = define(
  "E502",
  "`{one}` and `{other}` have nothing in common: this can never match",
  "leave one of them out, or make two statements of them",
);
export const takesAllAway = define(
  "E504",
  "`{other}` takes away all of `{one}`: this can never match",
  "take less away, or take the statement out",
);
export const neverMatches = define(
  "E505",
  "{what} contradicts itself: it can never match",
  "change one of its conditions, or take the rule out",
);
export const emptyTerm = define(
  "E508",
  "`{term}` leaves no value: this can never match",
  "name fewer values, or take it out",
);
export const deadMember = define("W516", "beside {others}, `{list}` holds no packet of {named}");
export const takesNothingAway = define(
  "W519",
  "`{other}` takes nothing away from `{one}`: no flow is in both",
  "see whether its values are the ones that are meant, or take it out",
);
export const looseAlternative = define(
  "W517",
  "of this `or` one alternative is `{one}`, and the other `{other}`: nothing binds more loosely",
);
export const leavesNothingOut = define(
  "W518",
  "`{one}` or `{other}` leaves nothing out: each holds what the other leaves out",
);
export const manyParts = define("E506", "written out, this flowgroup has too many parts");
export const namesTooDeep = define("E511", "more than {limit} named flowgroups stand within each other here");
export const manyConditions = define("E507", "written out, this rule has more than {limit} conditions");
export const manyTogether = define("E509", "written out, more than {limit} conditions of this rule must hold together");
export const manyInRules = define(
  "E510",
  "written out, the rules with many alternatives have more than {limit} conditions up to this one",
);
export const manyInlined = define(
  "E513",
  "the predicates that rules ask come to more than {limit} conditions up to this rule, since each rule has its own",
);
export const tooManyAlternatives = define("E503", "this rule has more than {limit} alternatives");

export const notYet = define("E690", "{what} cannot be compiled yet");

// ---------------------------------------------------------------- externs

export const badRow = define("E802", "{reason}");
export const missingExtern = define("E803", "`{path}` was not found");
export const emptyUnderDeny = define("E804", "`{relation}` is empty, which opens what this {effect} should close");
export const holdsNothing = define("W803", "this {effect} holds no flow: {what}");
export const fieldAsWord = define("W285", "`{name}` is a plain word here, and no fact has it: `{relation}` is empty");
export const missingColumn = define("E805", "`{path}` has no column `{column}`");
export const badData = define("E806", "{reason}");
export const columnCount = define(
  "E808",
  "`{relation}` has {sorts}, but {columns} named",
  "name as many columns of the file as the relation has",
);
export const rowsAgain = define(
  "E514",
  "up to this extern more than {limit} rows are read of files that another extern has read before",
);
export const readTooMuch = define(
  "E515",
  "from here on all files together have more than {limit} words, signs and cells of data",
  "a fact counts its words, brackets and commas, and a row of an `extern` only its cells; a prefix stands for many hosts, a set of values for many statements",
);
export const closesNobody = define("W807", "no flow of {users} is held by this {effect}");
export const opensNobody = define("N809", "no flow of {users} is held by this {effect}");
export const nobodyThere = define("W806", "{hosts} no address, so this {effect} does not {verb}: {names}");

// -------------------------------------------------------------- names that lie

export const lookAlike = define("W263", "`{name}` looks like `{other}`, and is another name");
export const turnedText = define("W264", "`{letter}` turns the direction of writing");
export const manySeats = define(
  "E512",
  "each of {switches} switches has entries for every address of a host at a port: from here on that is more than {limit} pairs of a switch and an address",
);
export const hostAsUser = define("W286", "`{name}` is a host by other facts, and a user by this one");
