/**
 * Policies whose boxes may forward as routers, beside statements that lead the boxes' own flows: right policies that ended with a
 * fault of ours (E903, E905). Those that once did are kept, and random ones of that kind are made.
 */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { send } from "../semantics/frame-judge.ts";

/** What no policy ends with. */
const OURS: readonly string[] = ["E903", "E905"];

function diagnosed(text: string): readonly Diagnostic[] {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  return [...policy.diagnostics, ...tablesAt(policy, NOW, { target: "ovs" }).diagnostics];
}

const faultsOf = (text: string): readonly string[] =>
  diagnosed(text).flatMap(({ code, message, witness = "" }) =>
    OURS.includes(code) ? [`${code} ${message} ${witness}`] : [],
  );

const mac = (last: number): string => `00:00:00:00:00:0${last}`;
const facts = (name: string, at: string, last: number, stated: string): string =>
  [
    `host_at(${name}, ${at.replace(":", ", ")}).`,
    stated.includes("M") ? `host_mac(${name}, ${mac(last)}).` : "",
    stated.includes("I") ? `host_ip(${name}, 10.0.0.${last}).` : "",
  ].join(" ");

const line = (count: number): string =>
  `default allow. ${Array.from({ length: count }, (_, i) => `switch(s${i + 1}, ${i + 1}).`).join(" ")}
   ${Array.from({ length: count - 1 }, (_, i) => `link(s${i + 1}, ${10 + i}, s${i + 2}, ${40 + i}, 1Gb).`).join(" ")}`;

test("what a box forwards to nobody does not go round where the box's own flows are led back onto its sender's path", (t) => {
  const boxes = `${facts("b5", "s1:5", 5, "M")} ${facts("b7", "s2:7", 7, "M")}`;
  for (const [stated, flows, other] of [
    ["I", "dstPort=22, srcAP=s2:3", "srcAP=s2:7, ethType=IPv4"],
    ["MI", "srcAP=s2:3", "srcAP=s2:7"],
  ])
    t.deepEqual(
      faultsOf(`${line(2)} ${boxes} ${facts("h3", "s2:3", 3, stated!)}
        @q2 waypoint(${flows}) = b5, b7 on rootShare. @q3 waypoint(${other}) = s1 on rootShare.`),
      [],
    );
  // The same with fragments, of which only what both statements could hold goes that way.
  t.deepEqual(
    faultsOf(`default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4). switch(s5, 5).
      link(s1, 10, s2, 40, 1Gb). link(s2, 11, s3, 41, 1Gb). link(s3, 12, s4, 42, 1Gb). link(s5, 14, s1, 44, 1Gb).
      ${facts("h3", "s3:3", 3, "I")} ${facts("b5", "s5:5", 5, "M")} ${facts("b7", "s4:7", 7, "M")}
      @q2 waypoint(dstPort=22, srcAP=s3:3) = b5, b7 both ways on rootShare.
      @q3 waypoint(srcAP=s4:7, ethType=IPv4) = s1 on rootShare.`),
    [],
  );
});

test("what a box forwards for another box is not led back to that one, whatever kind of flows statements hold", (t) => {
  const three = `${facts("b1", "s2:1", 1, "M")} ${facts("b2", "s2:2", 2, "MI")} ${facts("b3", "s1:3", 3, "M")}`;
  for (const text of [
    // Fragments could be of the third statement, too.
    `${line(2)} ${facts("b1", "s2:1", 1, "M")} ${facts("b2", "s1:2", 2, "MI")} ${facts("b3", "s2:3", 3, "M")}
     @q1 waypoint(*) = b2 both ways on rootShare. @q2 waypoint(srcAP=s1:2) = b3 on rootShare.
     @q3 waypoint(srcAP=s2:3, dstPort=80) = b3, s1 on rootShare.`,
    // The mirrored flows of a statement lead to one end alone, and hide no others.
    `${line(2)} ${facts("b1", "s2:1", 1, "MI")} ${facts("b2", "s2:2", 2, "M")} ${facts("b3", "s2:3", 3, "M")}
     ${facts("h4", "s1:4", 4, "MI")} ${facts("h5", "s2:5", 5, "M")}
     @q1 waypoint(srcAP=s2:3) = s1, b1 both ways on rootShare. @q2 waypoint(*) = b3, s2 on rootShare.`,
    // What a statement leaves out by its MAC shows another MAC once it was forwarded.
    `${line(3)} ${three} ${facts("h4", "s3:4", 4, "MI")}
     @q1 waypoint((*) except (srcEth=${mac(2)})) = s3, b2 on rootShare. @q2 waypoint(*) = b3, s3 on rootShare.`,
    `${line(2)} ${facts("b1", "s2:1", 1, "M")} ${facts("b2", "s1:2", 2, "M")} ${facts("h5", "s2:5", 5, "M")}
     ${facts("h6", "s2:6", 6, "MI")}
     @q0 waypoint(*) = b2 on rootShare. @q1 waypoint((*) except (srcEth=${mac(6)})) = b1 on rootShare.`,
  ])
    t.deepEqual(faultsOf(text), [], text);
});

const ROUND = `${line(2)} ${facts("h3", "s2:3", 3, "MI")} ${facts("b5", "s1:5", 5, "M")} ${facts("b7", "s2:7", 7, "M")}
  ${facts("x", "s2:8", 8, "MI")} @q3 waypoint(srcAP=s2:7) = s1 on rootShare.`;
const LED = "@q2 waypoint(srcAP=s2:3) = b5, b7 on rootShare.";

