/**
 * Steering where facts state neither or only one of a host's MAC and address (NETWORK, "Forward"): what is led passes its nodes or
 * is dropped, and what no switch can tell is named. Random networks are judged hop by hop, by what was asked and nothing of how
 * entries are made.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type JudgedFrame } from "../../semantics/frame-judge.ts";
import { drawnNetwork } from "../testing/drawn-network.ts";

const ALL = 0xffffffffffffn;
const SEED = Number(process.env["GLAZIER_SEED"] ?? 8);

interface Station {
  readonly name: string;
  readonly at: string;
  readonly last: number;
}

const macOf = ({ last }: Station): bigint => 0x020000000000n + BigInt(last);
const macText = ({ last }: Station): string => `02:00:00:00:00:${last.toString(16).padStart(2, "0")}`;
const ipOf = ({ last }: Station): bigint => 0x0a000000n + BigInt(last);

/** The facts that are stated of a host: `M` its MAC, `I` its address. */
const factsOf = (one: Station, stated: string): string =>
  [
    `host_at(${one.name}, ${one.at.replace(":", ", ")}).`,
    stated.includes("M") ? `host_mac(${one.name}, ${macText(one)}).` : "",
    stated.includes("I") ? `host_ip(${one.name}, 10.0.0.${one.last}).` : "",
  ].join(" ");

const KINDS = ["ip", "arp request", "arp reply", "other", "broadcast"] as const;
type Kind = (typeof KINDS)[number];

function frame(kind: Kind, from: Station, to: Station): JudgedFrame {
  const isToAll = kind === "broadcast" || kind === "arp request";
  const shown = new Map<string, bigint>([
    ["eth_src", macOf(from)],
    ["eth_dst", isToAll ? ALL : macOf(to)],
  ]);
  if (kind === "ip") {
    shown.set("eth_type", 0x0800n).set("ipv4_src", ipOf(from)).set("ipv4_dst", ipOf(to));
    shown.set("ip_proto", 17n).set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
  } else if (kind.startsWith("arp")) {
    shown.set("eth_type", 0x0806n).set("arp_op", kind === "arp reply" ? 2n : 1n);
    shown.set("arp_spa", ipOf(from)).set("arp_tpa", ipOf(to)).set("arp_sha", macOf(from)).set("arp_tha", 0n);
  } else shown.set("eth_type", 0x88b5n);
  return shown;
}

interface Network {
  readonly stations: readonly Station[];
  readonly boxes: readonly string[];
  readonly cables: readonly (readonly [string, string])[];
  readonly text: string;
}

