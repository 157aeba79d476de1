/**
 * The nodes that `waypoint` and `avoid` name, in requests, in heads of rules and in privileges → names of hosts or
 * switches of the directory. A path can pass a host only if its port is known.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Name } from "../syntax/ast.ts";
import { didYouMean, nameList } from "../diagnostics/suggest.ts";
import { nodeFault } from "./awaited.ts";
import type { Names } from "./values.ts";

/** The names of nodes; undefined if one was refused. A trace may name any. `mayBind`: in a rule. */
export function nodes(
  kind: "waypoint" | "avoid",
  written: readonly Name[],
  names: Pick<Names, "hosts" | "switches" | "away" | "anyUser" | "awaits" | "report">,
  mayBind = false,
): readonly string[] | undefined {
  const seen = new Map<string, Name>();
  let failed = false;
  const fail = (diagnostic: Diagnostic): void => {
    failed = true;
    names.report(diagnostic);
  };
  for (const node of written) {
    const { text: name, span } = node;
    const earlier = seen.get(name);
    const host = names.hosts.get(name);
    if (earlier) {
      fail(codes.nodeTwice({ name }, { span, related: [{ span: earlier.span, message: "here first" }] }));
    } else if (names.anyUser) {
      // A trace defines its own network.
    } else if (host === undefined && names.away?.has(name) === true) {
      // A switch of which nothing is known now: that is told at the facts.
    } else if (host === undefined && !names.switches.has(name)) {
      const known = nameList(names.hosts, names.switches);
      const fault = nodeFault({ name, known, span, awaits: names.awaits });
      if (mayBind && /^[A-Z_]/.test(name) && !node.quoted) {
        const help = "a node is called by its name: variables cannot stand here";
        fail(codes.unknownNode({ name }, { span, help, ...didYouMean(name, known, span) }));
      } else if (fault.severity === "error") fail(fault);
      else names.report(fault);
    } else if (host && names.switches.has(name)) {
      fail(codes.ambiguousNode({ name }, { span, help: "call one of them by another name" }));
    }
    seen.set(name, node);
  }
  return failed ? undefined : written.map(({ text }) => text);
}
