/**
 * A rejection as a certificate (SEMANTICS, "Certificates"): reason, blockers, a witness on which it shows, the shares
 * walked, and the nearest request that would be accepted in its place.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { difference, intersect, someLeft, spokenOf, witness } from "../flowgroup/index.ts";
import { ALWAYS, intersection } from "../net/interval.ts";
import { by } from "../net/order.ts";
import type { Shortage } from "../shares/bandwidth.ts";
import { proposals } from "./nearest.ts";
import { noPathReport } from "./no-path.ts";
import { cancelled, fullShare, shareOf, type Refusal, type Scarcity, type OtherRequest } from "./refusal.ts";
import { occupants, shortOf, shortWitness } from "./scarcity.ts";
import { reasonOf } from "./reason-text.ts";
import { remedyOf } from "./remedies.ts";
import { suggest } from "../diagnostics/suggest.ts";
import { printQuoted } from "../syntax/print-flows.ts";
import { list, nameText } from "./text.ts";
import type { Share } from "../shares/tree.ts";
import { MOST_BLOCKERS, type Blocker, type Certificate, type Piece, type ShortPlace, type Witness } from "./verdict.ts";

/** The certificate of a rejection, or of a partial grant. */
export function certify(refusal: Refusal): Certificate {
  const { statement, code, tree, proof } = refusal;
  const share = cancelled(refusal)?.name ?? shareOf(statement.demand);
  const scarce = scarcityOf(refusal);
  // A reservation above a limit may have no room either; then the certificate says both.
  const short = scarce?.booking.action === "reserve" ? shortOf(scarce) : undefined;
  const led = code === "no-path" && statement.demand.kind === "request" ? statement.demand : undefined;
  const pathQuestion = led && refusal.pathQuestion(led);
  const report = led && pathQuestion && noPathReport(pathQuestion, refusal.friendliestQuestion(led));
  const remedy = remedyOf(refusal);
  const found = short && isShort(code) ? shortWitness(scarce!, short) : report ? report.witness : witnessOf(refusal);
  return {
    code,
    reason: reasonOf(refusal, scarce, report?.noPath),
    statement: statement.id,
    span: statement.span,
    ...listed(report ? inTheWay(report.blockers, refusal.blockers) : blockersOf(refusal, short && scarce)),
    ...(found && { witness: found }),
    chain: share === undefined ? [] : [...(tree.get(share)?.chain() ?? [])].map((one) => one.name),
    ...groundsOf(refusal, short),
    ...(code === "unknown-share" && unknownName(refusal)),
    ...(remedy !== undefined && { known: remedy }),
    ...(refusal.within(() => proposals(refusal, scarce)) ?? { nearest: [], isUnsought: true }),
    ...(short && { shortage: placeOf(short) }),
    ...(report && { noPath: report.noPath }),
    ...(proof && { proof }),
  };
}

/** Of a share that does not name them. */
const EVERY_TRANSPORT = "; who names later IPv6 fragments (`transport=44`) speaks of every transport";
const BY_FRAGMENTS = "a later IPv6 fragment (`transport=44`) hides of which of the two it is";

function sharesText(tree: Refusal["tree"]): string {
  const names = tree.firstNames();
  return tree.size === 1 ? `the only share is \`${names[0]!}\`` : `the shares are ${list(names, 5, tree.size)}`;
}

/** Where the statement names a share that is unknown, and which shares there are. */
function unknownName({ statement: { demand, span }, tree, users }: Refusal): Pick<Certificate, "name" | "known"> {
  const share = shareOf(demand)!;
  const meant = suggest(share, tree.firstNames());
  const isTurned = (demand.kind === "Grant" || demand.kind === "Revoke") && tree.get(demand.user) !== undefined;
  const known = isTurned
    ? `\`${demand.user}\` is a share${users().includes(share) ? ` and \`${share}\` a user` : ""}: the share stands first`
    : meant === undefined
      ? sharesText(tree)
      : `did you mean \`${meant}\`?`;
  const written = span.source.text.slice(span.start, span.end);
  // The share stands behind these words, and a rule of a policy does not name it.
  const found = /\b(?:on|Grant|GrantDefault|RemoveShare|Revoke|GetSchedule)\s+/g;
  for (const { index, 0: before } of [...written.matchAll(found)].toReversed()) {
    const start = index + before.length;
    const text = [nameText(share), printQuoted(share)].find((one) => written.startsWith(one, start));
    if (text === undefined) continue;
    return { known, name: { ...span, start: span.start + start, end: span.start + start + text.length } };
  }
  return { known };
}

/** The first blockers, and the number of the others. */
function listed(all: readonly (OtherRequest | Blocker)[]): Pick<Certificate, "blockers" | "moreBlockers"> {
  const blockers = all.slice(0, MOST_BLOCKERS).map((one) => ("pieces" in one ? asBlocker(one) : one));
  return { blockers, ...(all.length > MOST_BLOCKERS && { moreBlockers: all.length - MOST_BLOCKERS }) };
}

/** Reasons that lie in what a share is, as it was made. */
const ABOUT_SHARES: ReadonlySet<string> = new Set([
  "not-a-speaker",
  "may-not-cancel",
  "not-granted",
  "open-to-all",
  "no-privilege",
  "too-permissive",
  "outside-share",
  "above-cap",
  "below-floor",
  "node-outside",
]);

/**
 * The requests that leave no path, then those that contradict it: without all of them it would be accepted. None if it
 * has no path alone.
 */
const inTheWay = (culprits: readonly OtherRequest[], contrary: readonly OtherRequest[]): readonly OtherRequest[] =>
  culprits.length === 0 ? [] : [...new Map([...culprits, ...contrary].map((one) => [one.id, one])).values()];