function compiled(
  { text, stations, boxes, cables }: Network,
  isRouter = false,
): {
  readonly told: readonly { readonly code: string; readonly message: string; readonly help: string }[];
  readonly sends: (kind: Kind, from: Station, to: Station) => ReturnType<typeof send>;
} {
  const files = [{ name: "test.pane", text }];
  const policy = decide(files, { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const told = [...new Set([...policy.diagnostics, ...diagnostics])];
  const isMiddlebox = (name: string): boolean | "router" => boxes.includes(name) && (isRouter ? "router" : true);
  const plugged = new Map(
    stations.map((one) => [
      one.at,
      { name: one.name, mac: macOf(one), ip: ipOf(one), isMiddlebox: isMiddlebox(one.name) },
    ]),
  );
  const wires = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return {
    told: told.map(({ code, message, help = "" }) => ({ code, message, help })),
    sends: (kind, from, to) => send({ tables, cables: wires, plugged }, frame(kind, from, to), from.at),
  };
}

const codesOf = ({ told }: ReturnType<typeof compiled>): readonly string[] => told.map(({ code }) => code);

const line = (count: number): Pick<Network, "cables"> & { readonly text: string } => {
  const cables = Array.from({ length: count - 1 }, (_, i) => [`s${i + 1}:10`, `s${i + 2}:11`] as const);
  const text = Array.from({ length: count }, (_, i) => `switch(s${i + 1}, ${i + 1}).`).join(" ");
  return { cables, text: `default allow. ${text} ${wired(cables)}` };
};

const wired = (cables: Network["cables"]): string =>
  cables.map(([a, b]) => `link(${a.replace(":", ", ")}, ${b.replace(":", ", ")}, 1Gb).`).join(" ");

const station = (name: string, at: string, last: number): Station => ({ name, at, last });

test("what is for a host of which only the place is stated passes its waypoints by, which is told; with its MAC it is led", (t) => {
  const [h1, h2, b3] = [station("h1", "s2:3", 1), station("h2", "s1:1", 2), station("b3", "s1:2", 3)];
  const { cables, text } = line(2);
  const policy = (stated: string): Network => ({
    stations: [h1, h2, b3],
    boxes: ["b3"],
    cables,
    text: `${text} ${factsOf(h1, "MI")} ${factsOf(h2, stated)} ${factsOf(b3, "MI")}
      @q waypoint(dstAP=s1:1, srcAP=s2:3) = s1, b3 on rootShare.`,
  });
  for (const stated of ["", "I"]) {
    const told = compiled(policy(stated)).told.filter(({ code }) => code === "W852");
    t.is(told.length, 1, stated);
    t.regex(told[0]!.message, /for `h2` .* `q` by/);
    t.regex(told[0]!.help, /`host_mac\(h2, MAC\)`/);
  }
  const known = compiled(policy("M"));
  t.false(codesOf(known).includes("W852"));
  for (const kind of ["ip", "arp reply"] as const)
    t.deepEqual(
      known.sends(kind, h1, h2).arrivals.map(({ at }) => at),
      [b3.at, h2.at],
      kind,
    );
});

test("ARP for a host without a stated MAC passes a waypoint by its port, and comes back from a box", (t) => {
  const [h1, h2, b4] = [station("h1", "s2:1", 1), station("h2", "s3:2", 2), station("b4", "s2:3", 4)];
  const { cables, text } = line(3);
  const network = compiled({
    stations: [h1, h2, b4],
    boxes: ["b4"],
    cables,
    text: `${text} ${factsOf(h1, "MI")} ${factsOf(h2, "I")} ${factsOf(b4, "MI")}
      @p waypoint(*) = s3 on rootShare. @q waypoint(dstAP=s3:2) = b4, s2 on rootShare.`,
  });
  for (const kind of ["ip", "arp request", "arp reply"] as const) {
    const { arrivals, faults } = network.sends(kind, h1, h2);
    t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], [b4.at, h2.at]], kind);
  }
  // What else is for it is told by nothing: it passes by the box, and that is said of this statement alone.
  const told = network.told.filter(({ code }) => code === "W852");
  t.deepEqual(
    told.map(({ message }) => message.includes("`q`")),
    [true],
  );
  t.false(codesOf(network).includes("N834"));
});

test("ARP for a host without a stated MAC crosses no avoided switch, where nothing shows later whose it is", (t) => {
  const [h4, b5, h1] = [station("h4", "s5:2", 4), station("b5", "s2:1", 5), station("h1", "s4:1", 1)];
  const { cables, text } = line(5);
  const ring = [...cables, ["s5:10", "s1:11"]] as const;
  const network = compiled({
    stations: [h4, b5, h1],
    boxes: [],
    cables: ring,
    text: `${text} ${wired(ring.slice(-1))} ${factsOf(h4, "I")} ${factsOf(b5, "I")} ${factsOf(h1, "MI")}
      @q avoid(srcAP=s2:1) = s5 on rootShare.`,
  });
  for (const to of [h4, h1])
    for (const kind of KINDS) t.false(network.sends(kind, b5, to).crossed.has("s5"), `${kind} ${to.name}`);
  t.deepEqual(
    network.sends("arp reply", b5, h1).arrivals.map(({ at }) => at),
    [h1.at],
  );
  t.true(codesOf(network).includes("W821"));
});

