/**
 * Ranges of transports around 1 and 58, ICMP's numbers: a deny of one was once left out of the table without a word, and
 * others passed the number 1 over IPv6. Real frames show what each range holds (LANGUAGE, "Flowgroups").
 */
import { switchTest } from "./test.ts";
import { ethernet } from "./frames.ts";
import { Burst } from "./testing/burst.ts";
import { ipv4, ipv6, zeros, type Bytes } from "./testing/headers.ts";
import { compiled, install } from "./testing/user-frames.ts";

const MACS = { src: "00:00:00:00:00:02", dst: "00:00:00:00:00:99" };
const v4 = (protocol: number): Bytes => [
  ...ethernet(MACS, 0x0800, ipv4({ src: "10.0.0.2", dst: "10.0.0.9", protocol, dscp: 0 }, zeros(32))),
];
const v6 = (next: number): Bytes => [
  ...ethernet(MACS, 0x86dd, ipv6({ src: "2001:db8::2", dst: "2001:db8::9", next, dscp: 0 }, zeros(32))),
];
const FRAMES = {
  "1 over IPv4": v4(1),
  "2 over IPv4": v4(2),
  "56 over IPv4": v4(56),
  "57 over IPv4": v4(57),
  "58 over IPv4": v4(58),
  "61 over IPv4": v4(61),
  "1 over IPv6": v6(1),
  "2 over IPv6": v6(2),
  "57 over IPv6": v6(57),
  ICMPv6: v6(58),
  "61 over IPv6": v6(61),
} as const;
const WHOLE = ["57 over IPv4", "58 over IPv4", "57 over IPv6", "ICMPv6"];
const ABOVE = ["58 over IPv4", "61 over IPv4", "ICMPv6", "61 over IPv6"];
const BELOW = ["1 over IPv4", "2 over IPv4", "1 over IPv6", "2 over IPv6", "ICMPv6"];

/** What a transport may be written as, and which frames a deny of it holds. */
const HELD: readonly (readonly [transport: string, held: readonly string[]])[] = [
  ["=57-58", WHOLE],
  ["={57-58, 6}", WHOLE],
  ["=58-61", ABOVE],
  ["!=0-58", ["61 over IPv4", "61 over IPv6"]],
  [
    "!=58-255",
    ["1 over IPv4", "2 over IPv4", "56 over IPv4", "57 over IPv4", "1 over IPv6", "2 over IPv6", "57 over IPv6"],
  ],
  ["=0-2", BELOW],
  ["=0-16", BELOW],
  ["=1-1", ["1 over IPv4", "1 over IPv6", "ICMPv6"]],
  ["=1", ["1 over IPv4", "ICMPv6"]],
  ["=58", ["ICMPv6"]],
  ["!=0-16", ["56 over IPv4", "57 over IPv4", "58 over IPv4", "61 over IPv4", "57 over IPv6", "61 over IPv6"]],
  [
    "=2-100",
    [
      "2 over IPv4",
      "56 over IPv4",
      "57 over IPv4",
      ...ABOVE.slice(0, 2),
      "2 over IPv6",
      "57 over IPv6",
      ...ABOVE.slice(2),
    ],
  ],
  [
    "=0-58",
    [
      "1 over IPv4",
      "2 over IPv4",
      "56 over IPv4",
      "57 over IPv4",
      "58 over IPv4",
      "1 over IPv6",
      "2 over IPv6",
      "57 over IPv6",
      "ICMPv6",
    ],
  ],
  ["={57, 58}", ["57 over IPv4", "57 over IPv6", "ICMPv6"]],
];

switchTest(
  "a range of transports holds the numbers of headers that are in it, and ICMPv6 where 1 is",
  async (t, start) => {
    const lab = await start({ name: "ranges" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    for (const [transport, held] of HELD) {
      const text = `default allow. @q deny(transport${transport}) on rootShare.`;
      await install(lab, compiled(text).table);
      const heard = await burst.send(Object.values(FRAMES).map((bytes) => ({ from: "alice", bytes })));
      t.deepEqual(
        Object.keys(FRAMES).filter((_, i) => heard[i]!.length === 0),
        held,
        text,
      );
    }
  },
);
