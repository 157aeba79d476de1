/** A deny of a user whom no packet shows stops nothing, so it gets a warning (a fresh reader found it silent). */
import { goldens } from "./testing/goldens.ts";
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import type { Ip } from "../net/address.ts";
import { checkUsers } from "./unplaced-users.ts";

const hosts = `default allow.
host_ip(pc, 10.0.0.3). host_ip(own, 10.0.0.4). host_ip(twin, 10.0.0.3).
`;

test("a name of a megabyte is shortened in the sentence and in the help", (t) => {
  const name = "a".repeat(1_000_000);
  const text = `default allow. AddUser ${name}. deny(user=${name}) on rootShare.`;
  const { diagnostics } = decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["W807"],
  );
  for (const { message, help } of diagnostics) t.true(message.length < 1100 && help!.length < 1100);
});

test("n users on a host of n addresses, each allowed, are looked up in n steps and not in n²", (t) => {
  const n = 200;
  const facts = Array.from({ length: n }, (_, i) => `user_host(u${i}, h). host_ip(h, 10.0.${i >> 8}.${i & 255}).`);
  const allows = Array.from({ length: n }, (_, i) => `allow(user=u${i}) on rootShare.`);
  const text = ["default deny.", ...facts, ...allows].join("\n");
  const { model } = decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  let steps = 0;
  class Counted extends Array<Ip> {
    override map<U>(to: (one: Ip, i: number, all: Ip[]) => U): U[] {
      steps += this.length;
      return [...this].map(to);
    }
  }
  const hosts = new Map(
    [...model.directory.hosts].map(([name, host]) => {
      return [name, { ...host, addresses: Counted.from(host.addresses) }];
    }),
  );
  t.is(checkUsers({ ...model, directory: { ...model.directory, hosts } }).length, n);
  t.true(steps > 0 && steps <= 4 * n, `${steps}`);
});

