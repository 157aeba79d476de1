/** What a speaker is told of her own requests: what her list shows as standing stands, and what others do is said once. */
import test from "ava";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Heard } from "./conversation.ts";
import { replyText } from "./reply.ts";
import { Viewer } from "./seen.ts";
import { networkOf, NOW } from "./testing/server.ts";

const POLICY = `
default deny.
AddUser Alice. AddUser Eve.
NewShare lab for (dstHost=10.0.0.1) [allow = True, deny = True, reserve <= 100Mb, limit >= 1Mb] on rootShare.
NewShare aliceAC for (dstHost=10.0.0.1) [allow = True, deny = True, reserve <= 100Mb, limit >= 1Mb] on lab.
NewShare eveAC for (dstHost=10.0.0.1) [allow = True, deny = True, reserve <= 100Mb, limit >= 1Mb] on lab.
Grant aliceAC to Alice. Grant eveAC to Eve.
`;

function speakers(): (text: string, by: string) => string {
  const network = networkOf(POLICY);
  let own = 0;
  return (text, by) => replyText(network.hear({ own: ++own, text, by, now: NOW }));
}

test("who does not speak for a share any more is told so of her requests that stand, and nothing of others'", (t) => {
  const say = speakers();
  t.regex(say("@mine deny(dstHost=10.0.0.1) on aliceAC.", "Alice"), /^True/);
  t.regex(say("@hers deny(dstHost=10.0.0.1, dstPort=1, transport=TCP) on eveAC.", "Eve"), /^True/);
  t.regex(say("Revoke aliceAC from Alice.", "root"), /^True/);
  t.regex(say("ListRequests.", "Alice"), /mine\tdeny\taliceAC/);
  for (const text of ["Cancel mine.", 'Cancel "Alice:mine".'])
    t.regex(say(text, "Alice"), /^False\n rejected: `Alice` does not speak for share `aliceAC` \[not-a-speaker\]\n/);
  const others = ["hers", '"Eve:hers"', "nothing"].map((name) => say(`Cancel ${name}.`, "Alice"));
  for (const one of others) t.regex(one, /\[unknown-request\]/);
  t.regex(say("Grant aliceAC to Alice.", "root"), /^True/);
  t.regex(say("Cancel mine.", "Alice"), /^True/);
  t.regex(say("Cancel mine.", "Alice"), /\[unknown-request\]/);
});

test("that others' requests have a part in an answer is said once", (t) => {
  const network = networkOf(POLICY);
  const hear = (own: number, text: string, by: string): Heard => network.hear({ own, text, by, now: NOW });
  hear(1, "@one reserve(dstHost=10.0.0.1, transport=UDP) = 10Mb on eveAC.", "Eve");
  const heard = hear(1, "@mine limit(dstHost=10.0.0.1) = 60Mb on aliceAC.", "Alice");
  if (heard.kind !== "decided") return t.fail();
  const { statement } = heard.outcomes[0]!;
  const note = (message: string, id: string): Diagnostic => {
    const { span } = network.admission.state.accepted.get(id)!;
    return { code: "N1", severity: "note", message, span: statement.span, related: [{ message: "here", span }] };
  };
  const notes = [note("a", "Eve:one"), note("b", "Alice:mine"), note("c", "Eve:one"), note("b", "Alice:mine")];
  const viewer = new Viewer(network.admission, "Alice", network.labels);
  const { verdict } = viewer.outcome({ statement, verdict: { kind: "accepted", pieces: [], notes } });
  t.deepEqual(verdict.kind === "accepted" && verdict.notes?.map(({ message }) => message), [
    "requests of others have a part in what becomes of this",
    "b",
    "b",
  ]);
});
