/** Names of speakers, shares and rules that nothing knows: what is near them, or turned round, is named. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import { notAStatement } from "../lookup/statement.ts";

const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
const BASE = `default deny. AddUser Alice.
NewShare aliceAC for (dstHost=10.0.0.1) [deny = True] on rootShare.
Grant aliceAC to Alice.
`;
const helps = (text: string): readonly (readonly [string, string | undefined])[] =>
  decided(BASE + text).diagnostics.map(({ code, help }) => [code, help]);

test("E703 and E726: a speaker who is no user, and the user of nearly that name", (t) => {
  const meant = "there is no user `alice`; did you mean `Alice`?";
  t.deepEqual(helps("alice: deny(dstHost=10.0.0.1) on aliceAC."), [["E703", meant]]);
  t.deepEqual(helps("@x Alice: deny(dstHost=10.0.0.1) on aliceAC.\nalice: Cancel x."), [["E726", meant]]);
  const made = "there is no user `Bob`: `AddUser Bob.` makes one";
  t.deepEqual(helps("Bob: deny(dstHost=10.0.0.1) on aliceAC."), [["E703", made]]);
  const given = "who speaks for it may give the right: `Grant aliceAC to alice.`";
  t.deepEqual(helps("AddUser alice. alice: deny(dstHost=10.0.0.1) on aliceAC."), [["E703", given]], "a user");
});

/** What is said of a text once all that its help quotes is written behind the base, one piece after the other. */
function followed(text: string): readonly string[] {
  let base = BASE;
  for (let i = 0; i < 3; i++) {
    const found = decided(base + text).diagnostics.filter(({ severity }) => severity === "error");
    const [piece] = found.flatMap(({ help = "" }) => /`((?:AddUser|Grant) [^`]+)`/.exec(help)?.slice(1) ?? []);
    if (piece === undefined) return found.map(({ code }) => code);
    base += `${piece}\n`;
  }
  return ["never ends"];
}

test("E703: who does not speak for a share is told how to come to it, and that it works", (t) => {
  t.deepEqual(followed("Bob: deny(dstHost=10.0.0.1) on aliceAC."), []);
  t.deepEqual(followed("AddUser Bob. Bob: deny(dstHost=10.0.0.1) on aliceAC."), []);
  t.deepEqual(followed('AddUser "two words". "two words": deny(dstHost=10.0.0.1) on aliceAC.'), []);
  // Nobody is told to give the whole network away, and who has a share of her own is told which.
  t.deepEqual(helps("Alice: deny(dstHost=10.0.0.1) on rootShare."), [["E703", "`Alice` speaks for `aliceAC`"]]);
  t.deepEqual(helps("AddUser Bob. Bob: deny(dstHost=10.0.0.1) on rootShare."), [["E703", undefined]]);
  t.deepEqual(helps("Alice: RemoveShare aliceAC."), [["E703", "who speaks for a share above it may remove it"]]);
});

test("E703 and E726: behind a removal no Grant is advised, as it would give nothing back", (t) => {
  const since = (kind: string): string =>
    `a \`${kind}\` before it takes the right away, and no Grant of this file gives it back: take out the one that is not meant`;
  const deny = "Alice: deny(dstHost=10.0.0.1, srcHost=10.0.0.3) on aliceAC.";
  for (const removal of ["Revoke aliceAC from Alice with requests.", "Revoke aliceAC from Alice."]) {
    t.deepEqual(helps(`${removal} ${deny}`), [["E703", since("Revoke")]]);
    t.deepEqual(helps(deny + removal), [], "taken out, as it is advised");
  }
  const within = "NewShare sub for (dstHost=10.0.0.1) [deny = True] on aliceAC. Revoke aliceAC from Alice.";
  t.deepEqual(helps(`${within} ${deny.replace("aliceAC", "sub")}`), [["E703", since("Revoke")]]);
  t.deepEqual(helps(`RemoveUser Alice. ${deny}`), [["E703", since("RemoveUser")]]);
  t.deepEqual(helps("@x deny(dstHost=10.0.0.1) on aliceAC. Revoke aliceAC from Alice. Alice: Cancel x."), [
    ["E726", since("Revoke")],
  ]);
});

