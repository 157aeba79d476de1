/** A statement that names later IPv6 fragments meets what they could be of (NETWORK, "Fragments"). */
import test from "ava";
import { NOW, RULES, modelOf } from "../testing/networks.ts";
import { decide } from "../../compile.ts";
import { prove } from "../../report/prove.ts";

const SHARES = `NewShare A for (*) [allow=True, deny=True] on rootShare.
NewShare C for (transport={TCP, 44}) [allow=True, deny=True] on A.
NewShare B for (*) [allow=True, deny=True] on rootShare.
NewShare D for (*) [allow=True, deny=True] on B.`;

/** Statements, and what becomes of the last one: refused, granted in part, or accepted. */
const CASES: readonly (readonly [said: string, becomes: "refused" | "in part" | "accepted"])[] = [
  ["deny(transport=TCP, dstPort=443) on B. allow(ethType=IPv6, transport=44) on C.", "refused"],
  ["allow(ethType=IPv6, transport=44) on C. deny(transport=TCP, dstPort=443) on B.", "refused"],
  ["allow(ethType=IPv6, transport=44) on C. deny(transport=UDP, dstPort=443) partial on B.", "in part"],
  ["deny(transport=UDP, direction=request) on B. allow(ethType=IPv6, transport={TCP, 44}) partial on C.", "in part"],
  ["deny(icmpType=8) on B. allow(transport=44) on A from +1h.", "refused"],
  // No fragment is of both.
  ["deny(transport=TCP, dstPort=443) on B. allow(ethType=IPv6, transport=44, direction=request) on A.", "accepted"],
  ["deny(srcHost=10.0.0.1, dstPort=443) on B. allow(transport=44) on C.", "accepted"],
  ["deny(srcHost=2001:db8::1, dstPort=443) on B. allow(srcHost=2001:db8::2, transport=44) on C.", "accepted"],
  ["deny(dstPort=443) on B to +1h. allow(ethType=IPv6, transport=44) on C from +1h.", "accepted"],
  ["deny(dstPort=443) on B. allow(ethType=IPv6, transport=40-43) on A.", "accepted"],
  // A fragment that is not named is of the deny alone, or of a share below.
  ["deny(dstPort=443) on B. allow(ethType=IPv6, transport!={TCP, UDP, SCTP}) on A.", "accepted"],
  ["deny(dstPort=443) on B. allow(ethType=IPv6, transport=44) on D.", "accepted"],
  ["default fragments allow. allow(dstPort=80) on A. deny(ethType=IPv6, transport=44) on B.", "refused"],
  ["default fragments allow. deny(ethType=IPv6, transport=44) on B. allow(dstPort=80) partial on A.", "in part"],
  [
    "default fragments allow. allow(dstPort=80) on A. deny(ethType=IPv6, transport!=TCP, dstPort!=80) on B.",
    "accepted",
  ],
  ["allow(dstPort=80) on A. deny(ethType=IPv6, transport=44) on B.", "accepted"],
];

test("what a cut leaves of a range of transports names no fragments", (t) => {
  const denies = ["0-43", "45-255"].map((range) => `deny(ethType=IPv6, transport=${range}) on B.`).join("\n");
  const text = `default deny.\n${SHARES}\n${denies}\nallow(srcHost=2001:db8::1) partial on A.`;
  const { diagnostics } = decide([{ name: "said", text }], { now: NOW, load: () => undefined, rules: RULES });
  t.true(diagnostics.some(({ code }) => code === "E708"));
});

for (const [said, becomes] of CASES)
  test(`${said} ${becomes}`, async (t) => {
    const text = `default deny.\n${SHARES}\n${said.replaceAll(". ", ".\n")}`;
    const { diagnostics } = decide([{ name: "said", text }], { now: NOW, load: () => undefined, rules: RULES });
    const found = diagnostics.filter(({ code }) => /^(?:E7|N701)/.test(code));
    t.deepEqual(
      found.map(({ code }) => code),
      becomes === "accepted" ? [] : [becomes === "refused" ? "E707" : "N701"],
    );
    if (becomes !== "accepted") t.regex(found[0]!.related!.at(-1)!.message, /a later IPv6 fragment/);
    if (CASES.findIndex(([one]) => one === said) % 4 > 0) return;
    t.is((await prove(modelOf(text), RULES)).disagreements, 0);
  });
