/** A statement that names later IPv6 fragments meets what they could be of (NETWORK, "Fragments"). */
import test from "ava";
import { NOW, RULES, modelOf } from "../testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { render } from "../../flowgroup/index.ts";
import { prove } from "../../report/prove.ts";
import { Switch } from "../../trace/switch.ts";
import type { Packet } from "../../trace/packet.ts";
import { nameLater } from "./later-fragments.ts";

const NET = 0x2001_0db8n << 96n;
const IPV6_HOST = { family: 6, value: NET + 1n } as const;

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

/** Statements under both defaults, and whether their text names the fragments. */
const NAMED: readonly (readonly [flows: string, names: boolean])[] = [
  ["transport=44", true],
  ["transport={44, 45}", true],
  ["transport={43, 44, 45}", true],
  ["transport={TCP, 44, 45-50}", true],
  ["(transport=44) or (transport=45)", true],
  ["(transport={TCP, 44}) or (transport=40-50)", true],
  ["(transport!=UDP) or (transport=44)", true],
  ["(transport={TCP, 44}) except (transport=TCP)", true],
  ["(transport={44, 45}) except (transport=45-50)", true],
  ["transport=44-50", false],
  ["transport=0-100", false],
  ["transport!=UDP", false],
  ["transport!={43, 45}", false],
  ["(ethType=IPv6) except (transport={42-43, 45})", false],
  ["(ethType=IPv6) except (transport={0-43, 45-200})", false],
  ["(transport={44, 45}) except (transport=44)", false],
];

for (const [flows, names] of NAMED)
  test(`${flows} names later IPv6 fragments: ${names}`, (t) => {
    for (const [kind, fragments] of [
      ["allow", "deny"],
      ["deny", "allow"],
    ] as const) {
      const text = `default fragments ${fragments}. @r ${kind}(${flows}) on rootShare.`;
      const { admission, diagnostics } = decide([{ name: "said", text }], {
        now: NOW,
        load: () => undefined,
        rules: RULES,
      });
      t.deepEqual(
        diagnostics.filter(({ severity }) => severity === "error"),
        [],
      );
      const found = [...admission.state.accepted.ofKind(kind)][0]!;
      t.is(nameLater(found.pieces), names, kind);
      // What is printed reads as it was.
      const again = decide([{ name: "said", text: text.replace(flows, render(found.pieces[0]!.flows)) }], {
        now: NOW,
        load: () => undefined,
        rules: RULES,
      });
      t.is(nameLater([...again.admission.state.accepted.ofKind(kind)][0]!.pieces), names, kind);
    }
  });

test("a list of transports is accepted beside what leaves out just what it holds, and is what a grant says", (t) => {
  const denies = "@d deny(transport=40-43) on A. @e deny(transport=45-50) on A.";
  const said = (text: string): readonly string[] =>
    decide([{ name: "said", text: `default deny. ${SHARES} ${denies} ${text}` }], {
      now: NOW,
      load: () => undefined,
      rules: RULES,
    }).diagnostics.flatMap(({ code, message }) => (/^(?:E7|N701)/.test(code) ? [message] : []));
  t.deepEqual(said("allow((ethType=IPv6) except (transport={40-43, 45-50})) on B."), []);
  const [granted] = said("allow(*) partial on B.");
  t.regex(granted!, /^granted in part: allow/);
  t.deepEqual(said(granted!.replace("granted in part: ", "").replace(" partial", "")), []);
});

/** The share of a statement, and whether it lies there. */
const IN_SHARES: readonly (readonly [share: string, statement: string, isInside: boolean])[] = [
  ["transport=40-50", "allow(transport=44)", false],
  ["transport=40-50", "deny(ethType=IPv6, transport={44, 45})", false],
  ["transport=40-50", "NewShare T for (transport=44) [allow=True]", false],
  ["transport=40-50", "allow(ethType=IPv4, transport=44)", true],
  ["transport=40-50", "allow(transport=40-50)", true],
  ["transport!=TCP", "allow(ethType=IPv6, transport=44) partial", false],
  ["direction=request", "deny(direction=request, transport=44)", false],
  ["transport={TCP, 44}", "allow(transport=44)", true],
  ["dstHost=2001:db8::/32, transport=44", "allow(dstHost=2001:db8::2, transport=44)", true],
  ["dstHost=2001:db8::2, transport=44", "allow(dstHost=2001:db8::/32, transport=44)", false],
  ["vlan=10", "allow(vlan=10, transport=44)", true],
  ["*", "allow(transport=44)", true],
];

