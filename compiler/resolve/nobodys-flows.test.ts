/**
 * Whose flows a statement can hold, by the table: W807 and N809 are given only where no entry comes of the statement. The
 * table is made by code that knows nothing of these warnings.
 */
import test from "ava";
import fc from "fast-check";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { cookieOf } from "../table/cookie.ts";

/** The helps of the warnings about nobody's flows, and whether an entry of the statement `x` stands in some table. */
function judged(text: string): readonly [string | undefined, boolean] {
  const decided = decide([{ name: "p.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const errors = decided.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  const { tables } = tablesAt(decided, NOW, { target: "ovs" });
  const isHeld = [...tables.values()].some(({ entries }) => entries.some(({ cookie }) => cookie === cookieOf("x")));
  const told = decided.diagnostics.find(({ code }) => code === "W807" || code === "N809");
  return [told && `${told.code} ${told.message} | ${told.help}`, isHeld];
}

const OFFICE = `default allow. switch(s1, 1).
host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1). user_host("Alice", a).
host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s1, 2).
`;

test("W807: `unknown` at addresses that only hosts of known users have", (t) => {
  const why = (field: string): string =>
    `W807 no flow of \`unknown\` is held by this deny | whatever has an address of this \`${field}\` is a host of a known user`;
  for (const [flows, told] of [
    ["user=unknown, srcHost=a", why("srcHost")],
    ["user=unknown, srcHost=10.0.0.1", why("srcHost")],
    ["user!=Alice, srcHost=a", why("srcHost")],
    ["dstUser=unknown, dstHost=a", why("dstHost")],
    ["user=unknown, srcHost={a, b}", undefined],
    ["user=unknown, srcHost=b", undefined],
    ["user=unknown, srcHost=10.0.0.0/30", undefined],
    ["user!=unknown, srcHost=a", undefined],
    ["user=unknown", undefined],
  ] as const)
    t.deepEqual(judged(`${OFFICE}@x deny(${flows}) on rootShare.`), [told, told === undefined], flows);
  const shared = `${OFFICE}host_ip(c, 10.0.0.1).\n@x deny(dstUser=unknown, dstHost=a) on rootShare.`;
  t.is(judged(shared)[0], undefined, "a host of nobody has the address too");
  const open = `${OFFICE}host_ip(a, "2001:db8::1").\n@x deny(user=unknown, srcHost=a) on rootShare.`;
  t.deepEqual(
    judged(open),
    [undefined, false],
    "which IPv6 addresses `b` has is not known; the spoof guard drops this one",
  );
});

test("W807: whom frames without an address are for shows by nothing", (t) => {
  const told =
    "W807 no flow of `Alice` is held by this deny | whom a packet is for shows by its address, and frames of this `ethType` show none of theirs";
  t.deepEqual(judged(`${OFFICE}@x deny(dstUser=Alice, ethType=ARP) on rootShare.`), [told, false]);
  t.deepEqual(judged(`${OFFICE}@x deny(dstUser=Alice, ethType=IPv6) on rootShare.`), [told, false]);
  t.deepEqual(judged(`${OFFICE}@x deny(dstUser=Alice, ethType={IPv4, ARP}) on rootShare.`), [undefined, true]);
  const byMac = "host_mac(m, 02:00:00:00:00:09). user_host(Bob, m). ".replace("Bob", '"Bob"');
  t.deepEqual(judged(`${OFFICE}${byMac}@x deny(dstUser=Bob, ethType=ARP) on rootShare.`), [undefined, true]);
});

const NAMES = ["Alice", "Bob", "unknown"];
const ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.0/30"];
const subset = (of: readonly string[]) => fc.subarray([...of], { minLength: 1 }).map((some) => `{${some.join(", ")}}`);
const arbitraryText = fc
  .record({
    isPlaced: fc.subarray([1, 2, 3]),
    hasMac: fc.subarray([1, 2, 3]),
    logins: fc.subarray(["Alice 1", "Alice 2", "Bob 2", "Bob 3"]),
    shared: fc.boolean(),
    action: fc.constantFrom("deny", "allow"),
    side: fc.constantFrom(["user", "srcHost"], ["dstUser", "dstHost"]),
    sign: fc.constantFrom("=", "!="),
    users: subset(NAMES),
    addresses: fc.option(subset(ADDRESSES)),
    type: fc.option(fc.constantFrom("IPv4", "ARP")),
  })
  .map(({ isPlaced, hasMac, logins, shared, action, side, sign, users, addresses, type }) => {
    const facts = [1, 2, 3].flatMap((n) => [
      `host_ip(h${n}, 10.0.0.${n}).`,
      ...(isPlaced.includes(n) ? [`host_at(h${n}, s1, ${n}).`] : []),
      ...(hasMac.includes(n) ? [`host_mac(h${n}, 02:00:00:00:00:0${n}).`] : []),
    ]);
    const users1 = logins.map((one) => `user_host("${one.slice(0, -2)}", h${one.slice(-1)}).`);
    const terms = [
      `${side[0]}${sign}${users}`,
      ...(addresses === null ? [] : [`${side[1]}=${addresses}`]),
      ...(type === null || addresses !== null ? [] : [`ethType=${type}`]),
    ];
    const more = shared ? "host_ip(h4, 10.0.0.1)." : "";
    const fallback = action === "deny" ? "allow" : "deny";
    return `default ${fallback}. AddUser Alice. AddUser Bob. switch(s1, 1).
${[...facts, ...users1, more].join(" ")}
@x ${action}(${terms.join(", ")}) on rootShare.`;
  });

test("on random directories: what is said to hold nobody's flows has no entry", (t) => {
  let told = 0;
  fc.assert(
    fc.property(arbitraryText, (text) => {
      const [warning, isHeld] = judged(text);
      // One of several users may be named while others are held; all of what is named is lost where nothing is held.
      const lost = warning?.match(/no flow of (.*) is held/)?.[1]?.split(/, | and /) ?? [];
      const named = [...text.slice(text.indexOf("@x")).matchAll(/Alice|Bob|unknown/g)].length;
      if (lost.length < named || /!=/.test(text)) return true;
      told++;
      // Where another host has an address of a place, all from there is held by the place, also what the spoof guard drops.
      if (text.includes("host_ip(h4") && text.includes("host_at(h1")) return true;
      return !isHeld || warning!.includes(" on `");
    }),
    { numRuns: 300 },
  );
  t.true(told > 10, String(told));
});
