/** A statement that does less than a reader would think gets a diagnostic: policies in, diagnostics out. */
import test from "ava";
import { decide } from "../decide.ts";
import { renderLine } from "../diagnostics/index.ts";
import { NOW, RULES } from "./testing/networks.ts";

const all = (text: string, name = "test.pane"): readonly string[] =>
  decide([{ name, text }], { now: NOW, load: () => undefined, rules: RULES }).diagnostics.map(
    (one) => renderLine(one).replace(/^[^:]*:/, "") + (one.help === undefined ? "" : ` | ${one.help}`),
  );

const OF_DENIED = " | it takes effect for what an `allow` lets through, or once what denies it is gone";

/** Without what is said of allows that nothing answers, which has a test of its own, and without that advice. */
const found = (text: string, name?: string): readonly string[] =>
  all(text, name)
    .filter((line) => !line.includes("note[N760]"))
    .map((line) => line.replace(OF_DENIED, ""));

test("W258: a fact that nothing reads is a warning, and the nearest name that something reads is its help", (t) => {
  const network = "default deny.\nhost_ip(h, 10.0.0.1).\nuser_hots(bob, h).\nhost_ip_6(h, x).\nfar(h).\n";
  t.deepEqual(found(network), [
    "3:1: warning[W258]: nothing reads `user_hots`: what it says has no effect | did you mean `user_host`?",
    "4:1: warning[W258]: nothing reads `host_ip_6`: what it says has no effect | did you mean `host_ip`?",
    "5:1: warning[W258]: nothing reads `far`: what it says has no effect | a policy or a rule reads it, or it says nothing",
  ]);
  const read =
    "default deny.\nhost_ip(h, 10.0.0.1).\nfar(h).\npolicy p on share rootShare { @a allow <= srcHost(H), far(H). }\n";
  t.deepEqual(found(read), []);
});

test("W258: a relation that rules define and nothing reads is a warning where a similar one is read", (t) => {
  const network = `default deny.
dhcp(h, "10.0.0.1"). login("Al", h).
hostip(H, A) <= dhcp(H, A).
user_host(U, H) <= login(U, H).
bad(W) <= login(W, _).
bda(W) <= login(W, _).
other(W) <= login(W, _).
web <= dstPort(80).
reject(Q, "x") <= request(Q, W, _, _), bad(W).
`;
  t.deepEqual(found(network), [
    "3:1: warning[W258]: nothing reads `hostip`: what it says has no effect | did you mean `host_ip`?",
    "6:1: warning[W258]: nothing reads `bda`: what it says has no effect | did you mean `bad`?",
    "7:1: note[N277]: no statement uses relation `other`",
    "8:1: note[N277]: no statement uses predicate `web`",
  ]);
});

test("W714 and W715: a deny, or all of an allow, of which `pass` takes flows in a policy without an order", (t) => {
  const policy = (pass: string): string => `default allow.
policy p on share rootShare {
 @a pass <= ${pass}.
 @b deny <= dstPort = 80, transport(tcp).
}`;
  const help = "in an `ordered` policy the rule that is written first decides";
  t.deepEqual(found(policy("dstPort = 80, transport(tcp)")), [
    `4:2: warning[W714]: of this deny nothing is left: \`p.a\` hands all its flows on, wherever it stands | ${help}`,
  ]);
  t.deepEqual(found(policy("dstPort = 80, transport(tcp), srcHost = 10.0.0.1")), [
    `4:2: warning[W715]: this deny does not hold what \`p.a\` hands on, wherever it stands | ${help}`,
  ]);
  t.deepEqual(found(policy("dstPort = 81, transport(tcp)")), []);
  const allowing = (pass: string): string => policy(pass).replace("deny <=", "allow <=");
  t.deepEqual(found(allowing("dstPort = 80, transport(tcp)")), [
    `4:2: warning[W714]: of this allow nothing is left: \`p.a\` hands all its flows on, wherever it stands | ${help}`,
  ]);
  t.deepEqual(
    found(allowing("dstPort = 80, transport(tcp), srcHost = 10.0.0.1")),
    [],
    "what it leaves out is the default's",
  );
  const cascade = "\npolicy q on share rootShare { @c allow <= dstPort = 80, transport(tcp). }\ncascade p > q.";
  t.deepEqual(
    found(policy("dstPort = 80, transport(tcp), srcHost = 10.0.0.1") + cascade),
    [],
    "that is what it is for",
  );
});

