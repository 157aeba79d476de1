/**
 * Fragments and headers that are cut short, under both `default fragments` (NETWORK, "Fragments"). What shows no ports
 * reads as port 0 on both sides, whatever the reason. Real frames show which statements hold it.
 */
import { switchTest } from "./test.ts";
import { ethernet } from "./frames.ts";
import { Burst } from "./testing/burst.ts";
import { fragment, ipv4, ipv6, udp, zeros, type Bytes, type Ipv4Head } from "./testing/headers.ts";
import { compiled, install } from "./testing/user-frames.ts";

/** A UDP packet over IPv4, whole or not. */
const packet = (payload: Bytes, cut: Partial<Ipv4Head> = {}): Bytes => [
  ...ethernet(
    { src: "00:00:00:00:00:02", dst: "00:00:00:00:00:99" },
    0x0800,
    ipv4({ src: "10.0.0.2", dst: "10.0.0.9", protocol: 17, dscp: 0, ...cut }, payload),
  ),
];
const FRAMES = {
  "to 80": packet(udp(7, 80)),
  "to 81": packet(udp(7, 81)),
  "1 to 0": packet(udp(1, 0)),
  "first fragment": packet(udp(7, 80), { more: true }),
  "later fragment": packet(zeros(32), { offset: 100 }),
  "cut header": packet(udp(7, 80).slice(0, 5)),
  "0 to 0": packet(udp(0, 0)),
} as const;

const FRAGMENTS = ["first fragment", "later fragment"];
const AS_ZERO = ["cut header", "0 to 0"];
const HIDING = [...FRAGMENTS, ...AS_ZERO];

/** A statement, and what of FRAMES it holds as it is, and under `default fragments allow`. */
const HELD: readonly (readonly [statement: string, held: readonly string[], turned: readonly string[]])[] = [
  ["deny(dstPort=80)", ["to 80", ...HIDING], ["to 80"]],
  ["allow(dstPort=80)", ["to 80"], ["to 80", ...FRAGMENTS]],
  ["deny(dstPort=0)", ["1 to 0", ...HIDING], ["1 to 0", ...AS_ZERO]],
  ["allow(dstPort=0)", ["1 to 0"], ["1 to 0", ...FRAGMENTS]],
  ["deny(dstPort!=80)", ["to 81", "1 to 0", ...HIDING], ["to 81", "1 to 0", ...AS_ZERO]],
  ["allow(dstPort!=80)", ["to 81", "1 to 0"], ["to 81", "1 to 0", ...FRAGMENTS]],
  ["allow(srcPort=0-6, dstPort=0-80)", ["1 to 0"], ["1 to 0", ...FRAGMENTS]],
  // Connection tracking calls what goes to port 0 invalid.
  ["allow(direction=request, dstPort=0-80)", ["to 80"], ["to 80", ...FRAGMENTS]],
  // A conjunction, and a product with the tag of a list of transports.
  [
    "allow(srcPort={0-1, 7, 9-20, 31}, dstPort={0-9, 80, 90-99})",
    ["to 80", "1 to 0"],
    ["to 80", "1 to 0", ...FRAGMENTS],
  ],
  ["allow((dstPort=0-80) except (transport={TCP, SCTP}))", ["to 80", "1 to 0"], ["to 80", "1 to 0", ...FRAGMENTS]],
  ["allow(dstPort=0-65535)", Object.keys(FRAMES), Object.keys(FRAMES)],
  ["deny(transport=UDP)", Object.keys(FRAMES), Object.keys(FRAMES)],
  ["allow(transport=UDP)", Object.keys(FRAMES), Object.keys(FRAMES)],
  // What a port is left out of elsewhere, at another place or of another mark, keeps its fragments here.
  ...["inPort=7, dstPort=80", "dscp=46, srcPort=0-9"].flatMap((hole) =>
    ["deny", "allow"].map(
      (kind) => [`${kind}((transport=UDP) except (${hole}))`, Object.keys(FRAMES), Object.keys(FRAMES)] as const,
    ),
  ),
];

