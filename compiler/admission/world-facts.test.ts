/**
 * Facts that come and go refuse no file (SEMANTICS, "What the network takes away"): a link without room, a host at two
 * ports, a user who has logged out, a host that is unplugged. Texts go in, and the words that users read come out.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { decide, tablesAt } from "../compile.ts";
import { renderLine } from "../diagnostics/index.ts";
import { toOvs } from "../table/text.ts";
import { readRules } from "./read-rules.ts";
import type { Decided } from "./decided.ts";
import { Conversation, NOW, gist, modelOf } from "./testing/networks.ts";

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });
const decided = (text: string): Decided =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules });

/** What `check` and `compile` say, a line each, without places. */
const said = (text: string): readonly string[] => {
  const policy = decided(text);
  const lowered = policy.good ? tablesAt(policy, NOW, { target: "ovs" }).diagnostics : [];
  return [...policy.diagnostics, ...lowered].map((one) => renderLine(one).replace(/^[^ ]* /, ""));
};

/** The tables of a switch, as `ovs-ofctl` reads them. */
const table = (text: string, name: string): string =>
  toOvs(tablesAt(decided(text), NOW, { target: "ovs" }).tables.get(name)!);

const host = (name: string, n: number, at: string): string =>
  `host_ip(${name}, 10.0.0.${n}). host_mac(${name}, 02:00:00:00:00:0${n}). host_at(${name}, ${at}).`;
const DIRECT = "link(s1, 12, s3, 12, 10Mb).";
/** A triangle of three switches with a host at each. */
const network = (rate = "10Mb"): string => `default allow.
  switch(s1, 1). switch(s2, 2). switch(s3, 3).
  link(s1, 10, s2, 10, ${rate}). link(s2, 11, s3, 11, 10Mb). ${DIRECT}
  ${host("a", 1, "s1, 1")} ${host("b", 2, "s2, 1")} ${host("c", 3, "s3, 1")}
  port_rate(s1, 1, 100Mb). port_rate(s2, 1, 100Mb). port_rate(s3, 1, 100Mb).
  @no deny(srcHost=c, dstHost=b) on rootShare.
  `;

const RESERVE = `@one reserve(srcHost=a, dstHost=b) = 6Mb on rootShare.
  @two reserve(srcHost=a, dstHost=c) = 6Mb on rootShare.`;

test("a lost link takes the room of a reservation: it is suspended and gets what is left, and nothing is refused", (t) => {
  t.deepEqual(said(`${network()} ${RESERVE}`), []);
  const lost = `${network().replace(DIRECT, "")} ${RESERVE}`;
  t.deepEqual(said(lost), [
    "warning[W751]: `two` is suspended, and its flows get what is left: " +
      "link `s1:10>s2:10` has no room for 6Mb: 4Mb of 10Mb is left at 2026-12-01T09:00:00Z",
    "warning[W825]: `two` keeps 4Mb of its 6Mb on `s1:10`: others were charged there, or accepted before",
  ]);
  const policy = decided(lost);
  t.true(policy.good);
  const verdicts = new Map(policy.outcomes.map(({ statement, verdict }) => [statement.label, verdict]));
  t.like(verdicts.get("one"), { kind: "accepted", promise: "guaranteed" });
  t.like(verdicts.get("two"), { kind: "accepted", promise: "admitted, not guaranteed" });
  t.like(verdicts.get("two"), { suspended: { certificate: { code: "link-short" } } });
  t.regex(
    table(lost, "s1"),
    /queue: port=10,queue=\d+,min-rate=6000 "one"[^]*queue: port=10,queue=\d+,min-rate=4000 "two"/,
  );
});

test("a link that has become slow refuses no reservation, and a rule of a policy none either", (t) => {
  const rule = "policy p { @r reserve(6Mb) <= srcHost = 10.0.0.1, dstHost = 10.0.0.2. }";
  t.deepEqual(said(`${network()} ${rule}`), []);
  t.deepEqual(said(`${network("1Mb")} ${rule}`), [
    "warning[W751]: `p.r` is suspended, and its flows get what is left: " +
      "link `s1:10>s2:10` has no room for 6Mb: 1Mb of 1Mb is left at 2026-12-01T09:00:00Z",
    "warning[W825]: `p.r` keeps 1Mb of its 6Mb on `s1:10`: others were charged there, or accepted before",
  ]);
});

