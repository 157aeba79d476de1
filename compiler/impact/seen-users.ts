/**
 * Changes of flows, by name → those of flows that packets can have: users on no host send and get none. Before and after,
 * the same users are on hosts.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { constraint, setHolds } from "../flowgroup/index.ts";
import type { Directory } from "../model/model.ts";
import type { TreatmentChange } from "./changes-by-statement.ts";

export function seenChanges(changes: readonly TreatmentChange[], { userHosts }: Directory): readonly TreatmentChange[] {
  // Everywhere somebody may be whom nobody knows.
  const users = new Set(["unknown", ...userHosts.map(({ user }) => user)]);
  const isSeen = (of: Cube): boolean =>
    (["user", "dstUser"] as const).every((field) => {
      const set = constraint(of, field);
      if (set?.kind !== "name" || set.absent) return true;
      if (!set.not) return set.names.some((name) => users.has(name));
      return [...users].some((user) => setHolds(set, user));
    });
  return changes.flatMap((one) => {
    const cubes = one.cubes.filter(isSeen);
    return cubes.length === one.cubes.length ? [one] : cubes.length === 0 ? [] : [{ ...one, cubes }];
  });
}
