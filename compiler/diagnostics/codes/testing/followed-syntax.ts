/** The codes of the syntax (E1xx). */
import { FIX, row, stays, unraised, type Row } from "./followed.ts";

const deep = (n: number): string => `deny${"(".repeat(n)}dstPort=1${")".repeat(n)} on rootShare.`;
const long = (n: number): string =>
  `deny(dstPort={${Array.from({ length: n }, (_, at) => at % 60_000).join(",")}}) on rootShare.`;

export const SYNTAX: Readonly<Record<string, Row>> = {
  E101: row("deny(dstPort=1) on rootShare", FIX),
  E102: row("AdUser Al.", FIX),
  E103: row("AddUser Al;", FIX),
  E104: row('AddUser "Al.', 'AddUser "Al".'),
  E105: row("AddUser Al. /* a note", "AddUser Al. /* a note */"),
  E106: row("policy p { deny <= dstPort(80).", "policy p { deny <= dstPort(80). }"),
  E107: row("AddUser Al. }", "AddUser Al."),
  E108: row("begin. AddUser Al.", "begin. AddUser Al. commit."),
  E109: row("AddUser Al. commit.", "begin. AddUser Al. commit."),
  E110: row("@call default deny.", "default deny."),
  E111: row('AddUser "A\\x".', 'AddUser "A\\\\x".'),
  E112: row("policy p { deny <= dstPort(80). AddUser Al. }", "policy p { deny <= dstPort(80). } AddUser Al."),
  E113: row(deep(102), "flowgroup inner = (dstPort=1). deny(inner) on rootShare."),
  E114: row(long(100_100), "deny(dstPort=0-60000) on rootShare."),
  E115: row("iptables -A FORWARD -s 10.0.0.1 -p tcp --dport 22 -j DROP", FIX),
  E116: row(". ".repeat(1_001), "AddUser Al."),
  E120: row("deny(dstprt=80) on rootShare.", FIX),
  E121: row("deny(dstPort=80, dstPort=443) on rootShare.", "deny(dstPort={80, 443}) on rootShare."),
  E122: row("deny() on rootShare.", FIX),
  E123: row("deny(dstPort) on rootShare.", "deny(dstPort=80) on rootShare."),
  E124: row("deny(srcHost=10.0.0.1/8) on rootShare.", "deny(srcHost=10.0.0.0/8) on rootShare."),
  E125: row("deny(dstPort=2000-1000) on rootShare.", FIX),
  E126: row("deny(srcHost=10.0.0.9-2001:db8::1) on rootShare.", "deny(srcHost=10.0.0.9-10.0.0.10) on rootShare."),
  E127: row("deny(dstPort=70000) on rootShare.", "deny(dstPort=65535) on rootShare."),
  E128: row("deny(dstPort=80Mb) on rootShare.", "deny(dstPort=80) on rootShare."),
  E129: row(
    `deny(${Array.from({ length: 1030 }, (_, at) => `srcHost=10.0.${at >> 8}.${at & 255}`).join(") or (")}) on rootShare.`,
    "deny(srcHost={10.0.0.1, 10.0.0.2}) on rootShare.",
  ),
  E130: row("limit(*) = 10 on rootShare.", "limit(*) = 10Mb on rootShare."),
  E131: row("limit(*) = -5Mb on rootShare.", "limit(*) = 5Mb on rootShare."),
  E132: row("limit(dstPort=80) = 0Mb on rootShare.", "deny(dstPort=80) on rootShare."),
  E133: row("deny(*) on rootShare from 1764579700.", "deny(*) on rootShare from @1764579700."),
  E134: unraised("`Available … lasting 0s` is a question, and no text of a policy"),
  E140: row("NewShare b for (*) [reserv <= 10Mb] on rootShare.", FIX),
  E141: row("NewShare b for (*) [allow <= True] on rootShare.", FIX),
  E142: row("NewShare b for (*) [deny = true] on rootShare.", FIX),
  E143: row(
    "NewShare b for (*) [deny = True, deny = True] on rootShare.",
    "NewShare b for (*) [deny = True] on rootShare.",
  ),
  E144: row("hint(*) deadlin = +1h on rootShare.", FIX, { behind: ["E690"] }),
  E145: row("hint(*) duration = low on rootShare.", stays("a hint is refused in any form as yet (E690)")),
  E150: row("AddUser Al. policy p { deny <= user in {Al}. }", 'AddUser Al. policy p { deny <= user in {"Al"}. }'),
  E151: row("policy p { allow(Us, Hs). }", "policy p { allow(_, _, _, _, _, _, _, _). }"),
  E152: row("policy p { deny <= 80. }", "policy p { deny <= dstPort = 80. }"),
  E153: row("policy p { deny <= dstPort >= 1024. }", FIX),
  E154: row("b(1). a(X) <= b(sum(X)).", "b(1). a(sum(X)) <= b(X)."),
  E155: row("b(1). a(summ(X)) <= b(X).", FIX),
  E156: row(
    "b(1). a(X) <= b(X), nwsrc in 10.0.0.0/8.",
    "b(1). policy p { deny <= srcHost in 10.0.0.0/8, srcPort(X), b(X). }",
  ),
};
