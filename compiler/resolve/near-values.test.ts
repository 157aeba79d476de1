/** What is misspelt in one place, and wrong nowhere by itself: values of facts and of rules, hosts, users, grants. */
import test from "ava";
import { readFileSync } from "node:fs";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });

/** `CODE line:column message | help` of all that is told of a policy, but the notes. */
function told(policy: string, files: Readonly<Record<string, string>> = {}): string[] {
  const load = (name: string): { name: string; text: string } | undefined =>
    Object.hasOwn(files, name) ? { name, text: files[name]! } : undefined;
  const { diagnostics } = decide([{ name: "p.pane", text: policy }], { now: 1_764_579_600, load, rules });
  return diagnostics
    .filter(({ severity }) => severity !== "note")
    .map(({ code, message, help, fix }) => {
      if (fix !== undefined) throw new Error(`a guess has a fix: ${message}`);
      return `${code} ${message}${help === undefined ? "" : ` | ${help}`}`;
    });
}

const PLACES = `default allow. switch(s1, 1).
host_ip(a_pc, 10.0.0.1). host_at(a_pc, s1, 1). user_host("Alice", a_pc).
host_ip(b_pc, 10.0.0.2). host_at(b_pc, s1, 2). user_host("Bob", b_pc).
`;
const denying = (conditions: string): string => `policy p { deny <= user(U), ${conditions}. }`;
const GROUPS = 'in_group("Alice", staff). in_group("Bob", staff).';

test("a value of one fact alone, and rules or other columns have nearly the same: asked", (t) => {
  const slip =
    "W290 `staf` stands in one fact of `in_group` alone, and rules and facts speak of `staff` | did you mean `staff`? if both are meant, a rule that asks for `staf` says so";
  const groups = 'in_group("Alice", staf). in_group("Bob", staff).';
  t.deepEqual(told(PLACES + groups + denying("in_group(U, staff)")), [slip]);
  t.deepEqual(told(`${PLACES}${groups} closed(staff). ${denying("in_group(U, G), closed(G)")}`), [slip]);
  // Through a rule, and from a file of data.
  t.deepEqual(told(`${PLACES}${groups} off(U) <= in_group(U, staff). ${denying("off(U)")}`), [slip]);
  const extern = 'extern in_group(user, group) from csv "g.csv". ';
  const files = { "g.csv": "user,group\nAlice,staf\nBob,staff\n" };
  t.deepEqual(told(PLACES + extern + denying("in_group(U, staff)"), files), [slip]);
});

test("a value is asked about where a rule names the other by `!=`; the help's own ways to say that it is meant hold", (t) => {
  const other = denying("in_group(U, G), G != staff");
  const both = 'in_group("Alice", staf). in_group("Bob", staff).';
  const codesOf = (more: string): string[] => told(PLACES + more).map((one) => one.slice(0, 4));
  t.deepEqual(codesOf(both + other), ["W290"]);
  // A slip is copied with its line.
  const more = (names: readonly string[]): string =>
    names
      .map((one, at) => `in_group("${one}", staf). host_ip(h${at}, 10.0.1.${at}). user_host("${one}", h${at}).`)
      .join(" ");
  t.deepEqual(told(`${PLACES}${both}${more(["Carl"])}${other}`), [
    "W290 `staf` stands in 2 facts of `in_group` alone, and rules and facts speak of `staff` | did you mean `staff`? if both are meant, a rule that asks for `staf` says so",
  ]);
  t.deepEqual(codesOf(`${both}${more(["Carl", "Dora", "Emil"])}${other}`), []);
  t.deepEqual(codesOf(`${both}${other} policy q { deny <= user(U), in_group(U, staf), dstPort = 1. }`), []);
});

test("words that are exchanged for others, have one other letter, or are further than one letter apart are no slips", (t) => {
  for (const [one, other] of [
    ["eu-west-1", "eu-east-1"],
    ["10-north", "10-south"],
    ["male", "female"],
    ["read", "reader"],
    ["cold", "gold"],
    ["employee", "employer"],
    ["managed", "manager"],
    ["inside", "insider"],
    ["internal", "interval"],
    ["print", "point"],
  ] as const)
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      t.deepEqual(told(`${PLACES}zone("Alice", "${a}"). zone("Bob", "${b}"). ${denying(`zone(U, "${b}")`)}`), [], a);
  for (const slip of ["guest", "gust", "geust", "gueast"])
    if (slip !== "guest")
      t.is(told(`${PLACES}zone("Alice", ${slip}). zone("Bob", guest). ${denying("zone(U, guest)")}`).length, 1, slip);
});

