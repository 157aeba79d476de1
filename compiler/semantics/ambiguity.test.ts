/**
 * No packet matches two entries of one table and priority that do different things. Random policies of all kinds of
 * statements show it, on one switch and on several, for every target. A judge that shares no code checks the compiler's
 * own search.
 */
import test from "ava";
import { compileFile, fc, NOW } from "../admission/testing/networks.ts";
import { ambiguityFaults } from "../circles/network.ts";
import { fromOvs, lower, sortEntries, toOvs, type TargetName } from "../lowering/index.ts";
import { ambiguousPair } from "../table/ambiguity.ts";
import type { Action, Entry, FieldMatch, Instruction, Table } from "../table/entry.ts";
import { canonicalMatch, exact } from "../table/match.ts";
import { ambiguities } from "./frame-judge.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 150);
const TARGETS: readonly TargetName[] = ["ovs", "of13", "ovs-userspace"];

function tablesOf(text: string, target: TargetName): ReadonlyMap<string, Table> | undefined {
  const { model, admission } = compileFile(text, NOW, true);
  const { directory, defaults } = model;
  const { tables, diagnostics } = lower(admission.derived.active(NOW), { directory, defaults, target, now: NOW });
  return diagnostics.some(({ severity }) => severity === "error") ? undefined : tables;
}

/** The judge cannot interpret tags and conjunctions. */
const judged = (table: Table): readonly string[] =>
  ambiguities(table).filter((one) => !one.includes("conj") && !one.includes("metadata"));

test("a fragment that several limits may hold matches one entry, that of the lowest rate or the first statement", (t) => {
  const text = `default allow.
@a limit(srcHost=10.0.0.0/24, transport=TCP, dstPort=80) = 1Mb on rootShare.
@b limit(dstHost=10.0.1.0/24, transport=TCP, dstPort=443) = 1Mb on rootShare.
@c limit(vlan=10, transport=TCP, dstPort=22) = 1000500b on rootShare.
@d limit(srcEth=02:00:00:00:00:01, transport=TCP, dstPort=23) = 2Mb on rootShare.`;
  for (const target of TARGETS) {
    const table = tablesOf(text, target)!.get("")!;
    t.deepEqual(judged(table), []);
    t.is(ambiguousPair(table.entries), undefined);
    const meters = new Map(table.meters!.map(({ meter, statement }) => [meter, statement]));
    const held = table.entries
      .filter(({ priority, match }) => priority > 1 && match.some(({ field }) => field === "tcp_src"))
      .flatMap(({ instructions: [first] }) => (first?.kind === "meter" ? [meters.get(first.meter)] : []));
    t.deepEqual([...new Set(held)], ["a", "b", "c", "d"], target);
  }
});

for (const [what, facts, meters] of [
  [
    "with a place, a MAC and an address each",
    `switch(s1, 1). host_ip(a, 10.0.0.2). host_mac(a, 02:00:00:00:00:02). host_at(a, s1, 1).
host_ip(b, 10.0.0.3). host_mac(b, 02:00:00:00:00:03). host_at(b, s1, 2).`,
    ["b", "e", "b", "e"],
  ],
  ["by address and by MAC", "host_ip(a, 10.0.0.2). host_mac(b, 02:00:00:00:00:03).", ["e", "b"]],
  ["on one host", "host_ip(a, 10.0.0.2). host_ip(b, 10.0.0.2).", ["e"]],
] as const) {
  test(`limits of two users who are known ${what} share a table, and a packet that may be of both passes the lowest`, (t) => {
    const text = `default allow. ${facts} user_host("Bob", a). user_host("Eve", b).
@b limit(user=Bob) = 2Mb on rootShare.
@e limit(user=Eve) = 1Mb on rootShare.`;
    for (const target of TARGETS) {
      const [[, table] = []] = tablesOf(text, target) ?? [];
      t.is(ambiguousPair(table!.entries), undefined);
      const statements = new Map(table!.meters!.map(({ meter, statement }) => [meter, statement]));
      const held = table!.entries.flatMap(({ instructions: [first] }) =>
        first?.kind === "meter" ? [statements.get(first.meter)] : [],
      );
      t.deepEqual(held, [...meters], target);
    }
  });
}