test("a share holds a statement that names fragments where it holds all their datagrams, or names them itself", (t) => {
  const said = (text: string) => {
    const { diagnostics } = decide([{ name: "said", text }], { now: NOW, load: () => undefined, rules: RULES });
    return diagnostics.filter(({ severity }) => severity === "error");
  };
  for (const [share, statement, isInside] of IN_SHARES) {
    const text = `default deny.\nNewShare S for (${share}) [allow=True, deny=True] on rootShare.\n`;
    const [found, ...more] = said(`${text}${statement} on S.`);
    t.deepEqual([found?.code, more.length], isInside ? [undefined, 0] : ["E701", 0], `${share} | ${statement}`);
    const offer = /would be accepted: (.*)$/.exec(found?.help ?? "")?.[1];
    if (offer !== undefined) t.deepEqual(said(text + offer), [], offer);
  }
});

test("in an ordered policy the first rule that holds a later fragment decides, where one of them names it", (t) => {
  const later: Packet = {
    inPort: 1,
    ethSrc: 2,
    ethDst: 3,
    ethType: 0x86dd,
    ip: { src: IPV6_HOST, dst: IPV6_HOST, protocol: 6, dscp: 0, fragment: "later" },
  };
  for (const [fragments, rules, verdict] of [
    ["", 'allow <= ethType = "IPv6", transport = 44. deny <= transport = "UDP", dstPort = 80.', "allow"],
    ["", 'deny <= transport = "UDP", dstPort = 80. allow <= ethType = "IPv6", transport = 44.', "deny"],
    ["default fragments allow.", "allow <= dstPort = 0-79. deny <= transport = 44.", "allow"],
    ["default fragments allow.", "deny <= transport = 44. allow <= dstPort = 0-79.", "deny"],
    // A `pass` takes the number alone: a deny that holds what could be of its flows holds it still.
    ["default allow.", 'pass <= transport = 44. deny <= transport = "UDP".', "deny"],
    ["default allow. default fragments allow.", 'pass <= transport = 44. deny <= ethType = "IPv6".', "allow"],
  ] as const) {
    const text = `${fragments}\npolicy p on share rootShare as root ordered { ${rules} }`;
    const decided = decide([{ name: "said", text }], { now: NOW, load: () => undefined, rules: RULES });
    const table = [...tablesAt(decided, NOW, { target: "ovs" }).tables.values()][0]!;
    t.is(new Switch(table).run(later).verdict, verdict, text);
  }
});

test("a deny in part beside an allow that names fragments leaves these to it, though it holds their datagrams", (t) => {
  const text = `default allow. default fragments allow.\n${SHARES}
allow(transport=44, dstHost=2001:db8::2) on A. deny(ethType=IPv6) partial on B.`;
  const decided = decide([{ name: "said", text }], { now: NOW, load: () => undefined, rules: RULES });
  const table = [...tablesAt(decided, NOW, { target: "ovs" }).tables.values()][0]!;
  const to = (host: bigint, fragment: "no" | "later"): Packet => ({
    inPort: 1,
    ethSrc: 2,
    ethDst: 3,
    ethType: 0x86dd,
    ip: { src: IPV6_HOST, dst: { family: 6, value: host }, protocol: 253, dscp: 0, fragment },
  });
  const verdicts = [to(2n, "later"), to(2n, "no"), to(3n, "later")].map((one) => {
    const at = { ...one, ip: { ...one.ip!, dst: { family: 6 as const, value: NET + (one.ip!.dst.value as bigint) } } };
    return new Switch(table).run(at).verdict;
  });
  t.deepEqual(verdicts, ["allow", "deny", "deny"]);
});

test("an allow that is cut for a part of its time holds headers that are cut short before and after, whatever fragments do", (t) => {
  const text = `default deny. default fragments allow.\n${SHARES}
deny(transport!=UDP, dstPort=0-79) on A from +1h to +2h. allow(*) partial on B.`;
  const decided = decide([{ name: "said", text }], { now: NOW, load: () => undefined, rules: RULES });
  const ip = { src: IPV6_HOST, dst: IPV6_HOST, protocol: 6, dscp: 0, fragment: "no" } as const;
  const cut: Packet = { inPort: 1, ethSrc: 2, ethDst: 3, ethType: 0x86dd, ip, ports: { src: 0, dst: 0 } };
  const verdicts = [0, 1, 2].map((hour) => {
    const table = [...tablesAt(decided, NOW + hour * 3600, { target: "ovs" }).tables.values()][0]!;
    return new Switch(table).run(cut).verdict;
  });
  t.deepEqual(verdicts, ["allow", "deny", "allow"]);
});