/** The statements that made the share, or the rule, that the reason names. */
function groundsOf(refusal: Refusal, short: Shortage | undefined): Pick<Certificate, "grounds"> {
  const { statement, code, tree, proof } = refusal;
  const { demand } = statement;
  if (code === "own-rule" && proof?.kind === "derived" && proof.rule.span) {
    return { grounds: [{ what: "this rule refuses it", span: proof.rule.span }] };
  }
  const share = ABOUT_SHARES.has(code)
    ? (cancelled(refusal) ?? tree.get(shareOf(demand) ?? ""))
    : code === "share-exists" && demand.kind === "NewShare"
      ? tree.get(demand.share)
      : code === "too-many-requests" || code === "too-many-entries"
        ? fullShare(refusal, code)
        : short?.place.kind === "share"
          ? tree.get(short.place.name)
          : undefined;
  const { byFragments } = refusal;
  if (isConflict(code) && byFragments) return { grounds: [{ what: BY_FRAGMENTS, span: byFragments.span }] };
  if (!share?.span) return {};
  const isOutside = code === "outside-share" && (demand.kind === "request" || demand.kind === "NewShare");
  const names = isOutside && spokenOf(demand.flows, share.flows) !== demand.flows;
  const what = `share \`${share.name}\` is made here${names ? EVERY_TRANSPORT : ""}`;
  return { grounds: [{ what, span: share.span }] };
}

function blockersOf(refusal: Refusal, short: Scarcity | undefined): readonly (OtherRequest | Blocker)[] {
  const { statement, code, tree } = refusal;
  if (code === "not-empty") return refusal.content(tree.get(shareOf(statement.demand)!)!);
  const clashes = code === "over-limit" ? refusal.clashes : [];
  if (short || code === "over-limit") return [...clashes, ...(short ? occupants(short) : [])];
  // A speaker without the privilege is not blocked by any request.
  return isConflict(code) ? refusal.blockers : [];
}

function placeOf({ place: { kind, name }, what, at, excess, window }: Shortage): ShortPlace {
  return { kind, name, what, at, excess, ...(window && { window }) };
}

const isConflict = (code: string): boolean =>
  code === "conflict" || code === "nothing-left" || code === "too-many-pieces";

const isShort = (code: string): boolean => code === "share-short" || code === "link-short";

/** The bandwidth that a refused or lowered reserve or limit competes for. */
function scarcityOf({ statement: { demand }, code, scarcity }: Refusal): Scarcity | undefined {
  const concerned = isShort(code) || code === "over-limit";
  return concerned && demand.kind === "request" ? scarcity(demand) : undefined;
}

/** An accepted request as the blocker of another. */
export const asBlocker = ({ id, kind, share, interval, span, text }: OtherRequest): Blocker => ({
  id,
  kind,
  share: share.name,
  interval,
  span,
  text,
});

/** What is in a share: the shares below it, then its requests. RemoveShare without `cascade` is refused for these. */
export function contentOf(share: Share, requests: Iterable<OtherRequest>): readonly Blocker[] {
  const children = [...share.children.values()].toSorted(by(({ name }) => name));
  return [
    ...children.map((child) => ({
      id: child.name,
      kind: "share",
      share: share.name,
      interval: ALWAYS,
      span: child.span!,
      text: child.statement!,
    })),
    ...[...requests].map(asBlocker),
  ];
}

/** A flow and an instant on which the rejection shows. */
function witnessOf(refusal: Refusal): Witness | undefined {
  const { statement, code, tree, now } = refusal;
  const { demand } = statement;
  if (demand.kind !== "request" && demand.kind !== "NewShare") return undefined;
  const instant = demand.kind === "request" ? demand.interval.start : now;
  const at = (flows: Flowgroup, time = instant): Witness | undefined => {
    const flow = witness(flows);
    return flow && { flow, instant: time };
  };
  if (code === "outside-share") {
    const share = tree.get(shareOf(demand)!);
    if (!share || demand.kind === "NewShare") return share && at(outside(demand.flows, share));
    // While a `pass` hands a flow on, the rule does not ask for it.
    for (const { flows, interval } of refusal.asked) {
      const found = at(outside(flows, share), interval.start);
      if (found) return found;
    }
    return undefined;
  }
  if (demand.kind !== "request") return undefined;
  if (code === "over-limit") {
    const found = touch(refusal.asked, refusal.clashes);
    return found && { ...found, rate: demand.rate! };
  }
  return isConflict(code) ? touch(refusal.asked, refusal.blockers) : undefined;
}

/** Flows that a share does not hold: all of them, or some where they fall into too many pieces. */
function outside(asked: Flowgroup, share: Share): Flowgroup {
  const flows = spokenOf(asked, share.flows);
  const all = difference(flows, share.flows, MOST_OUTSIDE);
  if (all !== "undecided") return all;
  const some = someLeft(flows, share.flows);
  return { cubes: some ? [some] : [] };
}

/** A witness is one flow, so it is looked for among no more pieces than these. */
const MOST_OUTSIDE = 1_000;

/** The first flow and instant that pieces share with a blocker. */
function touch(asked: readonly Piece[], blockers: readonly OtherRequest[]): Witness | undefined {
  for (const { pieces } of blockers) {
    for (const piece of pieces) {
      for (const { flows, interval } of asked) {
        const common = intersection(interval, piece.interval);
        if (common === undefined) continue;
        const flow = witness(intersect(flows, piece.flows));
        if (flow) return { flow, instant: common.start };
      }
    }
  }
  return undefined;
}
