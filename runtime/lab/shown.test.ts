/**
 * What a switch can show (NETWORK, "What a switch can show"). Real frames test both sides: a policy drops the frames
 * that it names, and the language refuses only types that no frame shows.
 */
import test from "ava";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { tablesAt } from "../../compiler/compile.ts";
import { decide } from "../../compiler/decide.ts";
import { apply } from "../controller/index.ts";
import { ethernet, ipv4, ipv6, udp } from "./frames.ts";
import { switchTest } from "./test.ts";

const decided = (flows: string): ReturnType<typeof decide> =>
  decide([{ name: "shown.pane", text: `default allow.\n@d deny${flows} on rootShare.` }], {
    now: 0,
    load: () => undefined,
    rules: RULES,
  });
const reported = (flows: string): readonly string[] =>
  decided(flows).diagnostics.map(({ code, help }) => `${code} ${help}`);

test("a type that no frame shows is refused with the form that works, by itself and in a set or a rule", (t) => {
  const tag = [
    "E255 write `vlan=0-4095` for frames with a tag, any tag; for those with a second one that condition and this",
  ];
  const length = ["E255 write `ethType=0x05ff`"];
  t.deepEqual(reported("(ethType=0x8100)"), tag);
  t.deepEqual(reported("(ethType=0x88a8)"), tag);
  t.deepEqual(reported("(ethType!=0x8100)"), tag);
  t.deepEqual(reported("(ethType={IPv4, 0x8100})"), tag);
  t.deepEqual(reported("(ethType=100)"), length);
  t.deepEqual(reported("(ethType=0x100-0x200)"), length);
  // A range stays valid where it holds a type that frames show.
  t.deepEqual(reported("(ethType=0x80f0-0x8100)"), []);
  t.deepEqual(reported("(ethType=0x05ff)"), []);
  // A tag that follows another is shown as the type.
  t.deepEqual(reported("(vlan=0-4095, ethType=0x8100)"), []);
  t.deepEqual(reported("(ethType={0x8100, 0x88a8}, vlan!=10)"), []);
  // A tag that follows a SNAP header is not read as one, and its type is shown.
  t.deepEqual(reported("(vlan=none, ethType=0x8100)"), []);
  const rule = "policy p on share rootShare { @r deny <= ethType(T), bad(T). }\nbad(0x8100).";
  const ofRule = decide([{ name: "r.pane", text: `default allow.\n${rule}` }], {
    now: 0,
    load: () => undefined,
    rules: RULES,
  });
  t.true(ofRule.diagnostics.some(({ code }) => code === "E255"));
});

test("an IPv6 header that switches skip gets a note, and so does an ICMP type without its family", (t) => {
  const codes = (flows: string): readonly string[] => decided(flows).diagnostics.map(({ code }) => code);
  for (const transport of ["0", "43", "AH", "60"]) {
    t.deepEqual(codes(`(transport=${transport})`), ["N256"]);
    t.deepEqual(codes(`(transport=${transport}, ethType=IPv6)`), ["E501"]);
    t.deepEqual(codes(`(transport=${transport}, ethType=IPv4)`), []);
  }
  t.deepEqual(codes("(transport=0-3)"), []);
  t.deepEqual(codes("(icmpType=8)"), ["N257"]);
  t.deepEqual(codes("(icmpType=8, ethType=IPv4)"), []);
  t.deepEqual(codes("(icmpType=8, dstHost=10.0.0.1)"), []);
  t.deepEqual(codes("(icmpType=128, transport=ICMPv6)"), []);
  // Rules get the same notes, also where the number comes from a fact.
  const ofRule = (rule: string): readonly string[] => {
    const text = `default allow.\npolicy p on share rootShare { @r deny <= ${rule}. }${rule.includes("listed") ? "\nlisted(51)." : ""}`;
    const { diagnostics } = decide([{ name: "r.pane", text }], { now: 0, load: () => undefined, rules: RULES });
    return diagnostics.map(({ code }) => code);
  };
  t.deepEqual(ofRule("transport(51)"), ["N256"]);
  t.deepEqual(ofRule("transport(T), listed(T)"), ["N256"]);
  t.deepEqual(ofRule("transport(51), ethType(ipv4)"), []);
  t.deepEqual(ofRule("icmpType(8)"), ["N257"]);
  t.deepEqual(ofRule("icmpType(8), ethType(ipv4)"), []);
});

