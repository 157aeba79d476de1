/**
 * What a refusal for want of a path names in a file: without all of it the statement stands, be it suspended, and without any
 * less it is refused. Facts say nothing of that, so links that are missing are nobody's fault.
 */
import test from "ava";
import fc from "fast-check";
import type { Certificate } from "../certificates/verdict.ts";
import { decide } from "../decide.ts";
import { NOW, RULES } from "./testing/networks.ts";

const HOSTS = ["h1", "h2", "h3", "h4", "b", "c"] as const;
const SEATS = ["s1, 1", "s2, 1", "s3, 1", "s4, 1", "s2, 2", "s4, 2"] as const;
const SWITCHES = ["s1", "s2", "s3", "s4"] as const;
const CABLES = ["s1, 10, s2, 10", "s2, 11, s3, 11", "s3, 12, s4, 12", "s4, 13, s1, 13"] as const;
const facts = (cables: readonly string[]): string =>
  [
    ...SWITCHES.map((name, i) => `switch(${name}, ${i + 1}).`),
    ...cables.map((one) => `link(${one}, 1Gb).`),
    ...HOSTS.map(
      (name, i) =>
        `host_ip(${name}, 10.0.0.${i + 1}). host_mac(${name}, 02:00:00:00:00:0${i + 1}). host_at(${name}, ${SEATS[i]}).`,
    ),
  ].join("\n");

/** The certificate of the last statement of a file; undefined: it stands. */
function refusalOf(cables: readonly string[], statements: readonly string[]): Certificate | undefined {
  const labelled = statements.join("\n");
  const { outcomes } = decide([{ name: "test.pane", text: `default allow.\n${facts(cables)}\n${labelled}` }], {
    now: NOW,
    load: () => undefined,
    rules: RULES,
  });
  const { verdict } = outcomes.at(-1)!;
  return verdict.kind === "rejected" ? verdict.certificate : undefined;
}

const idOf = (statement: string): string => statement.slice(1, statement.indexOf(" "));
const named = ({ blockers }: Certificate): readonly string[] => blockers.map(({ id }) => id).toSorted();

test("what is missing of the network blames no statement, and excuses none", (t) => {
  const some = [
    "@q0 avoid(srcHost=c, dstHost=h4) = s4, s3 on rootShare.",
    "@q1 avoid(dstHost=h2) = s1 on rootShare.",
    "@q2 waypoint(srcHost=h1, dstHost=h3) = h1, c, b on rootShare.",
    "@q4 waypoint(*) = s1, c on rootShare.",
  ];
  // `q2` lacks a link, and q4 beside it does: no statement contradicts another there.
  t.deepEqual(named(refusalOf([CABLES[1], CABLES[3]], some)!), ["q0", "q1"]);
  const others = [
    "@q0 waypoint(dstHost=h2) = c, h1, b on rootShare.",
    "@q5 avoid(srcHost=b, dstHost=h2) = s2, s3 on rootShare.",
  ];
  // Where `b` stands is a fact. That it is a waypoint of what it sends itself is not.
  const { reason, blockers } = refusalOf(CABLES, others)!;
  t.deepEqual(
    blockers.map(({ id }) => id),
    ["q0"],
  );
  t.regex(reason, /^there is no path from `b` at s2:2 to `h2` at s2:1 that .*as `q0` asks/);
});

const flows = fc
  .record({ from: fc.option(fc.constantFrom(...HOSTS)), to: fc.option(fc.constantFrom(...HOSTS)) })
  .map(({ from, to }) =>
    from || to ? [...(from ? [`srcHost=${from}`] : []), ...(to ? [`dstHost=${to}`] : [])].join(", ") : "*",
  );
const nodes = (all: readonly string[], most: number) =>
  fc.shuffledSubarray([...all], { minLength: 1, maxLength: most });
const statement = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .tuple(flows, nodes(["b", "c", "h1", "s1", "s2", "s3"], 3))
      .map(([of, by]) => `waypoint(${of}) = ${by.join(", ")}`),
  },
  { weight: 1, arbitrary: fc.tuple(flows, nodes(SWITCHES, 2)).map(([of, by]) => `avoid(${of}) = ${by.join(", ")}`) },
);

test("without all that is named the statement stands, and without any less it does not", (t) => {
  let seen = 0;
  const law = fc.property(
    fc.array(statement, { minLength: 4, maxLength: 7 }),
    fc.subarray([...CABLES], { minLength: 2 }),
    (texts, cables) => {
      const all: string[] = [];
      for (const [i, text] of texts.entries()) {
        const one = `@q${i} ${text} on rootShare.`;
        const refused = refusalOf(cables, [...all, one]);
        if (refused === undefined) all.push(one);
        if (refused?.code !== "no-path") continue;
        const blamed = named(refused);
        const without = (some: readonly string[]): Certificate | undefined =>
          refusalOf(cables, [...all.filter((other) => !some.includes(idOf(other))), one]);
        const file = [...all, one].join("\n");
        if (blamed.length === 0) {
          t.is(without(all.map(idOf))?.code, "no-path", file);
          continue;
        }
        seen++;
        t.is(without(blamed), undefined, file);
        for (const kept of blamed) t.truthy(without(blamed.filter((other) => other !== kept)), `${kept}\n${file}`);
      }
    },
  );
  fc.assert(law, { numRuns: 25 });
  t.true(seen > 2, String(seen));
});

test("a statement that has its paths in the network as it is blames nobody, though in a friendlier one some would be missing", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_mac(h1, 02:00:00:00:00:01). host_at(h1, s2, 4). host_mac(h3, 02:00:00:00:00:03). host_at(h3, s1, 1).`;
  const some = [
    "@q2 avoid(srcEth=02:00:00:00:00:03, switch=s1) = s1 on rootShare.",
    "@q4 avoid(srcEth=02:00:00:00:00:01, switch=s1) = s1 on rootShare.",
    "@q5 avoid(dstAP=s1:1) = s1 on rootShare.",
  ];
  const last = (statements: readonly string[]): readonly string[] => {
    const file = [text, ...statements].join("\n");
    const { outcomes } = decide([{ name: "test.pane", text: file }], { now: NOW, load: () => undefined, rules: RULES });
    const { verdict } = outcomes.at(-1)!;
    return verdict.kind === "rejected" ? named(verdict.certificate) : [];
  };
  // Of `q2` the only host stands at the port itself, and that of `q4` sends nothing into `s1`.
  t.deepEqual([last(some), last([some[0]!, some[2]!]), last([some[1]!, some[2]!])], [[], [], []]);
});
