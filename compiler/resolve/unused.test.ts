/** What a file states and what has no effect: definitions that nothing uses, shares that grant nothing, nobody's addresses. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import { renderLine } from "../diagnostics/render.ts";

const found = (text: string, files: Readonly<Record<string, string>> = {}): readonly string[] =>
  decide([{ name: "p.pane", text: `default deny.\n${text}` }], {
    now: NOW,
    rules: RULES,
    load: (name) => (files[name] === undefined ? undefined : { name, text: files[name] }),
  }).diagnostics.map((one) => renderLine(one).replace(/^p\.pane:/, ""));

test("N277: flowgroups, predicates and relations that no statement uses", (t) => {
  const text = `flowgroup web = (dstPort=80).
flowgroup inner = (dstPort=443).
flowgroup outer = (inner).
deny(web) on rootShare.
quiet <= dstPort(80).
asked <= dstPort(81).
login("Al", h). user_host(U, H) <= login(U, H). host_ip(h, 10.0.0.1).
far(U) <= login(U, _).
near(U) <= login(U, _).
policy p { deny <= asked, srcUser(U), near(U). }`;
  t.deepEqual(found(text), [
    "4:11: note[N277]: no statement uses flowgroup `outer`",
    "6:1: note[N277]: no statement uses predicate `quiet`",
    "9:1: note[N277]: no statement uses relation `far`",
  ]);
});

test("N277 is silent about files that are included, about admission's rules and about what they ask", (t) => {
  const files = { "library.fml": "flowgroup dns = (dstPort=53).\nweb <= dstPort(80).\n" };
  t.deepEqual(found('include "library.fml".', files), []);
  t.deepEqual(
    found('AddUser Bob. bad("Bob"). worse(W) <= bad(W). reject(Q, "no") <= request(Q, W, _, _), worse(W).'),
    [],
  );
});

test("W278: a share on which no request can be made", (t) => {
  const share = (privileges: string): string => `NewShare s for (*) [${privileges}] on rootShare.`;
  const told = ["2:10: warning[W278]: share `s` grants nothing: no request can be made on it or below"];
  for (const none of [
    "",
    "deny = False",
    "requests <= 5",
    "reserve <= 0Mb",
    "limit <= 0Mb",
    "deny = False, entries <= 7",
    "deny = True, requests <= 0",
    "deny = True, entries <= 0",
  ])
    t.deepEqual(found(share(none)), told, none);
  for (const some of ["deny = True", "query = True", "reserve <= 1Mb", "limit <= 1Mb", "limit >= 1Mb"])
    t.deepEqual(found(share(some)), [], some);
  // The judge: admission refuses every request on such a share, and a share below that grants something.
  for (const none of ["", "deny = False", "requests <= 5", "reserve <= 0Mb", "limit <= 0Mb"])
    for (const one of [
      "allow(*) on s.",
      "deny(*) on s.",
      "reserve(*) = 1b on s.",
      "limit(*) = 1b on s.",
      "NewShare t for (*) [deny = True] on s.",
      "NewShare t for (*) [limit >= 1b] on s.",
      "NewShare t for (*) [reserve <= 1b] on s.",
      "policy p on share s { deny <= dstPort(80). }",
    ])
      t.true(
        found(`${share(none)}\n${one}`).some((line) => line.includes(": error[")),
        `${none} | ${one}`,
      );
});

test("W279: an address or a MAC that no host has as its own", (t) => {
  const told = (facts: string): readonly string[] => found(facts).map((line) => line.replace(/^\d+:\d+: /, ""));
  t.deepEqual(told("host_mac(a, ff:ff:ff:ff:ff:ff). host_mac(b, 01:00:5e:00:00:01). host_mac(c, 00:00:00:00:00:00)."), [
    "warning[W279]: `ff:ff:ff:ff:ff:ff` is the broadcast address, and that of no host",
    "warning[W279]: `01:00:5e:00:00:01` is a multicast address, and that of no host",
    "warning[W279]: `00:00:00:00:00:00` is no address at all, and that of no host",
  ]);
  t.deepEqual(
    told(
      'host_ip(a, 255.255.255.255). host_ip(b, 239.1.2.3). host_ip(c, 0.0.0.0). host_ip(d, 127.0.0.53). host_ip(e, "ff02::fb"). host_ip(f, "::"). host_ip(g, "::1").',
    ).map((line) => /is (.*), and/.exec(line)?.[1]),
    [
      "the broadcast address",
      "a multicast address",
      "no address at all",
      "a loopback address",
      "a multicast address",
      "no address at all",
      "a loopback address",
    ],
  );
  const own = `host_mac(a, 02:00:00:00:00:01). host_mac(b, fe:ff:ff:ff:ff:ff). host_ip(a, 223.255.255.255). host_ip(b, 240.0.0.1).
host_ip(c, 128.0.0.1). host_ip(d, 10.0.0.255). host_ip(e, "fe80::1"). host_ip(f, "::2"). host_ip(g, "fc00::1"). host_ip(h, 126.0.0.1).`;
  t.deepEqual(told(own), []);
});
