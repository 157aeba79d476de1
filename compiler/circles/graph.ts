/** A graph whose nodes are numbers → the strongly connected components that hold a circle. */
import { components } from "../net/components.ts";

/** The nodes of each component in which a path leads from a node back to itself. `next` is called once for each node. */
export function circlesOf(
  nodes: Iterable<number>,
  next: (node: number) => readonly number[],
): readonly (readonly number[])[] {
  const edges = new Map<number, readonly number[]>();
  const found = components(nodes, (node) => {
    const onwards = next(node);
    edges.set(node, onwards);
    return onwards;
  });
  return found.filter((component) => component.length > 1 || edges.get(component[0]!)!.includes(component[0]!));
}
