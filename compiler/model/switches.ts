/**
 * Facts about switches → those that are believed (SEMANTICS, "What the network takes away"). Of a switch with two
 * datapaths, and of two with one, it is not known which bridge is meant, so none of them is believed.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Constant } from "../datalog/types.ts";
import type { Span } from "../source.ts";
import type { LocatedFact } from "./facts.ts";

/** A switch as a fact states it; the datapath has 16 hexadecimal digits. */
export interface StatedSwitch {
  readonly name: string;
  readonly dpid: string;
  readonly span: Span;
}

const UNTIL_GONE =
  "no table is made for it, hosts there count as unplugged, and what comes in by a link to it is dropped, until one of the facts is gone";
const NO_OTHER = "there is no switch of which more is known: take out one of the facts";

/** The switches that no other fact contradicts, and the names of the others. `bad` is called for what is no datapath. */
export function believedSwitches(
  facts: Iterable<LocatedFact>,
  bad: (given: Constant, span: Span) => void,
): {
  readonly switches: readonly StatedSwitch[];
  readonly away: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
} {
  const stated = new Map<string, StatedSwitch>();
  for (const { tuple, span } of facts) {
    const [name, dpid] = [String(tuple[0]), datapath(tuple[1]!)];
    if (dpid === undefined) bad(tuple[1]!, span);
    else if (!stated.has(`${dpid} ${name}`)) stated.set(`${dpid} ${name}`, { name, dpid, span });
  }
  const all = [...stated.values()];
  const byName = Map.groupBy(all, ({ name }) => name);
  const byDatapath = Map.groupBy(all, ({ dpid }) => dpid);
  const isDisputed = ({ name }: StatedSwitch): boolean =>
    byName.get(name)!.length > 1 || byName.get(name)!.some(({ dpid }) => byDatapath.get(dpid)!.length > 1);
  const switches = all.filter((one) => !isDisputed(one));
  const diagnostics: Diagnostic[] = [];
  for (const one of all) {
    const twins = [
      ["switch", one.name, "datapaths", byName.get(one.name)!],
      ["datapath", one.dpid, "names", byDatapath.get(one.dpid)!],
    ] as const;
    for (const [what, name, others, [first]] of twins) {
      if (first === undefined || first === one) continue;
      const related = [{ span: first.span, message: "used first here" }];
      diagnostics.push(
        switches.length > 0
          ? codes.disputedSwitch({ what, name, others }, { span: one.span, related, help: UNTIL_GONE })
          : codes.duplicateSwitch({ what, name }, { span: one.span, related, help: NO_OTHER }),
      );
    }
  }
  return { switches, away: new Set(all.filter(isDisputed).map(({ name }) => name)), diagnostics };
}

/** `1`, `"0x1f"`, `"00:00:00:00:00:00:00:01"` → 16 hexadecimal digits; undefined for anything else. */
function datapath(value: Constant): string | undefined {
  if (typeof value === "number") return value >= 0 ? value.toString(16).padStart(16, "0") : undefined;
  const digits = value.replace(/^0x/i, "").replaceAll(":", "");
  return /^[0-9a-fA-F]{1,16}$/.test(digits) ? digits.toLowerCase().padStart(16, "0") : undefined;
}
