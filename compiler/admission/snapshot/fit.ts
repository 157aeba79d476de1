/**
 * A snapshot × the network that it is to be brought back into → what is to be performed, or a clause that says what does
 * not fit. Nothing is changed here: what does not fit as a whole is not begun.
 */
import { ratedLinks, type RatedLink, type Topology } from "../../paths/index.ts";
import type { Charge } from "../../shares/bandwidth.ts";
import { ROOT_SHARE, Share } from "../../shares/tree.ts";
import type { Span } from "../../source.ts";
import { acceptedRule, planPolicies, type PolicyPlan, type RuleCandidate } from "../policies/policies.ts";
import { hullOf, type Accepted } from "../state/accepted.ts";
import type { State } from "../state/state.ts";
import type { StateChange } from "../state/state-changes.ts";
import { refuse, SnapshotFault } from "./fields.ts";
import type { NetworkSnapshot, LoadedPolicy, SnapshotRequest, SnapshotShare, SnapshotSpan } from "./snapshot.ts";
import { filesOf, timesOf } from "./take.ts";

/** What brings a snapshot back, to be performed in this order. */
export interface FittedSnapshot {
  readonly plan: PolicyPlan;
  readonly guards: readonly RuleCandidate[];
  /** Users, shares and speakers. */
  readonly shares: readonly StateChange[];
  /** The requests, once the shares are there. */
  requests(this: void): readonly StateChange[];
  /** The level of each bucket, once the requests are charged. */
  readonly levels: readonly (readonly [share: Share, bits: number])[];
}

/** What has to be done, or why it cannot be, as a clause. */
export function fit(snapshot: NetworkSnapshot, policy: LoadedPolicy, state: State): FittedSnapshot | string {
  try {
    return fitted(snapshot, policy, state);
  } catch (error) {
    if (!(error instanceof SnapshotFault)) throw error;
    return error.message;
  }
}

function fitted(snapshot: NetworkSnapshot, { hash, model }: LoadedPolicy, state: State): FittedSnapshot {
  if (snapshot.policy.hash !== hash) refuse("it is of another policy");
  if (snapshot.policy.now !== model.now)
    refuse(`its policy was read at ${snapshot.policy.now}, and here at ${model.now}`);
  const times = timesOf(model);
  const isSame = (key: string): boolean =>
    times.get(key)?.from === snapshot.kept.get(key)?.from && times.get(key)?.to === snapshot.kept.get(key)?.to;
  if (![...times.keys(), ...snapshot.kept.keys()].every(isSame)) refuse("its policy was read with other kept times");
  if (state.accepted.size > 0 || state.tree.root.children.size > 0) refuse("the network is not empty");
  if (snapshot.now < state.now) refuse(`it is of ${snapshot.now}, and the clock stands at ${state.now}`);
  const plan = planPolicies(model.policies, model.cascades);
  const rules = new Map(plan.groups.flat().map((one) => [one.id, one]));
  const places = placesIn(snapshot, model);
  const shares = sharesOf(snapshot.shares, state, places);
  const links = linksIn(state.topology);
  const ids = new Set<string>();
  const made = snapshot.requests.map((request, order) => {
    if (ids.has(request.id)) refuse(`request \`${request.id}\` stands in it twice`);
    ids.add(request.id);
    return requestOf(request, order, { shares, rules, links, state, places, now: snapshot.now });
  });
  if (new Set(snapshot.guards).size !== snapshot.guards.length) refuse("a guard's rule stands in it twice");
  return {
    plan,
    guards: snapshot.guards.map((id) => guardOf(id, rules)),
    shares: [...usersOf(snapshot, state), ...shareChanges(snapshot.shares, shares)],
    requests: () => made.map((make): StateChange => ({ kind: "request", request: make(), present: true })),
    levels: snapshot.shares.flatMap(({ name, level }) => (level === undefined ? [] : [[shares.get(name)!, level]])),
  };
}

function usersOf({ users }: NetworkSnapshot, state: State): StateChange[] {
  const added = new Set(users);
  if (added.size !== users.length) refuse("a user stands in it twice");
  if (!added.has("root")) refuse("it is without the user `root`");
  return users.filter((user) => !state.added().has(user)).map((user) => ({ kind: "user", user, present: true }));
}

/** Where statements are written, one after the other. */
function placesIn({ places, shares, requests }: NetworkSnapshot, model: LoadedPolicy["model"]): Iterator<Span> {
  const wanted = shares.length - 1 + requests.filter((one) => one.of === "statement").length;
  if (places.length !== wanted) refuse(`${wanted} statements have ${places.length} places`);
  const files = filesOf(model);
  const numbered = [...files.values()];
  const spans = places.map(({ source, start, end }: SnapshotSpan): Span => {
    if ("text" in source) return { source, start, end };
    const { nth = Infinity } = source;
    const file = files.get(source.file) ?? numbered[nth] ?? refuse(`the policy has no file \`${source.file}\``);
    return end <= file.text.length ? { source: file, start, end } : refuse(`\`${source.file}\` is shorter`);
  });
  return spans.values();
}

