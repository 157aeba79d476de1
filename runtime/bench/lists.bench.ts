/**
 * Filter lists of firewalls and routers through the whole pipeline: text of an `ordered` policy → decisions → levels →
 * table. Lists of ClassBench where GLAZIER_CLASSBENCH names a folder with `acl1_10000`, `fw1_10000`, `ipc1_10000`;
 * otherwise lists of similar shape that are made here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decide, tablesAt } from "#compiler/compile.ts";
import { byText } from "#compiler/net/order.ts";
import type { Entry } from "#compiler/table/entry.ts";
import { makeList, policyOf, readFilters, type Filter, type FilterShape } from "./filters.ts";
import { measure } from "./measure.ts";
import type { Report } from "./report.ts";
import { rules } from "./requests.ts";

export const name = "lists";

const SHAPES: readonly FilterShape[] = ["acl", "fw", "ipc"];

/** What is to be lowered, by name, the sizes of one list in turn. */
function lists(): readonly (readonly [list: string, n: number, filters: readonly Filter[]])[] {
  const folder = process.env["GLAZIER_CLASSBENCH"];
  const texts =
    folder === undefined
      ? SHAPES.flatMap((shape) => [1_000, 10_000].map((n) => [shape, n, makeList(shape, n)] as const))
      : readdirSync(folder)
          .map((file) => /^(\w+)_(\d+)$/.exec(file))
          .filter((found) => found !== null)
          .map(
            ([file, list, n]) => [`ClassBench ${list}`, Number(n), readFileSync(join(folder, file), "utf8")] as const,
          )
          .toSorted(([a, m], [b, n]) => byText(a, b) || m - n);
  // ClassBench's own counts are goals that its lists fall a little short of.
  return texts.map(([list, , text]) => {
    const filters = readFilters(text);
    return [list, filters.length, filters] as const;
  });
}

/** What shows no ports reads as 0: a deny with ports drops it by an entry of its own (NETWORK, "Fragments"). */
const isFragment = ({ match }: Entry): boolean =>
  match.filter(({ field, value }) => /^(?:tcp|udp|sctp)_/.test(field) && value === 0n).length === 2;

export async function run(report: Report): Promise<void> {
  for (const [list, n, filters] of lists()) {
    const source = { name: "list.fml", text: policyOf(filters) };
    let entries: readonly Entry[] = [];
    const { cpu } = await measure(
      () => {
        const decided = decide([source], { now: 0, load: () => undefined, rules });
        if (!decided.good) throw new Error(decided.diagnostics.map(({ message }) => message).join("; "));
        entries = tablesAt(decided, 0, { target: "ovs" }).tables.get("")!.entries;
      },
      { runs: 1 },
    );
    const fragments = entries.filter(isFragment).length;
    const ranges = filters.reduce((sum, { cost }) => sum + cost, 0);
    const denied = filters.filter(({ effect, ports }) => effect === "deny" && ports).length;
    const title = `${list}, ordered, n rules`;
    report({ case: `${title}: text to table`, n, figure: cpu, unit: "ms CPU", bound: 5_000, growth: 1.3 });
    // One more: the default.
    report({ case: `${title}: entries`, n, figure: entries.length - fragments, unit: "entries", bound: ranges + 1 });
    report({ case: `${title}: entries for fragments`, n, figure: fragments, unit: "entries", bound: denied });
  }
}
