/** Allows without an effect (W719): all of them are told, and the advice, carried out as it is written, gives them one. */
import test from "ava";
import fc from "fast-check";
import { decide } from "../../decide.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { NOW, RULES } from "../testing/networks.ts";

const said = (text: string): readonly Diagnostic[] =>
  decide([{ name: "p.pane", text }], { now: NOW, load: () => undefined, rules: RULES }).diagnostics;

interface Rule {
  readonly name: string;
  readonly kind: "allow" | "deny";
  readonly hosts: readonly number[];
}
interface Policy {
  readonly rules: readonly Rule[];
  readonly ordered?: boolean;
}
type File = Readonly<Record<string, Policy>>;

const addresses = (hosts: readonly number[]): string => `{${hosts.map((host) => `10.0.0.${host}`).join(", ")}}`;
const ruleText = ({ name, kind, hosts }: Rule): string => `@${name} ${kind} <= srcHost in ${addresses(hosts)}.`;
const START = "default deny. NewShare s for (*) [allow = True, deny = True] on rootShare.\n";
const textOf = (file: File, cascade: string): string =>
  `${START}${Object.entries(file)
    .map(
      ([name, { rules, ordered }]) =>
        `policy ${name} on share s ${ordered === true ? "ordered " : ""}{\n${rules.map(ruleText).join("\n")}\n}\n`,
    )
    .join("")}${cascade}`;

/** The rules that are said to have no effect, or never to decide, among these. */
function named(file: File, diagnostics: readonly Diagnostic[]): readonly string[] {
  const ids = Object.entries(file).flatMap(([policy, { rules }]) =>
    rules.map(({ name }) => [`${policy}.${name}`, name]),
  );
  const silent = diagnostics.filter(({ code }) => code === "W719" || code === "W716");
  return ids.flatMap(([id, name]) => {
    const isNamed = silent.some(({ message, span }) => {
      const written = span!.source.text.slice(span!.start);
      return (
        message.split(":")[0]!.includes(`\`${id}\``) ||
        (/this (?:allow|rule)/.test(message) && written.startsWith(`@${name} `))
      );
    });
    return isNamed ? [name!] : [];
  });
}

/** A file in which the advice for a rule is carried out as it is written. */
function followed(file: File, policy: string, rule: Rule, help: string): readonly [File, string] {
  const own = file[policy]!;
  const rest = own.rules.filter((one) => one !== rule);
  const [, written = ""] = /write `(cascade [^`]*)`/.exec(help) ?? [];
  if (help.startsWith("let it stand in a policy of its own on this share"))
    return [{ ...file, [policy]: { rules: rest }, apart: { rules: [rule] } }, written.replace("NAME", "apart")];
  if (written !== "") return [file, written];
  const before = /^write it before (.*?), and /.exec(help)?.[1] ?? "";
  const at = rest.findIndex(({ name }) => before.includes(`\`${policy}.${name}\``));
  const rules = at < 0 ? own.rules : [...rest.slice(0, at), rule, ...rest.slice(at)];
  return [{ ...file, [policy]: { rules, ordered: true } }, ""];
}

const HOSTS = fc.subarray([1, 2, 3], { minLength: 1 });
const KIND = fc.constantFrom<Rule["kind"]>("allow", "deny", "deny");
const POLICIES = fc.array(fc.array(fc.record({ kind: KIND, hosts: HOSTS }), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 3,
});

test("W719: an allow of a policy is named where denies of its level hold all of it, and what is advised gives it an effect", (t) => {
  let advised = 0;
  fc.assert(
    fc.property(POLICIES, (drawn) => {
      let next = 0;
      const file: File = Object.fromEntries(
        drawn.map((rules, at) => [`p${at}`, { rules: rules.map((one) => ({ ...one, name: `x${next++}` })) }]),
      );
      const text = textOf(file, "");
      const found = said(text);
      const all = Object.values(file).flatMap(({ rules }) => rules);
      const denied = new Set(all.flatMap(({ kind, hosts }) => (kind === "deny" ? hosts : [])));
      const without = all.filter(({ kind, hosts }) => kind === "allow" && hosts.every((host) => denied.has(host)));
      t.deepEqual(
        named(file, found),
        without.map(({ name }) => name),
        text,
      );
      for (const one of found.filter(({ code }) => code === "W719")) {
        const [name] = named(file, [one]);
        const [policy, { rules }] = Object.entries(file).find(([, own]) =>
          own.rules.some((each) => each.name === name),
        )!;
        const [mended, cascade] = followed(
          file,
          policy,
          rules.find((each) => each.name === name)!,
          one.help!,
        );
        const after = said(textOf(mended, cascade));
        t.deepEqual(
          after.filter(({ severity }) => severity === "error"),
          [],
          `${text}\n${one.help}`,
        );
        t.false(named(mended, after).includes(name!), `${text}\n${one.help}\n${textOf(mended, cascade)}`);
        advised++;
      }
    }),
    { numRuns: 40, seed: 9 },
  );
  t.true(advised > 10);
});

