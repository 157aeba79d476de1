/**
 * Ten policies as networks write them (after the examples that FML's literature gives), with the cubes that each rule
 * evaluates to and the facts that made them.
 */
import test from "ava";
import { goldens } from "../../resolve/testing/goldens.ts";

const people = `login,department,kind
ann,engineering,staff
bob,engineering,contractor
cy,sales,guest
`;
const hosts = `name,role,kind,class,zone
build1,build,server,public,core
exam1,exam,server,private,core
lap1,,laptop,private,office
tel1,,phone,private,office
lp1,,printer,public,office
card1,,server,private,pci
`;
const addresses = `host_ip(build1, 10.0.0.1). host_ip(exam1, 10.0.0.2). host_ip(lap1, 10.0.1.1). host_ip(tel1, 10.0.1.2).
host_ip(lp1, 10.0.1.3). host_ip(card1, 10.0.9.1).
${["ann", "bob", "cy", "eve", "mallory"].map((user, i) => `user_host(${user}, d${i}). host_ip(d${i}, 10.0.7.${i}).`).join(" ")}
`;

goldens(test, {
  "rules hold address resolution, questions to one name server, and its answers": {
    text: `default deny.
host_ip(ns1, 10.0.0.53).
dns <= transport(udp), dstPort(53).
answer <= transport(udp), srcPort(53).
policy minimal {
  @arp     allow <= ethType(arp).
  @ask     allow <= dns, dstHost(ns1).
  @answer  allow <= answer, srcHost(ns1).
}`,
    policies: [
      "minimal.arp",
      "  (ethType=ARP)",
      "minimal.ask",
      "  (dstHost=10.0.0.53, transport=UDP, dstPort=53)",
      "minimal.answer",
      "  (srcHost=10.0.0.53, transport=UDP, srcPort=53)",
    ],
  },
  "rules hold ports in sets and ranges, and addresses by prefixes": {
    text: `default deny.
web <= transport(tcp), dstPort in {80, 443}.
policy edge {
  @out   allow <= srcHost in 10.0.0.0/8, web, not dstHost in 10.0.0.0/8.
  @high  deny  <= srcHost in 10.9.0.0/16, transport(tcp), dstPort in 1024-65535.
}`,
    policies: [
      "edge.out",
      "  (srcHost=10.0.0.0/8, transport=TCP, dstPort={80, 443}) except (dstHost=10.0.0.0/8)",
      "edge.high",
      "  (srcHost=10.9.0.0/16, transport=TCP, dstPort=1024-65535)",
    ],
  },
  "`!=` asks for the field with another value, as in requests, and `not` for everything else": {
    text: `default deny.
odd(22).
NewShare s for (*) [allow = True] on rootShare.
policy p on share s {
  @value     allow <= dstPort != 22.
  @set       allow <= dstPort != {22, 23}.
  @variable  allow <= odd(P), dstPort != P.
  @bound     allow <= dstPort(P), P != 22.
  @twice     allow <= not dstPort != 22.
  @fact      allow <= odd(P), not dstPort != P.
  @not       allow <= not dstPort = 22.
  @in        allow <= not dstPort in {22}.
}`,
    policies: [
      "p.value",
      "  (dstPort!=22)",
      "p.set",
      "  (dstPort!={22, 23})",
      "p.variable",
      "  (dstPort!=22)  because odd(22)",
      "p.bound",
      "  (dstPort!=22)",
      "p.twice",
      "  (*) except (dstPort!=22)",
      "p.fact",
      "  (dstPort=22)  because odd(22)",
      "  (*) except (dstPort=0-65535)  because odd(22)",
      "p.not",
      "  (*) except (dstPort=22)",
      "p.in",
      "  (*) except (dstPort=22)",
    ],
  },
  "a rule over a relation of users holds the flows of all of them": {
    text: `default deny.
superuser(todd).
superuser(michelle).
policy su {
  @from  allow <= srcUser(U), superuser(U).
  @to    allow <= dstUser(U), superuser(U).
}`,
    policies: [
      "su.from",
      "  (user={michelle, todd})  because superuser(michelle); superuser(todd)",
      "su.to",
      "  (dstUser={michelle, todd})  because superuser(michelle); superuser(todd)",
    ],
  },
  "groups of users and hosts come from CSV and JSON files": {
    text: `default deny.
${addresses}extern dept(user, symbol)  from csv  "people.csv" (login, department).
extern suspended(user)     from json "hr.json" "$.suspended[*].login".
extern build_server(host)  from csv  "hosts.csv" (name) where role = "build".
extern contractor(user)    from csv  "people.csv" (login) where kind = "contractor".
policy build {
  @gone   deny  <= srcUser(U), suspended(U).
  @build  allow <= srcUser(U), dept(U, engineering), not contractor(U), dstHost(H), build_server(H).
}`,
    files: {
      "people.csv": people,
      "hosts.csv": hosts,
      "hr.json": `{"suspended": [{"login": "eve"}, {"login": "mallory"}]}`,
    },
    policies: [
      "build.gone",
      "  (user={eve, mallory})  because suspended(eve); suspended(mallory)",
      "build.build",
      "  (user=ann, dstHost=10.0.0.1)  because dept(ann, engineering); not contractor(ann); build_server(build1)",
    ],
  },
  "a deny holds one direction to a group, or the flows between two groups": {
    text: `default allow.
${addresses}extern laptop(host)  from csv "hosts.csv" (name) where kind = "laptop".
extern phone(host)   from csv "hosts.csv" (name) where kind = "phone".
extern private(host) from csv "hosts.csv" (name) where class = "private".
policy separation {
  @shy       deny <= direction(request), dstHost(H), laptop(H).
  @phones    deny <= srcHost(P), phone(P), dstHost(C), private(C).
  @callback  deny <= dstHost(P), phone(P), srcHost(C), private(C).
}`,
    files: {
      "hosts.csv": hosts,
    },
    policies: [
      "separation.shy",
      "  (dstHost=10.0.1.1, direction=request)  because laptop(lap1)",
      "separation.phones",
      "  (srcHost=10.0.1.2, dstHost={10.0.0.2, 10.0.1.1-10.0.1.2, 10.0.9.1})  because phone(tel1); private(card1); private(exam1)",
      "separation.callback",
      "  (srcHost={10.0.0.2, 10.0.1.1-10.0.1.2, 10.0.9.1}, dstHost=10.0.1.2)  because phone(tel1); private(card1); private(exam1)",
    ],
  },
  "a waypoint holds the web of guests, and an avoid the flows of a group": {
    text: `default deny.
${addresses}extern guest(user) from csv "people.csv" (login) where kind = "guest".
extern pci(host)   from csv "hosts.csv" (name) where zone = "pci".
switch(core1, 1). switch(core2, 2). host_at(proxy1, core1, 7).
policy path {
  @all      allow            <= true.
  @proxied  waypoint(proxy1) <= srcUser(U), guest(U), transport(tcp), dstPort(80).
  @kept     avoid(core2)     <= srcHost(H), pci(H).
}`,
    files: {
      "people.csv": people,
      "hosts.csv": hosts,
    },
    policies: [
      "path.all",
      "  (*)",
      "path.proxied → waypoint proxy1",
      "  (user=cy, transport=TCP, dstPort=80)  because guest(cy)",
      "path.kept → avoid core2",
      "  (srcHost=10.0.9.1)  because pci(card1)",
    ],
  },
  "a group holds the members of its subgroups, except those of another group": {
    text: `default allow.
${addresses}extern member(user, group)  from csv "members.csv" (user, group).
extern parent(group, group) from csv "groups.csv" (child, parent).
extern exam_server(host)    from csv "hosts.csv" (name) where role = "exam".
subgroup(G, P) <= parent(G, P).
subgroup(G, P) <= parent(G, Q), subgroup(Q, P).
in_group(U, G) <= member(U, G).
in_group(U, G) <= member(U, H), subgroup(H, G).
policy exams {
  @away deny <= srcUser(U), in_group(U, students), not in_group(U, proctors), dstHost(H), exam_server(H).
}`,
    files: {
      "members.csv": `user,group
ann,freshers
bob,freshers
bob,proctors
cy,students
`,
      "groups.csv": `child,parent
freshers,juniors
juniors,students
`,
      "hosts.csv": hosts,
    },
    policies: [
      "exams.away",
      "  (user={ann, cy}, dstHost=10.0.0.2)  because in_group(ann, students); not in_group(ann, proctors); in_group(cy, students); not in_group(cy, proctors); exam_server(exam1)",
    ],
  },
  "each level of a cascade holds the flows of its own rules, an exception with an end included": {
    text: `default deny.
${addresses}host_ip(badwater, 10.0.1.9).
extern printer(host) from csv "hosts.csv" (name) where kind = "printer".
policy system {
  @arp   allow <= ethType(arp).
  @dhcp  allow <= transport(udp), srcPort(68), dstPort(67).
}
policy exceptions {
  @ticket4711 "until Friday" allow <= srcHost(badwater), dstHost(lp1), dstPort(9100) to 2030-01-04T18:00:00Z.
  @rest pass <= true.
}
policy site {
  @printers deny  <= dstHost(P), printer(P).
  @known    allow <= srcHost(H), known_host(H).
}
cascade system > exceptions > site.`,
    files: {
      "hosts.csv": hosts,
    },
    policies: [
      "system.arp",
      "  (ethType=ARP)",
      "system.dhcp",
      "  (transport=UDP, srcPort=68, dstPort=67)",
      "exceptions.ticket4711",
      "  (srcHost=10.0.1.9, dstHost=10.0.1.3, dstPort=9100)",
      "exceptions.rest",
      "  (*)",
      "site.printers",
      "  (dstHost=10.0.1.3)  because printer(lp1)",
      "site.known",
      "  (srcHost={10.0.0.1-10.0.0.2, 10.0.1.1-10.0.1.3, 10.0.1.9, 10.0.7.0-10.0.7.4, 10.0.9.1})  because known_host(badwater); known_host(build1)",
    ],
  },
  "a policy on a share is of its user, and a rule may give its fields by position": {
    text: `default deny.
host_ip(pc, 10.0.0.7). user_host("Alice", pc).
NewShare aliceAC for (user=Alice) [deny = True] on rootShare.
policy aliceFw on share aliceAC as Alice {
  @eve  deny <= srcUser("Alice"), dstHost(10.0.0.2), srcHost(10.0.0.7) from now to +5min.
  @rest deny(U, _, _, _, _, _, udp, _) <= friend(U).
}
friend("Alice").`,
    policies: [
      "aliceFw.eve",
      "  (user=Alice, srcHost=10.0.0.7, dstHost=10.0.0.2)",
      "aliceFw.rest",
      '  (user=Alice, transport=UDP)  because friend("Alice")',
    ],
  },
  "flows between tenants depend on who peers, and infection follows contacts to unpatched hosts": {
    text: `default deny.
host_ip(a1, 10.0.1.1). host_ip(a2, 10.0.1.2). host_ip(b1, 10.0.2.1). host_ip(c1, 10.0.3.1). host_ip(patchsrv, 10.0.0.9).
extern tenant(host, symbol)    from csv "vms.csv" (host, tenant).
extern peering(symbol, symbol) from csv "peerings.csv" (a, b).
extern alert(host, symbol)     from json "ids.json" (host, kind).
extern contact(host, host)     from csv "netflow.csv" (src, dst).
extern patched(host)           from csv "patch.csv" (host).
peered(T, S) <= peering(T, S).
peered(T, S) <= peering(S, T).
same(A, B)          <= tenant(A, T), tenant(B, T).
foreign(A, B, T, S) <= tenant(A, T), tenant(B, S), T != S.
infected(H) <= alert(H, worm).
infected(H) <= contact(G, H), infected(G), not patched(H).
policy quarantine {
  @from deny <= srcHost(H), infected(H).
  @to   deny <= dstHost(H), infected(H).
}
policy repair {
  @mend allow <= srcHost(H), infected(H), dstHost(patchsrv), transport(tcp), dstPort(443).
}
policy isolation {
  @apart    deny  <= srcHost(A), dstHost(B), foreign(A, B, T, S), not peered(T, S).
  @together allow <= srcHost(A), dstHost(B), same(A, B).
  @peers    allow <= srcHost(A), dstHost(B), foreign(A, B, T, S), peered(T, S).
}
cascade repair > quarantine > isolation.`,
    files: {
      "vms.csv": `host,tenant
a1,red
a2,red
b1,blue
c1,green
`,
      "peerings.csv": `a,b
red,blue
`,
      "ids.json": `[{"host": "b1", "kind": "worm"}, {"host": "a1", "kind": "scan"}]`,
      "netflow.csv": `src,dst
b1,a2
a2,c1
c1,a1
`,
      "patch.csv": `host
c1
`,
    },
    policies: [
      "quarantine.from",
      "  (srcHost={10.0.1.2, 10.0.2.1})  because infected(a2); infected(b1)",
      "quarantine.to",
      "  (dstHost={10.0.1.2, 10.0.2.1})  because infected(a2); infected(b1)",
      "repair.mend",
      "  (srcHost={10.0.1.2, 10.0.2.1}, dstHost=10.0.0.9, transport=TCP, dstPort=443)  because infected(a2); infected(b1)",
      "isolation.apart",
      "  (srcHost={10.0.1.1-10.0.1.2, 10.0.2.1}, dstHost=10.0.3.1)  because not peered(blue, green); tenant(b1, blue); tenant(c1, green); not peered(red, green); tenant(a1, red); tenant(a2, red)",
      "  (srcHost=10.0.3.1, dstHost={10.0.1.1-10.0.1.2, 10.0.2.1})  because not peered(green, blue); tenant(c1, green); tenant(b1, blue); not peered(green, red); tenant(a1, red); tenant(a2, red)",
      "isolation.together",
      "  (srcHost=10.0.1.1-10.0.1.2, dstHost=10.0.1.1-10.0.1.2)  because tenant(a1, red); tenant(a2, red)",
      "  (srcHost=10.0.2.1, dstHost=10.0.2.1)  because tenant(b1, blue)",
      "  (srcHost=10.0.3.1, dstHost=10.0.3.1)  because tenant(c1, green)",
      "isolation.peers",
      "  (srcHost=10.0.1.1-10.0.1.2, dstHost=10.0.2.1)  because peered(red, blue); tenant(a1, red); tenant(a2, red); tenant(b1, blue)",
      "  (srcHost=10.0.2.1, dstHost=10.0.1.1-10.0.1.2)  because peered(blue, red); tenant(b1, blue); tenant(a1, red); tenant(a2, red)",
    ],
  },
});
