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
  t.deepEqual(helps("Bob: deny(dstHost=10.0.0.1) on aliceAC."), [["E703", undefined]]);
  t.deepEqual(helps("AddUser alice. alice: deny(dstHost=10.0.0.1) on aliceAC."), [["E703", undefined]], "a user");
});

test("E704: a grant with share and user in each other's place, and a network with one share", (t) => {
  t.deepEqual(helps("Grant Alice to aliceAC."), [
    ["E704", "`aliceAC` is a share and `Alice` a user: the share stands first"],
  ]);
  t.deepEqual(helps("Revoke Alice from aliceAC."), [
    ["E704", "`aliceAC` is a share and `Alice` a user: the share stands first"],
  ]);
  const alone = decided("default deny. allow(*) on net0.").diagnostics.map(({ help }) => help);
  t.deepEqual(alone, ["the only share is `rootShare`"]);
});

test("E706: no share that grants nothing is offered", (t) => {
  t.deepEqual(helps("NewShare b for (dstHost=10.0.0.1) [allow = True] on aliceAC."), [["E706", undefined]]);
  t.deepEqual(helps("NewShare b for (dstHost=10.0.0.1) [allow = True, deny = True] on aliceAC."), [
    ["E706", "would be accepted: NewShare b for (dstHost=10.0.0.1) [deny = True] on aliceAC."],
  ]);
});

test("a rule that is asked for by a misspelt identity has its near name", (t) => {
  const policy = decided("default deny. policy lan { @staff allow <= dstPort(80). @guests deny <= dstPort(81). }");
  t.is(notAStatement("lan.staf", policy).help, "did you mean `@lan.staff`?");
  t.is(notAStatement("@gests", policy).help, "did you mean `@guests`?");
});
