/** Which cubes hold a flow, for dependences between fields that random sets seldom meet. */
import test from "ava";
import {
  complement,
  cube,
  names,
  numbers,
  possible,
  present,
  renderFlow,
  shareFlow,
  subset,
  witness,
} from "./index.ts";

const without = (field: "dstPort") => complement(field, present(field));

test("a flow that enters at a port of a switch is seen at that switch", (t) => {
  t.false(possible(cube({ srcAP: names("s1:3"), switch: names("s2") })));
  t.false(
    shareFlow(cube({ srcAP: names("s1:3", "s1:4") }), cube({ switch: names("s1"), inPort: numbers("inPort", 5) })),
  );
});

test("two sets that overlap in every field may have no flow in common", (t) => {
  const web = cube({
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6),
    srcPort: numbers("srcPort", 80),
  });
  t.true(shareFlow(web, cube({ dstPort: numbers("dstPort", 80) })));
  t.false(shareFlow(web, cube({ dstPort: without("dstPort") })));
});

test("the flow that shows a set is one that exists: no type below a length, no port without the other", (t) => {
  t.is(
    renderFlow(witness({ cubes: [cube({ ethType: complement("ethType", numbers("ethType", [0x600, 0xffff])) })] })!),
    "ethType=0x05ff",
  );
  t.is(renderFlow(witness({ cubes: [cube({ ethType: present("ethType") })] })!), "ethType=IPv4");
  const portless = cube({
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6, 1),
    srcPort: complement("srcPort", numbers("srcPort", 80)),
    dstPort: without("dstPort"),
  });
  t.is(renderFlow(witness({ cubes: [portless] })!), "ethType=IPv4, transport=ICMP");
});

test("a flow of a transport with ports has both, and of ICMP a type and a code, though its fragments show none", (t) => {
  for (const [transport, field] of [
    [6, "srcPort"],
    [17, "dstPort"],
    [132, "dstPort"],
    [1, "icmpType"],
    [1, "icmpCode"],
  ] as const) {
    const of = numbers("transport", transport);
    const whole = cube({ ethType: numbers("ethType", 0x0800), transport: of, [field]: present(field) });
    t.true(subset({ cubes: [cube({ ethType: numbers("ethType", 0x0800), transport: of })] }, { cubes: [whole] }));
    t.false(possible(cube({ transport: of, [field]: complement(field, present(field)) })));
  }
});

test("only an IP flow has a direction", (t) => {
  const arp = cube({ ethType: numbers("ethType", 0x0806) });
  const request = cube({ direction: numbers("direction", 0) });
  t.false(shareFlow(arp, request));
  t.false(possible(cube({ ethType: numbers("ethType", 0x0806), direction: numbers("direction", 0) })));
  t.true(possible(request));
  t.true(shareFlow(cube({ ethType: numbers("ethType", 0x0800) }), request));
});

test("every IP flow has a DSCP, and no other flow has one", (t) => {
  const dscp = cube({ dscp: present("dscp") });
  const v4 = cube({ ethType: numbers("ethType", 0x0800) });
  t.true(subset({ cubes: [v4] }, { cubes: [dscp] }));
  t.false(possible(cube({ ethType: numbers("ethType", 0x86dd), dscp: complement("dscp", present("dscp")) })));
  t.true(possible(cube({ dscp: complement("dscp", present("dscp")) })));
  t.false(shareFlow(cube({ ethType: numbers("ethType", 0x0806) }), dscp));
});
