/** A refusal as one sentence: the words of its diagnostic code, filled with what the statement asked and what it met. */
import type { Demand } from "../model/model.ts";
import { printRate } from "../net/index.ts";
import { askedText, gapText } from "./no-way.ts";
import { cancelled, shareOf, type Refusal, type Scarcity } from "./refusal.ts";
import { REASONS, isReason } from "./reasons.ts";
import { shortOf, shortText } from "./scarcity.ts";
import type { Share } from "./tree.ts";
import type { NoWay } from "./verdict.ts";
import { list } from "./words.ts";

/** The sentence of a rejection or a partial grant. */
export function reasonOf(refusal: Refusal, scarce: Scarcity | undefined, noWay?: NoWay): string {
  const { statement, code, blockers, tree } = refusal;
  const { demand, speaker } = statement;
  const share = shareOf(demand) ?? "";
  const kind = demand.kind === "request" ? demand.action : demand.kind;
  const user = "user" in demand ? demand.user : speaker;
  const report = isReason(code) ? REASONS[code] : undefined;
  const say = (words: Readonly<Record<string, string | number>>): string => report!({ ...words } as never).message;
  if (!isReason(code)) return REASONS["own-rule"]({ rule: code }).message;
  switch (code) {
    case "unknown-request":
      return say({ request: demand.kind === "Cancel" ? demand.request : statement.id });
    case "not-root":
      return say({ deed: demand.kind === "AddUser" ? "add users" : "remove users", speaker });
    case "may-not-cancel":
      return say({ speaker, share: cancelled(refusal)!.name });
    case "root-stays":
      return say({ name: demand.kind === "RemoveShare" ? share : "root" });
    case "share-exists":
      return say({ share: demand.kind === "NewShare" ? demand.share : share });
    case "label-in-use":
      return say({ label: statement.label ?? statement.id });
    case "contradictory":
    case "too-permissive": {
      const made = demand.kind === "NewShare" ? demand.share : share;
      return say({ share: made, parent: share, excess: refusal.excess.map((one) => EXCESS[one] ?? one).join(", ") });
    }
    case "not-empty": {
      const content = refusal.content(tree.get(share)!);
      return say({ share, content: list(content.map((one) => one.id)) });
    }
    case "too-many-requests":
    case "too-many-entries": {
      const full = [...tree.get(share)!.chain()].find((one) => bursts(refusal, one, code)) ?? tree.get(share)!;
      const whole = full.stated[code === "too-many-requests" ? "requests" : "entries"] !== undefined;
      const standing = refusal.cost(full, whole);
      const cubes = demand.kind === "request" ? demand.flows.cubes.length : 0;
      return code === "too-many-requests"
        ? say({ share: full.name, bound: full.privileges.requests, standing: standing.requests })
        : say({ share: full.name, bound: full.privileges.entries, cost: standing.entries + cubes });
    }
    case "conflict":
    case "nothing-left":
      return say({ kind, share, count: blockers.length, requests: blockers.length === 1 ? "request" : "requests" });
    case "share-short":
    case "link-short": {
      const short = shortOf(scarce!)!;
      const { name } = short.place;
      return say({ share: name, link: name, rate: rateOf(demand), why: shortText(scarce!, short) });
    }
    case "over-limit": {
      const [first] = refusal.clashes;
      const [reserved, limited] =
        kind === "limit" ? [printRate(first!.rate!), rateOf(demand)] : [rateOf(demand), printRate(first!.rate!)];
      return say({ reserved, limited });
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
      return say({ share, kind, nodes: list(lost) });
    }
    case "no-path":
      return say({ between: noWay!.between, asked: askedText(noWay!), why: gapText(noWay!) });
    case "guard-not-root":
      return say({ speaker });
    case "own-rule":
      return say({ rule: code });
    case "transaction":
    case "guard-denies":
    case "starts-in-the-past":
    case "empty-time":
      return say({});
    case "unknown-share":
    case "unknown-user":
    case "not-a-speaker":
    case "user-exists":
    case "not-granted":
    case "no-privilege":
    case "outside-share":
    case "undecided":
      return say({ share, speaker, kind, user });
  }
}

const EXCESS: Readonly<Record<string, string>> = {
  reserve_max: "`reserve <=`",
  reserve_min: "`reserve >=`",
  fill: "`reserveTBFill`",
  capacity: "`reserveTBCapacity`",
  limit_cap: "`limit <=`",
  limit_floor: "`limit >=`",
};

function bursts(refusal: Refusal, share: Share, code: "too-many-requests" | "too-many-entries"): boolean {
  const { demand } = refusal.statement;
  const what = code === "too-many-requests" ? "requests" : "entries";
  const more = what === "requests" ? 1 : demand.kind === "request" ? demand.flows.cubes.length : 0;
  return refusal.cost(share, share.stated[what] !== undefined)[what] + more > share.privileges[what];
}

const rateOf = (demand: Demand): string => printRate(demand.kind === "request" ? (demand.rate ?? 0) : 0);