test("W719: in a share with a cascade a policy of its own is named there, before the level of what it stands beside", (t) => {
  const file = (apart: string, cascade: string): string =>
    `${START}policy a on share s { @a deny <= vlan = 1. }\n${apart}policy p on share s { ${apart === "" ? "@x allow <= vlan = 2. " : ""}@y deny <= vlan in 2-3. }\npolicy q on share s { @z deny <= vlan in 2-4. }\n${cascade}`;
  const [told, ...more] = said(file("", "cascade a > p."));
  t.deepEqual(more, []);
  t.is(
    told!.message,
    "this allow has no effect: `p.y` and `q.z` hold all of its flows, and beside each other deny overrides",
  );
  t.is(
    told!.help,
    "let it stand in a policy of its own on this share, and name it in the cascade of the share, in a level before that of `p`; what stands left decides first",
  );
  const codes = said(file("policy n on share s { @x allow <= vlan = 2. }\n", "cascade a > n > p.")).map(
    ({ code }) => code,
  );
  t.deepEqual(
    codes.filter((code) => /^[EW]/.test(code)),
    [],
  );
});

test("W719: a rule and requests of its share that deny it together, alone or one after the other", (t) => {
  const base = `${START}policy p on share s {\n@x allow <= srcHost in ${addresses([1, 2])}.\n`;
  const told = (text: string): readonly string[] =>
    said(text).map(({ code, message }) => `${code} ${message.split(", and beside")[0]}`);
  const both = `W719 this allow has no effect: `;
  t.deepEqual(told(`${base}}\n@d deny(srcHost=${addresses([1, 2])}) on s.`), [`${both}\`d\` holds all of its flows`]);
  t.deepEqual(told(`${base}@y deny <= srcHost = 10.0.0.1. }\n@d deny(srcHost=10.0.0.2) on s.`), [
    `${both}\`p.y\` and \`d\` hold all of its flows`,
  ]);
  t.deepEqual(
    told(`${base}}\n@d deny(srcHost=10.0.0.1) on s.`).filter((one) => one.startsWith("W")),
    [],
  );
  t.deepEqual(
    told(`${base}}\n@d deny(srcHost=${addresses([1, 2])}) on rootShare.`).filter((one) => one.startsWith("W")),
    [],
    "below overrides above",
  );
  // A request that says so itself is taken back, or the rule: each alone ends it.
  t.deepEqual(told(`${START}@d deny(srcHost=${addresses([1, 2])}) on s.`), []);
});

test("N760: what a share of one side cannot allow back is no second rule of it, and is not told of an allow without effect", (t) => {
  const web = "default deny. NewShare web for (dstHost=10.0.0.0/24) [allow = True, deny = True] on rootShare.\n";
  const rule = "policy fw on share web { @a allow <= dstHost in {10.0.0.2, 10.0.0.5}, dstPort in 22-25.";
  const [note] = said(`${web}${rule} }`);
  t.is(note!.help, "what answers it is not inside share `web`: a statement on a share that holds it allows it");
  const back = "\npolicy back on share rootShare { allow <= srcHost in {10.0.0.2, 10.0.0.5}, srcPort in 22-25. }";
  t.deepEqual(said(`${web}${rule} }${back}`), []);
  t.deepEqual(
    said(`${web}${rule} @d deny <= dstHost in 10.0.0.0/29, dstPort in 22-25. }`).map(({ code }) => code),
    ["W719"],
  );
  t.deepEqual(
    said(`default deny.\n@a allow(srcHost=10.0.0.1) on rootShare.\n@d deny(*) on rootShare.`).map(({ code }) => code),
    ["W719"],
  );
});
