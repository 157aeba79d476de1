/** Queries of the language → answers over a decided policy: rows for people and for programs. */
import type { Decided } from "#compiler/compile.ts";
import { overlaps, render, type Flowgroup } from "#compiler/flowgroup/index.ts";
import type { Interval } from "#compiler/model/model.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { Accepted } from "#compiler/program/standing.ts";
import { privilegeText } from "#compiler/shares/words.ts";
import type { Share } from "#compiler/shares/tree.ts";
import type { FlowExpr, QueryExpr } from "#compiler/syntax/ast.ts";
import { exit, Failure, misuse } from "./io.ts";
import { meant } from "./words.ts";

/** One row: its columns by name, in order. */
export type Row = Readonly<Record<string, string | number | readonly string[] | null>>;

/** The answer of a query. `flows` resolves a flow expression of the query. */
export function answer(query: QueryExpr, decided: Decided, flows: (expression: FlowExpr) => Flowgroup): readonly Row[] {
  const { tree, standing } = decided.admission.state;
  const shares = [...tree.root.subtree()];
  const share = (name: string): Share => {
    const found = tree.get(name);
    if (found !== undefined) return found;
    throw misuse(`there is no share \`${name}\``, meant(name, [...tree.names()]));
  };
  switch (query.kind) {
    case "ListShares":
      return shares.map(shareRow);
    case "ListSharesByFlowGroup": {
      const wanted = flows(query.flows);
      return shares.filter((one) => overlaps(one.flows, wanted)).map(shareRow);
    }
    case "ListUsers":
      return [...decided.admission.state.users()].toSorted().map((user) => ({
        user,
        speaks: shares.filter((one) => one.open || one.speakers.has(user)).map(({ name }) => name),
      }));
    case "ListRequests": {
      const own = query.share === undefined ? [...standing] : [...standing.inShare(share(query.share.text))];
      return own.map(requestRow);
    }
    case "ListRequestsByFlowGroup": {
      const wanted = flows(query.flows);
      return [...standing]
        .filter(({ pieces }) => pieces.some((piece) => overlaps(piece.flows, wanted)))
        .map(requestRow);
    }
    case "Explain":
      throw misuse("`Explain` has a command of its own", `glazier explain @${query.request.text}`);
    case "GetSchedule":
    case "Available":
      throw new Failure(exit.fault, `\`${query.kind}\` asks about bandwidth, which this version does not compile`);
    case "Traffic":
      throw new Failure(exit.fault, "`Traffic` asks a running network: files have none");
  }
}

function shareRow({ name, parent, flows, speakers, open, stated, depth }: Share): Row {
  return {
    share: name,
    parent: parent?.name ?? null,
    flows: render(flows),
    speakers: open ? ["everybody"] : [...speakers].toSorted(),
    privileges: depth === 0 ? "all" : privilegeText(stated),
  };
}

function requestRow({ id, kind, share, speaker, pieces, interval, text }: Accepted): Row {
  return {
    request: id,
    kind,
    share: share.name,
    speaker,
    flows: pieces.map((piece) => render(piece.flows)),
    ...times(interval),
    ...(text === id ? {} : { text }),
  };
}

const times = ({ start, end }: Interval): { readonly from: string | null; readonly to: string | null } => ({
  from: Number.isFinite(start) ? printInstant(start) : null,
  to: Number.isFinite(end) ? printInstant(end) : null,
});
