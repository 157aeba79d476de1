/** Addresses, prefixes and MACs compared with the library ip-address, which shares no code with ours. */
import test from "ava";
import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import {
  MAX_V4,
  MAX_V6,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
  prefixOf,
  prefixRange,
  printIp,
  printIpv4,
  printIpv6,
  printMac,
  printPrefix,
  type Ip,
} from "./index.ts";

const runs = { numRuns: 3_000, seed: 4291 };

/** 128-bit integers with runs of zero groups, since those are what texts differ in. */
const v6 = fc
  .array(fc.oneof(fc.constant(0n), fc.bigInt(0n, 0xffffn)), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((value, group) => (value << 16n) | group, 0n));
const v4 = fc.nat(MAX_V4);

/** Text that is nearly an address. */
const nearly = fc
  .array(fc.constantFrom("0", "1", "00", "10", "255", "256", "ffff", "g", ":", "::", ".", "1.2.3.4", "/", "%1", " "), {
    maxLength: 14,
  })
  .map((parts) => parts.join(""));

const accepts = (text: string, parse: (text: string) => unknown): boolean => {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
};

test("IPv4 and IPv6 addresses are printed and read as ip-address does", (t) => {
  fc.assert(
    fc.property(v4, v6, (four, six) => {
      t.is(BigInt(four), new Address4(printIpv4(four)).bigInt());
      t.deepEqual(parseIpv4(printIpv4(four)), { ok: true, value: four });
      const text = printIpv6(six);
      t.is(new Address6(text).bigInt(), six);
      t.deepEqual(parseIpv6(text), { ok: true, value: six });
      if (six >> 32n !== 0xffffn) t.is(text, new Address6(text).correctForm());
      t.deepEqual(parseIpv6(new Address6(text).canonicalForm()), { ok: true, value: six });
      t.deepEqual(parseIpv6(new Address6(text).to4in6()), { ok: true, value: six });
    }),
    runs,
  );
});

test("text that is nearly an address is accepted exactly where ip-address accepts it", (t) => {
  fc.assert(
    fc.property(nearly, (text) => {
      if (text.includes("/") || text.includes("%")) {
        t.false(parseIp(text).ok, text);
      } else if (text.includes(":")) {
        const oracle = accepts(text, (one) => new Address6(one));
        t.is(parseIpv6(text).ok, oracle, text);
      } else {
        t.is(
          parseIpv4(text).ok,
          accepts(text, (one) => new Address4(one)),
          text,
        );
      }
    }),
    runs,
  );
});

test("octal parts, short forms and stray characters make no address", (t) => {
  for (const text of [
    "010.1.1.1",
    "10.1",
    "10.0.0",
    "1.2.3.256",
    "1.2.3.4.5",
    "1.2.3.+4",
    "1.2.3. 4",
    "",
    "0x0a.0.0.1",
    "١.1.1.1",
  ]) {
    t.false(parseIp(text).ok, text);
  }
  for (const text of [
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "1:2:3:4:5:6:7:8::",
    "::1.2.3",
    "1.2.3.4::",
    "::1%eth0",
    "::g",
  ]) {
    t.false(parseIp(text).ok, text);
  }
  t.deepEqual(parseIpv4("010.1.1.1"), {
    ok: false,
    fault: "a part of an IPv4 address has no leading zeros",
    fix: "10.1.1.1",
  });
});

test("RFC 5952: lower case, the longest run of zeros, the first of equals, never a single group", (t) => {
  const written: readonly (readonly [string, string])[] = [
    ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::ffff:c000:0201", "::ffff:192.0.2.1"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["fe80:0:0:0:0:0:0:0", "fe80::"],
  ];
  for (const [text, canonical] of written) {
    const ip = parseIp(text);
    t.is(ip.ok && printIp(ip.value), canonical);
  }
  t.deepEqual(parseIpv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), { ok: true, value: MAX_V6 });
});

test("prefixes are printed, read and cut as ip-address does", (t) => {
  const block = fc.oneof(
    fc.tuple(
      v4.map((value): Ip => ({ family: 4, value })),
      fc.nat(32),
    ),
    fc.tuple(
      v6.map((value): Ip => ({ family: 6, value })),
      fc.nat(128),
    ),
  );
  fc.assert(
    fc.property(block, ([ip, length]) => {
      const prefix = prefixOf(ip, length);
      const { low, high } = prefixRange(prefix);
      const text = `${printIp(ip)}/${length}`;
      const oracle = ip.family === 4 ? new Address4(text) : new Address6(text);
      t.is(BigInt(low.value), oracle.startAddress().bigInt());
      t.is(BigInt(high.value), oracle.endAddress().bigInt());
      t.deepEqual(parsePrefix(`${printIp(prefix.address)}/${length}`), { ok: true, value: prefix });
      const read = parsePrefix(text);
      t.is(read.ok, ip.value === prefix.address.value);
      if (!read.ok) t.true(read.fault.includes(`\`${printPrefix(prefix)}\` is the whole block`));
    }),
    runs,
  );
});

test("a prefix with host bits is refused, with both things that it may mean and no fix, and one with a length out of range is refused", (t) => {
  t.deepEqual(parsePrefix("10.0.0.1/8"), {
    ok: false,
    fault: "the address has bits set beyond the first 8; `10.0.0.0/8` is the whole block, `10.0.0.1` the address alone",
  });
  for (const text of [
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "::/129",
    "10.0.0.0/255.0.0.0",
    "010.0.0.0/8",
  ]) {
    t.false(parsePrefix(text).ok, text);
  }
  t.is(printPrefix(prefixOf({ family: 4, value: 1 }, 32)), "0.0.0.1");
  t.is(printPrefix(prefixOf({ family: 6, value: 1n }, 0)), "::/0");
});

test("MAC addresses have six pairs; other notations name the fix", (t) => {
  t.deepEqual(parseMac("02:00:00:00:00:ff"), { ok: true, value: 0x0200000000ff });
  t.is(printMac(0x0200000000ff), "02:00:00:00:00:ff");
  t.is(printMac(0), "00:00:00:00:00:00");
  const dashes = parseMac("02-00-00-00-00-FF");
  t.is(dashes.ok ? undefined : dashes.fix, "02:00:00:00:00:ff");
  for (const text of ["2:0:0:0:0:1", "02:00:00:00:00", "02:00:00:00:00:0g", "0200000000ff"])
    t.false(parseMac(text).ok, text);
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(0x1ffff), (low, high) => {
      const value = high * 2 ** 31 + low;
      t.deepEqual(parseMac(printMac(value)), { ok: true, value });
    }),
    { numRuns: 500, seed: 1 },
  );
});