test("W716: a rule of an ordered policy of which earlier rules hold all", (t) => {
  const policy = (...rules: readonly string[]): string => `default deny.\npolicy p ordered {\n${rules.join("\n")}\n}`;
  const deny = "@b deny <= srcHost in 10.1.0.0/16.";
  t.deepEqual(found(policy("@a allow <= srcHost in 10.0.0.0/8.", deny)), [
    "4:1: warning[W716]: this rule never decides: `p.a` before it holds all of its flows | take it out, or move it before them",
  ]);
  t.deepEqual(found(policy("@a allow <= srcHost in 10.1.0.0/17.", "@c allow <= srcHost in 10.1.128.0/17.", deny)), [
    "5:1: warning[W716]: this rule never decides: `p.a` and `p.c` before it hold all of its flows | take it out, or move it before them",
  ]);
  t.deepEqual(found(policy("@a allow <= srcHost in 10.1.0.0/17.", deny)), []);
  t.deepEqual(found(policy(deny, "@a allow <= srcHost in 10.0.0.0/8.")), []);
});

test("N717: two limits of an ordered policy both hold", (t) => {
  const policy = `default allow.
policy p ordered {
  @a limit(5Mb) <= srcHost in 10.0.0.0/8.
  @b limit(1Mb) <= srcHost in 10.1.0.0/16.
  @c limit(1Mb) <= srcHost in 11.0.0.0/8.
}`;
  t.deepEqual(found(policy), [
    "4:3: note[N717]: flows of this limit pass `p.a` too: among limits no order decides, and each holds | if one alone is meant, leave its flows out of the other",
  ]);
});

test("N713, N709 and N718: rates of flows that are denied, also by the default", (t) => {
  t.true(all("default deny.\n@l limit(dstPort=22) = 5Mb on rootShare.")[0]!.endsWith(OF_DENIED));
  const rates = "@l limit(dstPort=22) = 5Mb on rootShare.\n@r reserve(dstPort=23) = 5Mb on rootShare.\n";
  t.deepEqual(found(`default deny.\n${rates}`), [
    "2:1: note[N713]: limits nothing as it stands, because all of these flows are denied: no statement allows any",
    "3:1: note[N709]: reserves nothing as it stands, because all of these flows are denied: no statement allows any",
  ]);
  t.deepEqual(found(`default allow.\n@d deny(dstPort=20-25) on rootShare.\n${rates}`), [
    "3:1: note[N713]: limits nothing as it stands, because all of these flows are denied: `d`",
    "4:1: note[N709]: reserves nothing as it stands, because all of these flows are denied: `d`",
  ]);
  // What shares flows with a rate by name alone is not named, nor what others deny anyway.
  const others = "@u deny(user=Dan) on rootShare.\n@w deny(srcHost=10.0.0.1, dstPort=20-25) on rootShare.\n";
  t.deepEqual(
    found(
      `default allow. AddUser Dan.\n${others}@d deny(dstPort=22) on rootShare.\n@e deny(dstPort=23) on rootShare.\n${rates}`,
    ).filter((line) => !line.includes("W807")),
    [
      "6:1: note[N713]: limits nothing as it stands, because all of these flows are denied: `d`",
      "7:1: note[N709]: reserves nothing as it stands, because all of these flows are denied: `e`",
    ],
  );
  t.deepEqual(
    found(`default allow. AddUser Dan.\n${others}@d deny(dstPort=0-22) on rootShare.\n@e deny(dstPort=23-99) on rootShare.
@l limit(dstPort=20-25) = 5Mb on rootShare.`).filter((line) => !line.includes("W807")),
    ["6:1: note[N713]: limits nothing as it stands, because all of these flows are denied: `d` and `e`"],
  );
  t.deepEqual(
    found(`default deny.\n@a allow(dstPort=22) on rootShare.\n@b allow(dstPort=23) on rootShare.\n${rates}`).map(
      (line) => /N\d+/.exec(line)?.[0],
    ),
    ["N754"],
  );
  const shipped =
    "default deny.\npolicy base on share rootShare { @i allow <= ethType(ipv4), icmpType = 3. }\n@l limit(srcHost=10.0.0.1) = 5Mb on rootShare.\n";
  t.deepEqual(
    found(shipped, "glazier:baseline.fml").map((line) => line.replace("baseline.fml:", "")),
    ["3:1: note[N718]: holds little as it stands: of these flows only what `base.i` let through pass"],
  );
});

