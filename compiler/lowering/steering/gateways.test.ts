/**
 * What is sent by way of gateways and routers, before the outside judge of frames and an evaluator of its own: every host sends to every
 * MAC with every address, and boxes give back as wires, or as routers. What a statement holds comes to no host past its nodes.
 */
import test from "ava";
import fc from "fast-check";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Wiring } from "../../semantics/frame-judge.ts";

/** A policy takes about a tenth of a second. */
const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 12);

/** Three switches in a line; the last two hosts are boxes. Host n has 10.0.0.n. */
const SEATS = ["s1:1", "s2:1", "s3:1", "s3:2", "s2:2", "s3:3"] as const;
const CABLES = ["s1:10 s2:10", "s2:11 s3:10"].map((one) => one.split(" ") as [string, string]);
const BOXES = [5, 6];
const TEXT = [
  "default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).",
  ...CABLES.map(([a, b]) => `link(${a.replace(":", ", ")}, ${b.replace(":", ", ")}, 1Gb).`),
  ...SEATS.map((at, i) => {
    const n = i + 1;
    return `host_ip(h${n}, 10.0.0.${n}). host_mac(h${n}, 02:00:00:00:00:0${n}). host_at(h${n}, ${at.replace(":", ", ")}).`;
  }),
].join("\n");

interface Sent {
  readonly from: number;
  /** Whose MAC it shows. */
  readonly by: number;
  /** Whose address. */
  readonly to: number;
}
const ALL = SEATS.map((_, i) => i + 1);
const SENT: readonly Sent[] = ALL.flatMap((from) =>
  ALL.flatMap((by) => ALL.flatMap((to) => (from === by || from === to ? [] : [{ from, by, to }]))),
);

interface Waypoint {
  readonly flows: string;
  readonly nodes: readonly string[];
  readonly holds: (one: Sent) => boolean;
}
const flows = fc
  .tuple(
    fc.constantFrom("(*)", "srcHost", "dstHost", "srcAP", "dstAP", "dstAP", "dstAP", "except"),
    fc.constantFrom(...ALL),
  )
  .map(([kind, n]): Pick<Waypoint, "flows" | "holds"> => {
    const seat = SEATS[n - 1]!;
    if (kind === "(*)") return { flows: kind, holds: () => true };
    if (kind === "srcHost") return { flows: `(srcHost=h${n})`, holds: ({ from }) => from === n };
    if (kind === "srcAP") return { flows: `(srcAP=${seat})`, holds: ({ from }) => from === n };
    if (kind === "dstHost") return { flows: `(dstHost=h${n})`, holds: ({ to }) => to === n };
    if (kind === "dstAP") return { flows: `(dstAP=${seat})`, holds: ({ by }) => by === n };
    return { flows: `((*) except (dstAP=${seat}))`, holds: ({ by }) => by !== n };
  });
const waypoint = fc
  .tuple(flows, fc.uniqueArray(fc.constantFrom("h5", "h6", "s1", "s2", "s3"), { minLength: 1, maxLength: 2 }))
  .map(([of, nodes]): Waypoint => ({ ...of, nodes }));