test("two entries for one packet are found in every form, and tags and conjunctions distinguish entries", (t) => {
  const faults = (...lines: readonly string[]): readonly string[] => {
    const read = fromOvs(lines.map((line) => `cookie=0x1,${line}`).join("\n"));
    if ("errors" in read) throw new Error(JSON.stringify(read.errors));
    const entries = sortEntries(read.entries);
    return ambiguityFaults(new Map([["s1", { entries }]])).map(({ code }) => code);
  };
  const [one, other] = ["table=1,priority=5,in_port=1 actions=output:2", "table=1,priority=5,dl_dst=02:00:00:00:00:01"];
  t.deepEqual(faults(one, `${other} actions=output:3`), ["E905"]);
  t.deepEqual(faults(one, `${other} actions=output:2`), []);
  t.deepEqual(faults(one, `${other.replace("=5", "=6")} actions=output:3`), []);
  t.deepEqual(faults(one, `${other},in_port=2 actions=output:3`), []);
  const tag = "table=0,priority=33,dl_type=0x800,nw_proto=6 actions=write_metadata:0x1/0x1,goto_table:1";
  const untagged = (protocol: number): readonly string[] => [
    tag,
    "table=1,priority=1,metadata=0x0/0x1,dl_type=0x800,nw_dst=10.0.0.1 actions=output:2",
    `table=1,priority=1,dl_type=0x800,nw_proto=${protocol} actions=output:3`,
  ];
  t.deepEqual(faults(...untagged(6)), []);
  t.deepEqual(faults(...untagged(17)), ["E905"]);
  const conjunction = (port: number): readonly string[] => [
    "table=1,priority=1,dl_type=0x800,nw_src=10.0.0.1 actions=conjunction(7,1/2)",
    "table=1,priority=1,dl_type=0x800,nw_dst=10.0.0.2 actions=conjunction(7,2/2)",
    "table=1,priority=1,conj_id=7 actions=output:2",
    `table=1,priority=1,dl_type=0x800,nw_dst=10.0.0.${port} actions=output:3`,
  ];
  t.deepEqual(faults(...conjunction(3)), []);
  t.deepEqual(faults(...conjunction(2).with(3, "table=1,priority=1,in_port=1 actions=output:3")), ["E905"]);
});

const TCP = [exact("eth_type", 0x800), exact("ip_proto", 6)];
const source = (address: number): FieldMatch => exact("ipv4_src", address);
const port = (number: number): FieldMatch => exact("tcp_dst", number);
const LASTING = { hardTimeout: 0, idleTimeout: 0 };
const entry = (fields: readonly FieldMatch[], ...instructions: Instruction[]): Entry => {
  return { table: 1, priority: 1, cookie: 1n, match: canonicalMatch(fields), instructions, ...LASTING };
};

/** `n` conjunctions of sources and ports, each with a meter of its own, as a switch holds them. */
function conjunctionsOf(
  n: number,
  sources: (i: number) => readonly number[],
  ports: (i: number) => readonly number[],
): readonly Entry[] {
  const clauses = [new Map<number, Action[]>(), new Map<number, Action[]>()] as const;
  const verdicts: Entry[] = [];
  for (let i = 0; i < n; i++) {
    verdicts.push(entry([exact("conj_id", i + 1)], { kind: "meter", meter: i + 1 }));
    for (const [at, members] of [sources(i), ports(i)].entries()) {
      for (const member of members) {
        const known = clauses[at]!.get(member) ?? [];
        known.push({ kind: "conjunction", id: i + 1, clause: at + 1, clauses: 2 });
        clauses[at]!.set(member, known);
      }
    }
  }
  const members = [source, port].flatMap((field, at) =>
    [...clauses[at]!].map(([value, actions]) => entry([...TCP, field(value)], { kind: "apply", actions })),
  );
  return [...verdicts, ...members];
}

