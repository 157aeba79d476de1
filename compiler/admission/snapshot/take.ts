/** A network that stands → its snapshot. The network is read, not changed. */
import type { CountedTimes } from "../../model/model.ts";
import type { Kept } from "../../model/times.ts";
import { byText } from "../../net/order.ts";
import type { Charge } from "../../shares/bandwidth.ts";
import type { Share } from "../../shares/tree.ts";
import type { Source, Span } from "../../source.ts";
import type { RuleCandidate } from "../policies/policies.ts";
import type { Accepted } from "../state/accepted.ts";
import type { State } from "../state/state.ts";
import type {
  LoadedPolicy,
  SnapshotCharge,
  SnapshotRequest,
  SnapshotShare,
  TakenPlace,
  TakenSnapshot,
} from "./snapshot.ts";
import { requestLine, textLine } from "./write.ts";

/** What stands now, whatever is decided while it is walked; `guards`: the accepted rules of guards. */
export function snapshotOf(state: State, guards: readonly RuleCandidate[], policy: LoadedPolicy): TakenSnapshot {
  const { hash, model } = policy;
  const files = filesOf(model);
  const named = new Map(Array.from(files, ([file, source], nth) => [source, textLine({ file, nth })] as const));
  const shares = [...state.tree.root.subtree()];
  // Requests are values, which nobody changes.
  const accepted = [...state.accepted];
  const spans = shares.map(({ span }) => span);
  return {
    now: state.now,
    policy: { hash, now: model.now },
    kept: timesOf(model),
    users: [...state.added()].toSorted(byText),
    shares: shares.map((share) => shareOf(share, state)),
    guards: guards.map(({ id }) => id),
    requests: {
      length: accepted.length,
      *[Symbol.iterator]() {
        for (const one of accepted) yield (one.told.line ??= requestLine(requestOf(one)));
      },
    },
    places: {
      *[Symbol.iterator]() {
        for (const span of spans)
          if (span !== undefined) yield placeAt(span, named.get(span.source) ?? textLine(span.source));
        // Those of one text stand one behind the other, and have its line in common.
        let last: Source | undefined;
        let file: string | undefined;
        let text = "";
        for (const { rule, span, told } of accepted) {
          if (rule !== undefined) continue;
          if (span.source !== last) {
            last = span.source;
            file = named.get(last);
            text = file ?? told.text ?? textLine(last);
          }
          if (file === undefined) told.text = text;
          yield placeAt(span, text);
        }
      },
    },
  };
}

/** The files of a policy that hold statements or rules, by name. */
export function filesOf({ statements, policies }: LoadedPolicy["model"]): ReadonlyMap<string, Source> {
  const files = new Map<string, Source>();
  for (const { span } of statements) files.set(span.source.name, span.source);
  for (const { rules, span } of policies) {
    files.set(span.source.name, span.source);
    for (const rule of rules) files.set(rule.span.source.name, rule.span.source);
  }
  return files;
}

/** The times of a policy that count from a clock, in order of their keys. */
export function timesOf({ statements, policies }: LoadedPolicy["model"]): ReadonlyMap<string, Kept> {
  const found: [string, Kept][] = [];
  const add = (counted: CountedTimes | undefined): void => {
    if (counted === undefined) return;
    const { key, from, to } = counted;
    found.push([key, { ...(from && { from: from.at }), ...(to && { to: to.at }) }]);
  };
  for (const { demand } of statements) if (demand.kind === "request") add(demand.counted);
  for (const { rules } of policies) for (const { counted } of rules) add(counted);
  return new Map(found.toSorted(([a], [b]) => byText(a, b)));
}

function shareOf(share: Share, { bandwidth, now }: State): SnapshotShare {
  const { name, parent, flows, stated, statement, speakers, open } = share;
  const timeline = bandwidth.timeline(share, now);
  return {
    name,
    speakers: [...speakers].toSorted(byText),
    open,
    ...(timeline.bucket && { level: timeline.levelAt(now).level }),
    ...(parent && { made: { parent: parent.name, flows, stated, statement: statement! } }),
  };
}

const placeAt = ({ start, end }: Span, text: string): TakenPlace => ({ text, start, end });

function requestOf(request: Accepted): SnapshotRequest {
  const { id, kind, share, speaker, pieces, level, rate, nodes, text } = request;
  const charge = request.charge && { charge: chargeOnLinks(request.charge) };
  if (request.rule !== undefined) return { of: "rule", id, ...charge };
  return {
    of: "statement",
    id,
    kind,
    share: share.name,
    speaker,
    pieces,
    level,
    ...(rate !== undefined && { rate }),
    ...(nodes && { nodes }),
    ...charge,
    text,
  };
}

const chargeOnLinks = ({ places, promise }: Charge): SnapshotCharge => ({
  links: places.flatMap(({ kind, name }) => (kind === "link" ? [name] : [])),
  promise,
});
