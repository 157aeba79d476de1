/** Flowgroups as text: of the language, which reads it back, and for readers. */
import test from "ava";
import fc from "fast-check";
import { HEAD_WORDS } from "#grammar/heads.ts";
import { resolve } from "../resolve/resolve.ts";
import { parseIpv6 } from "../net/index.ts";
import { parse } from "../syntax/parse.ts";
import {
  addresses,
  ALL,
  complement,
  constraintsOf,
  cube,
  describe,
  wholeDifference,
  flowgroup,
  names,
  negation,
  NONE,
  normalise,
  numbers,
  numberSet,
  possible,
  present,
  readable,
  render,
  renderFlow,
  tellSet,
  witness,
  type Constraints,
  type Field,
  type FieldSet,
  type Flowgroup,
} from "./index.ts";
import { quote } from "./render-values.ts";
import { arbitraryFlowgroup, block, isShown } from "./testing.ts";

/** The flowgroup with prerequisites and without impossible flows, as all flowgroups of a policy are. */
const complete = (of: Flowgroup): Flowgroup =>
  flowgroup(
    of.cubes.flatMap((one) => {
      const result = normalise(constraintsOf(one));
      return result.kind === "cubes" ? result.cubes : [];
    }),
  );
const rendered = (constraints: Constraints): string => render(complete({ cubes: [cube(constraints)] }));

/** The flowgroup that the language reads in a text. */
function readBack(text: string): Flowgroup {
  const source = {
    name: "test.pane",
    text: `default deny.\nAddUser alice. AddUser bob. AddUser eve.\nswitch(alice, 1). switch(bob, 2). switch(eve, 3). switch(unknown, 4).\nflowgroup it = ${text}.`,
  };
  const { file, diagnostics } = parse(source);
  const { model, diagnostics: more } = resolve([{ source, file }], { now: 0, load: () => undefined });
  const errors = [...diagnostics, ...more].filter(({ severity }) => severity === "error");
  const found = model.flowgroups.get("it");
  if (errors.length > 0 || !found) throw new Error(`${text}: ${errors.map(({ message }) => message).join("; ")}`);
  return found.flows;
}

/** Equal, apart from packets that cannot exist: the language has no words for them. */
const sameInPractice = (a: Flowgroup, b: Flowgroup): boolean =>
  [wholeDifference(a, b), wholeDifference(b, a)].every(({ cubes }) => !cubes.some(isShown));

const shapes: readonly (readonly Field[])[] = [
  ["user", "vlan", "switch"],
  ["srcHost", "dstPort", "ethType"],
  ["ethType", "transport", "icmpType"],
  ["srcHost", "dstHost", "transport", "dscp"],
  ["user", "srcEth", "srcPort", "inPort"],
];

for (const fields of shapes) {
  test(`a rendered flowgroup is read back as the same set, over ${fields.join(", ")}`, (t) => {
    fc.assert(
      fc.property(arbitraryFlowgroup(fields, 3), (any) => {
        const of = complete(any);
        if (of.cubes.length > 0) t.true(sameInPractice(readBack(render(of)), of), render(of));
      }),
      { numRuns: 150, seed: 58 },
    );
  });
}

test("prerequisites are left out, names are used where there are names", (t) => {
  t.is(rendered({ dstPort: numbers("dstPort", 80) }), "(dstPort=80)");
  t.is(
    rendered({ dstPort: numbers("dstPort", 80, 443), transport: numbers("transport", 6) }),
    "(transport=TCP, dstPort={80, 443})",
  );
  t.is(rendered({ srcHost: addresses(block("10.0.0.0/8")) }), "(srcHost=10.0.0.0/8)");
  t.is(rendered({ ethType: numbers("ethType", 0x0806) }), "(ethType=ARP)");
  t.is(rendered({ ethType: numbers("ethType", 0x88cc, [1, 5]) }), "(ethType={0x0001-0x0005, 0x88cc})");
  t.is(
    rendered({ ethType: numbers("ethType", 0x86dd), transport: numbers("transport", 1) }),
    "(ethType=IPv6, transport=ICMP)",
  );
  t.is(rendered({ srcEth: numbers("srcEth", 2) }), "(srcEth=00:00:00:00:00:02)");
});

test("the shorter of a set and its negation is rendered, and `except` where packets may lack the field", (t) => {
  t.is(rendered({ dstPort: numbers("dstPort", [0, 21], [23, 65_535]) }), "(dstPort!=22)");
  t.is(rendered({ user: { kind: "name", absent: false, not: true, names: ["alice", "bob"] } }), "(user!={alice, bob})");
  t.is(render(wholeDifference(ALL, flowgroup([cube({ vlan: numbers("vlan", 7) })]))), "(*) except (vlan=7)");
  t.is(rendered({ user: present("user") }), "(user=unknown) or (user!=unknown)");
  t.is(render(ALL), "(*)");
  t.is(describe(NONE), "no flow at all");
});

