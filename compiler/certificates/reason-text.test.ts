/** What an operator reads in a rejection: who, what, which statement at which line, and what would be accepted. */
import test from "ava";
import { decide } from "../decide.ts";
import { renderPretty } from "../diagnostics/render.ts";
import { certificateText } from "../explain/index.ts";
import { Conversation, NOW, RULES, compileFile, modelOf } from "../admission/testing/networks.ts";

const SHARES = `
AddUser Alice. AddUser Bob. switch(s1, 1). switch(s2, 2).
NewShare net0 for (vlan=1-9) [allow = True, reserve <= 5Mb, limit <= 8Mb, waypoint = {s1}] on rootShare.
NewShare sub for (vlan=5) [allow = True] on net0.
Grant net0 to Alice.
@web allow(vlan=5) on net0.`;

/** The lines of the certificate of a statement, without its derivation. */
function answer(text: string): readonly string[] {
  const net = new Conversation(NOW, modelOf(SHARES, { trace: false }));
  net.say(SHARES);
  const verdict = net.one(text);
  if (verdict.kind === "accepted") throw new Error("expected a rejection");
  const { proof: _, ...certificate } = verdict.certificate;
  return certificateText(certificate)
    .split("\n")
    .filter((line) => !line.includes("shares walked"));
}

const made = "  share `net0` is made at test.pane:3:1";
const nothing = "  nothing near it would be accepted";

test("the reason for a user who does not speak for a share names its speakers", (t) => {
  t.deepEqual(answer("Bob: allow(vlan=1) on net0."), [
    "`Bob` does not speak for share `net0`: `Alice` and `root` do [not-a-speaker]",
    made,
    nothing,
    "  who speaks for it may give the right: `Grant net0 to Bob.`",
  ]);
  t.deepEqual(
    answer("Bob: RemoveShare sub.")[0],
    "`Bob` does not speak for a share above `sub`: `Alice` and `root` do [not-a-speaker]",
  );
  t.is(
    answer("Bob: Cancel web.")[0],
    "`Bob` speaks neither for share `net0` nor for a share above it: `Alice` and `root` do [may-not-cancel]",
  );
});

test("the reason names what a share does not grant, and what it grants", (t) => {
  t.deepEqual(answer("Alice: deny(vlan=1) on net0."), [
    "share `net0` grants no `deny`, only `allow`, `reserve`, `limit` and `waypoint` [no-privilege]",
    made,
    nothing,
    "  it takes `deny = True` among the privileges of `net0`",
  ]);
  t.deepEqual(answer("waypoint(vlan=1) = s2, s1 on net0."), [
    "share `net0` grants no `waypoint` of `s2`, only of `s1` [node-outside]",
    made,
    "  would be accepted: waypoint(vlan=1) = s1 on net0.",
  ]);
  t.deepEqual(answer("NewShare n for (*) [allow = True] on net0."), [
    "the flowgroup is not inside share `net0`, which holds (vlan=1-9) [outside-share]",
    made,
    "  for example: a flow without any of these fields at 2026-12-01T09:00:00Z",
    "  would be accepted: NewShare n for (vlan=1-9) [allow = True] on net0.",
  ]);
  t.is(
    answer("NewShare n for (vlan=1) [hint = True, reserve <= 7Mb, waypoint = {s1, s2}] on net0.")[0],
    "share `n` would hold more than its parent `net0`: `hint`; `reserve <= 7Mb`, where the parent has 5Mb; " +
      "`waypoint` of `s2` [too-permissive]",
  );
});

test("the reason for a conflict names the request that blocks", (t) => {
  t.is(
    answer("deny(vlan=1-9) on rootShare.")[0],
    "`deny` on `rootShare` conflicts with the accepted request `web` [conflict]",
  );
  t.is(
    answer("deny(vlan=5) partial on rootShare.")[0],
    "nothing of this `deny` is left beside the accepted request `web` [nothing-left]",
  );
});

