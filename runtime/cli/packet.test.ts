/** `trace` and `explain` answer about the packet that is asked about, or refuse it. */
import test, { type ExecutionContext } from "ava";
import { folder, glazier } from "./testing.ts";

const net = `default allow.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 00:00:00:00:00:0a). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 00:00:00:00:00:0b). host_at(b, s2, 2).
host_ip(c, 10.0.0.3). host_ip(d, 10.0.0.4).
user_host("Alice", a). user_host("Bob", b). user_host("Bob", c). user_host("Carl", c).
AddUser Dora.
flowgroup web = (transport=TCP, dstPort=80).
@arp deny(ethType=ARP, srcEth=00:00:00:00:00:07) on rootShare.
`;

interface Trace {
  readonly exit: number;
  readonly fields: string;
  readonly policy: string;
  readonly table: string;
  readonly why?: string;
}

async function trace(t: ExecutionContext, words: string, text = net, ...more: string[]): Promise<Trace> {
  const cwd = folder(t, { "net.pane": text });
  const { exit, out, err } = await glazier(cwd, ["trace", words, "--json", ...more]);
  const { packet, policy, table } = JSON.parse(out);
  if (packet === undefined) throw new Error(err);
  return { exit, fields: packet.fields, policy: policy.verdict, table: table.verdict, why: table.why };
}

async function refused(t: ExecutionContext, words: string): Promise<string> {
  const cwd = folder(t, { "net.pane": net });
  const traced = await glazier(cwd, ["trace", words]);
  t.deepEqual([traced.exit, traced.out], [2, ""], words);
  t.deepEqual((await glazier(cwd, ["explain", words])).exit, 2, "`explain` refuses it as well");
  return traced.err;
}

test("a value that is one of several asked for is named as chosen", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny. host_ip(a, 10.0.0.2). host_ip(b, 10.0.0.3)." });
  const chosen = async (command: string, words: string): Promise<string> =>
    /chosen: (.*)/.exec((await glazier(cwd, [command, words])).out)?.[1] ?? "";
  for (const command of ["trace", "explain"]) {
    const several = await chosen(command, "srcHost=10.0.0.0/24, dstHost=b, transport=TCP, dstPort={22, 80}");
    t.regex(several, /srcHost=10\.0\.0\.2.*dstPort=22/);
    t.notRegex(several, /dstHost|transport/);
    t.regex(await chosen(command, "srcHost=a, dstHost=b, dstPort=22"), /transport=TCP/);
    t.notRegex(await chosen(command, "srcHost=a, dstHost=b, transport=TCP, dstPort=22"), /Host|transport|dstPort/);
  }
  const either = await chosen("trace", "(srcHost=a, dstHost=b) or (srcHost=b, dstHost=a)");
  t.regex(either, /srcHost=10\.0\.0\.2, dstHost=10\.0\.0\.3/);
});

test("`ethType=ARP` among fields is not read as tcpdump's, and the MAC that is given is traced", async (t) => {
  const { fields, policy, table } = await trace(t, "srcEth=00:00:00:00:00:07, ethType=ARP");
  t.true(fields.startsWith("srcEth=00:00:00:00:00:07,"));
  t.deepEqual([policy, table], ["deny", "deny"]);
});

test("a packet enters at the access point that is given, wherever its host is", async (t) => {
  const found = await trace(t, "srcHost=10.0.0.1, srcAP=s2:3, dstHost=10.0.0.2, web");
  t.regex(found.fields, /srcAP=s2:3, switch=s2, inPort=3\b/);
  t.like(found, {
    exit: 0,
    policy: "allow",
    table: "deny",
    why: "dropped by the spoof guard: host a sits at s1:1, by `host_at(a, s1, 1)`",
  });
  t.regex((await trace(t, "srcHost=10.0.0.1, switch=s2, inPort=7")).fields, /srcAP=s2:7, switch=s2, inPort=7\b/);
  t.regex((await trace(t, "srcAP=s2:2")).fields, /^user=Bob, .*srcHost=10\.0\.0\.2/, "the host at that port sends");
});