/** The codes for a table of these entries, and the milliseconds of processor time that the check takes. */
function checked(...entries: readonly Entry[]): { readonly codes: readonly string[]; readonly ms: number } {
  const tables = new Map([["s1", { entries: sortEntries(entries) }]]);
  const before = process.cpuUsage();
  const codes = ambiguityFaults(tables).map(({ code }) => code);
  const { user, system } = process.cpuUsage(before);
  return { codes, ms: (user + system) / 1000 };
}

test("5,000 conjunctions are compared by an index, whichever of their fields keeps them apart", (t) => {
  const own = (i: number): readonly number[] => [3 * i, 3 * i + 1, 3 * i + 2];
  const same = (): readonly number[] => [80, 443, 8080];
  const all = conjunctionsOf(5000, own, same);
  const [small, large, byPort] = [
    checked(...conjunctionsOf(1250, own, same)),
    checked(...all),
    checked(...conjunctionsOf(5000, same, own)),
  ];
  t.deepEqual([small.codes, large.codes, byPort.codes], [[], [], []]);
  t.log(`${small.ms.toFixed()} ms for 1,250, ${large.ms.toFixed()} and ${byPort.ms.toFixed()} ms for 5,000`);
  t.true(large.ms < 12 * Math.max(small.ms, 200), "near-linear");
  const oneMore = (i: number): readonly number[] => (i === 4999 ? [6, 99_999] : own(i));
  t.deepEqual(checked(...conjunctionsOf(5000, oneMore, same)).codes, ["E905"]);
  const plain = (to: number): Entry => entry([...TCP, source(7), port(to)], { kind: "goto", table: 2 });
  t.deepEqual(checked(...all, plain(443)).codes, ["E905"]);
  t.deepEqual(checked(...all, plain(22)).codes, []);
});

test("conjunctions that no one field keeps apart are compared within a budget, and the answer says where it ended", (t) => {
  // Any two are apart by source or by port. Each field alone lets every seventieth pair meet.
  const ports = (count: number) => (i: number) =>
    Array.from({ length: count }, (_, k) => Math.floor(i / 71) * count + k);
  const few = checked(...conjunctionsOf(500, (i) => [i % 71], ports(5)));
  t.deepEqual(few.codes, []);
  const many = checked(...conjunctionsOf(5000, (i) => [i % 71], ports(40)));
  t.deepEqual(many.codes, ["N836"]);
  t.log(`${many.ms.toFixed()} ms`);
  t.true(many.ms < 30_000);
});

