/** Policies beside requests: how their rules are admitted, and what they decide together. */
import test from "ava";
import { universeOf, isIn } from "../../semantics/points.ts";
import { verdictByRecursion, verdictOf, type ReferenceRequest } from "../../semantics/reference.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { NOW, compileFile, fc, gist, modelOf } from "../testing/networks.ts";

const SHARES = `
  NewShare a for (*) [allow = True, deny = True] on rootShare.
  NewShare b for (*) [allow = True, deny = True] on a.
  NewShare c for (*) [allow = True, deny = True] on rootShare.`;

/** Guard first; below it the key of SEMANTICS, "From policy to table", refined by the cascade's level. */
const before = (a: DerivedRule, b: DerivedRule): number =>
  Number(b.stage === "guard") - Number(a.stage === "guard") ||
  b.depth - a.depth ||
  a.level - b.level ||
  Number(b.effect === "deny") - Number(a.effect === "deny");

test("a policy is a standing request: it needs its share's flows, the privilege and a speaker", (t) => {
  const file = compileFile(`
    AddUser Alice.
    NewShare narrow for (vlan=1-5) [deny = True] on rootShare.
    policy wide on share narrow { @w deny <= vlan in 4-6. }
    policy mild on share narrow { @m allow <= vlan = 2. }
    policy alien on share narrow as Alice { @x deny <= vlan = 2. }
    policy lost on share nowhere { @l deny <= vlan = 2. }`);
  t.deepEqual(
    file.rules.map(({ verdict }) => gist(verdict)),
    ["outside-share", "no-privilege", "not-a-speaker", "unknown-share"],
  );
  t.deepEqual(
    file.diagnostics.map(({ code }) => code),
    ["E701", "E702", "E703", "E704"],
  );
});

test("descendants override a policy; only other branches block it", (t) => {
  const file = compileFile(`${SHARES}
    policy top on share a { @d deny <= vlan = 1. }
    policy below on share b { @o allow <= vlan = 1. }
    policy aside on share c { @x allow <= vlan = 1-2. }`);
  t.deepEqual(
    file.rules.map(({ verdict }) => gist(verdict)),
    ["accepted", "accepted", "conflict"],
  );
  const blocked = file.rules[2]!.verdict;
  t.deepEqual(blocked.kind === "rejected" && blocked.certificate.blockers.map(({ id }) => id), ["top.d"]);
});

test("a rule of a higher level blocks requests of its share, one of a lower level does not", (t) => {
  const policies = `
    policy first on share a { @open allow <= vlan = 1. @shut deny <= vlan = 2. }
    policy last on share a { @rest deny <= vlan in 1-9. }`;
  const verdicts = (cascade: string): string[] => {
    const net = compileFile(`${SHARES} ${policies} ${cascade}
      @r1 deny(vlan=1) on a.  @r2 allow(vlan=2) on a.  @r3 allow(vlan=3) on a.`);
    return net.outcomes.slice(3).map(({ verdict }) => gist(verdict));
  };
  t.deepEqual(verdicts("cascade first > requests > last."), ["conflict", "conflict", "accepted"]);
  t.deepEqual(verdicts("cascade first > last."), ["conflict", "conflict", "conflict"]);
  t.deepEqual(verdicts("cascade requests > first > last."), ["accepted", "accepted", "accepted"]);
  t.deepEqual(verdicts(""), ["accepted", "conflict", "conflict"], "without a cascade a deny may tighten");
});

test("`pass` hands a flow on to the next level", (t) => {
  const file = compileFile(`
    policy fast on share rootShare { @hand pass <= vlan = 2. @no deny <= vlan in 1-3. }
    policy slow on share rootShare { @yes allow <= vlan in 1-9. }
    cascade fast > slow.`);
  t.deepEqual(file.diagnostics, []);
  const rules = file.admission.derived.active(NOW).toSorted(before);
  const verdict = (vlan: number): string | undefined =>
    rules.find(({ cube }) => isIn({ cubes: [cube] }, { vlan }))?.effect;
  t.deepEqual([1, 2, 3, 4].map(verdict), ["deny", "allow", "deny", "allow"]);
});