test("a suspended reservation holds its place in its share, and takes no link from those that come later", (t) => {
  const share = "NewShare s for (*) [reserve <= 10Mb] on rootShare.";
  const later = "@three reserve(srcHost=a, dstHost=b, transport=UDP) = 4Mb";
  const lost = `${network().replace(DIRECT, "")} ${share} ${RESERVE}`;
  t.deepEqual(
    said(`${lost} ${later} on rootShare.`).map((line) => line.slice(0, 22)),
    ["warning[W751]: `two` i", "note[N704]: adds nothi", "warning[W825]: `two` k"],
  );
  const full = lost.replace("= 6Mb on rootShare.\n", "= 6Mb on s.").replace("6Mb on rootShare.", "4Mb on s.");
  t.regex(said(`${full} ${later} on s.`).join("\n"), /error\[E741\]: share `s` has no room for 4Mb/);
});

test("a partial reservation gets the rate that a link has left, and is suspended where that is nothing", (t) => {
  const lost = network().replace(DIRECT, "");
  const part = RESERVE.replace(/6Mb on rootShare\.$/, "6Mb partial on rootShare.");
  t.regex(said(`${lost} ${part}`).join("\n"), /^note\[N701\]: granted in part: reserve\(.*\) = 4Mb on rootShare/);
  t.regex(said(`${lost} ${part.replace("6Mb on", "10Mb on")}`).join("\n"), /^warning\[W751\]: `two` is suspended/);
});

test("what is said to a running network is refused where a link has no room", (t) => {
  const net = new Conversation(NOW, modelOf(network().replace(DIRECT, ""), { trace: false }));
  const ask = (n: number): string =>
    gist(net.one(`reserve(srcHost=10.0.0.1, dstHost=10.0.0.${n}) = 6Mb on rootShare.`));
  t.not(ask(2), "link-short");
  t.is(ask(3), "link-short");
});

test("a host at two ports counts as unplugged: what comes from it is dropped, and everything else is in force", (t) => {
  const moved = `${network()} host_at(a, s3, 2).`;
  const through = "@ids waypoint(srcHost=b, dstHost=c) = a on rootShare.";
  t.deepEqual(said(`${network()} ${through}`), []);
  t.deepEqual(said(`${moved} ${through}`), [
    "warning[W268]: host `a` stands at two ports, so it is not known where it is",
    "warning[W750]: `ids` is suspended, and all of its flows are dropped: `a` stands nowhere in the network that is known",
  ]);
  t.deepEqual(said(`${moved} @slow limit(srcHost=a) = 3Mb on rootShare.`).slice(1), [
    "warning[W841]: traffic of `slow` enters at 3 switches (`s1`, `s2`, `s3`): of its 3Mb each keeps 1Mb",
  ]);
  for (const name of ["s1", "s2", "s3"]) {
    const entries = table(moved, name);
    t.regex(entries, /dl_type=0x800,nw_src=10\.0\.0\.1 actions=drop/);
    t.regex(entries, /priority=10,dl_src=02:00:00:00:00:01 actions=drop/);
    t.notRegex(entries, /dl_src=02:00:00:00:00:01[^\n]*actions=goto/);
  }
  t.regex(table(moved, "s3"), /priority=10,in_port=2 actions=drop/);
  t.regex(table(moved, "s1"), /priority=10,in_port=1 actions=drop/);
});

const NEITHER =
  "neither is believed: what comes in there, and at the other end of a link, is dropped until one of the facts is gone";