goldens(test, {
  "of a user whose host is shared an allow holds nothing if it does not name all its users": {
    text: `${hosts}user_host("Bob", pc). user_host("Carl", pc).
@b deny(user=Bob) on rootShare.
@c deny(srcHost=own, dstUser=Carl) on rootShare.
@n deny(user!=Bob) on rootShare.
@h deny(srcHost=pc) on rootShare.
@a allow(user=Carl) on rootShare.
@r reserve(user=Carl) = 1Mb on rootShare.
@both allow(user={Bob, Carl}) on rootShare.
@all allow(user={Bob, Carl, unknown}) on rootShare.`,
    finds: [
      "N809 8:1 no flow of `Carl` is held by this allow | `Carl` shares `pc` with `Bob` and 1 more, and an allow holds the flows of a shared host only if it names all its users",
      "N809 9:1 no flow of `Carl` is held by this reserve | `Carl` shares `pc` with `Bob` and 1 more, and a reservation holds the flows of a shared host only if it names all its users",
      // `twin` has the address of `pc`, and no user.
      "N809 10:1 no flow of `Bob`, `Carl` is held by this allow | `Bob` shares `pc` with `unknown`, and an allow holds the flows of a shared host only if it names all its users; `Carl` shares `pc` with `unknown`, and an allow holds the flows of a shared host only if it names all its users",
    ],
  },
  "what a user at a known place sends is hers whoever has her address elsewhere, and what tells there is": {
    text: `${hosts}switch(s1, 1). user_host("Eve", bare). host_at(bare, s1, 3).
user_host("Bob", pc). host_mac(pc, 00:00:00:00:00:03). host_at(pc, s1, 1). user_host("Carl", twin).
host_ip(a, 10.0.0.5). host_at(a, s1, 2). user_host("Dan", a). host_at(b, s1, 2). user_host("Fay", b).
deny(user=Eve) on rootShare.
deny(dstUser=Eve) on rootShare.
allow(user=Bob) on rootShare.
allow(dstUser=Bob) on rootShare.
allow(user=Dan) on rootShare.
allow(user=Fay) on rootShare.`,
    finds: [
      "W807 7:1 no flow of `Eve` is held by this deny | `bare` has neither an address nor a MAC",
      "N809 9:1 no flow of `Bob` is held by this allow | `Bob` shares `pc` with `Carl`, and an allow holds the flows of a shared host only if it names all its users",
      "N809 11:1 no flow of `Fay` is held by this allow | `Fay` shares `b` with `Dan`, and an allow holds the flows of a shared host only if it names all its users",
    ],
  },
  "a statement about a user at a place, or with a MAC, that is another's is reported": {
    text: `${hosts}switch(s1, 1). switch(s2, 2). user_host("Bob", own). host_at(own, s1, 1). host_mac(own, 00:00:00:00:00:04).
user_host("Carl", pc). host_mac(pc, 00:00:00:00:00:03). user_host("Dan", tag). host_mac(tag, 00:00:00:00:00:07).
deny(srcAP=s2:1, user=Bob) on rootShare.
deny((user=Bob) except (srcAP=s1:1)) on rootShare.
deny(inPort=2, user=Bob) on rootShare.
deny(switch=s2, user=Bob) on rootShare.
deny(srcEth=00:00:00:00:00:03, user=Bob) on rootShare.
allow(dstEth=00:00:00:00:00:03, dstUser=Dan) on rootShare.
deny(srcAP=s2:1, user={Bob, Carl}) on rootShare.
deny(srcEth=00:00:00:00:00:04, user=Carl) on rootShare.
deny(srcAP=s1:1, user=Bob) on rootShare.
deny(srcAP=s2:1, user=Dan) on rootShare.`,
    finds: [
      "W807 5:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, at no port of this `srcAP`",
      "W807 6:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, at no port of this `srcAP`",
      "W807 7:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, at no port of this `inPort`",
      "W807 8:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, at another `switch`",
      "W807 9:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, with no MAC of this `srcEth`",
      "N809 10:1 no flow of `Dan` is held by this allow | `Dan` is on `tag`, with no MAC of this `dstEth`",
    ],
  },
  "a deny of a user on no host is a warning": {
    text: `${hosts}AddUser Bob.
deny(user=Bob) on rootShare.
allow(user=Bob) on rootShare.
limit(user=Bob) = 1Mb on rootShare.
deny(user=unknown) on rootShare.
reserve(user=Bob) = 1Mb on rootShare.`,
    finds: [
      "W807 4:1 no flow of `Bob` is held by this deny | `Bob` is on no host in the directory",
      "W807 6:1 no flow of `Bob` is held by this limit | `Bob` is on no host in the directory",
      "N809 8:1 no flow of `Bob` is held by this reserve | `Bob` is on no host in the directory",
    ],
  },
  "two hosts with one address count as one shared host, and a note names the host": {
    text: `${hosts}user_host("Bob", pc). user_host("Carl", twin). user_host("Bob", own). user_host("Dan", away).
allow(user=Bob) on rootShare.
deny(user=Dan) on rootShare.`,
    finds: [
      "N809 4:1 no flow of `Bob` on `pc` is held by this allow | `Bob` shares `pc` with `Carl`, and an allow holds the flows of a shared host only if it names all its users",
      "W807 5:1 no flow of `Dan` is held by this deny | `away` has neither an address nor a MAC",
    ],
  },
  "a rule gets one warning, however many users it names": {
    text: `${hosts}user_host("Bob", own).
guest("Bob"). guest("Carl"). guest("Dan"). guest("Eve"). guest("Fay").
policy p {
  deny <= srcUser(U), guest(U).
  deny <= srcUser(U), not guest(U).
  allow <= srcUser(U), guest(U).
}`,
    finds: [
      "W807 6:3 no flow of `Carl`, `Dan`, `Eve` and 1 more is held by this deny | `Carl`, `Dan`, `Eve` and 1 more are on no host in the directory",
    ],
  },
  "a statement about a user at an address that is another host's is reported, since no entry holds it": {
    text: `${hosts}user_host("Bob", own). user_host("Carl", pc). switch(s1, 1). host_ip(desk, 10.0.0.9). host_at(desk, s1, 1).
user_host("Dan", desk).
deny(user=Bob, srcHost=pc) on rootShare.
allow(dstUser=Bob, dstHost=10.0.1.0/24) on rootShare.
deny(user={Bob, Carl}, srcHost=pc) on rootShare.
deny(user=Bob, srcHost=10.0.0.0/24) on rootShare.
deny(user=Dan, srcHost=pc) on rootShare.
limit(dstUser=Dan, dstHost=pc) = 1Mb on rootShare.
deny((user=Bob, srcHost=pc) or (user=Bob, srcHost=own)) on rootShare.
policy p { deny <= srcUser("Bob"), srcHost(pc). }`,
    finds: [
      "W807 5:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, with no address of this `srcHost`",
      "N809 6:1 no flow of `Bob` is held by this allow | `Bob` is on `own`, with no address of this `dstHost`",
      "W807 9:1 no flow of `Dan` is held by this deny | `Dan` is on `desk`, with no address of this `srcHost`",
      "W807 10:1 no flow of `Dan` is held by this limit | `Dan` is on `desk`, with no address of this `dstHost`",
      "W807 12:12 no flow of `Bob` is held by this deny | `Bob` is on `own`, with no address of this `srcHost`",
    ],
  },
  "a user at a port sends from the stated addresses alone, and a statement about others holds nothing": {
    text: `${hosts}user_host("Bob", own). user_host("Carl", pc). switch(s1, 1). host_at(own, s1, 1).
host_ip(both, 10.0.0.5). host_ip(both, 2001:db8::5). host_mac(both, 02:00:00:00:00:05). host_at(both, s1, 2).
user_host("Dan", both).
deny(user=Bob, srcHost=pc) on rootShare.
deny(user=Dan, srcHost=10.0.9.9) on rootShare.
deny(user=Dan, srcHost=2001:db8::9) on rootShare.
deny(user=Bob, srcHost=2001:db8::9) on rootShare.
deny(user=Bob, srcHost=0.0.0.0) on rootShare.
deny(user=Dan, srcHost=fe80::9) on rootShare.
deny(user={Bob, Dan}, srcHost=pc) on rootShare.`,
    finds: [
      "W807 6:1 no flow of `Bob` is held by this deny | `Bob` is on `own`, with no address of this `srcHost`",
      "W807 7:1 no flow of `Dan` is held by this deny | `Dan` is on `both`, with no address of this `srcHost`",
      "W807 8:1 no flow of `Dan` is held by this deny | `Dan` is on `both`, with no address of this `srcHost`",
      "W807 12:1 no flow of `Bob`, `Dan` is held by this deny | `Bob` is on `own`, with no address of this `srcHost`; `Dan` is on `both`, with no address of this `srcHost`",
    ],
  },
});