test("E702: a privilege that is missing is told as it is written, with the shares above that lack it", (t) => {
  t.deepEqual(helps("Alice: allow(dstHost=10.0.0.1) on aliceAC."), [
    ["E702", "it takes `allow = True` among the privileges of `aliceAC`"],
  ]);
  t.deepEqual(
    helps(
      "NewShare sub for (dstHost=10.0.0.1) [deny = True] on aliceAC. reserve(dstHost=10.0.0.1, srcHost=10.0.0.2) = 1Mb on sub.",
    ),
    [["E702", "it takes `reserve <= RATE` among the privileges of `sub`, and of `aliceAC` above it"]],
  );
  const mended = BASE.replace("[deny = True]", "[deny = True, allow = True]");
  const after = decide([{ name: "p.pane", text: `${mended}Alice: allow(dstHost=10.0.0.1) on aliceAC.` }], {
    now: NOW,
    rules: RULES,
    load: () => undefined,
  });
  t.deepEqual(
    after.diagnostics.map(({ code }) => code),
    ["N760"],
  );
});

test("E704: a grant with share and user in each other's place, and a network with one share", (t) => {
  t.deepEqual(helps("Grant Alice to aliceAC."), [["E704", "would be accepted: Grant aliceAC to Alice."]]);
  t.deepEqual(helps("Revoke Alice from aliceAC."), [["E704", "did you mean `Revoke aliceAC from Alice.`?"]]);
  const [turned] = decided(`${BASE}@a Grant Alice to aliceAC.`).diagnostics;
  t.is(turned!.fix!.text, "@a Grant aliceAC to Alice.");
  // Where that would not be accepted either, what is turned is said.
  t.deepEqual(helps("Grant alice to aliceAC."), [["E704", "`aliceAC` is a share: the share stands first"]]);
  const alone = decided("default deny. allow(*) on net0.").diagnostics.map(({ help }) => help);
  t.deepEqual(alone, ["the only share is `rootShare`"]);
});

test("E704, E709, E713: what another thing of a near name would take away is asked about, and no fix", (t) => {
  const base = `default allow. AddUser Alice. AddUser Alan. ${BASE.replace(/^.*\n/, "")}@cut1 deny(dstHost=10.0.0.9) on rootShare.
@cut2 deny(dstHost=10.0.0.8) on rootShare. deny(srcHost=10.0.0.1) on rootShare. Alice: deny(dstHost=10.0.0.1) on aliceAC.
`;
  for (const [said, meant] of [
    ['Cancel "deny(srcHost=10.0.0.2) on rootShare".', 'Cancel "deny(srcHost=10.0.0.1) on rootShare.".'],
    ["@l root: Cancel cut3.", "@l root: Cancel cut1."],
    ["RemoveUser Alic.", "RemoveUser Alice."],
    ["Revoke alicAC from Alice with requests.", "Revoke aliceAC from Alice with requests."],
    ["RemoveShare aliceA cascade.", "RemoveShare aliceAC cascade."],
  ] as const) {
    const [fault] = decided(base + said).diagnostics;
    t.is(fault!.help, `did you mean \`${meant}\`?`);
    t.is(fault!.fix, undefined, said);
    const after = decided(base + meant).diagnostics.filter(({ severity }) => severity === "error");
    t.deepEqual(after, [], "and it is one that can be said");
  }
  const [emptied] = decided(`${base}RemoveShare aliceAC.`).diagnostics;
  t.is(emptied!.help, "would be accepted: RemoveShare aliceAC cascade.");
  t.is(emptied!.fix, undefined);
});

test("E706: no share that grants nothing is offered", (t) => {
  t.deepEqual(helps("NewShare b for (dstHost=10.0.0.1) [allow = True] on aliceAC."), [
    ["E706", "state no more than the parent holds, or let that hold more"],
  ]);
  t.deepEqual(helps("NewShare b for (dstHost=10.0.0.1) [allow = True, deny = True] on aliceAC."), [
    ["E706", "would be accepted: NewShare b for (dstHost=10.0.0.1) [deny = True] on aliceAC."],
  ]);
});

test("a rule that is asked for by a misspelt identity has its near name", (t) => {
  const policy = decided("default deny. policy lan { @staff allow <= dstPort(80). @guests deny <= dstPort(81). }");
  t.is(notAStatement("lan.staf", policy).help, "did you mean `@lan.staff`?");
  t.is(notAStatement("@gests", policy).help, "did you mean `@guests`?");
});