for (const [what, fact, words, cut] of [
  [
    "two links",
    "link(s1, 10, s3, 77, 10Mb).",
    "W272]: port `10` of switch `s1` has two links",
    ["s1:10", "s2:10", "s3:77"],
  ],
  [
    "a host and a link",
    "host_at(tv, s1, 10).",
    "W273]: host `tv` stands at port `10` of switch `s1`, which is a link",
    ["s1:10", "s2:10"],
  ],
  [
    "a link to itself",
    "link(s3, 77, s3, 78, 10Mb).",
    "W274]: a link leads from switch `s3` back to itself",
    ["s3:77", "s3:78"],
  ],
] as const)
  test(`a port with ${what} refuses nothing: it is cut off, and what was led over it goes around or is suspended`, (t) => {
    const through = "@by waypoint(srcHost=a, dstHost=b) = s2 on rootShare.";
    const text = `${network()} ${fact} ${through} ${RESERVE}`;
    const out = said(text).filter((line) => !/W825|W751/.test(line));
    t.deepEqual(out, [`warning[${words}`]);
    t.true(decided(text).good);
    if (!words.startsWith("W274"))
      t.is(decided(text).diagnostics.find(({ code }) => words.startsWith(code))!.help, NEITHER);
    for (const name of ["s1", "s2", "s3"]) {
      const dropped = [...table(text, name).matchAll(/priority=61,in_port=(\d+) actions=drop/g)];
      const expected = cut.filter((at) => at.startsWith(name)).map((at) => at.slice(3));
      t.deepEqual(dropped.map(([, port]) => port).join(), expected.join(), name);
    }
    // The way by s3 is left, where the direct link is cut.
    t.regex(table(text, "s1"), cut[0] === "s1:10" ? /actions=[^\n]*output:12/ : /actions=[^\n]*output:10/);
    t.is(/output:10\b/.test(table(text, "s1")), cut[0] !== "s1:10");
  });

