/** For tests only: networks and statements whose refusals offer what tables may not hold. */
const PRIVILEGES = `[allow = True, deny = True, reserve <= 20Mb, limit <= 20Mb, waypoint = {s1, s2, box, h3}, avoid = {s1, s2, box, h3}]`;

/** A waypoint without some flows of a user comes to every type of frame that is not IP (E801). */
export const LED = `default allow. AddUser Bob.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 20, 100Mb).
host_ip(h1, 10.0.0.2). host_at(h1, s2, 3). host_ip(h3, 10.0.0.4). host_mac(h3, 02:00:00:00:00:04). host_at(h3, s2, 4).
host_ip(box, 10.0.0.5). host_at(box, s1, 1). user_host("Bob", h3).
NewShare b for (dstEth!=02:00:00:00:00:02) ${PRIVILEGES} on rootShare.
`;

export type Picker = <T>(...some: readonly T[]) => T;

/** Up to four switches in a line or a ring, four hosts, of which some have no MAC or no place, and a statement that stands. */
export function offeredNetwork(pick: Picker, stands: (text: string) => boolean): string {
  const switches = ["s1", "s2", "s3", "s4"].slice(0, pick(2, 2, 3, 4));
  const links = switches.slice(1).map((name, i) => `link(${switches[i]!}, ${10 + i}, ${name}, ${20 + i}, 1Gb).`);
  if (switches.length > 2 && pick(true, false)) links.push(`link(${switches.at(-1)!}, 30, s1, 31, 1Gb).`);
  const hosts = ["h1", "h2", "h3", "box"].flatMap((name, i) => [
    `host_ip(${name}, 10.0.0.${i + 2}).`,
    ...pick([`host_mac(${name}, 02:00:00:00:00:0${i + 2}).`], []),
    ...pick([`host_at(${name}, ${pick(...switches)}, ${pick(1, 2, 3, 4)}).`], []),
  ]);
  const users = [...pick([`user_host("Ann", h1).`], []), ...pick([`user_host("Bob", h3).`], [])];
  const facts = [...switches.map((name, i) => `switch(${name}, ${i + 1}).`), ...links, ...hosts, ...users].join(" ");
  const base = `default allow. AddUser Ann. AddUser Bob.\n${facts}\nNewShare a for (*) ${PRIVILEGES} on rootShare.\nNewShare b for ${flows(pick)} ${PRIVILEGES} on rootShare.\n`;
  const standing = `@s ${offeredStatement(pick)} on a.\n`;
  return pick(true, false) && stands(base + standing) ? base + standing : base;
}

/** A statement on the share `b`, without its share and label. */
export function offeredStatement(pick: Picker): string {
  const action = pick("waypoint", "waypoint", "avoid", "deny", "limit");
  const node = pick("s1", "s2", "box", "h3");
  const how = action === "limit" ? " = 5Mb" : action === "deny" ? "" : ` = ${node}`;
  return `${action}${pick(flows(pick), flows(pick), `((*) except ${terms(pick)})`)}${how}`;
}

const flows = (pick: Picker): string => pick("(*)", terms(pick), terms(pick), `(${terms(pick)} or ${terms(pick)})`);

function terms(pick: Picker): string {
  const all = [pick(...TERMS), pick(...TERMS)];
  const fields = new Set(all.flatMap((one) => one.match(/[a-zA-Z]+(?=!?=)/g)));
  return `(${fields.size < 2 || all.join().match(/!?=/g)!.length > fields.size ? all[0]! : all.join(", ")})`;
}

const TERMS = [
  "srcHost=h1",
  "srcHost=10.0.0.0/8",
  "srcHost!=h2",
  "dstHost={h2, h3}",
  "dstHost!=h3",
  "user=Ann",
  "user!=Bob",
  "user=unknown",
  "dstUser=Bob",
  "dstUser!=Bob",
  "ethType=IPv4",
  "ethType!=ARP",
  "transport=TCP, dstPort=80",
  "transport=TCP, srcPort=1000-2000",
  "vlan=10",
  "srcAP=s1:1",
  "switch=s1",
  "inPort!=1",
  "srcEth=02:00:00:00:00:02",
  "dstEth!=02:00:00:00:00:02",
] as const;