test("readable text has words for flows with or without a field, and the language for the rest", (t) => {
  const readableOf = (constraints: Constraints): string => readable(complete({ cubes: [cube(constraints)] }));
  const noUser = complement("user", present("user"));
  t.is(readableOf({ user: noUser }), "every flow without user");
  t.is(readableOf({ user: present("user") }), "every flow with any user");
  t.is(readableOf({ user: noUser, vlan: numbers("vlan", 7) }), "(vlan=7) without user");
  t.is(
    readableOf({ vlan: complement("vlan", present("vlan")), dstPort: present("dstPort") }),
    "every flow without vlan with any dstPort",
  );
  t.is(
    readableOf({ user: noUser, vlan: complement("vlan", numbers("vlan", 7)) }),
    "every flow without user except (vlan=7)",
  );
  t.is(describe(complete({ cubes: [cube({ user: noUser })] })), "every flow without user");
  t.is(readable(ALL), "(*)");
  t.is(readable(NONE), "no flow at all");
  t.deepEqual(
    [noUser, present("user"), complement("user", names("eve"))].map((set) => tellSet("user", set)),
    ["absent", "present", "other than eve"],
  );
});

for (const fields of shapes) {
  test(`readable text is the language's wherever the language has words, over ${fields.join(", ")}`, (t) => {
    fc.assert(
      fc.property(arbitraryFlowgroup(fields, 3), (any) => {
        const of = complete(any);
        const text = readable(of);
        t.notRegex(text, /unknown/);
        if (of.cubes.length > 0 && !/without|with any/.test(text)) t.is(text, render(of));
      }),
      { numRuns: 100, seed: 19 },
    );
  });
}

test("a range of addresses that is a block is rendered as one", (t) => {
  const v4 = (low: number, high: number): FieldSet => ({ kind: "ip", absent: false, v4: [low, high], v6: [] });
  t.is(rendered({ dstHost: v4(0x0a000001, 0x0a000001) }), "(dstHost=10.0.0.1)");
  t.is(rendered({ dstHost: v4(0x0a000001, 0x0a000006) }), "(dstHost=10.0.0.1-10.0.0.6)");
  t.is(rendered({ dstHost: v4(0x0a000000, 0x0a0000ff) }), "(dstHost=10.0.0.0/24)");
  const mapped = parseIpv6("::ffff:192.0.2.1");
  t.true(mapped.ok);
  if (!mapped.ok) return;
  const of = complete({ cubes: [cube({ dstHost: addresses({ family: 6, value: mapped.value }) })] });
  t.is(render(of), "(dstHost=::ffff:192.0.2.1)");
  t.true(sameInPractice(readBack(render(of)), of));
});

test("every set of transports around 1, 58 and one that IPv6 skips is read back over the families that it had", (t) => {
  const members = [
    [0, 0],
    [1, 1],
    [2, 57],
    [58, 58],
    [59, 255],
  ] as const;
  const families = [numbers("ethType", 0x0800), numbers("ethType", 0x86dd), numbers("ethType", 0x0800, 0x86dd)];
  for (let bits = 1; bits < (1 << members.length) - 1; bits++) {
    const transport = numberSet(
      "transport",
      members.filter((_, i) => (bits >> i) & 1),
    )!;
    for (const set of [transport, { ...transport, absent: true }])
      for (const ethType of families) {
        const of = complete({ cubes: [cube({ ethType, transport: set })] });
        const back = readBack(render(of));
        for (const rest of [wholeDifference(of, back), wholeDifference(back, of)])
          t.false(rest.cubes.some(possible), render(of));
      }
  }
});

test("a transport that IPv6 skips is written so that it is read back over the families that it had", (t) => {
  for (const transport of [numbers("transport", 0), numbers("transport", [0, 1]), numbers("transport", [2, 255], 60)])
    for (const ethType of [numbers("ethType", 0x0800), numbers("ethType", 0x86dd), numbers("ethType", 0x0800, 0x86dd)])
      for (const set of [transport, complement("transport", transport), negation("transport", transport)!]) {
        const of = complete({ cubes: [cube({ ethType, transport: set })] });
        const back = readBack(render(of));
        for (const rest of [wholeDifference(of, back), wholeDifference(back, of)])
          t.false(rest.cubes.some(possible), render(of));
      }
  t.is(rendered({ transport: numbers("transport", [0, 1]) }), "(transport={0-0, ICMP})");
  t.is(
    rendered({ ethType: numbers("ethType", 0x0800), transport: numbers("transport", 0) }),
    "(ethType=IPv4, transport=0)",
  );
});

test("names are quoted where the language needs it", (t) => {
  for (const [name, text] of [
    ["alice", "alice"],
    ["10 north", '"10 north"'],
    ["allow", '"allow"'],
    ['a"b\\', String.raw`"a\"b\\"`],
    ["web.example.com", '"web.example.com"'],
    ["now", "now"],
  ] as const) {
    t.is(quote(name), text);
  }
  for (const word of HEAD_WORDS) t.is(quote(word), `"${word}"`);
  t.is(rendered({ srcAP: names("s1:3", "north wing:7") }), '(srcAP="north wing":7) or (srcAP=s1:3)');
});

test("the description of many flows is cut short, and a flow is a list of terms", (t) => {
  const many = flowgroup([cube({ vlan: numbers("vlan", 1, 3, 5, 7, 9) })]);
  t.is(describe(many), "(vlan={1, 3, 5, … 2 more})");
  const several = flowgroup(
    Array.from({ length: 30 }, (_, i) => cube({ vlan: numbers("vlan", i), dscp: numbers("dscp", i) })),
  );
  t.regex(describe(several), /^\(vlan=0, dscp=0\) or .* or \d+ more$/);
  const web = complete({
    cubes: [
      cube({ user: names("alice"), srcHost: addresses(block("2001:db8::/32")), dstPort: numbers("dstPort", 80) }),
    ],
  });
  t.is(renderFlow(witness(web)!), "user=alice, srcHost=2001:db8::, ethType=IPv6, transport=TCP, dstPort=80");
});