test("a table of links from outside with a port twice refuses nothing, and the row is named", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2).
    extern link(symbol, number, symbol, number, rate) from csv "links.csv" (a, ap, b, bp, rate).
    @no deny(dstHost=10.0.0.9) on rootShare.`;
  const csv = { name: "links.csv", text: "a,ap,b,bp,rate\ns1,1,s2,1,1Gb\ns1,1,s2,2,1Gb\n" };
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => csv, rules });
  t.deepEqual(
    policy.diagnostics.map(({ code, span }) => [code, span?.source.name]),
    [["W272", "links.csv"]],
  );
  t.true(policy.good);
  t.regex(toOvs(tablesAt(policy, NOW, { target: "ovs" }).tables.get("s2")!), /priority=61,in_port=2 actions=drop/);
});

test("a switch that no fact names any more refuses nothing: hosts there are unplugged, links to it are cut off", (t) => {
  const through = "@by waypoint(srcHost=a, dstHost=b) = b on rootShare.";
  const lost = `${network().replace("switch(s2, 2). ", "")} ${through}`;
  t.deepEqual(said(`${network()} ${through}`), []);
  t.deepEqual(said(lost), [
    "warning[W276]: `s2` is a switch that no `switch` fact names now",
    "warning[W750]: `by` is suspended, and all of its flows are dropped: `b` stands nowhere in the network that is known",
  ]);
  t.deepEqual([...tablesAt(decided(lost), NOW, { target: "ovs" }).tables.keys()], ["s1", "s3"]);
  for (const [name, port] of [
    ["s1", 10],
    ["s3", 11],
  ] as const) {
    t.regex(table(lost, name), new RegExp(`priority=61,in_port=${port} actions=drop`));
    t.regex(table(lost, name), /dl_type=0x800,nw_src=10\.0\.0\.2 actions=drop/);
    t.regex(table(lost, name), /priority=60,in_port=12 /);
  }
  // A slip in capital letters is one, and where no switch is known at all so is every name.
  t.regex(said(lost.replace("host_at(b, s2, 1)", 'host_at(b, "S1", 1)')).join("\n"), /error\[E225\]: `S1`/);
  t.regex(said("default allow. host_at(b, s1, 1).").join("\n"), /error\[E225\]: `s1`/);
});

const AT_S9 = [
  "@x deny(switch=s9) on rootShare.",
  "@x deny(srcAP=s9:3) on rootShare.",
  "@x allow(srcHost=a, switch=s9) on rootShare.",
  "@x limit(switch=s9) = 3Mb on rootShare.",
  "@x reserve(srcAP=s9:3, dstHost=b) = 3Mb on rootShare.",
  "@x waypoint(srcAP=s9:3, dstHost=b) = s3 on rootShare.",
  "NewShare s for (switch=s9) [deny = True] on rootShare. @x deny(switch=s9, dstPort=80) on s.",
  "policy p { @x deny <= switch(s9). @y limit(2Mb) <= srcAP = s9:3. }",
];

for (const statement of AT_S9)
  test(`a flowgroup that names a switch of which no fact is left refuses nothing: ${statement}`, (t) => {
    t.deepEqual(
      said(`${network()} switch(s9, 9). ${statement}`).filter((line) => line.startsWith("error")),
      [],
    );
    const out = said(`${network()} ${statement}`);
    t.deepEqual(
      out.filter((line) => line.startsWith("warning")),
      ["warning[W276]: `s9` is a switch that no `switch` fact names now"],
    );
    t.deepEqual(
      out.filter((line) => line.startsWith("error")),
      [],
    );
    // All others are in force, and the statement holds nothing.
    const matches = (text: string, name: string): readonly string[] =>
      table(text, name)
        .split("\n")
        .map((line) => line.replace(/^cookie=\w+,/, ""))
        .filter((line) => line !== "" && !line.startsWith("#"));
    for (const name of ["s1", "s2", "s3"])
      t.true(matches(`${network()} ${statement}`, name).length >= matches(network(), name).length, name);
    t.regex(table(`${network()} ${statement}`, "s3"), /nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.2 actions=drop/);
  });

test("a switch that a flowgroup names is a slip where it differs in capitals alone, where no switch is known, and live", (t) => {
  t.regex(said(`${network()} deny(switch="S1") on rootShare.`).join("\n"), /error\[E225\]: `S1`/);
  t.regex(said("default allow. deny(switch=s1) on rootShare.").join("\n"), /error\[E225\]: `s1`/);
  const net = new Conversation(NOW, modelOf(network(), { trace: false }));
  t.throws(() => net.one("deny(switch=s9) on rootShare."), { message: /E225/ });
});

for (const [fact, lost, words] of [
  ["switch(s2, 7).", ["s2"], "switch `s2` has two datapaths"],
  ["switch(s9, 2).", ["s2", "s9"], "datapath `0000000000000002` has two names"],
] as const)
  test(`facts by which ${words} refuse nothing: none of them is believed`, (t) => {
    const through = "@by waypoint(srcHost=a, dstHost=b) = b on rootShare.";
    const here = `@x deny(switch={${lost.join()}}, dstPort=80) on rootShare.`;
    const text = `${network()} ${fact} ${through} ${here}`;
    t.deepEqual(said(text), [
      `warning[W280]: ${words}`,
      "warning[W750]: `by` is suspended, and all of its flows are dropped: `b` stands nowhere in the network that is known",
    ]);
    t.deepEqual([...tablesAt(decided(text), NOW, { target: "ovs" }).tables.keys()], ["s1", "s3"]);
    t.regex(table(text, "s1"), /priority=61,in_port=10 actions=drop/);
    t.regex(table(text, "s3"), /priority=61,in_port=11 actions=drop/);
    t.regex(table(text, "s3"), /nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.2 actions=drop/);
    // In whatever order the facts are said.
    const first = `${fact} ${text.replace(fact, "")}`;
    for (const name of ["s1", "s3"]) t.is(table(first, name), table(text, name));
  });

test("one switch that is stated twice with the same datapath is one, and with no other switch two are refused", (t) => {
  t.deepEqual(said(`${network()} switch(s2, "0x2").`), []);
  const alone = "default allow. switch(s1, 1). switch(s1, 2). host_at(a, s1, 1).";
  t.deepEqual(said(alone), ["error[E232]: switch `s1` is used twice"]);
});

test("facts about wires that contradict each other are said in any order with the same table", (t) => {
  const twice = "link(s1, 10, s3, 77, 10Mb).";
  const [first, last] = [network().replace("default allow.", `default allow. ${twice}`), `${network()} ${twice}`];
  t.true(decided(last).good);
  for (const name of ["s1", "s2", "s3"]) t.is(table(first, name), table(last, name));
});

test("a link or a port with a rate of zero refuses nothing: a link is cut off, and at a host's port nothing is guaranteed", (t) => {
  const own = "@one reserve(srcHost=a, dstHost=b) = 6Mb on rootShare.";
  const promiseOf = (text: string): unknown =>
    decided(text).outcomes.find(({ statement }) => statement.label === "one")?.verdict;
  t.like(promiseOf(`${network()} ${own}`), { promise: "guaranteed" });
  for (const [text, at] of [
    [network("0b"), "s1:10>s2:10"],
    [`${network()} port_rate(s2, 10, 0b).`, "s2:10"],
  ] as const) {
    t.deepEqual(said(`${text} ${own}`), [`warning[W281]: facts give \`${at}\` a rate of zero`]);
    t.like(promiseOf(`${text} ${own}`), { promise: "guaranteed" }, "by the other way");
    for (const name of ["s1", "s2"]) t.regex(table(`${text} ${own}`, name), /priority=61,in_port=10 actions=drop/);
    t.regex(table(`${text} ${own}`, "s1"), /priority=60,in_port=12 /);
  }
  const still = network().replace("port_rate(s2, 1, 100Mb)", "port_rate(s2, 1, 0b)");
  t.deepEqual(said(`${still} ${own}`), [
    "warning[W281]: facts give `s2:1` a rate of zero",
    "note[N754]: not guaranteed, because no fact says the rate of the port `s2:1`: `one`",
  ]);
});