test("a misspelt user under `not`, where rules join the column with users: asked", (t) => {
  const near =
    "W290 `Alce` stands in one fact of `banned` alone, and rules and facts speak of `Alice` | did you mean `Alice`? if both are users, an `AddUser` says so";
  const passing = "default deny. ";
  const places = PLACES.replace("default allow. ", passing);
  const rule = (condition: string): string => `policy p { allow <= srcUser(U), user_host(U, _), ${condition}. }`;
  const facts = 'banned("Bob"). banned("Alce"). ';
  t.deepEqual(told(places + facts + rule("not banned(U)")), [near]);
  t.deepEqual(told(`${places}${facts}off(U) <= banned(U). ${rule("not off(U)")}`), [near]);
  t.deepEqual(told(`${places}banned("Alice"). ${rule("not banned(U)")}`), []);
  t.deepEqual(told(`${places}AddUser Alce. ${facts}${rule("not banned(U)")}`), []);
  t.deepEqual(told(`${places}banned("Bob"). banned("Zoe"). ${rule("not banned(U)")}`), []);
});

test("a value that a rule asks for and no fact has, where nearly the same stands in the facts: asked, once", (t) => {
  for (const [written, value] of [
    ['"Staff"', "Staff"],
    ["stff", "stff"],
    ["staf-f", "staf-f"],
  ] as const) {
    const asked = [`W289 no fact of \`in_group\` has \`${value}\`, for which this rule asks | did you mean \`staff\`?`];
    t.deepEqual(told(PLACES + GROUPS + denying(`in_group(U, ${written})`)), asked);
    // Under `not` it holds all where it was to hold few.
    t.deepEqual(told(PLACES + GROUPS + denying(`not in_group(U, ${written})`)), asked);
    t.deepEqual(
      told(`${PLACES}${GROUPS} off(U) <= in_group(U, ${written}). ${denying("not off(U)")}`).filter((one) =>
        one.startsWith("W289"),
      ),
      asked,
    );
  }
});

test("names of a row, short ones, users, and what rules and facts say alike are no slips", (t) => {
  for (const more of [
    `in_group("Alice", year1). in_group("Bob", year2). ${denying("in_group(U, year2)")}`,
    `in_group("Alice", car). in_group("Bob", cat). ${denying("in_group(U, cat)")}`,
    `in_group("Alice", staff). in_group("Bob", stuff). ${denying("in_group(U, staff)")} policy q { deny <= user(U), in_group(U, stuff), dstPort = 1. }`,
    `in_group("Alice", teachers). in_group("Bob", cleaners). ${denying("in_group(U, teachers)")}`,
    // Nobody asks for one of them.
    `room("Alice", north). room("Bob", norte). ${denying("room(U, _)")}`,
    'AddUser Maria. AddUser Marie. vip("Maria"). vip("Marie"). guest("Maria"). policy p { allow <= user(U), vip(U). } policy q { allow <= user(U), guest(U), dstPort = 2. }',
    // A rule for a group that is to come.
    `${GROUPS} ${denying("not in_group(U, visitors)")}`,
  ])
    t.deepEqual(
      told(PLACES + more).filter((one) => /^W2(?:89|90)/.test(one)),
      [],
      more,
    );
});

test("a user's machine and a place under a name without address, beside nearly the same host with one: asked", (t) => {
  const asked = (relation: string, name: string): string =>
    `W270 only \`${relation}\` names host \`${name}\`, which has neither an address nor a MAC, as \`a_pc\` has | did you mean \`a_pc\`? facts of one name make one host`;
  t.deepEqual(told(`${PLACES}user_host("Carl", a-pc).`), [asked("user_host", "a-pc")]);
  t.deepEqual(told(`${PLACES}host_at(apc, s1, 3).`), [asked("host_at", "apc")]);
  t.deepEqual(
    told(
      `${PLACES}host_ip(a_pc2, 10.0.0.7). user_host("Carl", guest). host_at(h1-1, s1, 4). host_ip(h11, 10.0.0.8). host_at(h11, s1, 5).`,
    ),
    [],
  );
});

test("W806: a member without an address, beside nearly the same host with one: asked", (t) => {
  const rule = "policy p { deny <= srcHost(H), server(H). }";
  const asked = (name: string, help: string): string =>
    `W806 1 host that it names has no address, so this deny does not hold them: \`${name}\` | ${help}`;
  t.deepEqual(told(`${PLACES}server(a-pc). ${rule}`), [asked("a-pc", "did you mean `a_pc`?")]);
  t.deepEqual(told(`${PLACES}server(c_pc). ${rule}`), [asked("c_pc", "state `host_ip` or `host_mac` for them")]);
});

test("W806: under `not`, a host without an address is one that is not left out", (t) => {
  for (const effect of ["allow", "deny"])
    t.deepEqual(
      told(
        `${PLACES}bad(a-pc). bad(b_pc). policy p { ${effect} <= srcHost(H), not bad(H), dstHost = 10.0.0.9. }`,
      ).filter((one) => one.startsWith("W806")),
      [
        `W806 1 host that it names has no address, so this ${effect} does not leave them out: \`a-pc\` | did you mean \`a_pc\`?`,
      ],
    );
});

test("W807: a user of a fact alone, beside nearly the same user on a host: asked, and not one whom `AddUser` knows", (t) => {
  const rule = 'bad("Alise"). policy p { deny <= srcUser(U), bad(U). }';
  const on = "W807 no flow of `Alise` is held by this deny | `Alise` is on no host in the directory";
  t.deepEqual(told(PLACES + rule), [`${on}; did you mean \`Alice\`?`]);
  t.deepEqual(told(`${PLACES}AddUser Alise. ${rule}`), [on]);
});

