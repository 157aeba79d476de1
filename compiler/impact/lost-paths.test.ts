/**
 * Facts of links, rates and places that change what becomes of flows, although every statement stays: what a plan tells of
 * them. Where flows are dropped, the table of the switch where they enter is asked as well.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";
import { lower } from "../lowering/index.ts";
import { flowText } from "../explain/text.ts";
import { explainFlow } from "../explain/flow.ts";
import { policyChange, policyState, type PolicyState } from "../report/policy-change.ts";
import { Switch } from "../trace/switch.ts";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});

/** A ring of three switches with a host at the first and one at the third or where it is said. */
const ring = (said: string, { direct = "1Gb", h2 = "s3, 10" } = {}): PolicyState => {
  const text = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 1, s2, 1, 1Gb). link(s2, 2, s3, 1, 1Gb).
${direct === "" ? "" : `link(s1, 2, s3, 2, ${direct}).`}
host_at(h1, s1, 10). host_mac(h1, 02:00:00:00:00:01). host_ip(h1, 10.0.0.1).
host_at(h2, ${h2}). host_mac(h2, 02:00:00:00:00:02). host_ip(h2, 10.0.0.2).
NewShare w for (*) [deny = True, avoid = {s2}, reserve <= 900Mb, limit <= 500Mb] on rootShare.
${said}`;
  const decided = decide([{ name: "ring.pane", text }], { now: 0, load: () => undefined, rules });
  const { directory, defaults } = decided.model;
  const lowered = lower(decided.admission.derived.active(0), { directory, defaults, target: "ovs", now: 0 });
  return policyState(decided, lowered, 0);
};

/** The lines of the statements that have labels. */
const told = (old: PolicyState, next: PolicyState): readonly string[] =>
  policyChange(old, next, [0])
    .traffic.filter(({ statement }) => !statement.includes(":"))
    .map(({ change, effect, statement, flows, was, rate, atMost }) =>
      [change, ...(atMost ? ["at most"] : []), effect, flows, statement, was, rate].join(" ").trim(),
    );

/** What the table of `s1` does with a packet that `h1` sends to `h2`. */
const sent = ({ tables }: PolicyState): string => {
  const address = (value: number) => ({ family: 4, value }) as const;
  const ip = { src: address(0x0a00_0001), dst: address(0x0a00_0002), protocol: 6, dscp: 0, fragment: "no" } as const;
  const frame = { inPort: 10, ethSrc: 0x0200_0000_0001, ethDst: 0x0200_0000_0002, ethType: 0x800 };
  return new Switch(tables.get("s1")!).run({ ...frame, ip, ports: { src: 5_000, dst: 80 } }).verdict;
};

const AVOID = "@a avoid(srcHost=h1, dstHost=h2) = s2 on w.";
const LOST = "deny (srcHost=10.0.0.1, dstHost=10.0.0.2, srcEth=02:00:00:00:00:01, switch=s1, inPort=10) a";

test("flows that a link leaves no path around what they avoid are told as denied from now on, and back", (t) => {
  const [old, next] = [ring(AVOID), ring(AVOID, { direct: "" })];
  t.deepEqual([sent(old), sent(next)], ["allow", "deny"]);
  t.deepEqual(told(old, next), [`begins ${LOST}`]);
  t.deepEqual(told(next, old), [`ends ${LOST}`]);
});

test("an avoid that has no path from its start is told as the deny that it is", (t) => {
  const [old, next] = [ring("", { direct: "" }), ring(AVOID, { direct: "" })];
  t.deepEqual([sent(old), sent(next)], ["allow", "deny"]);
  t.deepEqual(told(old, next), ["begins deny (srcHost=10.0.0.1, dstHost=10.0.0.2) a"]);
});

test("flows that a deny holds before and after are not told as led or dropped", (t) => {
  const both = `@e deny(srcHost=h1, dstHost=h2) on w. ${AVOID}`;
  const [old, next] = [ring(both), ring(both, { direct: "" })];
  t.deepEqual([sent(old), sent(next)], ["deny", "deny"]);
  t.deepEqual(told(old, next), []);
});

test("a reservation of which a slower link keeps less is told at what it keeps, and not where it keeps as much", (t) => {
  const reserve = (rate: string): string => `@c reserve(srcHost=h1, dstHost=h2) = ${rate} on w.`;
  const slow = { direct: "100Mb" };
  const flows = "rate reserve (srcHost=10.0.0.1, dstHost=10.0.0.2) c";
  t.deepEqual(told(ring(reserve("800Mb")), ring(reserve("800Mb"), slow)), [`${flows} 800000000 100000000`]);
  t.deepEqual(told(ring(reserve("50Mb")), ring(reserve("50Mb"), slow)), []);
});

test("a limit that more switches divide is told at its part there, and less once they are fewer", (t) => {
  const limit = "@d limit(srcHost={h1, h2}) = 2Mb on w.";
  const [old, next] = [ring(limit, { h2: "s1, 11" }), ring(limit)];
  const own = "rate limit (srcHost=10.0.0.1, srcEth=02:00:00:00:00:01, switch=s1, inPort=10) d";
  t.deepEqual(told(old, next), [`${own} 2000000 1000000`]);
  t.deepEqual(told(next, old), [`${own} 1000000 2000000`]);
});

test("of a reservation for which a link has no room an explanation says that it is suspended", (t) => {
  const line = (direct: string): string => {
    const { decided } = ring("@c reserve(srcHost=h1, dstHost=h2) = 800Mb on w.", { direct });
    const host = (value: number) => ({ family: 4 as const, value });
    const flow = { ethType: 0x800, srcHost: host(0x0a00_0001), dstHost: host(0x0a00_0002), transport: 1 };
    return flowText(explainFlow(decided!.admission, flow, 0))
      .split("\n")
      .find((one) => one.includes(" by c "))!
      .trim();
  };
  t.regex(line("1Gb"), /^reserved 800Mb by c on w /);
  t.regex(line("100Mb"), /^suspended: kept is what the links have left, not 800Mb by c on w /);
});