test("N713 and N709 of a policy's rules, whichever of the two is written first", (t) => {
  const policy = (ordered: string, ...rules: readonly string[]): string =>
    `default allow.\npolicy p on share rootShare ${ordered} {\n${rules.join("\n")}\n}`;
  const [deny, limit] = ["@d deny <= dstPort = 80.", "@l limit(1Mb) <= dstPort = 80, transport(tcp)."];
  const said = "note[N713]: limits nothing as it stands, because all of these flows are denied: `p.d`";
  t.deepEqual(found(policy("", deny, limit)), [`4:1: ${said}`]);
  t.deepEqual(found(policy("ordered", limit, deny)), [`3:1: ${said}`]);
  t.deepEqual(found(policy("ordered", "@a allow <= dstPort = 80.", limit, "@d deny <= transport(tcp).")), []);
  t.deepEqual(
    found(policy("", deny, "@r reserve(1Mb) <= dstPort = 80.")).filter((line) => !line.includes("N754")),
    ["4:1: note[N709]: reserves nothing as it stands, because all of these flows are denied: `p.d`"],
  );
});

test("N756: a waypoint or an avoid of flows that are all denied, also by the default", (t) => {
  const two = "switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 1Gb). ";
  const led = "@w waypoint(dstPort=22) = s1 on rootShare.\n@v avoid(dstPort=23) = s3 on rootShare.\n";
  const facts = `${two}switch(s3, 3).\n`;
  const notes = (text: string): readonly string[] => found(text).filter((line) => line.includes("N756"));
  t.deepEqual(notes(`default deny.\n${facts}${led}`), [
    "3:1: note[N756]: leads nothing as it stands, because all of these flows are denied: no statement allows any",
    "4:1: note[N756]: leads nothing as it stands, because all of these flows are denied: no statement allows any",
  ]);
  t.deepEqual(notes(`default allow.\n${facts}@d deny(dstPort=20-22) on rootShare.\n${led}`), [
    "4:1: note[N756]: leads nothing as it stands, because all of these flows are denied: `d`",
  ]);
  t.deepEqual(notes(`default allow.\n${facts}${led}@d deny(dstPort=22, srcPort=1-9) on rootShare.\n`), []);
  t.deepEqual(notes(`default deny.\n${facts}${led}@a allow(dstPort={22, 23}) on rootShare.\n`), []);
  // A deny that comes later in the file counts, too.
  t.is(notes(`default allow.\n${facts}${led}@d deny(dstPort=22) on rootShare.\n`).length, 1);
});

test("N702: a guard's rule gets one line, however many rules it silences, and the line says that it may be a part", (t) => {
  const policy = `default deny.
policy quarantine as guard { @out deny <= srcHost = 10.0.0.1. }
@a allow(dstPort=22) both ways on rootShare.
@b allow(dstPort=23) both ways on rootShare.`;
  const diagnostics = decide([{ name: "t", text: policy }], {
    now: NOW,
    load: () => undefined,
    rules: RULES,
  }).diagnostics;
  t.deepEqual(
    diagnostics.map(({ message, related }) => [message, related.length]),
    [["guard `quarantine` denies flows of 2 requests, in whole or in part: `a` and `b`", 0]],
  );
});

test("E259 and W260: an empty name, and a host with the name of another's address", (t) => {
  t.deepEqual(found('default deny.\nAddUser "".\nhost_ip("", 10.0.0.1).'), [
    "2:9: error[E259]: a user needs a name that is not empty | write a name between the quotation marks",
    "3:1: error[E259]: a host needs a name that is not empty | write a name between the quotation marks",
  ]);
  t.deepEqual(
    found(
      'default deny. user_host(al, pc). host_ip(pc, 10.0.0.1).\n@"" deny(user="") on rootShare.\npolicy "" { @"" deny. }',
    ),
    [
      "2:2: error[E259]: a label needs a name that is not empty | write a name between the quotation marks",
      "2:15: error[E259]: a user needs a name that is not empty | write a name between the quotation marks",
      "3:8: error[E259]: a policy needs a name that is not empty | write a name between the quotation marks",
      "3:14: error[E259]: a label needs a name that is not empty | write a name between the quotation marks",
    ],
  );
  for (const [text, what] of [
    ['deny(srcHost="") on rootShare.', "a host"],
    ['deny(switch="") on rootShare.', "a switch"],
    ['waypoint(*) = "" on rootShare.', "a waypoint"],
    ['flowgroup "" = (vlan=1).', "a flowgroup"],
    ['user_host("", pc).', "a user"],
    ['switch("", 1).', "a switch"],
  ])
    t.true(
      found(`default deny. ${text}`).some((one) => one.includes(`error[E259]: ${what} needs a name that is not empty`)),
      text,
    );
  t.deepEqual(found('default deny.\nhost_ip("10.0.0.1", 10.0.0.2).\nhost_ip("10.0.0.3", 10.0.0.3).'), [
    "2:1: warning[W260]: host `10.0.0.1` is named like an address that is not its own: `10.0.0.1` means the address | give the host another name",
  ]);
});