test("the reason gives instants as dates", (t) => {
  t.is(
    answer("allow(vlan=1) on net0 from 2026-12-01T08:00:00Z.")[0],
    "the request would begin at 2026-12-01T08:00:00Z, and now it is 2026-12-01T09:00:00Z [starts-in-the-past]",
  );
  t.is(
    answer("allow(vlan=1) on net0 from +2h to +1h.")[0],
    "the request would end at 2026-12-01T10:00:00Z, no later than it begins at 2026-12-01T11:00:00Z [empty-time]",
  );
});

test("`cascade` is proposed, but is no fix that an editor would apply", (t) => {
  const { diagnostics } = compileFile(`${SHARES}\nRemoveShare net0.`);
  t.is(diagnostics[0]!.help, "would be accepted: RemoveShare net0 cascade.");
  t.is(diagnostics[0]!.fix, undefined);
});

test("a rejection by a network's own rule shows the rule in its place", (t) => {
  const { diagnostics } = compileFile(`${SHARES}
reject(Q, "Alice is on leave") <= request(Q, "Alice", _, _).
Alice: allow(vlan=2) on net0.`);
  t.is(
    renderPretty(diagnostics[0]!, { colour: false }).trimEnd(),
    [
      "error[E723]: refused by a rule of this network: Alice is on leave",
      " --> test.pane:8:1",
      "  |",
      "8 | Alice: allow(vlan=2) on net0.",
      "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
      " ::: test.pane:7:1",
      "  |",
      '7 | reject(Q, "Alice is on leave") <= request(Q, "Alice", _, _).',
      "  | ----------------------------------------------------------- this rule refuses it",
      "  |",
      "  = help: ask for something that the rule does not refuse, or change the rule",
    ].join("\n"),
  );
});

test("the reason says which port sends by an access link, and the witness gives the total rate", (t) => {
  const net = `
switch(s1, 1). host_ip(a, 10.0.0.1). host_at(a, s1, 2). port_rate(s1, 2, 50Mb).
host_ip(b, 10.0.0.2). host_at(b, s1, 3). port_rate(s1, 3, 40Mb).
@first reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 10Mb on rootShare.`;
  const { diagnostics } = compileFile(
    `${net}\nreserve(srcHost=10.0.0.1, dstHost=10.0.0.2, dstPort=80, transport=TCP) = 45Mb on rootShare.`,
  );
  t.is(
    diagnostics[0]!.message,
    "link `s1:2`, by which its host sends, has no room for 45Mb: 40Mb of 50Mb is left at 2026-12-01T09:00:00Z",
  );
  t.true(diagnostics[0]!.witness!.endsWith("at 2026-12-01T09:00:00Z, 55Mb in all"));
});

test("E716 and E717: a request that is above the bound alone is not told to cancel others", (t) => {
  const help = (bound: string, request: string): string | undefined =>
    decide(
      [
        {
          name: "p.pane",
          text: `default deny.\nNewShare e for (*) [allow = True, ${bound}] on rootShare.\n${request}`,
        },
      ],
      { now: NOW, rules: RULES, load: () => undefined },
    ).diagnostics.find(({ severity }) => severity === "error")?.help;
  const raised = "raise the bound where the share is made";
  const two = "allow(dstHost={10.0.0.1, 10.0.0.3}) on e.";
  t.is(help("entries <= 1", two), `${raised}, or ask for fewer flows`);
  t.is(help("entries <= 1", two.replace(", 10.0.0.3", "")), undefined, "fewer flows");
  t.is(help("entries <= 2", two), undefined, "a higher bound");
  t.is(help("requests <= 0", two), raised);
  t.is(help("entries <= 2", `allow(vlan=1) on e.\n${two}`), `${raised}, or cancel a request of it`);
  t.is(help("entries <= 2", `@a allow(vlan=1) on e. Cancel a.\n${two}`), undefined, "the one that it named");
});
