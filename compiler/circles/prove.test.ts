/**
 * The proof of no circles, compared with a judge that shares no code with it (`../semantics/frame-judge.ts`). Correct
 * tables of random networks are proven. In a table that is broken on purpose the proof finds a circle whenever the
 * judge sees one, and every frame that the proof shows circles before the judge.
 */
import test from "ava";
import { compileFile, fc, NOW } from "../admission/testing/networks.ts";
import { lower } from "../lowering/index.ts";
import { topology } from "../paths/topology.ts";
import { send, type Wiring } from "../semantics/frame-judge.ts";
import {
  frameOf,
  place,
  stories,
  textOf,
  compileStory,
  type Story,
  type CompiledStory,
} from "../semantics/testing/frame-stories.ts";
import type { Entry, Table } from "../table/entry.ts";
import { boxesOf, circleFaults } from "./network.ts";
import { proveNoCircles, type CircleProof } from "./prove.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 60);
const MUCH = 3_000_000;

function proofOf({ directory, rules }: CompiledStory, tables: ReadonlyMap<string, Table>): CircleProof {
  const net = topology(directory);
  return proveNoCircles(tables, net, boxesOf(net, rules), MUCH);
}

test("no packet circles in random networks with random policies, as the proof shows", (t) => {
  t.timeout(600_000);
  let proven = 0;
  fc.assert(
    fc.property(
      stories,
      fc.constantFrom("ovs" as const, "ovs-userspace" as const, "of13" as const),
      (story, target) => {
        const one = compileStory(story, { target });
        if (one === undefined) return;
        const proof = proofOf(one, one.tables);
        if (proof.kind !== "proven")
          throw new Error(
            `${textOf(story)}\n${target} ${proof.kind} ${JSON.stringify(proof, (_, v: unknown) => (typeof v === "bigint" ? `0x${v.toString(16)}` : v instanceof Map ? [...v] : v))}`,
          );
        proven++;
      },
    ),
    { numRuns: RUNS },
  );
  t.true(proven > RUNS / 2);
});

/** Changes one sending entry of a table: it then sends to another port, to all ports, or back. */
function broken({ tables }: CompiledStory, [which, how]: readonly [number, number]): ReadonlyMap<string, Table> {
  const all = [...tables].flatMap(([name, { entries }]) =>
    entries.filter((one) => one.instructions.some(({ kind }) => kind === "apply")).map((entry) => ({ name, entry })),
  );
  const dropping = [...tables].flatMap(([name, { entries }]) => {
    const last = Math.max(...entries.map(({ table }) => table));
    return (
      entries
        // Entries for reserved groups drop frames that the judge does not send.
        .filter((one) => one.table === last && one.instructions.length === 0 && one.priority < 65_535)
        .map((entry) => ({ name, entry }))
    );
  });
  const among = [...all, ...dropping];
  const { name, entry } = among[which % among.length]!;
  const port = ([...Array.from({ length: 6 }, (_, i) => i + 1), "ALL", "IN_PORT"] as const)[how % 8]!;
  const other: Entry = { ...entry, instructions: [{ kind: "apply", actions: [{ kind: "output", port }] }] };
  const entries = tables.get(name)!.entries.map((one) => (one === entry ? other : one));
  return new Map([...tables, [name, { entries }]]);
}

/** The network with boxes that are routers. */
const routed = ({ plugged, ...rest }: Wiring): Wiring => ({
  ...rest,
  plugged: new Map(
    [...plugged].map(([at, one]) => [at, { ...one, isMiddlebox: one.isMiddlebox === false ? false : "router" }]),
  ),
});

/** Whether the judge sees some frame of some host circle. */
const isSeen = (story: Story, one: CompiledStory, tables: ReadonlyMap<string, Table>): boolean =>
  circlesIn(story, { ...one.wiring, tables }) || circlesIn(story, routed({ ...one.wiring, tables }));

function circlesIn(story: Story, wiring: Wiring): boolean {
  return story.homes.some((_, source) =>
    [...story.homes.keys(), "all", "unknown"].some(
      (to) =>
        to !== source &&
        (["web", "dns", "arp"] as const).some((kind) =>
          send(wiring, frameOf(source, to as number, kind), place(story, source)).faults.some((fault) =>
            fault.startsWith("circles"),
          ),
        ),
    ),
  );
}