test("a user that is given is honoured, or refused with the fact that contradicts it", async (t) => {
  t.regex((await trace(t, "user=Bob")).fields, /^user=Bob, .*srcHost=10\.0\.0\.2,/);
  t.regex((await trace(t, "user=Alice, srcHost=10.0.0.0/8")).fields, /^user=Alice, .*srcHost=10\.0\.0\.1,/);
  t.regex((await trace(t, "user!=Alice, srcHost={a, d}")).fields, /^user=unknown, .*srcHost=10\.0\.0\.4,/);
  t.is(
    await refused(t, "srcHost=10.0.0.1, user=Bob, transport=ICMP"),
    "error: `user=Bob` contradicts the directory\n  10.0.0.1 is host `a`, where `Alice` is\n",
  );
  t.is(
    await refused(t, "srcHost=10.0.0.9, user=Bob"),
    "error: `user=Bob` contradicts the directory\n  10.0.0.9 is no known host's: its user is `unknown`\n",
  );
  t.is(
    await refused(t, "user=Dora"),
    'error: `user=Dora` contradicts the directory\n  `Dora` is on no host that the directory knows: state `user_host("Dora", HOST).`\n',
  );
  // A packet of a shared host may be of each of its users.
  t.like(await trace(t, "user=Carl"), { exit: 0, policy: "allow", table: "allow" });
  const cwd = folder(t, { "net.pane": net });
  t.regex((await glazier(cwd, ["trace", "user=Carl"])).out, /srcHost=10\.0\.0\.3.*\n[^]*user may be Bob or Carl/);
  t.regex(await refused(t, "dstAP=s1:1"), /`dstAP` is not seen where a packet enters/);
});

test("a user is refused for a packet whose type has none, and for one from none of the user's addresses", async (t) => {
  t.is(
    await refused(t, "dstUser=Bob, ethType=0x806"),
    "error: `dstUser=Bob` contradicts `ethType=ARP`\n  only IP packets have a dstUser\n",
  );
  // A packet from the user's own place is the user's, even without an address.
  t.regex((await trace(t, "user=Bob, ethType=0x806")).fields, /^user=Bob, .*ethType=ARP, srcAP=s2:2,/);
  t.regex(await refused(t, "dstUser!=Bob, ethType=0x88cc"), /`dstUser!=Bob` contradicts `ethType=0x88cc`/);
  t.is(
    await refused(t, "user=Alice, ethType=IPv6"),
    "error: `user=Alice` contradicts the directory\n  `Alice` is on a (10.0.0.1, 00:00:00:00:00:0a, at s1:1)\n",
  );
});

test("an unknown host is not put at the port of a known one", async (t) => {
  const found = await trace(t, "srcHost=10.0.0.7, dstHost=10.0.0.2");
  t.like(found, { exit: 0, policy: "allow", table: "allow" });
  t.regex(found.fields, /srcAP=s1:2,/);
});

test("a drop by the spoof guard is explained as one, and is no fault of glazier's", async (t) => {
  const wrongAddress = await trace(t, "srcHost=10.0.0.8, srcEth=00:00:00:00:00:0a, dstHost=10.0.0.2");
  t.like(wrongAddress, {
    exit: 0,
    table: "deny",
    why:
      "dropped by the spoof guard: s1:1 is the place of host a, by `host_at(a, s1, 1)`, and this is not its address; an uplink, which " +
      "forwards what others send, is stated by `host_mac` and `host_at` without `host_ip`, and may send from every address that is no known host's",
  });
  const wrongMac = await trace(t, "srcHost=10.0.0.1, srcEth=00:00:00:00:00:0c, dstHost=10.0.0.2");
  t.like(wrongMac, {
    exit: 0,
    why: "dropped by the spoof guard: s1:1 is the place of host a, by `host_at(a, s1, 1)`, and this is not its MAC",
  });
  const cwd = folder(t, { "net.pane": net });
  const words = "srcHost=10.0.0.1, inPort=2, dstHost=10.0.0.2";
  t.regex(
    (await glazier(cwd, ["explain", words])).out,
    /\nbut dropped by the spoof guard: host a sits at s1:1, by `host_at\(a, s1, 1\)`\n$/,
  );
  t.regex(
    (await glazier(cwd, ["trace", words])).out,
    /\n +dropped by the spoof guard: host a sits at s1:1, by `host_at\(a, s1, 1\)`\n$/,
  );
});

