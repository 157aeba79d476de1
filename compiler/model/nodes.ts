/**
 * The nodes that `waypoint` and `avoid` name, in requests, in heads of rules and in privileges → names of hosts or
 * switches of the directory. A path can pass a host only if its port is known.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Name } from "../syntax/ast.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Names } from "./values.ts";

/** The names of nodes; undefined if one was refused. A trace may name any. */
export function nodes(
  kind: "waypoint" | "avoid",
  written: readonly Name[],
  names: Pick<Names, "hosts" | "switches" | "anyUser" | "report">,
): readonly string[] | undefined {
  const seen = new Map<string, Name>();
  let failed = false;
  const fail = (diagnostic: ReturnType<typeof codes.unknownNode>): void => {
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
    } else if (host === undefined && !names.switches.has(name)) {
      const help =
        /^[A-Z_]/.test(name) && !node.quoted ? "a node is called by its name: variables cannot stand here" : FACTS;
      const known = [...names.hosts.keys(), ...names.switches.keys()];
      fail(codes.unknownNode({ name }, { span, help, ...didYouMean(name, known, span) }));
    } else if (host && names.switches.has(name)) {
      fail(codes.ambiguousNode({ name }, { span, help: "call one of them by another name" }));
    }
    seen.set(name, node);
  }
  return failed ? undefined : written.map(({ text }) => text);
}

const FACTS = "a node is known by a fact such as `host_at(ids, s1, 3).` or `switch(s1, 1).`";