/** A random policy, drawn with `pick`. */
function policy(pick: <T>(...some: readonly T[]) => T): string {
  const upTo = (n: number): number => pick(...Array.from({ length: n }, (_, i) => i));
  const often = (): boolean => pick(true, true, false);
  const switches = pick(0, 1, 1, 2, 3, 4);
  const hosts = 2 + upTo(4);
  const lines = [pick("default allow.", "default deny."), pick("", "", "default fragments allow.")];
  for (let i = 1; i <= switches; i++) lines.push(`switch(s${i}, ${i}).`);
  for (let i = 2; i <= switches; i++) lines.push(`link(s${i}, 1, s${1 + upTo(i - 1)}, ${10 + i}, 1Gb).`);
  if (switches > 2 && often()) lines.push(`link(s1, 30, s${switches}, 30, 1Gb).`);
  for (let h = 0; h < hosts; h++) {
    const hasMac = often();
    const addresses = pick(0, 1, 1, 1, 2);
    if (addresses > 0) lines.push(`host_ip(h${h}, 10.0.0.${h + 1}).`);
    if (addresses > 1) lines.push(`host_ip(h${h}, 10.0.0.${h + 11}).`);
    if (addresses > 0 && !often()) lines.push(`host_ip(h${h}, 2001:db8::${h + 1}).`);
    if (hasMac || addresses === 0) lines.push(`host_mac(h${h}, 02:00:00:00:00:0${h + 1}).`);
    // Sometimes two hosts are at one port.
    if (switches > 0 && often()) lines.push(`host_at(h${h}, s${1 + upTo(switches)}, ${pick(40 + h, 40 + h, 40)}).`);
    lines.push(`user_host("u${h % 3}", h${h}).`);
    if (pick(0, 0, 0, 0, 1) === 1) lines.push(`user_host("u${(h + 1) % 3}", h${h}).`);
  }
  /** One end of flows. Paths that are led by complements of addresses take too many entries. */
  const end = (side: "src" | "dst", isLed: boolean): readonly string[] => {
    const address = pick("10.0.0.0/24", "10.0.0.0/29", "10.0.0.1", "10.0.0.4/31", "{10.0.0.1, 10.0.0.3, 10.0.0.6}");
    const user = side === "src" ? "user" : "dstUser";
    const mac = `02:00:00:00:00:0${1 + upTo(hosts)}`;
    return pick<readonly string[]>(
      [],
      [],
      [`${side}Host=${address}`],
      [`${user}=u${upTo(Math.min(3, hosts))}`],
      [`${user}=u${upTo(Math.min(3, hosts))}`],
      ...(isLed ? [] : [[`${user}!=u${upTo(Math.min(3, hosts))}`], [`${user}=unknown`]]),
      [`${side}Eth=${mac}`],
    );
  };
  const flows = (isLed: boolean): string => {
    const kind = pick("", "TCP, dstPort=80", "TCP, dstPort={80, 443}", "UDP, srcPort=1000-1999", "ICMP", "{TCP, UDP}");
    const more = pick("", "", "", "vlan=10", "dscp=8", ...(switches < 2 ? ["direction=request"] : ["inPort=41"]));
    const parts = [
      ...end("src", isLed),
      ...end("dst", isLed),
      ...(kind === "" ? [] : [`transport=${kind}`]),
      ...(more === "" ? [] : [more]),
    ];
    return parts.length === 0 ? "*" : parts.join(", ");
  };
  const kinds = ["allow", "deny", "limit", "limit", "reserve", ...(switches > 1 ? ["waypoint", "avoid"] : [])];
  for (let i = 0; i <= upTo(5); i++) {
    const kind = pick(...kinds);
    const node = pick(`s${1 + upTo(Math.max(1, switches))}`, `h${upTo(hosts)}`);
    const isRate = kind === "limit" || kind === "reserve";
    const isLed = kind === "waypoint" || kind === "avoid";
    const asks = isRate ? ` = ${pick("1Mb", "2Mb")}` : isLed ? ` = ${node}` : "";
    lines.push(`@q${i} ${kind}(${flows(isLed)})${asks} on rootShare.`);
  }
  return lines.join("\n");
}

test("in random policies of all kinds no two entries of one priority hold one packet and do different things", (t) => {
  t.timeout(600_000);
  let tables = 0;
  fc.assert(
    fc.property(fc.gen(), fc.constantFrom(...TARGETS), (draw, target) => {
      const text = policy((...some) => draw(fc.constantFrom, ...some));
      for (const [name, table] of tablesOf(text, target) ?? []) {
        tables++;
        const found = ambiguousPair(table.entries);
        const faults = judged(table);
        if (found !== undefined || faults.length > 0)
          t.fail(
            `${target} ${name}\n${text}\n${faults[0]}\n${typeof found === "object" ? toOvs({ entries: [found.one, found.other] }) : found}`,
          );
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.log({ tables });
  t.true(tables > RUNS / 2);
});
