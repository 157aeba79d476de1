/** An `or` that holds more than its author meant, and an exception that takes nothing away: asked; what is clear is not. */
import test from "ava";
import { RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";

const BASE = `default deny. host_ip(web, 10.0.0.10). host_ip(db, 10.0.0.20).
user_host("Alice", web). user_host("Bob", db). AddUser Alice. AddUser Bob. guest("Bob"). contractor("Alice").
`;

/** `CODE line:column message | help` of the warnings of the text, whose first line is line 3. */
const told = (text: string): readonly string[] =>
  decide([{ name: "p.pane", text: BASE + text }], { now: 1_764_579_600, load: () => undefined, rules: RULES })
    .diagnostics.filter(({ code }) => ["W517", "W518", "W519", "N292"].includes(code))
    .map(({ code, span, message, help, fix }) => {
      if (fix !== undefined) throw new Error(`a guess has a fix: ${message}`);
      return `${code} ${span!.source.text.slice(span!.start, span!.end)}: ${message} | ${help}`;
    });

const LOOSE = "if not, parentheses around the longer alternative say so";

test("W517: an `or` between two conditions of one kind, of which only one has the others beside it", (t) => {
  t.deepEqual(told("policy p { allow <= dstHost(web), dstPort = 80 or dstPort = 443. }"), [
    `W517 dstPort = 80 or dstPort = 443: of this \`or\` one alternative is \`dstHost(web), dstPort = 80\`, and the other \`dstPort = 443\`: nothing binds more loosely | if the \`or\` is between these two alone, write \`(dstPort = 80 or dstPort = 443)\`; ${LOOSE}`,
  ]);
  t.deepEqual(told("policy p { deny <= srcUser(U), guest(U) or contractor(U). }"), [
    `W517 guest(U) or contractor(U): of this \`or\` one alternative is \`srcUser(U), guest(U)\`, and the other \`contractor(U)\`: nothing binds more loosely | if the \`or\` is between these two alone, write \`(guest(U) or contractor(U))\`; ${LOOSE}`,
  ]);
  t.deepEqual(told("deny (srcHost=10.0.0.0/8) except (dstPort=80) or (dstPort=443) on rootShare."), [
    `W517 (dstPort=80) or (dstPort=443): of this \`or\` one alternative is \`(srcHost=10.0.0.0/8) except (dstPort=80)\`, and the other \`(dstPort=443)\`: nothing binds more loosely | if the \`or\` is between these two alone, write \`((dstPort=80) or (dstPort=443))\`; ${LOOSE}`,
  ]);
  t.is(told('policy p { deny <= srcUser("Bob") or dstUser("Bob"), dstHost(web). }').length, 1);
  t.is(told("policy p { deny <= dstHost(web), transport(tcp) or transport(udp). }").length, 1);
  t.is(told("flowgroup f = (dstHost=web) and (dstPort=80) or (dstPort=443). deny(f) on rootShare.").length, 1);
  t.is(told("web <= transport(tcp), dstPort = 80 or dstPort = 443. policy p { deny <= web. }").length, 1);
});

test("W518: conditions that leave out different values, with `or` between them or in statements of their own", (t) => {
  t.deepEqual(told("policy p { deny <= dstPort != 80 or dstPort != 443. }"), [
    "W518 dstPort != 443: `dstPort != 80` or `dstPort != 443` leaves nothing out: each holds what the other leaves out | to leave both out, write a comma between them: `dstPort != 80, dstPort != 443`",
  ]);
  t.deepEqual(told("deny (dstHost=web, dstPort!=22) or (dstHost=web, dstPort!=23) on rootShare."), [
    "W518 dstPort!=23: `dstPort!=22` or `dstPort!=23` leaves nothing out: each holds what the other leaves out | to leave both out, write one condition: `!={22, 23}`",
  ]);
  const alone =
    "leaves nothing out: each holds what the other leaves out | to leave both out, write one statement that has both conditions";
  t.deepEqual(told("policy p { deny <= dstHost(web), dstPort != 22. deny <= dstHost(web), dstPort != 23. }"), [
    `W518 dstPort != 23: \`dstPort != 22\` or \`dstPort != 23\` ${alone}`,
  ]);
  t.deepEqual(told("deny(dstPort!=22) on rootShare. deny(dstPort!=23) on rootShare."), [
    `W518 dstPort!=23: \`dstPort!=22\` or \`dstPort!=23\` ${alone}`,
  ]);
  t.is(told("policy p { allow <= (not dstPort = 80 or not dstPort = 81), dstHost(web). }").length, 1);
  t.is(told('policy p { deny <= user != "Alice" or user != "Bob". }').length, 1);
  t.is(told('in_group("Bob", a). policy p { deny <= srcUser(U), in_group(U, G), (G != a or G != b). }').length, 1);
});

test("W519: what is left out is nowhere among what it is left out of", (t) => {
  const help = "see whether its values are the ones that are meant, or take it out";
  t.deepEqual(told("deny (srcHost=10.0.0.0/24) except (srcHost=10.0.1.5) on rootShare."), [
    `W519 (srcHost=10.0.1.5): \`(srcHost=10.0.1.5)\` takes nothing away from \`(srcHost=10.0.0.0/24)\`: no flow is in both | ${help}`,
  ]);
  t.deepEqual(told("policy p { deny <= srcHost in 10.0.0.0/24, not srcHost = 10.0.1.5. }"), [
    `W519 srcHost = 10.0.1.5: \`srcHost = 10.0.1.5\` takes nothing away from \`srcHost in 10.0.0.0/24\`: no flow is in both | ${help}`,
  ]);
});

test("N292: a policy that is named like a share, and stands on the root", (t) => {
  const share = "NewShare net for (*) [deny = True] on rootShare. ";
  t.deepEqual(told(`${share}policy net { deny <= dstPort = 80. }`), [
    "N292 net: policy `net` stands on `rootShare`, and not on the share of its name | `policy net on share net { … }` stands there; another name says that the root is meant",
  ]);
  t.deepEqual(told(`${share}policy net on share net { deny <= dstPort = 80. }`), []);
  t.deepEqual(told(`${share}policy net as guard { deny <= dstPort = 80. }`), []);
});

test("what is clear is not asked: parentheses, alternatives of one form, values that meet, hosts, which move", (t) => {
  const quiet = [
    "policy p { deny <= (dstHost(web), dstPort = 80) or dstPort = 443. }",
    "policy p { deny <= dstHost(web), (dstPort = 80 or dstPort = 443). }",
    "policy p { deny <= transport(icmp) or transport(tcp), dstPort = 80. }",
    "policy p { deny <= dstHost(web), transport(icmp) or transport(tcp), dstPort = 80, dstHost(web). }",
    "deny (transport=ICMP) or (transport=TCP, dstPort=80) on rootShare.",
    "policy p { deny <= dstHost(web), dstPort = 80 or dstHost(db), dstPort = 443. }",
    "policy p { deny <= dstHost(web), dstPort = 80 or dstPort = 443, dstHost(db). }",
    "policy p { deny <= srcHost(web), dstHost(db) or dstHost(web), srcHost(db). }",
    "bad(22). policy p { deny <= dstPort = 23 or dstPort(P), bad(P). }",
    "reach(X, Y) <= near(X, Y) or near(X, Z), reach(Z, Y). near(web, db). policy p { deny <= srcHost(H), reach(H, db). }",
    "deny ((dstHost=web) and (dstPort=80)) or (dstPort=443) on rootShare.",
    "deny (dstHost=web, dstPort=80) or (dstPort=443) on rootShare.",
    "deny (dstHost=web) and (dstPort=80) or (dstHost=db) and (dstPort=443) on rootShare.",
    "deny (srcHost=10.0.0.0/8) except (srcHost=10.0.0.5) or (srcHost=192.168.0.0/16) except (srcHost=192.168.0.5) on rootShare.",
    "policy p { deny <= dstPort != 81. deny <= dstHost(db), dstPort != 80. }",
    "policy p { deny <= transport(tcp), not transport(icmp). deny <= direction(response), not direction(request). }",
    "deny(dstPort!={22, 23}) on rootShare. deny(dstPort!={23, 24}) on rootShare.",
    "deny(dstPort!=22) on rootShare. deny(dstPort!=23) on rootShare to +1h.",
    "deny (srcHost=10.0.0.0/24) except (srcHost=web) on rootShare.",
    "deny (srcHost=10.0.0.0/24) except (dstHost=10.0.1.5) on rootShare.",
    "policy p { deny <= (dstPort = 80 or dstPort = 8080), not dstPort = 8080. }",
    "policy p { deny <= ethType(ipv4), not srcHost in 10.0.0.0/24. }",
  ];
  for (const text of quiet) t.deepEqual(told(text), [], text);
});
