/**
 * Packets that connection tracking calls invalid (NETWORK, "Track"), by real frames. A restriction of a direction holds
 * them, and a permission of a direction never does. A statement about its own kind can allow control traffic.
 */
import test from "ava";
import { tablesAt } from "../../compiler/compile.ts";
import { toOvs } from "../../compiler/table/text.ts";
import { readPacket } from "../../compiler/trace/read-packet.ts";
import { tracePacket } from "../../compiler/trace/trace.ts";
import { apply } from "../controller/index.ts";
import { must } from "../process/command.ts";
import {
  all6,
  ethernet,
  icmp4,
  icmp6,
  ipv4,
  linkOption,
  local6,
  none6,
  site6,
  TCP_FLAGS,
  tcp4,
  udp,
} from "./frames.ts";
import { switchTest } from "./test.ts";
import { compiled, decidedOf } from "./testing/compiled.ts";
import { Burst, MARKER_ENTRY } from "./testing/burst.ts";
import { FRAMINGS, PLAIN } from "./testing/framings.ts";
import * as h from "./testing/headers.ts";

const [src, dst] = ["00:00:00:00:00:02", "00:00:00:00:00:09"];
const four = (packet: Uint8Array): Uint8Array => ethernet({ src, dst }, 0x0800, packet);
const six = (packet: Uint8Array): Uint8Array => ethernet({ src, dst }, 0x86dd, packet);
const segment = (flags: number, from: number, wrong = false): Uint8Array =>
  four(tcp4("10.0.0.2", "10.0.0.9", [from, 80], flags, wrong));
const datagram = [...ipv4("10.0.0.9", "10.0.0.2", 17, udp(7, 7))];

/** Frames that belong to no connection and open none. */
const INVALID = {
  "SYN+ACK": segment(TCP_FLAGS.syn | TCP_FLAGS.ack, 1001),
  FIN: segment(TCP_FLAGS.fin, 1002),
  null: segment(0, 1003),
  XMAS: segment(TCP_FLAGS.fin | TCP_FLAGS.psh | TCP_FLAGS.urg, 1004),
  "a wrong checksum": segment(TCP_FLAGS.syn, 1005, true),
  unreachable: four(icmp4("10.0.0.2", "10.0.0.9", 3, 1, [0, 0, 0, 0, ...datagram])),
  redirect: four(icmp4("10.0.0.2", "10.0.0.9", 5, 1, [10, 0, 0, 2, ...datagram])),
  "router advertisement": six(icmp6(local6(2), all6(), 134, 0, [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0])),
  "neighbour advertisement": six(
    icmp6(site6(2), site6(9), 136, 0, [0x60, 0, 0, 0, ...site6(2), ...linkOption(2, src)]),
  ),
  "neighbour solicitation": six(icmp6(none6, all6(), 135, 0, [0, 0, 0, 0, ...site6(2)])),
  "multicast report": six(icmp6(local6(2), all6(22), 143, 0, [0, 0, 0, 0])),
} as const;

const SYN = segment(TCP_FLAGS.syn, 2001);
const others = ["eve", "bob"];

switchTest(
  "a deny of either direction holds packets that tracking calls invalid, and an allow of either does not",
  async (t, start) => {
    const lab = await start({ name: "invalid" });
    const put = async (text: string): Promise<void> => {
      t.is((await apply(lab.mgmt, compiled(text))).outcome, "applied");
    };
    await put("default allow.\n@d deny(srcPort=9, direction=request) on rootShare.");
    const all = Object.values(INVALID);
    const heard = async (frames: readonly Uint8Array[]): Promise<readonly (readonly [string, number])[]> => [
      ...(await lab.frames("alice", frames)),
    ];
    const by = (count: number): readonly (readonly [string, number])[] => others.map((name) => [name, count]);
    t.deepEqual(await heard(all), by(all.length));
    for (const [flows, stopsOpening] of [
      ["(direction=request)", true],
      ["(direction=response)", false],
      ["(direction={request, response})", true],
      // Everything but packets of a direction: what shows none.
      ["((*) except (direction={request, response}))", false],
    ] as const) {
      await put(`default allow.\n@d deny${flows} on rootShare.`);
      for (const [name, frame] of Object.entries(INVALID)) {
        t.deepEqual(await lab.frame("alice", frame), [], `deny${flows}: ${name}`);
      }
      t.deepEqual(await lab.frame("alice", SYN), stopsOpening ? [] : others, flows);
    }
    for (const flows of ["(direction=request)", "(direction={request, response})"]) {
      await put(`default deny.\n@a allow${flows} on rootShare.`);
      for (const [name, frame] of Object.entries(INVALID)) {
        t.deepEqual(await lab.frame("alice", frame), [], `allow${flows}: ${name}`);
      }
      t.deepEqual(await lab.frame("alice", SYN), others, flows);
    }
  },
);