test("E709: a user that only facts name exists, and RemoveUser says what it takes back", (t) => {
  t.deepEqual(found("default deny. user_host(al, pc). host_ip(pc, 10.0.0.1).\nRemoveUser al.\nRemoveUser bo."), [
    "2:1: error[E709]: there is no user `al` that `AddUser` added: only facts name that user",
    "3:1: error[E709]: there is no user `bo`",
  ]);
});

test("E703: a grant of a share to its own issuer is refused for the missing right, not as a circle of declarations", (t) => {
  t.deepEqual(found("default deny.\nAddUser Alice.\nAlice: Grant rootShare to Alice."), [
    "3:1: error[E703]: `Alice` does not speak for share `rootShare`: `root` does",
  ]);
});

test("E716: a bound that a share has by default is reported as a default", (t) => {
  const requests = Array.from({ length: 101 }, (_, i) => `@r${i} allow(dstPort=${i}) on a.`).join("\n");
  const [line] = found(`default deny.\nNewShare a for (*) [allow = True] on rootShare.\n${requests}`);
  t.regex(line!, /error\[E716\]: share `a` may hold 100 requests unless it states another bound, and holds 100/);
});

test("E717: and so is a bound on entries", (t) => {
  const requests = Array.from({ length: 11 }, (_, i) => {
    const hosts = Array.from(
      { length: 99 },
      (_one, at) => `(srcHost=10.${i}.${at}.0/24, transport=TCP, dstPort=${at})`,
    );
    return `@r${i} allow(${hosts.join(" or ")}) on a.`;
  });
  const text = (n: number): string =>
    `default deny.\nNewShare a for (*) [allow = True] on rootShare.\n${requests.slice(0, n).join("\n")}`;
  t.deepEqual(found(text(10)), []);
  const [line] = found(text(11));
  t.regex(line!, /error\[E717\]: share `a` may cost 1000 entries unless it states another bound; with this request/);
});

test("N752: a reservation whose flows are led in more ways than are followed, or for a time only, says so", (t) => {
  const host = (name: string, n: number, at: string): string =>
    `host_ip(${name}, 10.0.0.${n}). host_mac(${name}, 02:00:00:00:00:0${n}). host_at(${name}, ${at}).`;
  const network = `default allow. switch(s1, "1"). switch(s2, "2"). switch(s3, "3"). link(s1, 1, s2, 1, 1Gb).
link(s1, 2, s3, 1, 1Gb). link(s3, 2, s2, 2, 1Gb). ${host("a", 1, "s1, 10")} ${host("b", 2, "s2, 10")}
`;
  const reserve = "@r reserve(srcHost=a, dstHost=b) = 1Mb on rootShare.";
  const told = (text: string): readonly string[] => found(network + text).filter((one) => one.includes("N752"));
  const led = (n: number): string =>
    Array.from({ length: n }, (_, i) => `@w${i} waypoint(srcHost=a, dstHost=b, vlan=${i}) = s3 on rootShare.\n`).join(
      "",
    );
  t.deepEqual(told(led(15) + reserve), []);
  const [many] = told(led(16) + reserve);
  t.regex(many!, /note\[N752\]: not guaranteed, .*: they are led in more ways than are followed, by `w0`, `w1`/);
  t.regex(many!, / \| reserve for the flows of one of them at a time$/);
  t.deepEqual(told(`@w waypoint(srcHost=a, dstHost=b) = s3 on rootShare from +10min.\n${reserve}`), [
    "4:1: note[N752]: not guaranteed, because the ways of its flows are not known: some are led for a part of the time only, by `w` | reserve for a time in which these statements hold throughout, or not at all",
  ]);
});

