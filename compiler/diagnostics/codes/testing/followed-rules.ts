/** The codes of rules and facts together (E3xx, E4xx, E5xx), of files and data (E8xx). */
import { FIX, row, stays, unraised, type Row } from "./followed.ts";

const policy = (rules: string): string => `policy p on share rootShare { ${rules} }`;

export const RULES_ROWS: Readonly<Record<string, Row>> = {
  E301: row("q(1). p(X, Y) <= q(X).", "q(1). p(X, Y) <= q(X), q(Y)."),
  E302: row("q(1). r(1). p(X) <= r(X), not q(Y).", "q(1). r(1). p(X) <= r(X), not q(_)."),
  E303: row("r(1). p(X) <= r(X), X < Y, Y < 3.", "r(1). p(X) <= r(X), X < Y, r(Y), Y < 3."),
  E304: row(
    policy("deny <= srcHost(A), dstHost(A)."),
    `host_ip(h, 10.0.0.1). ${policy("deny <= srcHost(A), dstHost(A), known_host(A).")}`,
  ),
  E305: row(`AddUser Alice. ${policy("deny <= srcUser(Alice).")}`, FIX),
  E306: row(
    `m("Al", b). from(G) <= srcUser(U), m(U, G). ${policy("deny <= not from(b).")}`,
    `m("Al", b). in_b(U) <= m(U, b). ${policy("deny <= srcUser(U), not in_b(U).")}`,
  ),
  E307: row("blocked(_).", "blocked(a)."),
  E308: row("dstPort(80).", policy("deny <= dstPort(80).")),
  E309: row(
    `r("Al", 10.0.0.1). ${policy("deny <= srcUser(U), dstHost(H), not r(U, H).")}`,
    `r("Al", 10.0.0.1). s("Al"). ${policy("deny <= srcUser(U), s(U), dstHost(H), not r(U, H).")}`,
  ),
  E310: unraised("the parser refuses the same text as E154"),
  E311: unraised("of a file E201 or E303 is told; it answers rules that programs give"),
  E312: unraised("of a file E315 is told; it answers rules that programs give"),
  E313: row("q(1). p(_) <= q(_).", "q(1). p(X) <= q(X)."),
  E314: row("host_ip(h, ADDRESS).", "host_ip(h, 10.0.0.1)."),
  E315: row('AddUser Al. reject(vip, "x").', 'AddUser Al. reject(Q, "why") <= request(Q, "Al", _, _).'),
  E316: row('AddUser Al. reject(Q, "b") <= request(Q, _, "alow", _).', FIX),
  E317: row(
    `p(a). total(sum(X)) <= p(X). ${policy("deny <= srcPort(N), total(N).")}`,
    `p(1). total(sum(X)) <= p(X). ${policy("deny <= srcPort(N), total(N).")}`,
  ),
  E318: unraised("takes more steps than a test of all codes should"),
  E401: row(
    "move(a, b). win(X) <= move(X, Y), not win(Y).",
    "move(a, b). moves(Y) <= move(Y, _). win(X) <= move(X, Y), not moves(Y).",
  ),
  E402: row(`a <= srcPort(1), b. b <= a. ${policy("deny <= a.")}`, `a <= srcPort(1). b <= a. ${policy("deny <= b.")}`),
  E403: row(
    "part(a, 1). e(a, a). load(X, sum(N)) <= part(X, N). part(X, N) <= load(Y, N), e(X, Y).",
    "part(a, 1). load(X, sum(N)) <= part(X, N).",
  ),
  E501: row("deny(transport=ICMP, dstPort=80) on rootShare.", "deny(transport=TCP, dstPort=80) on rootShare."),
  E502: row(policy("deny <= transport(tcp), transport(udp)."), policy("deny <= transport(tcp).")),
  E503: unraised("takes more than 1,024 alternatives"),
  E291: row("policy p { deny <= dstPort = 80 from +2h to +1h. }", "policy p { deny <= dstPort = 80 from +1h to +2h. }"),
  W293: row("allow(dstPort=80) on rootShare to @4102444800000.", FIX),
  W291: row("deny(dstHost=0.0.0.0) on rootShare.", "deny(dstHost=0.0.0.0/0) on rootShare."),
  N291: row(
    "deny(srcHost=10.0.0.1, dstHost=10.0.0.1) on rootShare.",
    "deny(srcHost=10.0.0.1, dstHost=10.0.0.2) on rootShare.",
  ),
  N292: row(
    "NewShare net for (*) [deny = True] on rootShare. policy net { deny <= dstPort = 80. }",
    "NewShare net for (*) [deny = True] on rootShare. policy net on share net { deny <= dstPort = 80. }",
  ),
  W517: row(
    "policy p { deny <= dstHost = 10.0.0.1, dstPort = 80 or dstPort = 443. }",
    "policy p { deny <= dstHost = 10.0.0.1, (dstPort = 80 or dstPort = 443). }",
  ),
  W518: row(
    "policy p { deny <= dstPort != 80 or dstPort != 443. }",
    "policy p { deny <= dstPort != 80, dstPort != 443. }",
  ),
  W519: row(
    "deny (srcHost=10.0.0.0/24) except (srcHost=10.0.1.5) on rootShare.",
    "deny (srcHost=10.0.0.0/24) except (srcHost=10.0.0.5) on rootShare.",
  ),
  W516: row(
    "deny(transport={UDP, 44}, ethType=IPv6, dstPort=53) on rootShare.",
    "deny(transport=UDP, ethType=IPv6, dstPort=53) on rootShare. deny((ethType=IPv6, transport=44)) on rootShare.",
  ),
  E504: row(
    "deny((transport=TCP, srcPort=80) except (dstPort=0-65535)) on rootShare.",
    "deny((transport=TCP, srcPort=80) except (dstPort=0-1023)) on rootShare.",
  ),
  E505: row(policy("allow <= dstPort(P), P < 0."), policy("allow <= dstPort(P), P < 1024.")),
  E506: unraised("takes more parts than a test of all codes should"),
  E507: unraised("takes more than 4,000 conditions"),
  E508: row("deny(vlan!=0-4095) on rootShare.", "deny(vlan=none) on rootShare."),
  E509: unraised("takes more than 2,000 conditions that hold together"),
  E510: unraised("takes many rules with many alternatives"),
  E511: unraised("takes more than 200 flowgroups within each other"),
  E512: unraised("takes many switches and many hosts"),
  E515: unraised("takes a megabyte of text: `resolve/readers.test.ts`"),
  E514: unraised("takes dozens of externs of one long file"),
  E690: row("hint(*) duration = 20min on rootShare.", ""),
  E802: row(
    'extern b(ip) from csv "x.csv". deny(dstPort=80) on rootShare.',
    stays("the data are mended, not the policy"),
    { files: { "x.csv": "a\nfoo\n" } },
  ),
  E803: row('extern b(user) from csv "x.csv".', stays("the path is mended"), {}),
  E804: row(
    `extern bad(user) from csv "x.csv". ${policy("deny <= srcUser(U), bad(U).")}`,
    `extern bad(user) from csv "x.csv" allow empty. ${policy("deny <= srcUser(U), bad(U).")}`,
    { files: { "x.csv": "user\n" } },
  ),
  E805: row('extern h(user) from csv "x.csv" (lgin).', FIX, { files: { "x.csv": "login,age\nAl,5\n" } }),
  E806: row('extern h(user) from json "x.json" "p".', 'extern h(user) from json "x.json" "$.people[*].login".', {
    files: { "x.json": '{"people":[{"login":"Al"}]}' },
  }),
  E808: row(
    'extern h(user, number) from csv "x.csv" (login).',
    'extern h(user, number) from csv "x.csv" (login, age).',
    { files: { "x.csv": "login,age\nAl,5\n" } },
  ),
  N809: row(
    'user_host("Al", h). user_host("Bo", h). host_ip(h, 10.0.0.1). allow(user=Al) on rootShare.',
    'user_host("Al", h). user_host("Bo", h). host_ip(h, 10.0.0.1). allow(user={Al, Bo}) on rootShare.',
  ),
  W803: row(
    `member("Al", staff). user_host("Al", h). host_ip(h, 10.0.0.1). ${policy("deny <= srcUser(U), member(U, visitors).")}`,
    `member("Al", staff). member("Al", visitors). user_host("Al", h). host_ip(h, 10.0.0.1). ${policy("deny <= srcUser(U), member(U, stff).")}`,
  ),
  W285: row(
    `staff("Al"). user_host("Al", h). host_ip(h, 10.0.0.1). ${policy("deny <= staff(srcUser).")}`,
    `staff("Al"). user_host("Al", h). host_ip(h, 10.0.0.1). ${policy("deny <= srcUser(V), staff(V).")}`,
  ),
  W806: row(
    `host_ip(a, 10.0.0.1). g(a). g(b). ${policy("deny <= srcHost(H), g(H).")}`,
    `host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). g(a). g(b). ${policy("deny <= srcHost(H), g(H).")}`,
  ),
  W807: row(
    "AddUser Al. host_ip(h, 10.0.0.1). deny(user=Al) on rootShare.",
    'AddUser Al. host_ip(h, 10.0.0.1). user_host("Al", h). deny(user=Al) on rootShare.',
  ),
};