test("an avoid of frames that are not IP, to a host at the avoided switch, drops them and says so", (t) => {
  const [h1, b] = [station("h1", "s1:1", 1), station("b", "s2:1", 2)];
  const { cables, text } = line(2);
  for (const [flows, stated, code] of [
    ["dstEth=02:00:00:00:00:02, ethType=0x88b5", "M", "W821"],
    ["dstAP=s2:1, ethType=0x88b5", "M", "W821"],
    ["dstAP=s2:1, ethType=0x88b5", "MI", "W821"],
    ["dstAP=s2:1, ethType=0x0806", "MI", "W821"],
    ["dstAP=s2:1, ethType=0x0806", "I", "W821"],
    ["dstAP=s2:1, ethType=0x88b5", "I", "W852"],
  ] as const) {
    const network = compiled({
      stations: [h1, b],
      boxes: [],
      cables,
      text: `${text} ${factsOf(h1, "MI")} ${factsOf(b, stated)} @q avoid(${flows}) = s2 on rootShare.`,
    });
    const kind = flows.includes("0806") ? "arp reply" : "other";
    t.is(network.sends(kind, h1, b).crossed.has("s2"), code === "W852", flows);
    t.true(codesOf(network).includes(code), `${flows} ${stated}: ${codesOf(network).join()}`);
  }
});

test("a statement by one of two MACs of a host beside a box of another that may be a router is told, and what helps ends it", (t) => {
  const [h1, w, b] = [station("h1", "s1:1", 1), station("w", "s1:2", 3), station("b", "s2:3", 2)];
  const { cables, text } = line(3);
  // What comes back has the least of its MACs.
  const policy = (flows: string, more = "host_mac(h1, 02:00:00:00:00:00)."): ReturnType<typeof compiled> =>
    compiled(
      {
        stations: [h1, w, b],
        boxes: ["w"],
        cables,
        text: `${text} ${more} ${factsOf(h1, "MI")} ${factsOf(w, "MI")} ${factsOf(b, "MI")}
          @p waypoint(dstHost=b) = w on rootShare. @q waypoint(${flows}) = s3 on rootShare.`,
      },
      true,
    );
  const bySource = policy(`srcEth=${macText(h1)}`);
  const told = bySource.told.find(({ code }) => code === "N866");
  t.regex(told?.message ?? "", /`h1` .*`q` tells/);
  t.regex(told?.help ?? "", /`srcHost=\{h1\}`/);
  const both = policy(`(srcEth=${macText(h1)}) or (srcHost={h1})`);
  t.false(codesOf(both).includes("N866"));
  const alone = policy(`srcEth=${macText(h1)}`, "");
  t.false(codesOf(alone).includes("N866"));
  for (const { sends } of [both, alone]) {
    const { arrivals, crossed } = sends("ip", h1, b);
    t.deepEqual([arrivals.map(({ at }) => at), crossed.has("s3")], [[w.at, b.at], true]);
  }
  for (const flows of ["srcHost=h1", "srcAP=s1:1"]) t.false(codesOf(policy(flows)).includes("N866"), flows);
});