/** The network under these statements, or undefined if one is refused; `routes`: whether the boxes are routers. */
function wiringOf(
  all: readonly Waypoint[],
  routes: boolean,
  facts = TEXT,
): (Wiring & { readonly told: readonly string[] }) | undefined {
  const asked = all.map(({ flows: held, nodes }, i) => `@x${i} waypoint${held} = ${nodes.join(", ")} on rootShare.`);
  const text = `${facts}\n${asked.join("\n")}`;
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = policy.good ? tablesAt(policy, NOW, { target: "ovs" }) : { diagnostics: [] };
  if (tables === undefined || diagnostics.some(({ severity }) => severity === "error")) return undefined;
  const isBox = (n: number): boolean => BOXES.includes(n) && all.some(({ nodes }) => nodes.includes(`h${n}`));
  const plugged = new Map(
    ALL.map((n) => {
      const own = { name: `h${n}`, mac: 0x020000000000n + BigInt(n), ip: 0x0a000000n + BigInt(n) };
      return [SEATS[n - 1]!, { ...own, isMiddlebox: isBox(n) && (routes ? "router" : true) }] as const;
    }),
  );
  const cables = new Map(CABLES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const told = diagnostics.flatMap(({ code, message }) => (code === "N870" ? [message] : []));
  return { tables, cables, plugged, told };
}

const arrivesAt = (wiring: Wiring, one: Sent): readonly string[] => sendOne(wiring, one).arrivals.map(({ at }) => at);

function sendOne(wiring: Wiring, { from, by, to }: Sent): ReturnType<typeof send> {
  const frame = new Map([
    ["eth_src", 0x020000000000n + BigInt(from)],
    ["eth_dst", 0x020000000000n + BigInt(by)],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["ipv4_src", 0x0a000000n + BigInt(from)],
    ["ipv4_dst", 0x0a000000n + BigInt(to)],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
  ]);
  return send(wiring, frame, SEATS[from - 1] ?? `s3:${from}`);
}

function faultsOf(
  wiring: Wiring,
  all: readonly Waypoint[],
  { from, by, to }: Sent,
  routes: boolean,
): readonly string[] {
  const { arrivals, faults } = sendOne(wiring, { from, by, to });
  const held = all.filter(({ holds }) => holds({ from, by, to }));
  // A router gives it the host of its address as another end: by the MAC of the first alone it is held no more. A gateway that is
  // a waypoint gets it on its way, and counts as passed where a router has sent it to its end.
  const still = routes ? held.filter(({ holds }) => holds({ from, by: to, to })) : held;
  const past = arrivals.flatMap(({ at, by: way }) => {
    const isBox = BOXES.some((n) => SEATS[n - 1] === at);
    if (isBox) return [];
    const passed = new Set([`h${from}`, ...way.map((one) => `h${SEATS.indexOf(one as "s1:1") + 1}`), ...way]);
    if (routes && by !== to && BOXES.includes(by)) passed.add(`h${by}`);
    return still.flatMap(({ flows: of, nodes }) =>
      nodes.every((node) => passed.has(node)) ? [] : [`${of} = ${nodes.join()}: ${way.join(" ")} ${at}`],
    );
  });
  return [...faults, ...past, ...tooEarly(arrivals, all, { from, by, to }, routes)];
}

/** The statements by which others are passed before the box of the address, which as the destination keeps the packet. */
function tooEarly(
  arrivals: ReturnType<typeof send>["arrivals"],
  all: readonly Waypoint[],
  { from, by, to }: Sent,
  routes: boolean,
): readonly string[] {
  const first = BOXES.includes(to) ? arrivals.find(({ at }) => at === SEATS[to - 1]) : undefined;
  if (first === undefined) return [];
  const way = first.by.map((one) => (SEATS.includes(one as "s1:1") ? `h${SEATS.indexOf(one as "s1:1") + 1}` : one));
  // A router gives it the MAC of its end, and the waypoint whose MAC it had counts as passed, unless one list names both.
  const isRouted = routes && BOXES.some((n) => way.includes(`h${n}`));
  const passed = new Set([`h${from}`, `h${to}`, ...way, ...(isRouted ? [`h${by}`] : [])]);
  const counts = (nodes: readonly string[], node: string): boolean => node === `h${by}` && !nodes.includes(`h${to}`);
  return all
    .filter(({ holds }) => holds({ from, by, to }) && (!isRouted || holds({ from, by: to, to })))
    .filter(({ nodes }) => !nodes.every((node) => passed.has(node) || counts(nodes, node)))
    .map(({ flows: of, nodes }) => `${of} = ${nodes.join()}: first ${way.join(" ")} ${first.at}`);
}

test(`${RUNS} random policies: nothing comes to a host past its waypoints by way of a gateway or a router`, (t) => {
  let judged = 0;
  fc.assert(
    fc.property(fc.array(waypoint, { minLength: 1, maxLength: 3 }), fc.boolean(), (all, routes) => {
      const wiring = wiringOf(all, routes);
      if (wiring === undefined) return;
      judged++;
      for (const one of SENT) {
        const found = faultsOf(wiring, all, one, routes);
        if (found.length > 0) throw new Error(`${JSON.stringify(one)} ${routes}: ${found.join("; ")}`);
      }
    }),
    { numRuns: RUNS, seed: Number(process.env["GLAZIER_SEED"] ?? 1) },
  );
  t.true(judged > 0);
});

const ANY: Waypoint = { flows: "(*)", nodes: [], holds: () => true };

test("where statements leave the order of nodes open, one order leads from a port: no router sends to one end what has not passed all on the way to it", (t) => {
  // From h1 both orders have a path to h2, and to h3 and h4 only the one that begins with h5.
  const all = [
    { ...ANY, nodes: ["h6"] },
    { ...ANY, nodes: ["h5"] },
  ];
  for (const facts of [TEXT, TEXT.replace("host_ip(h2, 10.0.0.2).", "")])
    for (const routes of [true, false]) {
      const wiring = wiringOf(all, routes, facts)!;
      t.deepEqual(
        SENT.filter(({ from }) => from !== 2).flatMap((one) => faultsOf(wiring, all, one, routes)),
        [],
      );
      for (const to of [2, 3, 4]) t.true(arrivesAt(wiring, { from: 1, by: to, to }).includes(SEATS[to - 1]!), `${to}`);
      if (routes)
        t.true(arrivesAt(wiring, { from: 1, by: 3, to: 2 }).includes(SEATS[1]), "what shows the MAC of another");
    }
});

test("what a router sends on to another end than that whose MAC its statement holds is dropped, which N870 tells; by address nothing is lost", (t) => {
  const notTo = (flows: string): unknown => {
    const wiring = wiringOf([{ ...ANY, flows, nodes: ["h5"] }], true)!;
    return [arrivesAt(wiring, { from: 1, by: 3, to: 2 }), wiring.told];
  };
  const told =
    "holds by their MACs alone what is for `h3`: what `h5` send on to other hosts, forwarded as by a router, is dropped, or led by other statements alone";
  t.deepEqual(notTo("(dstAP=s3:1)"), [["s2:2"], [`\`x0\` ${told}`]]);
  t.deepEqual(notTo("(dstHost=h2)"), [["s2:2", "s2:1"], []]);
});

/** Statements, whose MAC a frame shows, and if not from h1 to the address of h5, from where and whose address. */
const ENDS_EARLY = [
  ["a gateway that one list puts behind it", ["(dstAP=s3:3) = h5", "(srcHost=h1) = h5, h6"], 6],
  ["a gateway by its MAC", ["(dstEth=02:00:00:00:00:06) = h5", "(srcHost=h1) = h5, h6"], 6],
  ["its own address, and another list for the port", ["(dstHost=h5) = h6", "(dstAP=s3:3) = h5, h6"], 6],
  ["a router that is no waypoint", ["(dstAP=s3:1) = h5, h6"], 3],
  ["all but its port", ["((*) except (dstAP=s2:2)) = h5, h6"], 3],
  ["a switch behind it", ["(dstAP=s3:1) = h5, s3"], 3],
  ["from a port that no fact names", ["(srcAP=s3:9) = h6, s2"], 1, 9, 6],
] as const;

for (const [title, statements, by, from = 1, to = 5] of ENDS_EARLY)
  test(`a waypoint that is the destination by its address gets nothing before another: ${title}`, (t) => {
    const text = `${TEXT}\n${statements.map((one, i) => `@x${i} waypoint${one} on rootShare.`).join("\n")}`;
    const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
    const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
    const plugged = ALL.map((n) => {
      const own = { name: `h${n}`, mac: 0x020000000000n + BigInt(n), ip: 0x0a000000n + BigInt(n) };
      return [SEATS[n - 1]!, { ...own, isMiddlebox: BOXES.includes(n) }] as const;
    });
    const cables = new Map(CABLES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
    const wiring = { tables, cables, plugged: new Map(plugged), told: [] };
    t.deepEqual(arrivesAt(wiring, { from, by, to }), []);
    t.true(arrivesAt(wiring, { from, by, to: by }).includes(SEATS[by - 1]!), "what is for the host of the MAC");
    const told = diagnostics.filter(({ code }) => code === "W821").map(({ message }) => message);
    t.true(
      told.some((one) => /from .*(`h1`|s3:9).* to .*`h[56]`/.test(one)),
      told.join("\n"),
    );
  });