test("N704: of two reservations the smaller adds nothing, whichever is written first, also of a policy's rules", (t) => {
  const words = (name: string): string =>
    `note[N704]: adds nothing: \`${name}\` reserves 5Mb for all of these flows already | take it out, unless it is to go on when the other has ended`;
  const told = (text: string): readonly string[] =>
    found(`default allow.\n${text}`).filter((line) => line.includes("N704"));
  const small = "@s reserve(srcHost=10.0.0.1, dstPort=80) = 3Mb on rootShare.";
  const large = "@l reserve(srcHost=10.0.0.1) = 5Mb on rootShare.";
  t.deepEqual(told(`${small}\n${large}`), [`2:1: ${words("l")}`]);
  t.deepEqual(told(`${large}\n${small}`), [`3:1: ${words("l")}`]);
  t.deepEqual(told("policy p { @s reserve(3Mb) <= dstPort(80). @l reserve(5Mb) <= dstPort(80). }"), [
    `2:12: ${words("p.l")}`,
  ]);
  t.deepEqual(told(`${small.replace("3Mb", "6Mb")}\n${large}`), []);
  t.deepEqual(told(`${small}\n${large.replace(".1)", ".2)")}`), []);
  t.deepEqual(told(`${small}\n${large.replace("rootShare", "rootShare to +10min")}`), [], "it outlasts the larger one");
});

test("W719 and W716: an allow that a deny beside it overrides, and rules that a policy before them in the cascade leaves nothing", (t) => {
  const deny = "@d deny <= dstPort = 23.";
  const allow = "@a allow <= dstPort = 23, srcHost = 10.0.0.1.";
  const ORDERED = "`policy p ordered`: there the rule that is written first decides";
  const over = (name: string, help = `write ${ORDERED}`): string =>
    `warning[W719]: this allow has no effect: \`${name}\` holds all of its flows, and beside each other deny overrides | ${help}`;
  t.deepEqual(found(`default allow. policy p {\n${deny}\n${allow} }`), [
    `3:1: ${over("p.d", `write it before \`p.d\`, and ${ORDERED}`)}`,
  ]);
  t.deepEqual(found(`default allow. policy p {\n${allow}\n${deny} }`), [`2:1: ${over("p.d")}`]);
  t.deepEqual(found(`default allow. policy p { ${deny} }\npolicy q { ${allow} }`), [
    `2:12: ${over("p.d", "write `cascade q > p.`; what stands left decides first")}`,
  ]);
  t.deepEqual(found(`default allow. policy p ordered { ${allow} ${deny} }`), []);
  const between = `default allow. policy p { ${allow}\n${deny}\n@b allow <= dstPort = 23, srcHost = 10.0.0.2. }`;
  t.deepEqual(found(between), [
    `1:27: ${over("p.d")}`,
    `3:1: ${over("p.d", `write it before \`p.d\`, and ${ORDERED}`)}`,
  ]);
  t.deepEqual(found(`default allow. policy p { ${deny} } policy q { ${allow} } cascade q > p.`), []);
  t.deepEqual(found(`default allow. policy p { ${deny} @a allow <= dstPort in {23, 24}. }`), [], "some of it passes");
  t.deepEqual(found(`default allow. policy p { @d deny <= dstPort = 23 to +5min. ${allow} }`), [], "it ends before");
  const decided = `warning[W716]: this rule never decides: \`p.d\` before it holds all of its flows | take it out, or move it before them`;
  t.deepEqual(found(`default allow. policy p { ${deny} }\npolicy q { ${allow} }\ncascade p > q.`), [
    `2:12: ${decided}`,
  ]);
  t.deepEqual(
    found(`default allow. policy p { ${deny} @n pass <= dstPort = 23. }\npolicy q { ${allow} }\ncascade p > q.`).filter(
      (line) => line.includes("W716"),
    ),
    [],
    "what a rule passes on it does not decide",
  );
});

test("W806 and W260: a user in a host's place, and an address in the place of a host's name, are told where they belong", (t) => {
  const told = (text: string): readonly string[] => all(`default allow.\n${text}`);
  const network = 'host_ip(pc, 10.0.0.1). user_host("Al", pc). staff("Al").\n';
  const [user] = told(`${network}policy p { deny <= srcHost(U), staff(U). }`);
  t.regex(user!, /W806.* `Al` \| as users they stand in `srcUser` and `dstUser`, not in `srcHost` and `dstHost`$/);
  const [host] = told("laptop(lap). host_at(lap, s1, 1). switch(s1, 1). policy p { deny <= srcHost(U), laptop(U). }");
  t.regex(host!, /W806.* \| state `host_ip` or `host_mac` for them$/);
  const [address] = told("user_host(al, 10.0.0.1). deny(srcHost=10.0.0.1) on rootShare.");
  t.regex(address!, /W260.* \| facts name the host, and `host_ip\(HOST, 10\.0\.0\.1\)\.` states that this is its own$/);
});

