/** For tests only: random histories of a network, sentence by sentence. */

export const HISTORY_POLICY = `default deny.
switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 100Mb).
host_ip(a, 10.0.0.1). host_at(a, s1, 3). host_ip(b, 10.0.0.2). host_at(b, s2, 3).
AddUser Alice. AddUser Bob.
NewShare net for (*) [allow = True, deny = True, reserve <= 100Mb, reserveTBFill = 20Mb, reserveTBCapacity = 9000Mb,
  limit <= 100Mb, requests <= 60, waypoint = {s1, s2}] on rootShare.
Grant net to Alice.
policy stop as guard { deny <= dstPort = 23. }
policy first on share net { deny <= dstPort = 25. allow <= dstPort = 26. }
@soon allow(dstPort=81, transport=TCP) on net to +2h.
`;

/** One of several, at random. */
export type Pick = <T>(...from: readonly T[]) => T;

export function picker(seed: number): Pick {
  let state = seed;
  return (...from) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return from[(state >>> 8) % from.length]!;
  };
}

/** A sentence with the number `i`, of any kind that changes a network. */
export function sentence(i: number, pick: Pick): string {
  const until = pick("", "", " to +5s", " to +10min", " from +1min to +20min");
  const label = pick("", `@l${i} `, `@l${i} `);
  const share = pick("net", "net", "t1", "t2");
  const flows = `srcHost=10.0.0.${pick(1, 2, 3, 4)}, dstPort=${pick(80, 81, 82, 83)}, transport=TCP`;
  const partial = pick("", " partial");
  const ends = pick("to +10s", "to +3min", "from +2min to +1h");
  return pick(
    () => `${label}allow(${flows})${partial} on ${share}${until}.`,
    () => `${label}deny(${flows})${partial} on ${share}${until}.`,
    () => `${label}reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = ${pick(5, 20, 60)}Mb on ${share} ${ends}.`,
    () => `${label}limit(${flows}) = ${pick(1, 7)}Mb on net${until}.`,
    () => `Cancel l${pick(i - 1, i - 2, i - 5)}.`,
    () => `NewShare t${pick(1, 2)} for (srcHost=10.0.0.${pick("0/24", "1")}) [allow = True, deny = True, reserve <= 50Mb,
      reserveTBFill = ${pick(1, 9)}Mb, reserveTBCapacity = 600Mb] on net.`,
    () => `Grant ${share} to ${pick("Bob", "Carol")}.`,
    () => `AddUser Carol.`,
    () =>
      `begin. ${label}allow(${flows}) on net${until}. deny(srcHost=10.0.0.9, dstPort=${80 + (i % 9)}) on net. commit.`,
    () => `waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2, dstPort=${pick(90, 91)}, transport=TCP) = {s2} on net${until}.`,
  )();
}