switchTest("a statement by ports holds what shows none as `default fragments` says", async (t, start) => {
  const lab = await start({ name: "cut" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  const frames = Object.values(FRAMES).map((bytes) => ({ from: "alice", bytes }));
  for (const [statement, held, turned] of HELD) {
    const isDeny = statement.startsWith("deny");
    for (const [fragments, expected] of [
      ["", held],
      ["default fragments allow.", turned],
    ] as const) {
      const text = `default ${isDeny ? "allow" : "deny"}. ${fragments} @q ${statement} on rootShare.`;
      await install(lab, compiled(text).table);
      const heard = await burst.send(frames);
      const found = Object.keys(FRAMES).filter((_, i) => (heard[i]!.length === 0) === isDeny);
      t.deepEqual(found, expected, text);
    }
  }
});

/** Statements beside a deny of UDP to 443, each in another branch, and what passes of the frames. */
const BESIDE: readonly (readonly [statement: string, passes: readonly string[]])[] = [
  ["", ["to 80", "to 81", "1 to 0"]],
  ["allow(transport=UDP, dstPort=0-100) on C.", ["to 80", "to 81", "1 to 0"]],
  ["allow(dstPort!=443) on C.", ["to 80", "to 81", "1 to 0"]],
  ["allow(srcPort=0-7, dstPort=0-442) on C.", ["to 80", "to 81", "1 to 0"]],
  ["allow(transport=UDP) partial on C.", ["to 80", "to 81", "1 to 0"]],
  ["allow((transport=UDP) except (dstPort=443)) on C to +1h.", ["to 80", "to 81", "1 to 0"]],
  // A share that lies truly below decides, of what it holds whatever its ports are.
  ["allow(transport=UDP, dstPort=0-100) on D.", ["to 80", "to 81", "1 to 0"]],
  ["allow(transport=UDP) on D.", Object.keys(FRAMES)],
];

switchTest("what shows no ports passes no deny by ports through an allow of another branch", async (t, start) => {
  const lab = await start({ name: "cut" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  const frames = Object.values(FRAMES).map((bytes) => ({ from: "alice", bytes }));
  const shares = [
    "NewShare A for (*) [allow=True] on rootShare.",
    "NewShare C for (*) [allow=True] on A.",
    "NewShare B for (*) [allow=True, deny=True] on rootShare.",
    "NewShare D for (*) [allow=True] on B.",
  ].join("\n");
  for (const [statement, passes] of BESIDE) {
    const text = `default allow.\n${shares}\n@s1 deny(transport=UDP, dstPort=443) on B.\n${statement === "" ? "" : `@s3 ${statement}`}`;
    await install(lab, compiled(text).table);
    const heard = await burst.send(frames);
    t.deepEqual(
      Object.keys(FRAMES).filter((_, i) => heard[i]!.length > 0),
      passes,
      statement,
    );
  }
});

switchTest("a reservation by ports holds fragments under neither `default fragments`", async (t, start) => {
  const lab = await start({ name: "cut" });
  for (const [port, expected, fragments] of [
    [80, ["to 80"], ""],
    [80, ["to 80"], "default fragments allow."],
    [0, ["1 to 0"], ""],
    [0, ["1 to 0"], "default fragments allow."],
  ] as const) {
    const { table } = compiled(`default allow. ${fragments} @q reserve(dstPort=${port}) = 1Mb on rootShare.`);
    await install(lab, table);
    const queued = async (bytes: Bytes): Promise<boolean> => {
      const frame = Buffer.from(bytes).toString("hex");
      return /set_queue/.test((await lab.trace("in_port=1", "s1", frame)).text);
    };
    const found = [];
    for (const [name, bytes] of Object.entries(FRAMES)) if (await queued(bytes)) found.push(name);
    t.deepEqual(found, expected, `${port} ${fragments}`);
  }
});

/** A later fragment of UDP over IPv6. */
const later = (src: string): Bytes => [
  ...ethernet(
    { src: "00:00:00:00:00:02", dst: "00:00:00:00:00:99" },
    0x86dd,
    ipv6({ src, dst: "2001:db8:9::9", next: 44, dscp: 0 }, [...fragment(17, 100, false), ...zeros(32)]),
  ),
];

switchTest("a later IPv6 fragment passes no deny whose parts hold it whatever its transport", async (t, start) => {
  const lab = await start({ name: "cut" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  const frames = ["2001:db8::2", "2001:db8:8000::2"].map((src) => ({ from: "alice", bytes: later(src) }));
  const parts = (low: string): string =>
    `(srcHost=2001:db8::/32, transport=0-100) or (srcHost=2001:db8::/33, transport=${low}-255)`;
  for (const [statement, arrives] of [
    [`deny(${parts("101")})`, [false, true]],
    [`deny(${parts("102")})`, [true, true]],
    ["deny(srcHost=2001:db8::/32, transport=0-100)", [true, true]],
    ["deny(srcHost=2001:db8::/32)", [false, false]],
    // Each may be of UDP, whatever the deny says of all others.
    ["deny(transport!=UDP)", [true, true]],
    ["deny(transport={6, 44})", [false, false]],
    // A number beside it takes its meaning from no number; a range never had it.
    ["deny(transport={44, 45})", [false, false]],
    ["deny((transport={TCP, 44}) or (transport=40-50))", [false, false]],
    ["deny((transport!=UDP) or (srcHost=2001:db8::/33, transport=44))", [false, true]],
    ["deny(transport=44-50)", [true, true]],
  ] as const) {
    await install(lab, compiled(`default allow. default fragments allow. @q ${statement} on rootShare.`).table);
    const heard = await burst.send(frames);
    t.deepEqual(
      heard.map((hosts) => hosts.length > 0),
      arrives,
      statement,
    );
  }
  // Beside a statement of another branch that may hold it, one that names it holds no more than that leaves.
  const shares = ["A", "B", "C"].map(
    (name) => `NewShare ${name} for (*) [allow=True, deny=True] on ${name === "C" ? "A" : "rootShare"}.`,
  );
  for (const [first, second, arrives] of [
    [
      "default deny. default fragments deny.",
      [
        "deny(srcHost=2001:db8::/33, transport=TCP, dstPort=443) on B.",
        "allow(ethType=IPv6, transport=44) partial on C.",
      ],
      [false, true],
    ],
    [
      "default allow. default fragments allow.",
      ["deny(ethType=IPv6, transport=44) on B.", "allow(transport=TCP, dstPort=80) partial on C."],
      [false, false],
    ],
    // Nobody names them: what is left of a range does not.
    ["default deny.", ["allow((ethType=IPv6) except (transport={42-43, 45})) on A."], [false, false]],
    [
      "default deny.",
      ["deny(transport=40-43) on A.", "deny(transport=45-50) on A.", "allow(*) partial on B."],
      [false, false],
    ],
    // Cut in time, the grant holds them until then.
    [
      "default allow. default fragments allow.",
      ["allow(transport={TCP, 44}, ethType=IPv6) on B from +1h.", "deny(srcHost=2001:db8::/33) partial on A."],
      [false, true],
    ],
    [
      "default deny.",
      ["deny(transport={TCP, 44}, ethType=IPv6) on B from +1h.", "allow(srcHost=2001:db8::/33) partial on A."],
      [true, false],
    ],
  ] as const) {
    await install(lab, compiled([first, ...shares, ...second].join("\n")).table);
    const heard = await burst.send(frames);
    t.deepEqual(
      heard.map((hosts) => hosts.length > 0),
      arrives,
      second.join(" "),
    );
  }
  await install(lab, compiled("default allow. @q deny(transport!=UDP) on rootShare.").table);
  t.deepEqual(await burst.send(frames), [[], []]);
});
