/**
 * Mutants of policies. They keep the structure: whole statements move, and a token is replaced by one of its kind. So many
 * of them still compile.
 */
import { lex, type IToken } from "#grammar/tokens.ts";
import { random } from "../../bench/random.ts";

export type Dice = ReturnType<typeof random>;
export const oneOf = <T>(all: readonly T[], roll: Dice): T => all[roll(all.length)]!;

/** Token type → tokens that may replace it: usual values, and the least and greatest. */
const KIN: Readonly<Record<string, readonly string[]>> = {
  Integer: ["0", "1", "17", "22", "80", "443", "1024", "4095", "65535", "65536", "4294967295", "9007199254740991"],
  Quantity: ["0b", "1b", "7kb", "1Mb", "10Mb", "1Gb", "9Tb", "1s", "59s", "20min", "1h", "365d", "5000w"],
  Ip4: ["0.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.255", "127.0.0.1", "224.0.0.251", "255.255.255.255"],
  Prefix4: ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/31", "10.0.0.2/32", "224.0.0.0/4", "128.0.0.0/1"],
  Ip6: ["::", "::1", "fe80::1", "ff02::fb", "2001:db8::1"],
  Prefix6: ["::/0", "fe80::/10", "2001:db8::/127"],
  Mac: ["00:00:00:00:00:00", "00:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb"],
  Instant: ["1970-01-01T00:00:00Z", "2026-12-01T09:00:00Z", "2026-12-01T09:00:01Z", "9999-12-31T23:59:59Z"],
};
const RATES = ["b", "kb", "Mb"];
const DURATIONS = ["s", "min", "h"];

/** Token type → any value of it, small ones mostly. */
const DRAWN: Readonly<Record<string, (roll: Dice, image: string) => string>> = {
  Integer: (roll) => String(roll(2 ** roll(17))),
  Quantity: (roll, image) => `${1 + roll(3_000)}${oneOf(image.endsWith("b") ? RATES : DURATIONS, roll)}`,
  Ip4: (roll) => `10.0.${roll(2)}.${roll(256)}`,
  Prefix4: (roll) => prefix(roll),
  Ip6: (roll) => `2001:db8::${roll(65_536).toString(16)}`,
};

/** A block of IPv4 addresses without bits behind its length. */
function prefix(roll: Dice): string {
  const length = roll(33);
  const bits = length === 0 ? 0 : Math.floor((0x0a000000 + roll(512)) / 2 ** (32 - length)) * 2 ** (32 - length);
  return `${[24, 16, 8, 0].map((by) => Math.floor(bits / 2 ** by) % 256).join(".")}/${length}`;
}

/** Groups of words that may replace each other. */
const WORDS: readonly (readonly string[])[] = [
  ["allow", "deny"],
  ["reserve", "limit"],
  ["waypoint", "avoid"],
  ["strict", "partial"],
  ["TCP", "UDP", "ICMP", "SCTP"],
  ["srcHost", "dstHost"],
  ["srcPort", "dstPort"],
  ["True", "False"],
  ["and", "or", "except"],
  ["ordered", ""],
  ["srcUser", "dstUser"],
  ["user", "dstUser"],
];

/** The ends of the statements, which are dots outside of braces. */
export function statements(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { image, startOffset } of lex(text).tokens) {
    if (image === "{") depth++;
    else if (image === "}") depth--;
    if (depth === 0 && (image === "." || (image === "}" && /^\s*(?:[@\w]|$)/.test(text.slice(startOffset + 1))))) {
      found.push(text.slice(from, startOffset + 1));
      from = startOffset + 1;
    }
  }
  return [...found, text.slice(from)];
}

function otherToken({ image, tokenType }: IToken, roll: Dice): string | undefined {
  const drawn = DRAWN[tokenType.name];
  if (drawn !== undefined && roll(4) > 0) return drawn(roll, image);
  const kin = KIN[tokenType.name] ?? WORDS.find((words) => words.includes(image));
  return kin && oneOf(kin, roll);
}

/** Replaces a token by one of its kind. */
export function changeToken(text: string, roll: Dice): string {
  const tokens = lex(text).tokens.filter((token) => otherToken(token, random(0)) !== undefined);
  if (tokens.length === 0) return text;
  const token = oneOf(tokens, roll);
  return (
    text.slice(0, token.startOffset) + otherToken(token, roll) + text.slice(token.startOffset + token.image.length)
  );
}