const nextOf = (places: Iterator<Span>): Span => places.next().value as Span;

/** The shares by name; those that are to be made are not in the tree yet. */
function sharesOf(all: readonly SnapshotShare[], { tree }: State, places: Iterator<Span>): ReadonlyMap<string, Share> {
  const shares = new Map<string, Share>();
  for (const [at, { name, made, level, speakers }] of all.entries()) {
    if (shares.has(name)) refuse(`share \`${name}\` stands in it twice`);
    if ((at === 0) !== (name === ROOT_SHARE) || (at === 0) !== (made === undefined))
      refuse(`its shares do not begin with \`${ROOT_SHARE}\``);
    const share = made === undefined ? tree.root : shareOf(name, made, shares, nextOf(places));
    if (new Set(speakers).size !== speakers.length) refuse(`a speaker of share \`${name}\` stands in it twice`);
    if (at === 0 && !speakers.includes("root")) refuse("`root` does not speak for the root");
    const { bucket } = share.privileges;
    if ((level === undefined) !== (bucket === undefined))
      refuse(`share \`${name}\` has ${bucket ? "no level" : "no bucket"}`);
    if (bucket && level! > bucket.capacity) refuse(`the bucket of share \`${name}\` holds more than its capacity`);
    shares.set(name, share);
  }
  if (shares.size === 0) refuse("it holds no share");
  return shares;
}

function shareOf(
  name: string,
  { parent, flows, stated, statement }: NonNullable<SnapshotShare["made"]>,
  shares: ReadonlyMap<string, Share>,
  span: Span,
): Share {
  const above = shares.get(parent) ?? refuse(`share \`${name}\` has the parent \`${parent}\`, which is not there`);
  return new Share(name, above, flows, stated, { statement, span });
}

/** Shares that are made, and who speaks for each. */
function shareChanges(all: readonly SnapshotShare[], shares: ReadonlyMap<string, Share>): StateChange[] {
  return all.flatMap(({ name, speakers, open, made }): StateChange[] => {
    const share = shares.get(name)!;
    const others = speakers.filter((user) => !share.speakers.has(user));
    return [
      ...(made ? [{ kind: "share", share, present: true } as const] : []),
      ...others.map((user): StateChange => ({ kind: "speaker", share, user, present: true })),
      ...(open ? [{ kind: "everybody", share, present: true } as const] : []),
    ];
  });
}

function guardOf(id: string, rules: ReadonlyMap<string, RuleCandidate>): RuleCandidate {
  const rule = rules.get(id);
  return rule?.policy.guard === true ? rule : refuse(`the policy has no guard's rule \`${id}\``);
}

/** What requests refer to. */
interface Known {
  readonly shares: ReadonlyMap<string, Share>;
  readonly rules: ReadonlyMap<string, RuleCandidate>;
  readonly links: ReadonlyMap<string, RatedLink>;
  readonly places: Iterator<Span>;
  readonly state: State;
  readonly now: number;
}

/** Makes a request once its share is there: then there is something to charge. */
function requestOf(request: SnapshotRequest, order: number, known: Known): () => Accepted {
  const { id } = request;
  const { shares, rules, places, now } = known;
  const links = request.charge?.links.map(
    (link) =>
      known.links.get(link) ?? refuse(`request \`${id}\` is charged to the link \`${link}\`, which is not there`),
  );
  const chargeOn = (share: Share): { readonly charge?: Charge } =>
    links ? { charge: known.state.bandwidth.chargeAgain(share, links, request.charge!.promise, now) } : {};
  if (request.of === "rule") {
    const rule = rules.get(id);
    if (rule?.placed === undefined) return refuse(`the policy has no rule \`${id}\``);
    const share = shares.get(rule.policy.share) ?? refuse(`the share of rule \`${id}\` is not there`);
    if ((rule.placed.kind === "reserve") !== (links !== undefined))
      refuse(`rule \`${id}\` has ${links ? "a" : "no"} charge`);
    return () => acceptedRule(rule, share, order, chargeOn(share).charge);
  }
  const { kind, speaker, pieces, level, rate, nodes, text } = request;
  const share = shares.get(request.share) ?? refuse(`share \`${request.share}\` of request \`${id}\` is not there`);
  const interval = hullOf(pieces);
  if (interval.end <= now) refuse(`request \`${id}\` has ended`);
  const span = nextOf(places);
  return () => ({
    id,
    kind,
    share,
    speaker,
    pieces,
    rank: "level",
    level,
    ...(rate !== undefined && { rate }),
    ...(nodes && { nodes }),
    ...chargeOn(share),
    interval,
    text,
    span,
    order,
    told: {},
  });
}

const linksIn = (topology: Topology | undefined): ReadonlyMap<string, RatedLink> =>
  topology === undefined ? new Map() : ratedLinks(topology);