switchTest(
  "control traffic beside a rule of a direction is allowed by its own kind, and excepted from a deny of one",
  async (t, start) => {
    const lab = await start({ name: "control" });
    const control = ["router advertisement", "neighbour advertisement", "neighbour solicitation", "multicast report"];
    for (const text of [
      `default deny.
@a allow(direction=request) on rootShare.
@nd allow(ethType=IPv6, icmpType=133-137) on rootShare.
@mld allow(ethType=IPv6, icmpType={130-132, 143}) on rootShare.`,
      "default allow.\n@d deny((direction={request, response}) except (ethType=IPv6, icmpType={130-137, 143})) on rootShare.",
    ]) {
      t.is((await apply(lab.mgmt, compiled(text))).outcome, "applied");
      for (const [name, frame] of Object.entries(INVALID)) {
        t.deepEqual(await lab.frame("alice", frame), control.includes(name) ? others : [], `${text}: ${name}`);
      }
    }
  },
);

/** Control traffic as words of `trace` → the name of its frame. */
const WORDS = {
  "router advertisement": "icmpType=134",
  "neighbour advertisement": "icmpType=136",
  "neighbour solicitation": "icmpType=135",
  "multicast report": "icmpType=143",
} as const;

switchTest(
  "`trace` says of control traffic beside a rule of a direction what the switch does with it",
  async (t, start) => {
    const lab = await start({ name: "traced" });
    for (const [text, arrives] of [
      ["default allow.\n@d deny(direction=response) on rootShare.", false],
      [
        "default allow.\n@d deny((direction={request, response}) except (ethType=IPv6, icmpType={130-137, 143})) on rootShare.",
        true,
      ],
      ["default deny.\n@a allow(direction=request) on rootShare.", false],
      ["default fragments allow. default deny.\n@a allow(direction={request, response}) on rootShare.", false],
      [
        "default deny.\n@a allow(direction=request) on rootShare.\n@c allow(ethType=IPv6, icmpType={130-137, 143}) on rootShare.",
        true,
      ],
    ] as const) {
      const table = compiled(text);
      t.is((await apply(lab.mgmt, table)).outcome, "applied");
      const decided = decidedOf(text);
      for (const [name, type] of Object.entries(WORDS)) {
        t.deepEqual(
          await lab.frame("alice", INVALID[name as keyof typeof WORDS]),
          arrives ? others : [],
          `${text}: ${name}`,
        );
        const read = readPacket(`srcHost=fe80::2, dstHost=ff02::1, transport=58, ${type}`, decided.model);
        if (!read.ok) return t.fail(name);
        const traced = tracePacket(decided, new Map([["", table]]), read.value, { instant: 0, target: "ovs" });
        const verdict = arrives ? "allow" : "deny";
        t.deepEqual(
          [traced.policyVerdict, traced.tableVerdict, traced.agree],
          [verdict, verdict, true],
          `${text}: ${name}`,
        );
      }
    }
  },
);

/** Fragments whose other fragments never come: the first of a datagram or a later one, of both families. */
const FRAGMENTS = FRAMINGS.filter(({ name }) => /(first|later|last) fragment/.test(name)).map(({ frame }) =>
  Uint8Array.from([...frame(PLAIN), ...Array<number>(60).fill(0)]),
);
/** Policies → whether they let every fragment from alice to 10.0.0.9 and 2001:db8::9 pass. */
const OF_FRAGMENTS: readonly (readonly [policy: string, passes: boolean])[] = [
  ["default allow. @d deny(dstHost={10.0.0.77, 2001:db8::77}, direction=request) on rootShare.", true],
  ["default allow. @d deny(dstHost={10.0.0.9, 2001:db8::9}, direction=request) on rootShare.", false],
  ["default allow. @d deny(dstHost={10.0.0.9, 2001:db8::9}, direction=response) on rootShare.", false],
  ["default allow. @d deny(direction={request, response}) on rootShare.", false],
  ["default allow. @l limit(direction=request) = 9Mb on rootShare.", true],
  ["default deny. @a allow(direction=request) on rootShare.", false],
  ["default deny. @a allow(direction={request, response}) on rootShare.", false],
  ["default deny. @a allow(direction=response) on rootShare. @b allow(inPort=1) on rootShare.", true],
  ["default fragments allow. default deny. @a allow(direction=request) on rootShare.", true],
  ["default fragments allow. default deny. @a allow(direction={request, response}) on rootShare.", true],
  ["default fragments allow. default allow. @d deny(direction=request) on rootShare.", true],
  ["default fragments allow. default allow. @d deny(direction={request, response}) on rootShare.", false],
];

switchTest(
  "a fragment shows no direction: a restriction of one holds it, a permission does not, and no other flow loses it",
  async (t, start) => {
    const lab = await start({ name: "pieces" });
    t.is(FRAGMENTS.length, 9);
    for (const [text, passes] of OF_FRAGMENTS) {
      t.is((await apply(lab.mgmt, compiled(text))).outcome, "applied");
      const heard = [...(await lab.frames("alice", FRAGMENTS))];
      t.deepEqual(
        heard,
        others.map((name) => [name, passes ? FRAGMENTS.length : 0] as const),
        text,
      );
    }
  },
);

