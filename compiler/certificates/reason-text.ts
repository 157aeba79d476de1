/** A refusal as one sentence: the template of its diagnostic code, filled with what was asked and what prevents it. */
import type { Demand } from "../model/model.ts";
import { printInstant, printRate } from "../net/index.ts";
import type { Shortage } from "../shares/bandwidth.ts";
import { askedText, gapText } from "./no-path.ts";
import { unfitNodeOf } from "./remedies.ts";
import { count } from "../diagnostics/text.ts";
import { leastEntries } from "../flowgroup/cubes.ts";
import { describe, MOST_PIECES } from "../flowgroup/index.ts";
import { RIGHTS, holdsRight } from "../shares/privileges.ts";
import { cancelled, fullShare, shareOf, type Refusal, type Scarcity } from "./refusal.ts";
import { REASONS } from "./reasons.ts";
import { excessText } from "./excess-text.ts";
import { shortOf, shortText } from "./scarcity.ts";
import type { Share } from "../shares/tree.ts";
import { MOST_CONFLICTS, type NoPath } from "./verdict.ts";
import { list } from "./text.ts";

/** The sentence of a rejection or a partial grant. */
export function reasonOf(refusal: Refusal, scarce: Scarcity | undefined, noPath?: NoPath): string {
  const { statement, code, blockers, tree } = refusal;
  const { demand, speaker } = statement;
  const share = shareOf(demand) ?? "";
  const kind = demand.kind === "request" ? demand.action : demand.kind;
  const user = "user" in demand ? demand.user : speaker;
  const say = (words: Readonly<Record<string, string | number>>): string =>
    REASONS[code]({ ...words } as never).message;
  switch (code) {
    case "unknown-request":
      return say({ request: demand.kind === "Cancel" ? demand.request : statement.id });
    case "not-root":
      return say({ deed: demand.kind === "AddUser" ? "add users" : "remove users", speaker });
    case "may-not-cancel": {
      const where = cancelled(refusal)!;
      return say({ speaker, share: where.name, who: whoDo([...where.chain()], speaker) });
    }
    case "root-stays":
      return say({ name: demand.kind === "RemoveShare" ? share : "root" });
    case "share-exists":
      return say({ share: demand.kind === "NewShare" ? demand.share : share });
    case "label-in-use":
      return say({ label: statement.label ?? statement.id });
    case "contradictory":
    case "too-permissive": {
      const made = demand.kind === "NewShare" ? demand.share : share;
      return say({ share: made, parent: share, excess: excessText(refusal) });
    }
    case "too-deep":
      return say({
        share: demand.kind === "NewShare" ? demand.share : share,
        parent: share,
        limit: tree.get(share)!.depth,
      });
    case "not-empty": {
      const content = refusal.content(tree.get(share)!);
      return say({ share, content: list(content.map((one) => one.id)) });
    }
    case "too-many-requests":
    case "too-many-entries": {
      const full = fullShare(refusal, code);
      const whole = full.stated[code === "too-many-requests" ? "requests" : "entries"] !== undefined;
      const standing = refusal.cost(full, whole);
      const own = demand.kind === "request" ? leastEntries(demand.flows.cubes) : 0;
      const by = whole ? "" : " unless it states another bound";
      return code === "too-many-requests"
        ? say({ share: full.name, bound: count(full.privileges.requests, "request"), by, standing: standing.requests })
        : say({
            share: full.name,
            bound: count(full.privileges.entries, "entry", "entries"),
            by,
            cost: standing.entries + own,
          });
    }
    case "too-many-pieces":
      return say({ kind, requests: requestsText(blockers), limit: MOST_PIECES });
    case "too-many-conflicts":
      return say({ request: statement.id, limit: MOST_CONFLICTS });
    case "conflict":
    case "nothing-left":
      return say({ kind, share, requests: requestsText(blockers) });
    case "share-short":
    case "link-short": {
      return roomText(shortOf(scarce!)!, scarce!);
    }
    case "over-limit": {
      const [first] = refusal.clashes;
      const [reserved, limited] =
        kind === "limit" ? [printRate(first!.rate!), rateOf(demand)] : [rateOf(demand), printRate(first!.rate!)];
      const clash = say({ reserved, limited });
      const short = kind === "reserve" ? shortOf(scarce!) : undefined;
      return short ? `${clash}; and ${roomText(short, scarce!)}` : clash;
    }
    case "above-cap":
    case "below-floor": {
      const limit = tree.get(share)!.privileges.limit!;
      return say({ share, bound: printRate(code === "above-cap" ? limit.cap : limit.floor), rate: rateOf(demand) });
    }
    case "node-outside":
    case "unknown-node": {
      const nodes = demand.kind === "request" ? (demand.nodes ?? []) : [];
      const held = tree.get(share)?.privileges[kind === "avoid" ? "avoid" : "waypoint"] ?? [];
      const lost = nodes.filter((node) => (code === "unknown-node" ? !refusal.isPlaced(node) : !held.includes(node)));
      return say({ share, kind, nodes: list(lost), held: list(held === "all" ? [] : held) });
    }
    case "unfit-node": {
      const { node, why } = unfitNodeOf(refusal)!;
      return say({ node: `\`${node}\``, why });
    }
    case "no-path":
      return say({ between: noPath!.between, asked: askedText(noPath!), why: gapText(noPath!) });
    case "guard-not-root":
      return say({ speaker });
    case "own-rule":
      return say({ rule: refusal.words! });
    case "starts-in-the-past":
    case "empty-time": {
      const { start, end } = demand.kind === "request" ? demand.interval : { start: 0, end: 0 };
      return say({ start: printInstant(start), end: printInstant(end), now: printInstant(refusal.now) });
    }
    case "not-a-speaker": {
      const own = tree.get(share)!;
      // To remove a share one speaks for a share above it.
      if (demand.kind !== "RemoveShare")
        return say({ speaker, what: `share \`${share}\``, who: whoDo([own], speaker) });
      return say({ speaker, what: `a share above \`${share}\``, who: whoDo([...own.chain()].slice(1), speaker) });
    }
    case "outside-share":
      return say({ share, flows: describe(tree.get(share)!.flows) });
    case "no-privilege": {
      const { privileges } = tree.get(share)!;
      const held = RIGHTS.filter((right) => holdsRight(privileges, right));
      return say({ share, kind, held: held.length === 0 ? "nor anything else" : `only ${list(held, RIGHTS.length)}` });
    }
    case "transaction":
      return say({ other: statement.id });
    case "guard-denies":
    case "too-costly":
      // Of a decision that was given up there is no finding: admission says the sentence with its own limit.
      return say({ limit: "allowed" });
    case "unknown-user": {
      // The directory makes users, too; `RemoveUser` takes back what `AddUser` did.
      const isNamed = demand.kind === "RemoveUser" && refusal.users().includes(user);
      return say({ user, origin: isNamed ? " that `AddUser` added: only facts name that user" : "" });
    }
    case "unknown-share":
    case "user-exists":
    case "reserved-user":
    case "not-granted":
    case "open-to-all":
    case "undecided":
      return say({ share, speaker, kind, user });
  }
}