test("a name with a full stop is no two statements: it stands in quotes", (t) => {
  for (const [written, name, rest] of [
    ["bob.smith", "bob.smith", "smith"],
    ["bob.j.smith", "bob.j.smith", "j"],
    ["Bob-2.smith", "Bob-2.smith", "smith"],
  ] as const) {
    t.regex(
      told(`default allow. AddUser ${written}.`).find((one) => one.startsWith(`W258 nothing reads \`${rest}\``))!,
      new RegExp(`stands in quotes, \`"${name}"\`$`),
    );
    t.deepEqual(told(`default allow. AddUser "${name}".`), []);
  }
});

test("W712: a grant of what is granted, to one and to everybody", (t) => {
  const share = "default allow. NewShare web for (*) [allow = True] on rootShare. AddUser Al. AddUser Bo. ";
  const help = "take it out, or name who else is meant";
  const one = `W712 \`Al\` speaks for share \`web\` already: this \`Grant\` changes nothing | ${help}`;
  t.deepEqual(told(`${share}Grant web to Al. Grant web to Bo.`), []);
  t.deepEqual(told(`${share}Grant web to Al. Grant web to Bo. Grant web to Al.`), [one]);
  t.deepEqual(told(`${share}GrantDefault web. GrantDefault web.`), [
    `W712 every user speaks for share \`web\` already: this \`GrantDefault\` changes nothing | ${help}`,
  ]);
  t.deepEqual(
    told(
      "default allow. AddUser Al. NewShare a for (*) [allow = True] on rootShare. Grant a to Al. Al: NewShare b for (dstPort=1) [allow = True] on a. Al: Grant b to Al.",
    ),
    [one.replace("web", "b")],
  );
});

test("W711: a share behind the removal that takes it away", (t) => {
  const gone =
    "W711 there is no share `web`: a `RemoveShare` takes this one away though it stands before it, since in a file removals follow all declarations | take out the one that is not meant";
  const made = "NewShare web for (*) [allow = True] on rootShare.";
  t.deepEqual(told(`default allow. RemoveShare web. ${made}`), [gone]);
  // What is to replace the first one is refused, which says why alone: both sentences together would contradict each other.
  t.deepEqual(told(`default allow. ${made} RemoveShare web. ${made}`), [
    "E705 share `web` exists already | give it another name, or change the one that is there: in a file no removal makes room, as removals follow all declarations",
  ]);
  t.deepEqual(told(`default allow. ${made} RemoveShare web.`), []);
  // In a file she stays known, and there is no grant to lose.
  t.deepEqual(told("default allow. RemoveUser Al. AddUser Al."), []);
});

test("W711: a grant behind the removal that takes it away, in place of what else is said of it", (t) => {
  const share = "default allow. NewShare web for (*) [allow = True] on rootShare. AddUser Al. AddUser Bo. ";
  const one = (kind: string): string =>
    `W711 \`Al\` does not speak for share \`web\`: a \`${kind}\` takes this grant away though it stands before it, since in a file removals follow all declarations | take out the one that is not meant`;
  t.deepEqual(told(`${share}Revoke web from Al. Grant web to Al. Grant web to Bo.`), [one("Revoke")]);
  t.deepEqual(told(`${share}Grant web to Al. Revoke web from Al with requests. Grant web to Al.`), [one("Revoke")]);
  t.deepEqual(told(`${share}Grant web to Bo. RemoveUser Al. Grant web to Al.`), [one("RemoveUser")]);
  t.deepEqual(told(`${share}Grant web to Al. Revoke web from Al.`), []);
  t.deepEqual(
    told(`${share}Revoke web from Bo. Grant web to Al.`).filter((text) => text.startsWith("W71")),
    [],
  );
});

test("a value that `where` leaves out and that is nearly the one it asks for is told", (t) => {
  const policy = `${PLACES}extern dept(user) from csv "g.csv" (login) where department = "guest". ${denying("dept(U)")}`;
  const rows = (value: string): string[] => told(policy, { "g.csv": `login,department\nAlice,${value}\nBob,guest\n` });
  t.deepEqual(rows("Guest"), [
    "W288 `guest` and `Guest` are two values of `g.csv`, which differ in capital letters alone | where one is meant, write it the same in both places",
  ]);
  t.deepEqual(rows("gue\u0455t"), [
    "W263 `gue\\u{455}t` looks like `guest`, and is another name | write the same letters in both places",
  ]);
  t.deepEqual(rows("gust"), [
    "W290 `gust` stands in one fact of `g.csv` alone, and rules and facts speak of `guest` | did you mean `guest`? `where` leaves this row out",
  ]);
  t.deepEqual(rows("staff"), []);
  const json = `${PLACES}extern dept(user) from json "g.json" (login) where department = "guest". ${denying("dept(U)")}`;
  const people = '[{"login": "Alice", "department": "GUEST"}, {"login": "Bob", "department": "guest"}]';
  t.deepEqual(
    told(json, { "g.json": people }).map((one) => one.slice(0, 4)),
    ["W288"],
  );
});
