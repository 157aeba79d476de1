/**
 * Mutants of policies, run through the commands. Verdicts, tables, plans and their printing never throw for any policy.
 * The mutants keep the structure: whole statements move, and a token is replaced by one of its kind. So many of them
 * still compile. `GLAZIER_MUTANTS=N` makes N mutants, and `GLAZIER_SEED=N` makes others.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { lex, type IToken } from "#grammar/tokens.ts";
import { random } from "../bench/random.ts";
import { exit } from "./common/io.ts";
import { clock, folder, glazier } from "./testing.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const COUNT = Number(process.env["GLAZIER_MUTANTS"] ?? 60);

type Dice = ReturnType<typeof random>;
const oneOf = <T>(all: readonly T[], roll: Dice): T => all[roll(all.length)]!;

/** Token type → tokens that may replace it: usual values, and the least and greatest. */
const KIN: Readonly<Record<string, readonly string[]>> = {
  Integer: ["0", "1", "17", "22", "80", "443", "1024", "4095", "65535", "65536", "4294967295", "9007199254740991"],
  Quantity: ["0b", "1b", "7kb", "1Mb", "10Mb", "1Gb", "9Tb", "1s", "59s", "20min", "1h", "365d", "5000w"],
  Ip4: ["0.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.255", "127.0.0.1", "224.0.0.251", "255.255.255.255"],
  Prefix4: ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/31", "10.0.0.2/32", "224.0.0.0/4", "128.0.0.0/1"],
  Ip6: ["::", "::1", "fe80::1", "ff02::fb", "2001:db8::1"],
  Prefix6: ["::/0", "fe80::/10", "2001:db8::/127"],
  Mac: ["00:00:00:00:00:00", "00:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb"],
  Instant: ["1970-01-01T00:00:00Z", "2026-12-01T09:00:00Z", "2026-12-01T09:00:01Z", "9999-12-31T23:59:59Z"],
};
/** Groups of words that may replace each other. */
const WORDS: readonly (readonly string[])[] = [
  ["allow", "deny"],
  ["reserve", "limit"],
  ["waypoint", "avoid"],
  ["strict", "partial"],
  ["TCP", "UDP", "ICMP", "SCTP"],
  ["srcHost", "dstHost"],
  ["srcPort", "dstPort"],
  ["True", "False"],
  ["and", "or", "except"],
];

/** The ends of the statements, which are dots outside of braces. */
function statements(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { image, startOffset } of lex(text).tokens) {
    if (image === "{") depth++;
    else if (image === "}") depth--;
    if (depth === 0 && (image === "." || (image === "}" && /^\s*(?:[@\w]|$)/.test(text.slice(startOffset + 1))))) {
      found.push(text.slice(from, startOffset + 1));
      from = startOffset + 1;
    }
  }
  return [...found, text.slice(from)];
}

function otherToken({ image, tokenType }: IToken, roll: Dice): string | undefined {
  const kin = KIN[tokenType.name] ?? WORDS.find((words) => words.includes(image));
  return kin && oneOf(kin, roll);
}

/** Makes one change to a text: of a token, or of whole statements, perhaps with those of another policy. */
function mutate(text: string, others: readonly string[], roll: Dice): string {
  if (roll(4) > 0) {
    const tokens = lex(text).tokens.filter((token) => otherToken(token, random(0)) !== undefined);
    if (tokens.length === 0) return text;
    const token = oneOf(tokens, roll);
    return (
      text.slice(0, token.startOffset) + otherToken(token, roll) + text.slice(token.startOffset + token.image.length)
    );
  }
  const all = [...statements(text)];
  const at = roll(all.length);
  switch (roll(4)) {
    case 0:
      all.splice(at, 1);
      break;
    case 1:
      all.splice(roll(all.length), 0, all[at]!);
      break;
    case 2:
      all.splice(roll(all.length), 0, ...all.splice(at, 1));
      break;
    default:
      all.splice(at, 0, `\n${oneOf(statements(oneOf(others, roll)), roll)}`);
  }
  return all.join("");
}