test("in a table broken on purpose the proof finds what the judge sees circle, and what it finds circles", (t) => {
  t.timeout(600_000);
  const seen = { judged: 0, found: 0, proven: 0 };
  fc.assert(
    fc.property(stories, fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 4, maxLength: 4 }), (story, changes) => {
      const one = compileStory(story);
      if (one === undefined) return;
      for (const change of changes) {
        const tables = broken(one, change);
        const proof = proofOf(one, tables);
        const isJudged = isSeen(story, one, tables);
        if (isJudged) seen.judged++;
        if (proof.kind === "proven") seen.proven++;
        if (isJudged && proof.kind === "proven") throw new Error(`missed: ${textOf(story)}\n${change.join()}`);
        if (proof.kind !== "circles") continue;
        seen.found++;
        const { switch: name, port } = proof.from;
        const wiring = { ...one.wiring, tables };
        const judged = send(wiring, proof.frame, `${name}:${port}`);
        if (!judged.faults.some((fault) => fault.startsWith("circles")))
          throw new Error(`does not circle: ${textOf(story)}\n${change.join()}`);
      }
    }),
    { numRuns: RUNS },
  );
  t.log(seen);
  t.true(seen.judged > RUNS / 20 && seen.found >= seen.judged && seen.proven > RUNS);
});

const ring = (): CompiledStory =>
  compileStory({
    switches: 4,
    cables: [
      ["s1:1", "s2:1"],
      ["s2:2", "s3:1"],
      ["s3:2", "s4:1"],
      ["s4:2", "s1:2"],
    ],
    homes: [
      [0, true],
      [1, true],
      [2, true],
      [3, true],
    ],
    statements: [{ kind: "waypoint", from: 0, to: 2, isWeb: true, nodes: ["h2"] }],
  })!;

test("a flood that comes in by a link outside the tree, and an entry that leads back, are found with a frame", (t) => {
  const one = ring();
  const net = topology(one.directory);
  t.deepEqual(circleFaults(one.tables, net, one.rules), []);
  const closed = [...one.tables].map(([name, { entries }]): [string, Table] => [
    name,
    { entries: entries.filter(({ priority, match: [first] }) => !(priority === 5 && first?.field === "in_port")) },
  ]);
  const [flood] = circleFaults(new Map(closed), net, one.rules);
  t.like(flood, { code: "E903", severity: "error" });
  t.regex(flood!.message, /s\d:\d → .*s\d:\d/);
  t.regex(flood!.witness!, /eth_src=0x/);
});

test("in a ring with many hosts the steps of the proof grow as the entries do, however hosts are known", (t) => {
  for (const known of ["host_mac", "host_ip", "both"]) {
    const facts = Array.from({ length: 12 }, (_, i) => [
      `switch(s${i}, ${i + 1}).`,
      `link(s${i}, 1, s${(i + 1) % 12}, 2, 1Gb).`,
    ]);
    const hosts = Array.from({ length: 120 }, (_, i) => [
      `host_at(h${i}, s${i % 12}, ${10 + i}).`,
      ...(known === "host_ip" ? [] : [`host_mac(h${i}, 02:00:00:00:00:${(16 + i).toString(16)}).`]),
      ...(known === "host_mac" ? [] : [`host_ip(h${i}, 10.0.0.${i + 1}).`]),
    ]);
    const { model, admission } = compileFile(["default allow.", ...facts.flat(), ...hosts.flat()].join("\n"));
    const { directory, defaults } = model;
    const { tables } = lower(admission.derived.active(NOW), { directory, defaults, target: "ovs", now: NOW });
    const entries = [...tables.values()].reduce((sum, one) => sum + one.entries.length, 0);
    const proof = proveNoCircles(tables, topology(directory), [], MUCH);
    t.like(proof, { kind: "proven" });
    t.true(proof.kind === "proven" && proof.steps < 1.5 * entries, `${known}: ${entries} entries`);
  }
});

test("in a mesh of switches the steps of the proof grow as the entries do", (t) => {
  const all = Array.from({ length: 24 }, (_, i) => i);
  const facts = all.flatMap((i) => [
    `switch(s${i}, ${i + 1}). host_at(h${i}, s${i}, 100). host_ip(h${i}, 10.0.0.${i + 1}).`,
    ...all.slice(i + 1).map((j) => `link(s${i}, ${j + 1}, s${j}, ${i + 1}, 1Gb).`),
  ]);
  const { model, admission } = compileFile(["default allow.", ...facts].join("\n"));
  const { directory, defaults } = model;
  const { tables } = lower(admission.derived.active(NOW), { directory, defaults, target: "ovs", now: NOW });
  const entries = [...tables.values()].reduce((sum, one) => sum + one.entries.length, 0);
  const proof = proveNoCircles(tables, topology(directory), [], MUCH);
  t.true(proof.kind === "proven" && proof.steps < 15 * entries, `${JSON.stringify(proof)}: ${entries} entries`);
});

test("a proof that runs out of its budget warns and refuses nothing", (t) => {
  const one = ring();
  const [open] = circleFaults(one.tables, topology(one.directory), one.rules, 10);
  t.like(open, { code: "N834", severity: "note" });
});