test("what a statement's own box forwards as a router is dropped where the statement holds it by one of two MACs alone, which is told", (t) => {
  const [h1, w, b] = [station("h1", "s1:1", 1), station("w", "s1:2", 3), station("b", "s1:3", 2)];
  const policy = (flows: string, more = "host_mac(h1, 02:00:00:00:00:00)."): ReturnType<typeof compiled> =>
    compiled(
      {
        stations: [h1, w, b],
        boxes: ["w"],
        cables: [],
        text: `default allow. switch(s1, 1). ${more} ${factsOf(h1, "MI")} ${factsOf(w, "MI")} ${factsOf(b, "MI")}
          @q waypoint(${flows}) = w on rootShare.`,
      },
      true,
    );
  const arrives = (one: ReturnType<typeof compiled>): readonly string[] =>
    one.sends("ip", h1, b).arrivals.map(({ at }) => at);
  const bySource = policy(`srcEth=${macText(h1)}`);
  const told = bySource.told.find(({ code }) => code === "N866");
  t.regex(told?.message ?? "", /`h1` .*`q` tells/);
  t.regex(told?.help ?? "", /`srcHost=\{h1\}`/);
  t.deepEqual(arrives(bySource), [w.at]);
  const both = policy(`(srcEth=${macText(h1)}) or (srcHost={h1})`);
  const alone = policy(`srcEth=${macText(h1)}`, "");
  for (const one of [both, alone]) t.deepEqual([codesOf(one).includes("N866"), arrives(one)], [false, [w.at, b.at]]);
});

