/** Parts of an `or` that hold nothing beside others that do: each is told as it is where it is the whole body. */
import test from "ava";
import { readFileSync } from "node:fs";
import { readRules } from "../../admission/read-rules.ts";
import { decide } from "../../decide.ts";

const text = readFileSync(new URL("../../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });

/** `CODE text`: what of the policy is told, but the notes and the facts that it does not ask for. */
function told(policy: string): string[] {
  const { diagnostics } = decide([{ name: "p.pane", text: PLACES + policy }], {
    now: 1_764_579_600,
    load: () => undefined,
    rules,
  });
  return diagnostics
    .filter(({ severity, code }) => severity !== "note" && code !== "W258")
    .map(({ code, span }) => `${code} ${span!.source.text.slice(span!.start, span!.end)}`);
}

const PLACES = `default deny. switch(s1, 1).
host_ip(bob_pc, 10.0.2.12). host_at(bob_pc, s1, 2). user_host("Bob", bob_pc).
host_ip(eve_pc, 10.0.2.13). host_at(eve_pc, s1, 3). user_host("Eve", eve_pc).
host_ip(web1, 10.0.1.10). host_at(web1, s1, 10).
role("Eve", guest). role("Bob", contractor).
web <= transport(tcp), dstPort = 80.
ssh <= transport(tcp), dstPort = 2222.
`;
const denying = (body: string): string => `policy p { allow <= dstHost = 10.0.1.10. deny <= ${body}. }`;

test("an alternative that no packet can meet is an error beside one that can be met", (t) => {
  const bad: readonly (readonly [string, string])[] = [
    ['srcUser("Eve") or transport(icmp), dstPort = 22', "E501 dstPort = 22"],
    ['srcUser("Eve") or dstPort = 22, dstPort = 23', "E502 dstPort = 23"],
    ['srcUser("Eve") or srcHost = 10.0.2.12, dstHost = 2001:db8::1', "E501 dstHost = 2001:db8::1"],
    ["dstPort(P), (P < 10 or P > 70000)", "E505 P > 70000"],
    ["dstPort(P), (P = 5 or P > 1000, P < 100)", "E502 P < 100"],
    ["transport(tcp), (dstPort = 80 or icmpType = 8)", "E501 icmpType = 8"],
    ['srcUser("Eve"), (web or ssh, web)', "E502 ssh, web"],
    ['srcUser("Eve"), (ssh, web or web or ssh)', "E502 ssh, web"],
  ];
  for (const [body, finds] of bad) {
    t.deepEqual(told(denying(body)), [finds], body);
    const guard = `policy g as guard { deny <= ${body}. } policy p { allow <= dstHost = 10.0.1.10. }`;
    t.deepEqual(told(guard), [finds], body);
    t.deepEqual(told(`policy p { limit(1Mb) <= ${body}. allow <= dstHost = 10.0.1.10. }`), [finds], body);
  }
});

test("a definition of a predicate whose own conditions exclude each other is an error, and one that a rule narrows is not", (t) => {
  const mail = "mail <= transport(icmp), dstPort = 25. mail <= transport(tcp), dstPort = 587. ";
  t.deepEqual(told(mail + denying("mail")), ["E501 dstPort = 25"]);
  const dns = "dns <= transport(udp), dstPort = 53. dns <= transport(tcp), dstPort = 853. ";
  t.deepEqual(told(dns + denying("transport(udp), dns")), []);
  const zone = "port(web, P) <= dstPort(P), P = 80. port(P, N) <= dstPort(N), role(_, P), N = 22. ";
  t.deepEqual(told(zone + denying("port(web, 80)")), []);
});

test("an alternative that no fact meets is told beside one that facts meet", (t) => {
  t.deepEqual(told(denying("srcUser(U), (role(U, guest) or role(U, external))")), ["W803 role(U, external)"]);
  t.deepEqual(told(denying("srcUser(U), (role(U, guest) or role(U, contractor))")), []);
  // A slip is told as one.
  t.deepEqual(told(denying("srcUser(U), (role(U, guest) or role(U, contractr))")), ["W289 contractr"]);
  t.deepEqual(told(denying('srcUser(U), role(U, R), (R = guest or R = contractor, U = "Eve")')).slice(0, 1), [
    'W803 R = contractor, U = "Eve"',
  ]);
});

test("what `not` makes of conditions that hold together is no alternative that somebody wrote", (t) => {
  t.deepEqual(told(denying("transport(tcp), dstPort(22), not ssh")), []);
  t.deepEqual(told(denying("(transport(tcp) or transport(icmp)), (dstPort = 80 or icmpType = 8)")), []);
  t.deepEqual(told(denying("srcUser(U), dstPort = 80, not (role(U, guest), role(U, external))")), []);
});