const [src, dst] = ["00:00:00:00:00:02", "00:00:00:00:00:09"];
const packet = ipv4("10.0.0.2", "10.0.0.9", 17, udp(7, 7));
const tagged = (...tags: [number, number][]): Uint8Array => ethernet({ src, dst, tags }, 0x0800, packet);
const llc = ethernet({ src, dst }, 100, [0x42, 0x42, 3, ...Array<number>(97).fill(0)]);
const v6 = (next: number, payload: readonly number[]): Uint8Array =>
  ethernet({ src, dst }, 0x86dd, ipv6(1, 2, next, payload));
/** An extension header of eight bytes before a datagram. */
const skipped = (next: number): Uint8Array => v6(next, [17, 0, 1, 4, 0, 0, 0, 0, ...udp(7, 7)]);

const UNTAGGED = tagged();
const FRAMES = {
  UNTAGGED,
  "tag 10": tagged([0x8100, 10]),
  "tag 5": tagged([0x8100, 5]),
  "tag 0": tagged([0x8100, 0]),
  "service tag 5": tagged([0x88a8, 5]),
  "two tags": tagged([0x88a8, 5], [0x8100, 10]),
  length: llc,
  "hop-by-hop": skipped(0),
  routing: skipped(43),
  "destination options": skipped(60),
  "IPv4 AH": ethernet({ src, dst }, 0x0800, ipv4("10.0.0.2", "10.0.0.9", 51, Array<number>(24).fill(0))),
} as const;
type FrameName = keyof typeof FRAMES;

/** Policies, and the frames of `FRAMES` that each of them stops. */
const STOPPED: readonly (readonly [flows: string, stopped: readonly FrameName[]])[] = [
  ["(vlan=0-4095)", ["tag 10", "tag 5", "tag 0", "service tag 5", "two tags"]],
  ["(ethType=0x05ff)", ["length"]],
  ["(vlan=none)", ["UNTAGGED", "length", "hop-by-hop", "routing", "destination options", "IPv4 AH"]],
  ["(vlan={none, 5}, ethType=IPv4)", ["UNTAGGED", "tag 5", "service tag 5", "IPv4 AH"]],
  ["(vlan!=10)", ["tag 5", "tag 0", "service tag 5", "two tags"]],
  [
    "((*) except (vlan=10))",
    [
      "UNTAGGED",
      "tag 5",
      "tag 0",
      "service tag 5",
      "two tags",
      "length",
      "hop-by-hop",
      "routing",
      "destination options",
      "IPv4 AH",
    ],
  ],
  ["(transport=AH)", ["IPv4 AH"]],
  ["(transport=UDP, ethType=IPv6)", ["hop-by-hop", "routing", "destination options"]],
];

switchTest("a policy stops exactly the real frames that it names", async (t, start) => {
  const lab = await start();
  for (const [flows, stopped] of STOPPED) {
    const policy = decided(flows);
    t.true(policy.good, flows);
    const table = tablesAt(policy, 0, { target: "ovs" }).tables.get("")!;
    t.is((await apply(lab.mgmt, table)).outcome, "applied");
    for (const [name, frame] of Object.entries(FRAMES)) {
      const heard = await lab.frame("alice", frame);
      t.deepEqual(heard, stopped.includes(name as FrameName) ? [] : ["eve", "bob"], `${flows}: ${name}`);
    }
  }
});

switchTest(
  "a condition on vlan asks for a frame's own tag: what comes from an access port has none",
  async (t, start) => {
    const lab = await start({ name: "access" });
    await lab.vsctl(["set", "port", "s1-eth1", "tag=10", "--", "set", "port", "s1-eth2", "tag=10"]);
    for (const [flows, heard] of [
      ["(vlan=10)", ["eve", "bob"]],
      ["(vlan=none)", []],
    ] as const) {
      const table = tablesAt(decided(flows), 0, { target: "ovs" }).tables.get("")!;
      t.is((await apply(lab.mgmt, table)).outcome, "applied");
      t.deepEqual(await lab.frame("alice", UNTAGGED), heard, flows);
    }
  },
);