switchTest(
  "datagrams too large for a frame are dropped by allows of a direction, and pass by what N844 says",
  async (t, start) => {
    const lab = await start({ name: "large" });
    const [alice, bob] = ["alice", "bob"].map((name) => lab.hosts.find((host) => host.name === name)!.ip);
    const directed = `default deny. @arp allow(ethType=ARP) on rootShare.
    @out allow(srcHost=${alice}, direction=request) on rootShare.
    @in allow(dstHost=${alice}, direction=response) on rootShare.`;
    const notes = tablesAt(decidedOf(directed), 0, { target: "ovs" }).diagnostics;
    t.deepEqual(
      notes.map(({ code }) => code),
      ["N844", "N844"],
    );
    t.regex(notes[0]!.help!, /an allow of both hosts and the transport, both ways and with no direction and no ports/);
    const remedy = `@large allow(srcHost=${alice}, dstHost=${bob}, transport=ICMP) both ways on rootShare.`;
    const asked = async (size: number): Promise<boolean> => {
      const words = ["ping", "-c", "1", "-W", "2", "-s", String(size), bob!];
      return /1 received/.test((await lab.run("alice", words).catch(() => ({ stdout: "" }))).stdout);
    };
    for (const [text, large] of [
      [directed, false],
      [`${directed}\n${remedy}`, true],
    ] as const) {
      t.is((await apply(lab.mgmt, compiled(text))).outcome, "applied");
      t.true(await asked(56));
      t.is(await asked(4000), large);
      t.false(await lab.ping("bob", "eve", { timeout: 1000 }));
    }
  },
);

switchTest(
  "over IPv6 later fragments pass by what N844 says of them: 44 beside the transport, or none",
  async (t, start) => {
    const lab = await start({ name: "large6" });
    const [src, dst] = ["2001:db8::2", "2001:db8::9"];
    const link = { src: "00:00:00:00:00:02", dst: "00:00:00:00:00:99" };
    const piece = (offset: number, more: boolean, of: readonly number[]): Uint8Array =>
      Uint8Array.from(
        ethernet(link, 0x86dd, h.ipv6({ src, dst, next: 44, dscp: 0 }, [...h.fragment(17, offset, more), ...of])),
      );
    const frames = [piece(0, true, [...h.udp(7, 80), ...h.zeros(64)]), piece(9, false, [...h.zeros(80)])];
    const heard = async (text: string): Promise<readonly boolean[]> => {
      t.is((await apply(lab.mgmt, compiled(text))).outcome, "applied");
      const all: boolean[] = [];
      for (const frame of frames) all.push((await lab.frame("alice", frame)).length > 0);
      return all;
    };
    const directed = `default deny. @out allow(srcHost=${src}, direction=request) on rootShare.`;
    const help = tablesAt(decidedOf(directed), 0, { target: "ovs" }).diagnostics.find(
      ({ code }) => code === "N844",
    )!.help!;
    t.regex(help, /over IPv6 a later fragment hides its transport.*`transport=\{UDP, 44\}`.*or no transport/);
    const hosts = `srcHost=${src}, dstHost=${dst}`;
    for (const [group, passes] of [
      [`${hosts}, transport=UDP`, [true, false]],
      [`${hosts}, transport={UDP, 44}`, [true, true]],
      [hosts, [true, true]],
    ] as const)
      t.deepEqual(await heard(`${directed} @big allow(${group}) both ways on rootShare.`), passes, group);
    t.deepEqual(await heard(directed), [false, false]);
  },
);

switchTest(
  "a statement of a direction takes no frame of any kind from the flows that it does not concern",
  async (t, start) => {
    const lab = await start({ name: "kinds" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    const frames = FRAMINGS.map(({ frame }) => ({ from: "alice", bytes: frame(PLAIN) }));
    const heard = async (text: string): Promise<readonly string[]> => {
      await lab.ofctl("replace-flows", ["-"], { input: `${MARKER_ENTRY}\n${toOvs(compiled(text))}` });
      await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
      return (await burst.send(frames)).map((by, i) => `${FRAMINGS[i]!.name}: ${by.join()}`);
    };
    const concerned = "deny(dstHost={10.0.0.77, 2001:db8::77}, direction={request, response}) on rootShare.";
    t.deepEqual(await heard(`default allow. @d ${concerned}`), await heard("default allow."));
  },
);

test("with a limit of each direction in one table a packet of neither passes the lower one", (t) => {
  const table = compiled(`default allow.
@asked limit(dstHost=10.0.0.0/8, direction=request) = 9Mb on rootShare.
@given limit(srcHost=10.0.0.0/8, direction=response) = 5Mb on rootShare.`);
  const invalid = table.entries.filter(({ match }) =>
    match.some(({ field, value }) => field === "ct_state" && value === 0x30n),
  );
  const priorities = invalid.map(({ priority, instructions }) => [
    priority,
    table.meters!.find(({ meter }) => instructions.some((one) => one.kind === "meter" && one.meter === meter))!
      .statement,
  ]);
  t.is(new Set(invalid.map(({ table: number }) => number)).size, 1);
  t.deepEqual(
    priorities.toSorted(([a], [b]) => Number(b) - Number(a)).map(([, statement]) => statement),
    ["given", "asked"],
  );
});