test("a `pass` outside its policy's share is rejected as an allow or a deny is", (t) => {
  const refused = (rules: string): readonly string[] => {
    const { diagnostics } = compileFile(`
      NewShare narrow for (srcHost=10.0.0.0/24) [allow = True] on rootShare.
      policy wide on share narrow { ${rules} }`);
    return diagnostics.map(({ code, help = "" }) => `${code} ${help}`);
  };
  t.deepEqual(refused("@p pass <= srcPort(9). @a allow <= srcHost = 10.0.0.1."), [
    "E701 would be accepted: @p pass <= srcPort(9), srcHost in 10.0.0.0/24.",
  ]);
  // A `pass` needs no privilege.
  t.deepEqual(refused("@p pass <= srcHost in 10.0.0.0/25, srcPort(9). @a allow <= srcHost = 10.0.0.1."), []);
  t.deepEqual(
    compileFile("policy lost on share nowhere as Eve { pass <= srcPort(9). }").diagnostics.map(({ code }) => code),
    ["E704"],
  );
});

test("two policies of one share, one of them ordered, need a cascade", (t) => {
  const text = `
    policy list on share rootShare ordered { @one allow <= vlan = 1. @two deny <= vlan in 1-2. }
    policy other on share rootShare { @three allow <= vlan in 2-3. }`;
  t.deepEqual(
    compileFile(text).diagnostics.map(({ code }) => code),
    ["E732"],
  );
  t.deepEqual(compileFile(`${text} cascade list > other.`).diagnostics, []);
});

test("a guard denies above all shares and is never blocked, and a note names the requests that it silences", (t) => {
  const file = compileFile(`${SHARES}
    policy stop as guard { @worm deny <= vlan = 7. }
    @child allow(vlan=7) on b.`);
  t.deepEqual(
    file.outcomes.map(({ verdict }) => verdict.kind),
    ["accepted", "accepted", "accepted", "accepted"],
  );
  t.deepEqual(
    file.diagnostics.map(({ code, message }) => [code, message]),
    [["N702", "guard `stop` denies flows of 1 request, in whole or in part: `child`"]],
  );
  const first = file.admission.derived.active(NOW).toSorted(before)[0]!;
  t.deepEqual([first.stage, first.effect, first.statement], ["guard", "deny", "stop.worm"]);
});

test("the guard's note names a silenced reservation too, but no limit: a denied flow has no reservation", (t) => {
  const file = compileFile(`
    policy stop as guard { @worm deny <= vlan = 7. }
    @more reserve(vlan=7) = 1Mb on rootShare.
    @less limit(vlan=7) = 1Mb on rootShare.`);
  t.deepEqual(
    file.diagnostics.filter(({ code }) => code === "N702").map(({ message }) => message),
    ["guard `stop` denies flows of 1 request, in whole or in part: `more`"],
  );
});

test("two allowed /9 before a deny of their /8 leave it nothing to deny (capirca missed the joint shadow)", (t) => {
  const file = compileFile(`
    policy acl ordered {
      @low  allow <= srcHost in 10.0.0.0/9.
      @high allow <= srcHost in 10.128.0.0/9.
      @all  deny  <= srcHost in 10.0.0.0/8.
    }`);
  t.deepEqual(
    file.diagnostics.map(({ code }) => code),
    ["W716"],
  );
  const rules = file.admission.derived.active(NOW).toSorted(before);
  const verdict = (value: number): string | undefined =>
    rules.find(({ cube }) => isIn({ cubes: [cube] }, { ethType: 0x0800, srcHost: { family: 4, value } }))?.effect;
  t.deepEqual([0x0a000001, 0x0a7fffff, 0x0a800000, 0x0affffff, 0x0b000000].map(verdict), [
    "allow",
    "allow",
    "allow",
    "allow",
    undefined,
  ]);
});

