/**
 * Requests and rules that let flows pass between ends which no path joins. A warning for the operator, not a fault of
 * the policy: the missing link may be down.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { Model } from "../model/model.ts";
import type { Span } from "../source.ts";
import { distances } from "../paths/distance.ts";
import { endPortsOf } from "../paths/end-ports.ts";
import type { PortPair } from "../paths/links.ts";
import { portKey, topology, type Topology } from "../paths/topology.ts";

/** One warning for each request and each rule that names ends in separate parts of the network. */
export function checkPaths(model: Pick<Model, "directory" | "statements" | "policies">): readonly Diagnostic[] {
  const network = topology(model.directory);
  if (!isSplit(network)) return [];
  const found: Diagnostic[] = [];
  const check = (flows: Flowgroup, span: Span): void => {
    const [first, ...more] = separated(network, flows);
    if (first === undefined) return;
    const help = `${more.length === 0 ? "" : `nor between ${more.length} more; `}state the \`link\` that joins them`;
    const words = { from: `\`${portKey(first.from)}\``, to: `\`${portKey(first.to)}\`` };
    found.push(codes.unconnected(words, { span, help }));
  };
  for (const { demand, span } of model.statements) {
    if (demand.kind === "request" && demand.action !== "deny") check(demand.flows, span);
  }
  for (const rule of model.policies.flatMap(({ rules }) => rules)) {
    const { kind } = rule.effect;
    if (kind !== "deny" && kind !== "pass") check({ cubes: rule.cubes.map(({ cube }) => cube) }, rule.span);
  }
  return found;
}

/** Whether there are links, and yet switches that do not reach each other. Without links the wiring is unknown. */
function isSplit(network: Topology): boolean {
  const [first] = network.trunks.keys();
  const wired = [...network.trunks.values()].some((links) => links.length > 0);
  return first !== undefined && wired && distances(network, first, new Set()).size < network.trunks.size;
}

function* separated(network: Topology, flows: Flowgroup): Generator<PortPair> {
  for (const { sources = [], destinations = [] } of endPortsOf(network, flows)) {
    for (const to of destinations) {
      const reached = distances(network, to.switch, new Set());
      for (const from of sources) if (!reached.has(from.switch)) yield { from, to };
    }
  }
}
