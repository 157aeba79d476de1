/**
 * A decision → its changes as values. Every change has an inverse: a transaction is undone by performing the inverses
 * in reverse order.
 */
import type { Statement } from "../../model/model.ts";
import type { Grant } from "../../certificates/verdict.ts";
import { Share } from "../../shares/tree.ts";
import { shareFacts, type BaseFact } from "./facts.ts";
import { hullOf, type Accepted } from "./accepted.ts";
import type { AcceptedRequests } from "./accepted-requests.ts";
import { chargeOf, withoutLinks } from "./steering.ts";
import type { World } from "./world.ts";

/** One change of the network's state: something is `present` from now on, or no longer. */
export type StateChange = { readonly present: boolean } & (
  | { readonly kind: "user"; readonly user: string }
  | { readonly kind: "share"; readonly share: Share }
  | { readonly kind: "speaker"; readonly share: Share; readonly user: string }
  | { readonly kind: "everybody"; readonly share: Share }
  | { readonly kind: "request"; readonly request: Accepted }
);

export const invert = (change: StateChange): StateChange => ({ ...change, present: !change.present });

/** The base facts that a change inserts, or retracts. */
export function factsOfChange(change: StateChange): BaseFact[] {
  switch (change.kind) {
    case "user":
      return [["added", [change.user]]];
    case "share":
      return shareFacts(change.share);
    case "speaker":
      return [["speaker", [change.share.name, change.user]]];
    case "everybody":
      return [["everybody", [change.share.name]]];
    case "request": {
      const { id, kind, share, speaker } = change.request;
      return [["accepted", [id, kind, share.name, speaker]]];
    }
  }
}

/** What an accepted statement changes. */
export function changesOf(
  statement: Statement,
  id: string,
  { pieces, rate, suspended }: Grant,
  order: number,
  world: World,
): StateChange[] {
  const { demand, speaker } = statement;
  const { tree, accepted } = world;
  switch (demand.kind) {
    case "AddUser":
      return [{ kind: "user", user: demand.user, present: true }];
    case "RemoveUser": {
      const spoken = [...tree.root.subtree()].filter((share) => share.speakers.has(demand.user));
      return [
        ...spoken.map((share): StateChange => ({ kind: "speaker", share, user: demand.user, present: false })),
        { kind: "user", user: demand.user, present: false },
      ];
    }
    case "NewShare": {
      const parent = tree.get(demand.parent)!;
      const origin = { statement: id, span: statement.span };
      const share = new Share(demand.share, parent, demand.flows, demand.privileges, origin);
      // The creator is the first speaker (SEMANTICS, "Shares").
      return [
        { kind: "share", share, present: true },
        { kind: "speaker", share, user: speaker, present: true },
      ];
    }
    case "RemoveShare":
      return [...tree.get(demand.share)!.subtree()].toReversed().flatMap((share) => dissolve(share, accepted));
    case "Grant": {
      const share = tree.get(demand.share)!;
      return share.speakers.has(demand.user) ? [] : [{ kind: "speaker", share, user: demand.user, present: true }];
    }
    case "GrantDefault": {
      const share = tree.get(demand.share)!;
      return share.open ? [] : [{ kind: "everybody", share, present: true }];
    }
    case "Revoke": {
      const share = tree.get(demand.share)!;
      const own = [...accepted.inShare(share)].filter((request) => request.speaker === demand.user);
      return [
        ...(demand.withRequests
          ? own.map((request): StateChange => ({ kind: "request", request, present: false }))
          : []),
        { kind: "speaker", share, user: demand.user, present: false },
      ];
    }
    case "request": {
      const share = tree.get(demand.share)!;
      const { action: kind, nodes } = demand;
      const { text, span } = statement;
      const { requests: level } = world.levelsOf(share);
      const charge = kind === "reserve" ? chargeOf(world, share, demand) : undefined;
      const request: Accepted = {
        id,
        kind,
        share,
        speaker,
        pieces,
        rank: "level",
        level,
        ...(rate !== undefined && { rate }),
        ...(nodes && { nodes }),
        ...(charge && { charge: suspended === undefined ? charge : withoutLinks(charge) }),
        interval: hullOf(pieces),
        text,
        span,
        order,
        told: {},
      };
      return [{ kind: "request", request, present: true }];
    }
    case "Cancel":
      return [{ kind: "request", request: accepted.get(demand.request)!, present: false }];
    case "Tick":
    case "query":
      return [];
  }
}

/** Removes a share with its requests and its speakers. */
function dissolve(share: Share, accepted: AcceptedRequests): StateChange[] {
  return [
    ...[...accepted.inShare(share)].map((request): StateChange => ({ kind: "request", request, present: false })),
    ...[...share.speakers].map((user): StateChange => ({ kind: "speaker", share, user, present: false })),
    ...(share.open ? [{ kind: "everybody", share, present: false } as const] : []),
    { kind: "share", share, present: false },
  ];
}
