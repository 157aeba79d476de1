/**
 * What is promised of reservations, compared on points with the naive reading of NETWORK, "Promises". A reservation has
 * its meters and its queue to itself only if at no instant they hold a flow of another. A note names it if it loses
 * that.
 */
import test from "ava";
import { promiseOf } from "../admission/promises.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import { Conversation, NOW, fc, modelOf } from "../admission/testing/networks.ts";
import { isIn, universeOf } from "./points.ts";

const STAR = `
  switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 100Mb).
  port_rate(s1, 1, 100Mb). port_rate(s1, 2, 100Mb). port_rate(s2, 1, 100Mb).
  host_ip(a, 10.0.0.1). host_at(a, s1, 1). host_ip(b, 10.0.0.2). host_at(b, s1, 2). host_ip(c, 10.0.0.3). host_at(c, s2, 1).`;

const A = "srcHost=10.0.0.1";
const flows = fc.constantFrom(
  `${A}, dstHost=10.0.0.3`,
  `${A}, dstHost=10.0.0.3, vlan=1`,
  `${A}, dstHost=10.0.0.3, vlan=1-2`,
  `${A}, dstHost=10.0.0.2`,
  `${A}, vlan=1`,
  A,
);
const times = fc.constantFrom("", "", " to +10s", " from +10s", " from +5s to +15s");
const statement = fc
  .tuple(fc.constantFrom("reserve", "reserve", "limit"), flows, fc.integer({ min: 1, max: 6 }), times)
  .map(([what, where, rate, when]) => `${what}(${where}) = ${rate}Mb on rootShare${when}.`);

/** Whether at some instant the other holds a flow of the one, and a flow that is not of it. */
function isShared(one: Accepted, other: Accepted, universe: ReturnType<typeof universeOf>): boolean {
  return universe.instants.some((at) => {
    const holds =
      ({ pieces }: Accepted) =>
      (flow: (typeof universe.flows)[number]) =>
        pieces.some(({ flows: held, interval }) => interval.start <= at && at < interval.end && isIn(held, flow));
    if (!universe.flows.some(holds(one))) return false;
    const others = universe.flows.filter(holds(other));
    return others.some(holds(one)) && !others.every(holds(one));
  });
}

test("a reservation with meters and a queue to itself is guaranteed, and a note names it if it loses them", (t) => {
  const seen = { kept: 0, held: 0, named: 0 };
  fc.assert(
    fc.property(fc.array(statement, { minLength: 3, maxLength: 9 }), (texts) => {
      const net = new Conversation(NOW, modelOf(STAR, { trace: false }));
      const { state } = net.admission;
      const promises = (): Map<Accepted, string> =>
        new Map([...state.accepted.ofKind("reserve")].map((one) => [one, promiseOf(state, one)!]));
      for (const text of texts) {
        const before = promises();
        const verdict = net.one(text);
        const after = promises();
        const lost = [...before].filter(([one, was]) => was !== NOTHING && after.get(one) === NOTHING);
        const notes = verdict.kind === "rejected" ? [] : (verdict.notes ?? []);
        const named = notes.filter(({ code }) => code === "W705" || code === "W707").flatMap(({ message }) => message);
        for (const [{ id }] of lost)
          if (!named.join().includes(id)) throw new Error(`no note names ${id} after ${text}`);
        seen.named += lost.length;
      }
      const all = [...state.accepted];
      const universe = universeOf(
        all.flatMap(({ pieces }) => pieces.map((piece) => piece.flows)),
        all.flatMap(({ pieces }) => pieces.map(({ interval }) => interval)),
      );
      for (const [one, promise] of promises()) {
        const isRival = (other: Accepted): boolean =>
          other !== one && (other.kind === "limit" || (other.kind === "reserve" && other.rate! >= one.rate!));
        const shared = all.some((other) => isRival(other) && isShared(one, other, universe));
        if (shared !== (promise === NOTHING)) throw new Error(`${one.id} is ${promise} in\n${texts.join("\n")}`);
        seen[shared ? "held" : "kept"]++;
      }
    }),
    { numRuns: 150, seed: 17, includeErrorInReport: true },
  );
  t.true(seen.kept > 50 && seen.held > 50 && seen.named > 20, JSON.stringify(seen));
});

const NOTHING = "admitted, not guaranteed";
