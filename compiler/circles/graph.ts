/** A graph of places → the places that lie on circles. */
import { components } from "../net/components.ts";

/** The nodes of each component in which some path leads from a node back to itself. Each node is asked once. */
export function circlesOf(
  nodes: Iterable<number>,
  next: (node: number) => readonly number[],
): readonly (readonly number[])[] {
  const asked = new Map<number, readonly number[]>();
  const found = components(nodes, (node) => {
    const onwards = next(node);
    asked.set(node, onwards);
    return onwards;
  });
  return found.filter((component) => component.length > 1 || asked.get(component[0]!)!.includes(component[0]!));
}