/** Which share or link has no room. */
function roomText(short: Shortage, scarce: Scarcity): string {
  const { kind, name } = short.place;
  const words = {
    share: name,
    link: linkText(name),
    rate: printRate(scarce.booking.rate),
    why: shortText(scarce, short),
  };
  return (kind === "share" ? REASONS["share-short"] : REASONS["link-short"])(words).message;
}

/** A link as a reader knows it: `>s1:1` is the cable of a port for what its host sends, `s1:1>` for what it gets. */
function linkText(link: string): string {
  if (link.startsWith(">")) return `\`${link.slice(1)}\`, by which its host sends,`;
  return link.endsWith(">") ? `\`${link.slice(0, -1)}\`, by which its host receives,` : `\`${link}\``;
}

/** `` `root` and `Alice` do ``: who speaks for one of these shares, of which the speaker is none. */
function whoDo(shares: readonly Share[], speaker: string): string {
  if (shares.some((share) => share.open)) return `every user does, and \`${speaker}\` is no known user`;
  const speakers = [...new Set(shares.flatMap((share) => [...share.speakers]))].toSorted();
  return speakers.length === 0 ? "nobody does" : `${list(speakers)} ${speakers.length === 1 ? "does" : "do"}`;
}

/** Blockers by their names. */
function requestsText(blockers: readonly { readonly id: string }[]): string {
  const names = list(blockers.map(({ id }) => (id.length > LONG ? `${id.slice(0, LONG)}…` : id)));
  return blockers.length === 1 ? `the accepted request ${names}` : `${blockers.length} accepted requests: ${names}`;
}

/** Identities without a label are whole sentences. */
const LONG = 60;

const rateOf = (demand: Demand): string => printRate(demand.kind === "request" ? (demand.rate ?? 0) : 0);