test("an ARP request enters at the port of the host that asks, and passes the spoof guard", async (t) => {
  const found = await trace(t, "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28");
  t.like(found, { exit: 0, policy: "allow", table: "allow" });
  t.regex(found.fields, /^user=Alice, srcEth=00:00:00:00:00:0a, dstEth=00:00:00:00:00:0b, ethType=ARP, srcAP=s1:1/);
});

test("a packet that enters by a link was judged at its edge", async (t) => {
  const closed = net.replace("default allow", "default deny");
  const found = await trace(t, "srcAP=s1:10, srcHost=10.0.0.1, dstHost=10.0.0.2", closed);
  t.like(found, { exit: 0, policy: "deny", table: "allow" });
  t.is(found.why, "passed as judged before: s1:10 is a link between switches");
});

test("with several switches a trace says where the packet enters and where it comes out", async (t) => {
  const cwd = folder(t, { "net.pane": net });
  const { out } = await glazier(cwd, ["trace", "srcHost=10.0.0.2, dstHost=10.0.0.1, transport=TCP"]);
  t.regex(out, /^table {4}allow: it comes out at s1:1, where `a` stands$\n^ {9}s2:2, where it enters$/m);
});

test("where a target cannot tell port 0 from a fragment, the difference is the target's", async (t) => {
  const ports = "default deny.\n@low allow(dstHost=10.0.0.1, dstPort=0-1023, transport=UDP) on rootShare.\n";
  const words = "transport=UDP, dstPort=0, dstHost=10.0.0.1";
  const found = await trace(t, words, ports, "--target", "of13");
  t.like(found, { exit: 0, policy: "allow", table: "deny" });
  t.is(found.why, "of13 cannot tell a packet with port 0 from a fragment, and treats it as one");
  t.like(await trace(t, words, ports), { exit: 0, table: "allow" });
  const cwd = folder(t, { "net.pane": ports });
  t.regex(
    (await glazier(cwd, ["compile", "--target", "of13"])).err,
    /warning\[W820\]: this allow does not hold packets/,
  );
});

test("a fragment, and a packet whose ports are none, are followed and say what they hide", async (t) => {
  const cwd = folder(t, { "net.pane": "default allow.\n@ssh deny(transport=TCP, dstPort=22) on rootShare.\n" });
  const addresses = "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP";
  const fragment = await glazier(cwd, ["trace", `${addresses}, fragment=later`]);
  t.is(fragment.exit, 0);
  t.regex(
    fragment.out,
    /^packet .*, fragment=later\n(?: {9}chosen.*\n)? {9}hides srcPort, dstPort, direction: see `default fragments`$/m,
  );
  t.regex(fragment.out, /^policy {3}deny: denied by deny ssh/m);
  const cut = await glazier(cwd, ["trace", `${addresses}, srcPort=0, dstPort=0`]);
  t.deepEqual([cut.exit, /^policy {3}deny: denied by deny ssh/m.test(cut.out)], [0, true]);
  const pasted =
    "IP (tos 0x0, ttl 64, id 1, offset 1480, flags [none], proto TCP (6), length 40) 10.0.0.1 > 10.0.0.2: tcp";
  const { out } = await glazier(cwd, ["trace", pasted, "--json"]);
  t.like(JSON.parse(out), { packet: { fragment: "later" }, policy: { verdict: "deny" }, table: { verdict: "deny" } });
  const whole = await glazier(cwd, ["trace", `${addresses}, srcPort=1, dstPort=0`, "--json"]);
  t.like(JSON.parse(whole.out), { ok: true, policy: { verdict: "allow" } });
  t.regex((await glazier(cwd, ["explain", `${addresses}, fragment=first`])).out, /denied by deny ssh/);
});