test("W719 and W716: what one wide rule leaves without effect is told once, with the advice that helps where it stands", (t) => {
  const told = (text: string): readonly string[] => found(`default allow.\n${text}`);
  const baseline = `policy baseline {
@a allow <= ethType(arp).
@b allow <= ethType(ipv6), icmpType in 133-137.
@c allow <= ethType(ipv4), icmpType = 3.
}`;
  const over = (help: string): string =>
    `7:12: warning[W719]: \`baseline.a\`, \`baseline.b\` and \`baseline.c\` have no effect: \`q.deny.\` holds all of their flows, and beside each other deny overrides | ${help}`;
  const wide = `${baseline}\npolicy q { deny. }`;
  t.deepEqual(told(wide), [over("write `cascade baseline > q.`; what stands left decides first")]);
  t.deepEqual(told(`${wide}\ncascade baseline > q.`), [], "the advice, as it is written");
  t.deepEqual(told(`${wide}\npolicy r { deny <= vlan = 7. }\ncascade r > q.`), [
    over("name both in the cascade of the share, as in `baseline > q`; what stands left decides first"),
  ]);
  t.deepEqual(told(`${wide}\npolicy r { deny <= vlan = 7. }\ncascade r > baseline > q.`), []);
  t.deepEqual(told("policy p { @a allow <= vlan = 7. @b allow <= vlan = 8. @d deny. }"), [
    "2:56: warning[W719]: `p.a` and `p.b` have no effect: `p.d` holds all of their flows, and beside each other deny overrides | write `policy p ordered`: there the rule that is written first decides",
  ]);
  t.deepEqual(told("policy p ordered { @a allow <= vlan = 7. @b allow <= vlan = 8. @d deny. }"), [], "the advice");
  t.deepEqual(told("policy p ordered { @d deny.\n@a allow <= vlan = 7. @b allow <= vlan = 8. }"), [
    "2:20: warning[W716]: `p.a` and `p.b` never decide: `p.d` before them holds all of their flows | take them out, or move them before it",
  ]);
  const requests = [7, 8].map((vlan) => `@a${vlan} allow(vlan=${vlan}) on rootShare.`).join(" ");
  t.deepEqual(told(`${requests} @d deny(*) on rootShare.`), [
    "2:65: warning[W719]: `a7` and `a8` have no effect: `d` holds all of their flows, and beside each other deny overrides | within a share a deny overrides what was allowed before: take out the one that is not meant",
  ]);
});

test("W719: a request to allow whose flows others deny on its own share", (t) => {
  const allow = "allow(dstPort=23, srcHost=10.0.0.1) on rootShare.";
  const over = (names: string, hold = "holds"): string =>
    `warning[W719]: this allow has no effect: ${names} ${hold} all of its flows, and beside each other deny overrides | within a share a deny overrides what was allowed before: take out the one that is not meant`;
  const start = "default allow.\n";
  t.deepEqual(found(`${start}${allow}\n@d deny(dstPort=23) on rootShare.`), [`2:1: ${over("`d`")}`]);
  const halves = "@d deny(dstPort=23, transport=TCP) on rootShare. @e deny(dstPort=23, transport!=TCP) on rootShare.";
  t.deepEqual(found(`${start}${allow}\n${halves}`), [`2:1: ${over("`d` and `e`", "hold")}`]);
  t.deepEqual(found(`${start}${allow}\ndeny(dstPort=23, srcHost!=10.0.0.1) on rootShare.`), []);
  const inTurn = "@d deny(dstPort=23) on rootShare to +5min. @e deny(dstPort=23) on rootShare from +4min.";
  t.deepEqual(found(`${start}${allow}\n${inTurn}`), [`2:1: ${over("`d` and `e`", "hold")}`]);
  t.deepEqual(found(`${start}${allow}\n${inTurn.replace("+4min", "+6min")}`), [], "a minute is left");
  t.deepEqual(found(`${start}${allow}\ndeny(dstPort=23) on rootShare to +5min.`), [], "it ends before");
  t.deepEqual(found(`${start}allow(dstPort=23) on rootShare.\ndeny(dstPort=23, srcHost=10.0.0.1) on rootShare.`), []);
  const below = "NewShare s for (*) [allow = True] on rootShare.";
  t.deepEqual(found(`${start}${below}\ndeny(dstPort=23) on rootShare.\n${allow.replace("rootShare", "s")}`), []);
});
