/**
 * Questions about the network → answers as tables of plain values: shares, users, requests, schedules, and when there
 * is room. Columns say what their values are; `print.ts` prints them.
 */
import { overlaps } from "../flowgroup/index.ts";
import type { Query } from "../model/model.ts";
import type { Admission } from "../admission/admission.ts";
import type { RuleCandidate } from "../admission/policies/policies.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import type { Share } from "../shares/tree.ts";
import type { Piece } from "../certificates/verdict.ts";
import { available } from "./available.ts";
import type { AnswerValue } from "./value.ts";

/** How the values of a column are meant: a rate in bit/s, an amount in bits, an instant in Unix seconds. */
export type ColumnKind = "text" | "list" | "flows" | "privileges" | "rate" | "amount" | "instant";

export interface AnswerColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface Answer {
  readonly query: Query["kind"];
  readonly columns: readonly AnswerColumn[];
  /** One value a column. A schedule is long: its rows are made as they are read. */
  readonly rows: Iterable<readonly AnswerValue[]>;
}

/** An answer, or why there is none. */
export type Answered =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "unknown"; readonly what: "share" | "request"; readonly name: string }
  /** Only a running network knows the answer, or another command gives it. */
  | { readonly kind: "elsewhere"; readonly query: "Traffic" | "Explain" };

const column = (name: string, kind: ColumnKind = "text"): AnswerColumn => ({ name, kind });

const SHARE = [
  column("share"),
  column("parent"),
  column("flows", "flows"),
  column("speakers", "list"),
  column("privileges", "privileges"),
];

const REQUEST = [
  column("request"),
  column("kind"),
  column("share"),
  column("speaker"),
  column("flows", "flows"),
  column("rate", "rate"),
  column("from", "instant"),
  column("to", "instant"),
  column("text"),
];

const SCHEDULE = [
  column("from", "instant"),
  column("to", "instant"),
  column("reserved", "rate"),
  column("available", "rate"),
];

/** Answers a question at an instant (Unix seconds). The speaker matters only to `Available`. */
export function answer(admission: Admission, query: Query, now: number, speaker: string): Answered {
  const { tree, accepted } = admission.state;
  const table = (columns: readonly AnswerColumn[], rows: Iterable<readonly AnswerValue[]>): Answered => ({
    kind: "answer",
    answer: { query: query.kind, columns, rows },
  });
  const share = "share" in query ? tree.get(query.share) : undefined;
  if ("share" in query && share === undefined) return { kind: "unknown", what: "share", name: query.share };
  switch (query.kind) {
    case "ListShares":
      return table(SHARE, [...tree.root.subtree()].map(shareRow));
    case "ListSharesByFlowGroup": {
      const touching = [...tree.root.subtree()].filter((one) => overlaps(one.flows, query.flows));
      return table(SHARE, touching.map(shareRow));
    }
    case "ListUsers": {
      const shares = [...tree.root.subtree()];
      const spoken = (user: string): string[] =>
        shares.filter((one) => one.open || one.speakers.has(user)).map(({ name }) => name);
      const users = admission.state.users();
      return table(
        [column("user"), column("speaks", "list")],
        users.map((user) => [user, spoken(user)]),
      );
    }
    case "ListRequests":
      return table(
        REQUEST,
        share
          ? [...accepted.inShare(share)].map(requestRow)
          : [...admission.policies.guards.map(guardRow), ...[...accepted].map(requestRow)],
      );
    case "ListRequestsByFlowGroup": {
      const touches = (pieces: readonly Piece[]): boolean => pieces.some(({ flows }) => overlaps(flows, query.flows));
      const guards = admission.policies.guards.filter(({ candidate }) => touches(candidate.pieces ?? []));
      const touching = [...accepted].filter(({ pieces }) => touches(pieces));
      return table(REQUEST, [...guards.map(guardRow), ...touching.map(requestRow)]);
    }
    case "GetSchedule": {
      const { bandwidth } = admission.state;
      const timeline = bandwidth.timeline(share!, now);
      const above = bandwidth.above(share!, now);
      const { bucket } = timeline.bounds;
      return table(
        [...SCHEDULE, ...(bucket ? [column("bucket", "amount")] : [])],
        again(() =>
          bucket
            ? timeline.schedule(now, (from, to, drain, left, tokens) => [from, to, drain, left, tokens], above)
            : timeline.schedule(now, (from, to, drain, left) => [from, to, drain, left], above),
        ),
      );
    }
    case "Available":
      return table(
        [
          column("available"),
          column("now", "rate"),
          column("from", "instant"),
          column("to", "instant"),
          column("short"),
          column("promise"),
        ],
        [available(admission, query, now, speaker)],
      );
    case "Traffic":
    case "Explain":
      return { kind: "elsewhere", query: query.kind };
  }
}

const shareRow = (share: Share): AnswerValue[] => [
  share.name,
  share.parent?.name,
  [share.flows],
  share.open ? ["everybody"] : [...share.speakers].toSorted(),
  share,
];

const requestRow = ({ id, kind, share, speaker, pieces, rate, interval, text }: Accepted): AnswerValue[] => [
  id,
  kind,
  share.name,
  speaker,
  pieces.map(({ flows }) => flows),
  rate,
  interval.start,
  interval.end,
  text === id ? undefined : text,
];

/** A guard's rule stands above all shares: it has none. */
const guardRow = ({ id, policy, rule, candidate: { pieces = [] } }: RuleCandidate): AnswerValue[] => [
  id,
  "deny",
  undefined,
  policy.speaker,
  pieces.map(({ flows }) => flows),
  undefined,
  rule.interval.start,
  rule.interval.end,
  rule.text,
];

/** An iterable that makes a new iterator for each reader. */
const again = <T>(series: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: series });
