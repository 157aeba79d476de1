/** The reported changes of traffic when hosts and users move, compared with what the tables do with packets. */
import test from "ava";
import fc from "fast-check";
import { cubeHolds } from "../flowgroup/cubes.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { lower } from "../lowering/index.ts";
import type { Directory } from "../model/model.ts";
import { packets, rules, twoSwitches } from "../semantics/arbitrary-rules.ts";
import { flowOf, type Packet } from "../trace/packet.ts";
import { Switch } from "../trace/switch.ts";
import { flowChanges } from "./impact.ts";
import { samePlaces } from "./packet-rules.ts";

/** The packets that the fields of flows describe fully: no fragments, no ARP and no neighbour discovery. */
const plain = packets.filter(
  ({ ip, arp, ports, icmp }) =>
    arp === undefined &&
    (ip?.fragment ?? "no") === "no" &&
    !(ports?.src === 0 && ports.dst === 0) &&
    !(icmp !== undefined && ip?.src.family === 6),
);

const places = fc.constantFrom(
  undefined,
  { switch: "s1", port: 1 },
  { switch: "s1", port: 2 },
  { switch: "s2", port: 2 },
  { switch: "s2", port: 3 },
);
const directories: fc.Arbitrary<Directory> = fc
  .record({ a: places, b: places, printer: places, bob: fc.constantFrom("b", "c", "a") })
  .map(({ bob, ...at }) => ({
    ...twoSwitches,
    userHosts: [...twoSwitches.userHosts.filter(({ user }) => user !== "bob"), { user: "bob", host: bob }],
    hosts: new Map(
      [...twoSwitches.hosts].map(([name, host]) => {
        const { at: _, ...one } = host;
        const place = at[name as "a"];
        return [name, { ...one, ...(place && { at: place }) }];
      }),
    ),
  }));
const verdicts = fc.constantFrom("allow" as const, "deny" as const);
const some = fc.array(rules, { maxLength: 3 });
const many = fc.array(plain, { minLength: 40, maxLength: 40 });

test("the report holds every packet that the move of a host or user changes, and no other that passes the spoof guard", (t) => {
  const seen = { changed: 0, same: 0 };
  const run = (all: readonly DerivedRule[], verdict: "allow" | "deny", directory: Directory) => {
    const defaults = { verdict, fragments: "deny" as const };
    const { tables, diagnostics } = lower(all, { directory, defaults, target: "ovs", now: 0 });
    const isGood = !diagnostics.some(({ severity }) => severity === "error");
    const on = (packet: Packet, name: string) => {
      const outcome = new Switch(tables.get(name)!).run(packet);
      return { ...outcome, isSpoofed: outcome.verdict === "deny" && (outcome.path.at(-1)?.table ?? 0) <= 1 };
    };
    return { inForce: { rules: all, defaults, directory }, isGood, on };
  };
  const law = fc.property(
    fc.tuple(some, some, some),
    fc.tuple(directories, directories),
    fc.tuple(verdicts, verdicts),
    many,
    ([kept, removed, added], [was, is], [first, second], sent) => {
      const before = run([...kept, ...removed], first, was);
      const after = run([...kept, ...added], second, is);
      if (!before.isGood || !after.isGood) return;
      const told = flowChanges(before.inForce, after.inForce);
      for (const name of ["s1", "s2"]) {
        for (const packet of sent) {
          if (packet.inPort === 9) continue;
          const [old, next] = [before.on(packet, name), after.on(packet, name)];
          const flow = { ...flowOf(packet, is, name), switch: name };
          const isTold = told.some(({ cubes }) => cubes.some((cube) => cubeHolds(cube, flow)));
          const changes = old.verdict !== next.verdict;
          const mayBe = told.some(({ cubes, atMost }) => atMost && cubes.some((cube) => cubeHolds(cube, flow)));
          const isSame = samePlaces(was, is) && old.isSpoofed;
          if (changes !== isTold && !mayBe && !(isTold && isSame))
            throw new Error(`${name}: ${old.verdict}, then ${next.verdict}, and ${isTold ? "" : "not "}told`);
          seen[changes ? "changed" : "same"]++;
        }
      }
    },
  );
  fc.assert(law, { numRuns: 40 });
  t.true(seen.changed > 200 && seen.same > 200, JSON.stringify(seen));
});