test("a fault of the argument is shown in the words as they were given", async (t) => {
  t.is(
    await refused(t, "dstHost=10.0.0.1, dstPort=ssh"),
    [
      "error[E220]: `dstPort` takes a number, not `ssh`",
      " --> <argument>:1:27",
      "  |",
      "1 | dstHost=10.0.0.1, dstPort=ssh",
      "  |                           ^^^",
      "  |",
      "  = fix: write `22`",
      "",
      "error: the flowgroup was not understood",
      "",
    ].join("\n"),
  );
  t.notRegex(await refused(t, "srcHost=10.0.0.1,, dstPort=22"), /Traffic/);
  t.notRegex(await refused(t, "srcHots=10.0.0.1"), /Traffic/);
  t.regex(await refused(t, "user=Boob"), /did you mean `Bob`\?/);
  t.regex(
    await refused(t, "IP eve.example.4 > 10.0.0.2.22: Flags [S]"),
    /^error: that line of tcpdump's was not understood\n/,
  );
});

test("a word that is no packet is refused, and the name of a flowgroup is a packet", async (t) => {
  const cwd = folder(t, { "net.pane": net });
  const { exit, err } = await glazier(cwd, ["trace", "garbage"]);
  t.is(exit, 2);
  t.regex(err, /^error: `garbage` is not a packet\n {2}write fields, /);
  t.regex((await trace(t, "web")).fields, /transport=TCP, srcPort=49152, dstPort=80/);
  t.is((await glazier(cwd, ["explain", "web"])).exit, 0);
  t.is(
    (await glazier(cwd, ["explain", "@nosuch"])).err,
    "error: no statement is called `@nosuch`\n  its labels: @arp\n",
  );
});

test("trace and explain report what the network takes away, and agree with the table", async (t) => {
  const net = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). switch(s3, 3).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s2, 2).
AddUser Eve. user_host("Eve", a). user_host("Eve", b).
@by waypoint(srcHost=10.0.0.3, dstHost=10.0.0.1) = s3 on rootShare.
`;
  const cwd = folder(t, {
    "slow.pane": `${net}@slow limit(user="Eve") = 3Mb on rootShare.\n`,
    "least.pane": `${net}@slow limit(user="Eve") = 1kb on rootShare.\n`,
  });
  const at = ["--at", "@1796115600"];
  const trace = async (file: string, packet: string): Promise<string> => {
    const { exit, out } = await glazier(cwd, ["trace", packet, file, ...at]);
    t.is(exit, 0, out);
    return out;
  };
  t.regex(
    await trace("slow.pane", "srcHost=10.0.0.1, dstHost=10.0.0.3"),
    /limited to 3Mb, 1\.5Mb at each of `s1` and `s2`/,
  );
  t.regex(
    await trace("least.pane", "srcHost=10.0.0.1, dstHost=10.0.0.3"),
    /table {4}deny: [^]*dropped: `slow` enters at `s1` and `s2`, and no meter counts so small a part of 1kb\n/,
  );
  t.regex(await trace("slow.pane", "srcHost=10.0.0.3, dstHost=10.0.0.1"), /table {4}deny: [^]*there is no path from/);
  const told = JSON.parse((await glazier(cwd, ["explain", "@by", "slow.pane", ...at, "--json"])).out);
  t.is(told.suspended.code, "no-path");
  const checked = await glazier(cwd, ["check", "slow.pane", ...at]);
  t.is(checked.exit, 0);
  t.regex(checked.out, /1 of them suspended/);
  for (const words of [
    ["compile", "slow.pane", "--switch", "s1"],
    ["plan", "slow.pane"],
  ]) {
    const { err, exit } = await glazier(cwd, [...words, ...at]);
    t.is(exit, 0);
    t.regex(err, /warning\[W750\]: `by` is suspended[^]*warning\[W841\]: traffic of `slow` enters at 2 switches/);
  }
});