/** Small policies that together use every kind of statement. */
const SMALL: readonly string[] = [
  `default deny. include "baseline.fml". host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). user_host("U", a). AddUser V.
NewShare s for (dstHost=10.0.0.2) [allow = True, deny = True, reserve <= 10Mb, limit <= 20Mb] on rootShare.
Grant s to V. @x V: allow(dstHost=10.0.0.2, dstPort=80) on s. @y V: deny(dstHost=10.0.0.2, srcHost=10.0.0.9) partial on s.
@r V: reserve(dstHost=10.0.0.2, transport=TCP, dstPort=443) = 2Mb on s from now to +20min.
@l V: limit(dstHost=10.0.0.2, transport=UDP) = 1Mb on s. policy p on share rootShare { @q deny <= srcHost in 10.0.0.7. }`,
  `default allow. switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 10Mb). link(s2, 1, s1, 1, 10Mb).
host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). host_ip(m, 10.0.0.3). host_at(a, s1, 2). host_at(b, s2, 2). host_at(m, s2, 3).
@w waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = {m} on rootShare. @v limit(srcHost=10.0.0.1) = 1Mb on rootShare.
@d deny(transport=TCP, dstPort=22) on rootShare from 2026-12-01T09:00:00Z to +1h.`,
  `default allow. bad(10.0.0.4). bad(10.0.0.5). group(X, count(Y)) <= member(X, Y). member(g, a). member(g, b).
policy top on share rootShare ordered { @one deny <= srcHost(H), bad(H). @two allow <= dstPort in {80, 443}, transport(tcp). @three deny <= dstPort in 1..1024, transport(tcp). }
flowgroup web = (transport=TCP, dstPort={80, 443}). limit(web) = 5Mb on rootShare to +2h. reserve(web and (dstHost=10.0.0.2)) = 1Mb on rootShare to +1h.`,
];

/** The examples that are whole policies, with the data beside them. */
const EXAMPLES = ["paper", "backup", "video-call"] as const;

interface Base {
  /** The folder with its data, to copy; absent: it has none. */
  readonly from?: string;
  readonly file: string;
  readonly text: string;
}

const bases: readonly Base[] = [
  ...EXAMPLES.flatMap((name) => {
    const from = join(root, "examples", name);
    const files = readdirSync(from).filter((file) => /\.(pane|fml)$/.test(file));
    return files.map((file): Base => ({ from, file, text: readFileSync(join(from, file), "utf8") }));
  }),
  ...SMALL.flatMap((text) => Array.from({ length: 3 }, (): Base => ({ file: "policy.pane", text }))),
];

const TRACES = join(root, "compiler/replay/traces");
const traces = readdirSync(TRACES).map((name) => readFileSync(join(TRACES, name), "utf8"));
const texts = bases.map(({ text }) => text);
const PACKET = "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, dstPort=80";

/** The commands that take turns on the mutants, beside `compile`. */
const CALLS: readonly (readonly string[])[] = [
  ["check", "new", "--all"],
  ["compile", "new", "--timeline"],
  ["compile", "new", "--target", "of13", "--json"],
  ["compile", "new", "--observe"],
  ["plan", "old", "new"],
  ["plan", "new", "--at", "2026-12-01T09:00:00Z", "--at", "2026-12-01T09:30:00Z"],
  ["explain", PACKET, "new"],
  ["explain", "(transport=TCP)", "new", "--json"],
  ["trace", PACKET, "new"],
  ["query", "ListRequests.", "new"],
  ["query", "ListShares.", "new", "--json"],
  ["query", "Available 1Mb for (*) on rootShare lasting 10min.", "new"],
  ["query", "GetSchedule rootShare.", "new"],
];

test(`${COUNT} mutants of policies end with an answer, and a third of them compile`, async (t) => {
  const roll = random(Number(process.env["GLAZIER_SEED"] ?? 11));
  const cwd = folder(t, { "old/.keep": "", "new/.keep": "" });
  let compiled = 0;
  for (let n = 0; n < COUNT; n++) {
    const { from, file, text } = oneOf(bases, roll);
    for (const side of ["old", "new"]) {
      for (const name of readdirSync(join(cwd, side))) writeFileSync(join(cwd, side, name), "");
      if (from !== undefined)
        cpSync(from, join(cwd, side), { recursive: true, filter: (path) => !path.endsWith("expected") });
    }
    let mutant = text;
    for (let i = roll(4) === 0 ? 2 : 1; i > 0; i--) mutant = mutate(mutant, texts, roll);
    writeFileSync(join(cwd, "old", file), text);
    writeFileSync(join(cwd, "new", file), mutant);
    for (const words of [["compile", "new"], CALLS[n % CALLS.length]!]) {
      const ran = await glazier(cwd, words, "", clock);
      if (words[0] === "compile" && words.length === 2 && ran.exit === exit.good) compiled++;
      t.not(ran.exit, exit.internal, `glazier ${words.join(" ")}\n${ran.err}\n${mutant}`);
    }
  }
  t.log(`${compiled} of ${COUNT} compiled`);
  t.true(compiled * 3 >= COUNT, `${compiled} of ${COUNT} compiled`);
});

test(`${COUNT} mutants of traces end with their verdicts`, async (t) => {
  const roll = random(Number(process.env["GLAZIER_SEED"] ?? 12));
  const cwd = folder(t, {});
  for (let n = 0; n < COUNT; n++) {
    let mutant = oneOf(traces, roll);
    for (let i = roll(4); i >= 0; i--) mutant = mutate(mutant, traces, roll);
    writeFileSync(join(cwd, "trace.pane"), mutant);
    const ran = await glazier(cwd, ["replay", "trace.pane"]);
    t.not(ran.exit, exit.internal, `${ran.err}\n${mutant}`);
  }
  t.pass();
});