test("ARP for a host without a stated MAC that a statement about everything holds goes round nowhere", (t) => {
  const [h1, h4, b5] = [station("h1", "s2:1", 1), station("h4", "s1:2", 4), station("b5", "s3:1", 5)];
  const [h3, b6] = [station("h3", "s1:1", 3), station("b6", "s1:3", 6)];
  const cables = [["s1:10", "s2:10"] as const, ["s1:11", "s3:10"] as const];
  const facts = [factsOf(h1, "I"), factsOf(h3, "MI"), factsOf(h4, "I"), factsOf(b5, "I"), factsOf(b6, "MI")].join(" ");
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). ${wired(cables)} ${facts}
    host_mac(h2, 02:00:00:00:00:02). host_at(h2, s2, 2).
    @q0 waypoint(*) = s1, b5 on rootShare. @q1 waypoint(*) = s2 on rootShare.`;
  const codes = codesOf(compiled({ stations: [h1, h3, h4, b5, b6], boxes: ["b5"], cables, text }));
  t.deepEqual(
    codes.filter((code) => code.startsWith("E")),
    [],
  );
});

// ---------------------------------------------------------------- random networks

interface Asked {
  readonly kind: "waypoint" | "avoid";
  readonly conditions: ReadonlyMap<string, Station>;
  readonly nodes: readonly string[];
}

interface Drawn extends Network {
  readonly asked: readonly Asked[];
}

function drawn(seed: number): Drawn {
  const { below, pick, names, cables, port } = drawnNetwork(seed);
  const stations = Array.from({ length: 3 + below(3) }, (_, i) =>
    station(i === 0 ? "w" : i === 1 && below(2) === 0 ? "v" : `h${i}`, port(pick(names), 1), i + 1),
  );
  const mayBox = stations.flatMap(({ name }) => (name === "w" || name === "v" ? [name] : []));
  const asked = Array.from({ length: 1 + below(2) }, (): Asked => {
    const kind = below(3) < 2 ? "waypoint" : "avoid";
    const conditions = [pick(["", "srcAP", "srcHost", "srcEth"]), pick(["", "dstAP", "dstAP", "dstHost", "dstEth"])]
      .filter((field) => field !== "")
      .map((field) => [field, pick(stations)] as const);
    const nodes = [pick(kind === "avoid" ? names : [...names, ...mayBox]), pick([...names, ...mayBox])];
    return { kind, conditions: new Map(conditions), nodes: [...new Set(nodes.slice(0, kind === "avoid" ? 1 : 2))] };
  });
  const written = (field: string, one: Station): string =>
    field.endsWith("AP") ? one.at : field.endsWith("Host") ? `10.0.0.${one.last}` : macText(one);
  const statements = asked.map(({ kind, conditions, nodes }, i) => {
    const flows = [...conditions].map(([field, one]) => `${field}=${written(field, one)}`).join(", ");
    return `@q${i} ${kind}(${flows || "*"}) = ${nodes.join(", ")} on rootShare.`;
  });
  const switches = names.map((name, i) => `switch(${name}, ${i + 1}).`);
  // Without a MAC a box is no waypoint.
  const facts = stations.map((one) =>
    factsOf(one, pick(mayBox.includes(one.name) ? ["M", "MI"] : ["", "M", "I", "I", "MI"])),
  );
  const boxes = mayBox.filter((name) => asked.some((one) => one.kind === "waypoint" && one.nodes.includes(name)));
  const text = ["default allow.", ...switches, wired(cables), ...facts, ...statements].join("\n");
  return { stations, boxes, cables, text, asked };
}

/** Whether a statement holds a frame from one host to another. What is for all hosts is for none of them. */
function holds({ conditions }: Asked, shown: JudgedFrame, from: Station): boolean {
  const is: Readonly<Record<string, (one: Station) => boolean>> = {
    srcAP: (one) => one === from,
    srcHost: (one) => shown.get("ipv4_src") === ipOf(one),
    srcEth: (one) => shown.get("eth_src") === macOf(one),
    dstAP: (one) => shown.get("eth_dst") === macOf(one),
    dstHost: (one) => shown.get("ipv4_dst") === ipOf(one),
    dstEth: (one) => shown.get("eth_dst") === macOf(one),
  };
  return [...conditions].every(([field, one]) => is[field]!(one));
}

/** Whether a way, as switches and ports of hosts, passes nodes in their order. */
function passes(way: readonly string[], nodes: readonly string[], places: ReadonlyMap<string, string>): boolean {
  let left = nodes;
  for (const here of way) while (left.length > 0 && here === (places.get(left[0]!) ?? left[0])) left = left.slice(1);
  return left.length === 0;
}

/** What a policy's tables do wrong, and what of it is told. */
function wrongs(network: Drawn): { readonly untold: readonly string[]; readonly told: number } | undefined {
  const tables = compiled(network);
  if (codesOf(tables).some((code) => code.startsWith("E"))) return undefined;
  const places = new Map(network.stations.map(({ name, at }) => [name, at]));
  const untold: string[] = [];
  let told = 0;
  for (const from of network.stations)
    for (const to of network.stations.filter((one) => one !== from))
      for (const kind of KINDS) {
        const { arrivals, crossed, faults } = tables.sends(kind, from, to);
        untold.push(...faults);
        const shown = frame(kind, from, to);
        for (const [i, one] of network.asked.entries()) {
          if (!holds(one, shown, from)) continue;
          const end = one.conditions.get("dstAP")?.at;
          const isWrong =
            one.kind === "avoid"
              ? crossed.has(one.nodes[0]!) && (crossed.size > 1 || !from.at.startsWith(`${one.nodes[0]!}:`))
              : arrivals.some(({ at, by }) => {
                  const here = network.stations.find((each) => each.at === at)!;
                  const isOnWay = network.boxes.includes(here.name) && (here !== to || shown.get("eth_dst") === ALL);
                  if (here === from || (end !== undefined && at !== end) || isOnWay) return false;
                  return !passes(by, one.nodes, places);
                });
          if (!isWrong) continue;
          const isTold = tables.told.some(({ code, message }) => code === "W852" && message.includes(`\`q${i}\``));
          if (isTold) told++;
          else untold.push(`${kind} from ${from.name} to ${to.name}: q${i}`);
        }
      }
  return { untold, told };
}

test("random networks where facts state little: no frame passes a waypoint by or crosses an avoided switch untold", (t) => {
  let [made, told] = [0, 0];
  for (let seed = 0; seed < 150; seed++) {
    const network = drawn(SEED * 1000 + seed);
    const found = wrongs(network);
    if (found === undefined) continue;
    made++;
    told += found.told;
    t.deepEqual(found.untold, [], `seed ${seed}\n${network.text}`);
  }
  t.true(made > 100, `${made}`);
  t.true(told > 0, "W852 is never there for nothing");
});
