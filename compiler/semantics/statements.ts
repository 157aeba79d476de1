/**
 * A statement other than a request → all reasons why the law rejects it (SEMANTICS, "Shares"), decided naively. It
 * shares no code with admission.
 */
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { Asked, Granted } from "./granted.ts";
import { ancestors, isNoMorePermissive, isSane, type ReferenceShare } from "./shares.ts";

/** The part of the reference network that such a decision reads. */
export interface Deciding {
  readonly shares: ReadonlyMap<string, ReferenceShare>;
  readonly users: ReadonlySet<string>;
  readonly accepted: readonly Granted[];
  speaks(who: string, share: ReferenceShare): boolean;
  within(inner: Flowgroup, outer: Flowgroup): boolean;
}

/** All reasons to reject a statement. Requests are decided elsewhere (`network.ts`) and have none here. */
export function reasonsAgainst({ demand, speaker }: Asked, network: Deciding): ReadonlySet<string> {
  const reasons = new Set<string>();
  const need = (holds: boolean, reason: string): unknown => holds || reasons.add(reason);
  const share = "share" in demand ? network.shares.get(demand.share) : undefined;
  switch (demand.kind) {
    case "AddUser":
      need(speaker === "root", "not-root");
      need(!network.users.has(demand.user), "user-exists");
      break;
    case "RemoveUser":
      need(speaker === "root", "not-root");
      need(network.users.has(demand.user), "unknown-user");
      need(demand.user !== "root", "root-stays");
      break;
    case "NewShare": {
      const parent = network.shares.get(demand.parent);
      need(parent !== undefined, "unknown-share");
      need(share === undefined, "share-exists");
      need(isSane(demand.privileges), "contradictory");
      if (parent) {
        need(network.speaks(speaker, parent), "not-a-speaker");
        need(network.within(demand.flows, parent.flows), "outside-share");
        need(isNoMorePermissive(demand.privileges, parent), "too-permissive");
        need(ancestors(parent).length < 100, "too-deep");
      }
      break;
    }
    case "Grant":
      need(network.users.has(demand.user), "unknown-user");
      need(share !== undefined, "unknown-share");
      if (share) need(network.speaks(speaker, share), "not-a-speaker");
      break;
    case "GrantDefault":
      need(share !== undefined, "unknown-share");
      if (share) need(network.speaks(speaker, share), "not-a-speaker");
      break;
    case "Revoke":
      need(share !== undefined, "unknown-share");
      need(demand.share !== "rootShare" || demand.user !== "root", "root-stays");
      if (share) {
        need(network.speaks(speaker, share), "not-a-speaker");
        const isSpeaker = network.speaks(demand.user, share);
        need(isSpeaker, "not-granted");
        need(!isSpeaker || share.speakers.has(demand.user), "open-to-all");
      }
      break;
    case "RemoveShare":
      need(share !== undefined, "unknown-share");
      need(demand.share !== "rootShare", "root-stays");
      if (share?.parent) {
        need(
          ancestors(share).some((above) => network.speaks(speaker, above)),
          "not-a-speaker",
        );
      }
      if (share && !demand.cascade) {
        const children = [...network.shares.values()].some(({ parent }) => parent === share);
        need(!children && !network.accepted.some((one) => one.share === share.name), "not-empty");
      }
      break;
    case "Cancel": {
      const request = network.accepted.find((one) => one.id === demand.request);
      need(request !== undefined, "unknown-request");
      const where = request && network.shares.get(request.share)!;
      if (where)
        need(
          [where, ...ancestors(where)].some((one) => network.speaks(speaker, one)),
          "may-not-cancel",
        );
      break;
    }
    case "request":
    case "Tick":
    case "query":
      break;
  }
  return reasons;
}