const body = fc.constantFrom("vlan in 1-3", "vlan = 2", "vlan in 2-5, inPort = 1", "inPort in 1-2", "vlan = 4", "true");
const verdict = fc.constantFrom("allow", "allow", "deny", "deny", "pass");
const rule = fc.tuple(verdict, body).map(([what, when]) => `${what} <= ${when}.`);
const policy = (name: string): fc.Arbitrary<{ name: string; share: string; text: string }> =>
  fc
    .tuple(
      fc.constantFrom("a", "a", "b", "c"),
      fc.constantFrom("", " ordered"),
      fc.array(rule, { minLength: 1, maxLength: 5 }),
    )
    .map(([share, how, rules]) => ({
      name,
      share,
      text: `policy ${name} on share ${share}${how} { ${rules.map((one, i) => `@${name}${i} ${one}`).join(" ")} }`,
    }));

const request = fc
  .tuple(
    fc.constantFrom("allow", "deny"),
    fc.constantFrom("(vlan=1-2)", "(vlan=2)", "(inPort=1)", "(vlan=3-4, inPort=2)", "(*)"),
    fc.constantFrom("", " partial"),
    fc.constantFrom("a", "b", "c"),
  )
  .map(([what, where, how, share]) => `${what}${where}${how} on ${share}.`);

test("policies, cascades and requests together decide as the reference does", (t) => {
  let decided = 0;
  fc.assert(
    fc.property(
      fc.tuple(policy("p"), policy("q"), policy("r")),
      fc.array(request, { maxLength: 5 }),
      fc.nat(3),
      (policies, requests, place) => {
        // Policies of one share are joined in a cascade, with the requests at a random place in it.
        const cascades = ["a", "b", "c"].flatMap((share) => {
          const names = policies.filter((one) => one.share === share).map(({ name }) => name);
          const all = place < 3 ? names.toSpliced(place, 0, "requests") : names;
          return names.length > 1 || (names.length === 1 && place < 3) ? [`cascade ${all.join(" > ")}.`] : [];
        });
        const text = [SHARES, ...policies.map((one) => one.text), ...cascades, ...requests].join("\n");
        const { admission, model, rules } = compileFile(text);
        const refused = new Set(rules.filter(({ verdict }) => verdict.kind === "rejected").map((one) => one.rule));
        const standing = model.policies.map((one) => ({
          ...one,
          rules: one.rules.map((each) => (refused.has(each) ? { ...each, cubes: [] } : each)),
        }));
        const accepted: ReferenceRequest[] = [...admission.state.accepted]
          .filter((one) => one.policy === undefined)
          .map((one) => ({ ...one, share: one.share.name }));
        const shares = new Map([...admission.state.tree.root.subtree()].map((one) => [one.name, one.parent?.name]));
        const meant = { policies: standing, cascades: model.cascades };
        const active = admission.derived.active(NOW).toSorted(before);
        const universe = universeOf(
          active.map(({ cube }) => ({ cubes: [cube] })),
          [],
        );
        for (const flow of universe.flows) {
          const due = verdictOf(accepted, shares, meant, flow, NOW);
          t.is(verdictByRecursion(accepted, shares, meant, flow, NOW), due, text);
          t.is(active.find(({ cube }) => isIn({ cubes: [cube] }, flow))?.effect ?? "default", due, text);
          decided++;
        }
      },
    ),
    { numRuns: 150, seed: 5 },
  );
  t.true(decided > 1000);
});

test("in a running network requests and policies block each other, and a cancelled request blocks no more", (t) => {
  const { admission } = compileFile(`${SHARES} policy p on share a { @no deny <= vlan = 2. }`);
  const say = (text: string): string => gist(admission.submit(modelOf(text).statements[0]!, NOW));
  t.is(say("@above allow(vlan=2) on rootShare."), "conflict");
  t.is(say("@below allow(vlan=2) on b."), "accepted");
  t.is(say("@aside deny(vlan=2) on c."), "conflict");
  t.is(say("Cancel below."), "accepted");
  t.is(say("@aside deny(vlan=2) on c."), "accepted");
  t.deepEqual(
    admission.derived.active(NOW).map(({ statement }) => statement),
    ["aside", "p.no"],
  );
});