test("of two rates of a link or a port the lower one counts", (t) => {
  const own = "@one reserve(srcHost=a, dstHost=b) = 6Mb on rootShare.";
  for (const [fact, words] of [
    ["link(s2, 10, s1, 10, 4Mb).", "W275]: the link between `s2:10` and `s1:10` has two rates"],
    ["port_rate(s1, 10, 20Mb). port_rate(s1, 10, 4Mb).", "W271]: port `10` of switch `s1` has two rates"],
    ["port_rate(s1, 10, 4Mb). port_rate(s1, 10, 20Mb).", "W271]: port `10` of switch `s1` has two rates"],
  ] as const) {
    const out = said(`${network()} ${fact} ${own}`);
    t.is(out[0], `warning[${words}`);
    t.regex(out[1]!, /W751\]: `one` is suspended.* has no room for 6Mb: 4Mb of 4Mb is left/);
  }
});

test("a user who has logged out refuses no statement that names her, and no grant to her", (t) => {
  const text = `${network()} NewShare net for (dstHost=10.0.0.3) [deny = True] on rootShare. Grant net to Eve.
    @one deny(user=Eve, dstHost=b) on rootShare.
    @two Eve: deny(dstHost=10.0.0.3, transport=TCP, dstPort=80) on net.
    policy p { @three allow <= user("Eve"), dstPort = 22, transport(tcp). }`;
  t.deepEqual(said(`${text} user_host("Eve", a).`), []);
  const out = said(text);
  t.deepEqual(out, [
    "warning[W265]: `Eve` is a user that nothing names now",
    "warning[W807]: no flow of `Eve` is held by this deny",
  ]);
  t.is(
    decided(text).diagnostics[0]!.help,
    "the grant stands for that name; `AddUser Eve.` makes the name known for good",
  );
  t.true(decided(text).outcomes.every(({ verdict }) => verdict.kind === "accepted"));
  t.deepEqual(said(`${text} AddUser Eve.`), ["warning[W807]: no flow of `Eve` is held by this deny"]);
});

test("a waypoint through a host that no fact names any more is suspended, and an avoid of it holds", (t) => {
  const through = "@ids waypoint(srcHost=a, dstHost=c) = ids on rootShare.";
  const around = "@x avoid(srcHost=b, dstHost=c) = ids on rootShare.";
  t.deepEqual(said(`${network()} host_at(ids, s2, 2). host_mac(ids, 02:00:00:00:00:09). ${through} ${around}`), []);
  t.deepEqual(said(`${network()} ${through} ${around}`), [
    "warning[W266]: `ids` is a host that no fact names now",
    "warning[W266]: `ids` is a host that no fact names now",
    "warning[W750]: `ids` is suspended, and all of its flows are dropped: `ids` stands nowhere in the network that is known",
  ]);
  const rule = `policy p { @y waypoint(ids) <= srcHost = 10.0.0.1, host_at(ids, _, _). }`;
  t.deepEqual(
    said(`${network()} ${rule}`).filter((line) => line.startsWith("error")),
    [],
  );
  t.regex(
    said(`${network()} ${rule}`).join("\n"),
    /warning\[W267\]: `ids` is a host that no fact names now, and a rule/,
  );
});

test("a rule of the network's own may name a user who has logged out", (t) => {
  const own = `reject(Q, "not Eve") <= request(Q, "Eve", "deny", _).`;
  t.deepEqual(said(`${network()} ${own}`), ["warning[W265]: `Eve` is a user that nothing names now"]);
});

test("where a text has no directory, an unknown name is a slip and is refused", (t) => {
  const words = said("default allow. AddUser Eve. deny(user=Evee) on rootShare.");
  t.deepEqual(words, ["error[E204]: `Evee` is not a known user"]);
});