test("what boxes forward as routers is led on as what they would give back, where the MAC of each is led to the other", (t) => {
  const policy = decide([{ name: "test.pane", text: `${ROUND} ${LED}` }], {
    now: NOW,
    load: () => undefined,
    rules: RULES,
  });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  for (const isMiddlebox of [true, "router"] as const) {
    const plugged = new Map(
      [3, 5, 7, 8].map((last) => [
        `${last === 5 ? "s1" : "s2"}:${last}`,
        {
          name: String(last),
          mac: BigInt(last),
          ip: 0x0a000000n + BigInt(last),
          isMiddlebox: (last === 5 || last === 7) && isMiddlebox,
        },
      ]),
    );
    const cables = new Map([
      ["s1:10", "s2:40"],
      ["s2:40", "s1:10"],
    ]);
    const { arrivals, faults } = send({ tables, cables, plugged }, SHOWN, "s2:3");
    t.deepEqual([faults, arrivals.map(({ at }) => at)], [[], ["s1:5", "s2:7", "s2:8"]], String(isMiddlebox));
  }
});

/** UDP of `h3` to `x`. */
const SHOWN: ReadonlyMap<string, bigint> = new Map(
  Object.entries({
    eth_src: 3n,
    eth_dst: 8n,
    eth_type: 0x0800n,
    ip_proto: 17n,
    ip_dscp: 0n,
    udp_src: 4000n,
    udp_dst: 53n,
    ipv4_src: 0x0a000003n,
    ipv4_dst: 0x0a000008n,
  }),
);

test("a box that facts suspend is led nowhere, and takes no part in a circle", (t) => {
  t.deepEqual(
    faultsOf(`switch(s1, 1). switch(s3, 3). link(s1, 23, s3, 21, 1Gb).
      host_mac(b1, 00:00:00:00:00:04). host_at(b1, s1, 1). host_at(b2, s3, 3).
      @w3 waypoint(srcHost=10.0.0.0/29) = b1, b2 on rootShare.`),
    [],
  );
});

// ---------------------------------------------------------------- random policies

const SEED = Number(process.env["GLAZIER_SEED"] ?? 452);
const ROUNDS = Number(process.env["GLAZIER_ROUNDS"] ?? 120);

/** Switches in a line, a ring or a star, hosts of which little is stated, and one to three statements about their ports. */
function drawn(seed: number): string {
  let state = seed;
  const int = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const pick = <T>(all: readonly T[]): T => all[int(all.length)]!;
  const chance = (share: number): boolean => int(100) < 100 * share;
  const count = 2 + int(4);
  const shape = pick(["line", "ring", "star"] as const);
  const links = Array.from({ length: count - 1 }, (_, i) => {
    const from = shape === "star" ? 1 : i + 1;
    return `link(s${from}, ${10 + i}, s${i + 2}, ${40 + i}, 1Gb).`;
  });
  if (shape === "ring" && count > 2) links.push(`link(s${count}, 60, s1, 61, 1Gb).`);
  const hosts = Array.from({ length: 3 + int(4) }, (_, i) => {
    const isBox = i < 3;
    const stated = isBox ? pick(["M", "M", "MI"] as const) : pick(["MI", "MI", "I", "M", ""] as const);
    return { name: `${isBox ? "b" : "h"}${i + 1}`, at: `s${1 + int(count)}:${i + 1}`, last: i + 1, stated };
  });
  const address = ({ last, stated }: (typeof hosts)[number]): string =>
    stated.includes("I") ? `10.0.0.${last}` : `10.0.0.9`;
  const condition = (field: string): string => {
    const host = pick(hosts);
    if (field === "dstPort") return `dstPort=${pick([22, 80] as const)}`;
    if (field === "ethType") return `ethType=${pick(["IPv4", "IPv4", "ARP", "IPv6"] as const)}`;
    if (field === "srcEth") return `srcEth=${mac(host.last)}`;
    return `${field}=${field.endsWith("Host") ? address(host) : host.at}`;
  };
  const flows = (): string => {
    const fields = new Set(
      Array.from({ length: int(3) }, () =>
        pick(["dstPort", "srcAP", "srcAP", "dstAP", "ethType", "srcHost", "dstHost", "srcEth"] as const),
      ),
    );
    const held = fields.size === 0 ? "*" : [...fields].map(condition).join(", ");
    return chance(0.15) ? `(${held}) except (${condition(pick(["srcEth", "srcAP", "dstAP"] as const))})` : held;
  };
  const switches = Array.from({ length: count }, (_, i) => `s${i + 1}`);
  const statements = Array.from({ length: 1 + int(3) }, (_, i) => {
    const isAvoid = chance(0.2);
    const nodes = Array.from({ length: isAvoid ? 1 : 1 + int(3) }, () =>
      pick(isAvoid ? switches : ["b1", "b2", "b3", "b1", "b2", "b3", ...switches]),
    );
    const both = chance(0.25) ? " both ways" : "";
    return `@q${i} ${isAvoid ? "avoid" : "waypoint"}(${flows()}) = ${[...new Set(nodes)].join(", ")}${both} on rootShare.`;
  });
  const stated = hosts.map(({ name, at, last, stated: what }) => facts(name, at, last, what));
  const named = switches.map((name, i) => `switch(${name}, ${i + 1}).`);
  return ["default allow.", ...named, ...links, ...stated, ...statements].join("\n");
}

test("of random policies with routers none ends with a fault of ours", (t) => {
  let made = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = drawn(SEED * 1000 + round);
    const found = diagnosed(text);
    if (!found.some(({ severity }) => severity === "error")) made++;
    t.deepEqual(
      found.filter(({ code }) => OURS.includes(code)).map(({ witness }) => witness),
      [],
      `seed ${SEED * 1000 + round}\n${text}`,
    );
  }
  t.true(made > ROUNDS / 3, `${made}`);
});