/** Makes one change to a text: of a token, or of whole statements, perhaps with those of another policy. */
export function mutate(text: string, others: readonly string[], roll: Dice): string {
  if (roll(4) > 0) return changeToken(text, roll);
  const all = [...statements(text)];
  const at = roll(all.length);
  switch (roll(4)) {
    case 0:
      all.splice(at, 1);
      break;
    case 1:
      all.splice(roll(all.length), 0, all[at]!);
      break;
    case 2:
      all.splice(roll(all.length), 0, ...all.splice(at, 1));
      break;
    default:
      all.splice(at, 0, `\n${oneOf(statements(oneOf(others, roll)), roll)}`);
  }
  return all.join("");
}

/** Small policies that together use every kind of statement. */
export const SMALL: readonly string[] = [
  `default deny. include "baseline.fml". host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). user_host("U", a). AddUser V.
NewShare s for (dstHost=10.0.0.2) [allow = True, deny = True, reserve <= 10Mb, limit <= 20Mb] on rootShare.
Grant s to V. @x V: allow(dstHost=10.0.0.2, dstPort=80) on s. @y V: deny(dstHost=10.0.0.2, srcHost=10.0.0.9) partial on s.
@r V: reserve(dstHost=10.0.0.2, transport=TCP, dstPort=443) = 2Mb on s from now to +20min.
@l V: limit(dstHost=10.0.0.2, transport=UDP) = 1Mb on s. policy p on share rootShare { @q deny <= srcHost in 10.0.0.7. }`,
  `default allow. switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 10Mb). link(s2, 1, s1, 1, 10Mb).
host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). host_ip(m, 10.0.0.3). host_at(a, s1, 2). host_at(b, s2, 2). host_at(m, s2, 3).
@w waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = m on rootShare. @v limit(srcHost=10.0.0.1) = 1Mb on rootShare.
@d deny(transport=TCP, dstPort=22) on rootShare from 2026-12-01T09:00:00Z to +1h.`,
  `default allow. bad(10.0.0.4). bad(10.0.0.5). group(X, count(Y)) <= member(X, Y). member(g, a). member(g, b).
policy top on share rootShare ordered { @one deny <= srcHost(H), bad(H). @two allow <= dstPort in {80, 443}, transport(tcp). @three deny <= dstPort in 1-1024, transport(tcp). }
flowgroup web = (transport=TCP, dstPort={80, 443}). limit(web) = 5Mb on rootShare to +2h. reserve((web) and (dstHost=10.0.0.2)) = 1Mb on rootShare to +1h.`,
  `default deny. cascade quarantine > requests > site. infected(10.0.0.7).
policy quarantine on share rootShare { deny <= srcHost(H), infected(H). pass. }
policy site on share rootShare ordered { @ssh deny <= dstPort = 22, transport(tcp). pass <= dstHost in 10.0.0.0/31. allow <= true. }
@a allow(dstHost=10.0.0.2, transport=TCP, dstPort={80, 443}) both ways on rootShare.`,
  `default allow. policy stop as guard { deny <= srcHost in 10.9.0.0/16. } AddUser A.
NewShare s for (user=A) or (srcHost=10.0.0.0/8) [deny = True, requests <= 3, entries <= 9] on rootShare. GrantDefault s.
@n A: deny(srcHost=10.9.0.1, dstPort!=22, transport=TCP) on s. @m deny(srcHost=10.0.0.1-10.0.0.9, vlan=7) on s.`,
  `default allow. AddUser A. NewShare bulk for (dstHost=10.0.0.2) [reserve <= 9Mb, reserveTBFill = 1Mb, reserveTBCapacity = 60Mb, limit <= 9Mb] on rootShare.
Grant bulk to A. @r A: reserve(dstHost=10.0.0.2) = 9Mb on bulk from +1min to +1min5s. @l A: limit(dstHost=10.0.0.2, transport=UDP) = 9Mb on bulk to +1h.`,
  `default deny. default fragments allow. @v allow(direction=request, transport=TCP) on rootShare.
@w allow(ethType=0x0806) on rootShare. @x allow(dstHost=2001:db8::/32, transport=UDP, dstPort=53) on rootShare. @y allow((dscp=46) except (srcHost=10.0.0.9)) on rootShare.`,
  `default allow. begin. AddUser A. NewShare s for (dstHost=10.0.0.2) [allow = True, deny = True] on rootShare. Grant s to A. commit.
@k A: deny(dstHost=10.0.0.2, transport=ICMP) on s from 2026-12-01T09:00:00Z to 2026-12-01T09:20:00Z. Cancel k. False <- A: deny(*) on rootShare.`,
];
