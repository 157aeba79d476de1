/** What `trace` says of packets that hide fields, kind by kind: each sentence is so. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { flowText } from "../explain/text.ts";
import { traceText } from "../report/trace.ts";
import { readPacket } from "./read-packet.ts";
import { tracePacket, type Trace } from "./trace.ts";

const SHARES = `NewShare A for (*) [allow=True] on rootShare. NewShare C for (*) [allow=True] on A.
NewShare B for (*) [allow=True, deny=True] on rootShare. NewShare D for (*) [allow=True] on B.
@d deny(transport=TCP, dstPort=443) on B.`;
const ZERO = "transport=TCP, srcPort=0, dstPort=0";
const FIRST = "ethType=IPv4, transport=TCP, fragment=first";
const LATER = "ethType=IPv6, fragment=later";

function traced(text: string, words: string): Trace {
  const all = decide([{ name: "p.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const read = readPacket(words, all.model);
  if (!all.good || !read.ok) throw new Error(`${text} ${words} ${read.ok ? "" : read.fault}`);
  return tracePacket(all, tablesAt(all, NOW, { target: "ovs" }).tables, read.value, { instant: NOW, target: "ovs" });
}

/** The lines about statements that it says, without the places where they are written. */
const said = (trace: Trace): readonly string[] =>
  flowText(trace.explanation)
    .replaceAll(/ \(p\.pane:[0-9:]+\)/g, "")
    .split("\n")
    .filter((line) => !/^  ([ABCD]|rootShare): /.test(line));

const TOLD: readonly (readonly [policy: string, words: string, lines: readonly string[]])[] = [
  [`default allow. ${SHARES} @a allow(transport=TCP, dstPort=0-100) on C.`, ZERO, ["denied by deny d on B"]],
  [`default allow. ${SHARES} @a allow(transport=TCP, dstPort=0-100) on D.`, ZERO, ["denied by deny d on B"]],
  [`default allow. ${SHARES} @a allow(transport=TCP) partial on C.`, ZERO, ["denied by deny d on B"]],
  [
    `default allow. ${SHARES} @a allow(transport=TCP) on D.`,
    ZERO,
    ["allowed by allow a on D", "  overrides deny d on B: share `D` lies below `B` and overrides it"],
  ],
  [
    `default allow. ${SHARES} @a allow(transport=TCP) on D.`,
    FIRST,
    ["allowed by allow a on D", "  overrides deny d on B: share `D` lies below `B` and overrides it"],
  ],
  [
    "default deny. @a allow(transport=TCP, dstPort=0-100) on rootShare.",
    ZERO,
    ["decided by nothing: the default holds", "  closest: allow a on rootShare: dstPort is hidden, not surely 0-100"],
  ],
  [
    "default deny. default fragments allow. @a allow(transport=TCP, dstPort=80) on rootShare.",
    ZERO,
    ["decided by nothing: the default holds", "  closest: allow a on rootShare: dstPort is hidden, not surely 80"],
  ],
  [
    "default allow. default fragments allow. @d deny(transport=TCP, dstPort=80) on rootShare.",
    ZERO,
    ["decided by nothing: the default holds", "  closest: deny d on rootShare: dstPort is 0, not 80"],
  ],
  [
    "default allow. default fragments allow. @d deny(transport=TCP, dstPort=0-80) on rootShare.",
    ZERO,
    ["denied by deny d on rootShare"],
  ],
  [
    "default allow. default fragments allow. @d deny(transport=TCP, dstPort=0-80) on rootShare.",
    FIRST,
    ["decided by nothing: the default holds", "  closest: deny d on rootShare: dstPort is hidden, not surely 0-80"],
  ],
  [
    "default deny. default fragments allow. @a allow(transport=TCP, dstPort=80) on rootShare.",
    FIRST,
    ["allowed by allow a on rootShare"],
  ],
  [
    "default allow. @d deny(icmpType=8) on rootShare.",
    "ethType=IPv4, icmpType=0, icmpCode=0",
    ["decided by nothing: the default holds", "  closest: deny d on rootShare: icmpType is 0, not 8"],
  ],
  [
    "default allow. policy p on share rootShare as root ordered { @a allow <= transport(tcp), dstPort in 0-100. @d deny <= transport(tcp), dstPort = 443. }",
    ZERO,
    ["denied by deny p.d on rootShare"],
  ],
  [
    "default allow. policy p on share rootShare as root ordered { @a allow <= transport(tcp). @d deny <= transport(tcp), dstPort = 443. }",
    ZERO,
    [
      "allowed by allow p.a on rootShare",
      "  overrides deny p.d on rootShare: an earlier rule of an ordered policy decides first",
    ],
  ],
  [`default allow. ${SHARES} @a allow(transport=UDP) on C.`, LATER, ["denied by deny d on B"]],
  [
    `default allow. ${SHARES} @a allow(ethType=IPv6, transport=44) on D.`,
    LATER,
    ["allowed by allow a on D", "  overrides deny d on B: share `D` lies below `B` and overrides it"],
  ],
];

test("what is said of fragments, cut headers and port 0 is so, and the table does it", (t) => {
  for (const [policy, words, lines] of TOLD) {
    const trace = traced(policy, words);
    t.deepEqual(said(trace), lines, `${words}\n${policy}`);
    t.true(trace.agree, policy);
  }
});

test("a whole packet without ports is told from a fragment", (t) => {
  const text = "default allow. @d deny(transport=TCP, dstPort=443) on rootShare.";
  const line = (words: string): string | undefined => {
    const cookies = new Map<bigint, string>() as never;
    return traceText(traced(text, words), { cookies, hasSeveral: false })
      .match(/^ +hides .*/m)?.[0]
      .trim();
  };
  t.is(
    line(ZERO),
    "hides srcPort, dstPort, as a header that is cut off does: a permission holds it only whatever they are",
  );
  t.is(line(FIRST), "hides srcPort, dstPort, direction: see `default fragments`");
  t.is(line("transport=TCP, srcPort=1, dstPort=0"), undefined);
});

test("a later fragment that one statement leads and another, which names it, keeps away is dropped, and is told why", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 1000Mb).
host_ip(a, 2001:db8::1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 2). host_ip(b, 2001:db8::2). host_mac(b, 02:00:00:00:00:02).
host_at(b, s1, 3). host_ip(w, 2001:db8::9). host_mac(w, 02:00:00:00:00:09). host_at(w, s2, 3).
@led waypoint(transport=TCP, ethType=IPv6, srcHost=a, dstHost=b) = w on rootShare.
@kept avoid(ethType=IPv6, transport=44, srcHost=a, dstHost=b) = s2 on rootShare.`;
  const trace = traced(text, "fragment=later, ethType=IPv6, srcHost=a, dstHost=b");
  const lines = flowText(trace.explanation);
  t.regex(lines, /dropped: there is no path .* passes `w` as `led` asks and avoids `s2` as `kept` asks/);
});
