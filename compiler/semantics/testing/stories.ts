/** For tests only: random lives of small networks, sentence by sentence. */
import fc from "fast-check";
import type { Demand } from "../../model/model.ts";
import type { RequestKind } from "../../syntax/ast.ts";

const share = fc.constantFrom("a", "b", "c", "d");
const user = fc.constantFrom("Alice", "Bob");
const flows = fc.constantFrom(
  "(*)",
  "(vlan=1-2)",
  "(vlan=2)",
  "(user=Alice)",
  "(user=Alice, vlan=1-3)",
  "((vlan=1) or (user=Bob))",
  "((*) except (vlan=2))",
);
const privileges = fc.constantFrom(
  "allow = True, deny = True",
  "allow = True, deny = True",
  "deny = True",
  "allow = True, requests <= 2",
  "allow = True, deny = True, reserve <= 8b, limit <= 9b",
  "reserve <= 6b, reserve >= 2b, limit <= 6b, limit >= 2b",
  "reserve <= 9b, reserveTBFill = 3b, reserveTBCapacity = 20b",
);
const times = fc.constantFrom(
  "",
  "",
  "",
  " to +10s",
  " from +5s",
  " from +5s to +15s",
  " from +10s to +20s",
  " from +20s to +10s",
);
const speaker = fc.constantFrom("", "", "", "Alice: ", "Bob: ");

const verdict = (kind: RequestKind): fc.Arbitrary<string> =>
  fc
    .tuple(speaker, flows, fc.constantFrom("", " partial"), share, times)
    .map(([who, where, how, on, when]) => `${who}${kind}${where}${how} on ${on}${when}.`);

const rated = (kind: RequestKind): fc.Arbitrary<string> =>
  fc
    .tuple(speaker, flows, fc.integer({ min: 1, max: 9 }), fc.constantFrom("", "", " partial"), share, times)
    .map(([who, where, rate, how, on, when]) => `${who}${kind}${where} = ${rate}b${how} on ${on}${when}.`);

/** Kinds of requests that are compared elsewhere, each with the reason. */
const REQUESTS_ELSEWHERE = {
  waypoint: "needs a topology: path-reference.test.ts",
  avoid: "needs a topology: path-reference.test.ts",
} as const satisfies Partial<Record<RequestKind, string>>;

/** Random requests of every other kind; a new kind does not compile without its own. */
const REQUESTS: Readonly<Record<Exclude<RequestKind, keyof typeof REQUESTS_ELSEWHERE>, fc.Arbitrary<string>>> = {
  allow: verdict("allow"),
  deny: verdict("deny"),
  reserve: rated("reserve"),
  limit: rated("limit"),
};

const request = fc.oneof(REQUESTS.allow, REQUESTS.deny);
const booking = fc.oneof({ weight: 3, arbitrary: REQUESTS.reserve }, { weight: 1, arbitrary: REQUESTS.limit });

const labelled = fc
  .tuple(fc.constantFrom("@x ", "@y "), fc.oneof(request, booking))
  .map(([label, text]) => label + text);

/** Statements that are not tried here, each with the reason. */
const UNTRIED = {
  Tick: "changes nothing but the clock, which the pauses between sentences move",
  query: "changes nothing, and promises nothing: compiler/queries compares answers with admission",
} as const satisfies Partial<Record<Demand["kind"], string>>;

/**
 * Random sentences of every other kind of statement. A new kind does not compile without its own, and
 * differential.test.ts wants each kind accepted at least once, and rejected at least once.
 */
export const SENTENCES: Readonly<Record<Exclude<Demand["kind"], keyof typeof UNTRIED>, fc.Arbitrary<string>>> = {
  request: fc.oneof(request, booking),
  NewShare: fc
    .tuple(speaker, share, flows, privileges, share)
    .map(([who, name, of, held, on]) => `${who}NewShare ${name} for ${of} [${held}] on ${on}.`),
  Grant: fc.tuple(speaker, share, user).map(([who, on, to]) => `${who}Grant ${on} to ${to}.`),
  GrantDefault: fc.tuple(speaker, share).map(([who, on]) => `${who}GrantDefault ${on}.`),
  Revoke: fc
    .tuple(speaker, share, user, fc.constantFrom("", " with requests"))
    .map(([who, on, from, how]) => `${who}Revoke ${on} from ${from}${how}.`),
  RemoveShare: fc
    .tuple(speaker, share, fc.constantFrom("", " cascade"))
    .map(([who, on, all]) => `${who}RemoveShare ${on}${all}.`),
  AddUser: fc.tuple(speaker, user).map(([who, name]) => `${who}AddUser ${name}.`),
  RemoveUser: fc.tuple(speaker, user).map(([who, name]) => `${who}RemoveUser ${name}.`),
  Cancel: fc.tuple(speaker, fc.constantFrom("x", "y")).map(([who, label]) => `${who}Cancel ${label}.`),
};

const { request: _, ...others } = SENTENCES;
const other = fc.oneof(...Object.values(others));

const opening = fc.constantFrom(
  "AddUser Alice. NewShare a for (*) [allow = True, deny = True] on rootShare. NewShare b for (*) [allow = True, deny = True] on a. NewShare c for (*) [allow = True, deny = True] on rootShare. Grant b to Alice.",
  "AddUser Alice. AddUser Bob. NewShare a for (*) [allow = True, deny = True] on rootShare. NewShare b for (vlan=1-2) [allow = True, deny = True] on a. NewShare c for (user=Alice) [allow = True, deny = True] on a. Grant a to Bob. Grant c to Alice.",
);

/** Networks for bandwidth: a bucket below another, and a share beside it. */
const bandwidth = fc.tuple(
  fc.constantFrom(
    "AddUser Alice. NewShare a for (*) [reserve <= 9b, reserveTBFill = 4b, reserveTBCapacity = 30b, limit <= 9b] on rootShare. NewShare b for (*) [reserve <= 8b, reserveTBFill = 2b, reserveTBCapacity = 12b, limit <= 9b] on a. NewShare c for (*) [reserve <= 5b, limit <= 9b] on a. Grant b to Alice.",
    "AddUser Alice. NewShare a for (*) [reserve <= 9b, reserve >= 2b, limit <= 9b] on rootShare. NewShare b for (*) [reserve <= 6b, reserveTBFill = 3b] on a. NewShare c for (vlan=1-2) [reserve <= 9b, reserve >= 3b, limit <= 9b, limit >= 2b] on a. Grant b to Alice.",
  ),
  fc.array(fc.oneof({ weight: 8, arbitrary: fc.oneof(booking, labelled) }, { weight: 1, arbitrary: other }), {
    minLength: 4,
    maxLength: 14,
  }),
);

const story = fc.tuple(
  opening,
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.oneof(request, labelled, booking) }, { weight: 2, arbitrary: other }), {
    minLength: 4,
    maxLength: 14,
  }),
);

/** One random life of a network: its sentences, and the seconds that pass before each. */
export const life = fc.tuple(
  fc.oneof(story, bandwidth),
  fc.array(fc.constantFrom(0, 0, 0, 5, 10), { minLength: 14, maxLength: 14 }),
);
