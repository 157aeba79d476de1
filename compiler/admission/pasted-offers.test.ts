/**
 * What is printed as "would be accepted" is pasted back, word for word, in the place of the statement that was refused
 * (SEMANTICS, "Certificates"). The whole file must then be accepted and have tables: an offer that a switch cannot hold
 * would be refused by the next command.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { decide, tablesAt } from "../compile.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { readRules } from "./read-rules.ts";
import { fc, NOW } from "./testing/networks.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 120);
const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

/** What `check` and `compile` say of a text. */
function said(text: string): readonly Diagnostic[] {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules });
  const lowered = policy.good ? tablesAt(policy, NOW, { target: "ovs" }).diagnostics : [];
  return [...policy.diagnostics, ...lowered];
}

const errors = (text: string): readonly Diagnostic[] => said(text).filter(({ severity }) => severity === "error");

/** The offers of a refusal, each of which is one statement or several. What is too long for a sentence is not offered in it. */
function offersOf({ help = "" }: Diagnostic): readonly string[] {
  const [, offers] =
    /^would be accepted: (.*)$/s.exec(help.replace(/ \(the widest piece of what is left.*\)$/, "")) ?? [];
  return offers === undefined
    ? []
    : offers.split(", or instead: ").filter((one) => !one.endsWith("which `--json` has whole"));
}

const FACTS = `default deny. AddUser Bob. AddUser Eve.
host_ip(pc, 10.0.0.2). host_ip(pc, 2001:db8::2). user_host("Bob", pc). host_ip(tv, 10.0.0.3). host_mac(tv, 02:00:00:00:00:03).
host_ip(box, 10.0.0.4). user_host("Eve", box).
NewShare a for (*) [allow = True, deny = True] on rootShare.
NewShare b for (*) [allow = True, deny = True, reserve <= 100Mb, limit <= 100Mb] on rootShare.
`;

/** A random flowgroup. A switch holds only short ranges of types, and those that leave out few. */
function flows(pick: <T>(...some: readonly T[]) => T): string {
  const one = (): string =>
    pick(
      "ethType=IPv6",
      "ethType=IPv4",
      "ethType=ARP",
      "ethType=0x1000-0x6fff",
      "ethType=0x0600-0xffff",
      "ethType=0x0800-0x17ff",
      "ethType!=IPv6",
      "dstUser=Bob",
      "dstUser=Eve",
      "dstUser!=Bob",
      "dstUser=unknown",
      "user=Bob",
      "user!=Eve",
      "user=unknown",
      "srcHost=10.0.0.0/8",
      "dstHost=2001:db8::/32",
      "dstHost=pc",
      "dstHost!=tv",
      "ethType!=ARP",
      "ethType!={IPv4, IPv6}",
      "dstUser!=unknown",
      "user!=unknown",
      "srcPort!=53",
      "transport=TCP",
      "transport!=UDP",
      "transport=TCP, dstPort=80",
      "transport=UDP, dstPort!=53",
      "icmpType=8",
      "vlan=10",
      "vlan!=10",
      "vlan=none",
      "dscp=8",
      "srcEth=02:00:00:00:00:03",
      "dstEth!=02:00:00:00:00:03",
      "inPort=3",
    );
  const parts = [one(), ...pick([], [one()], [one(), one()])];
  const fields = new Set(parts.flatMap((part) => part.match(/[a-zA-Z]+(?=!?=)/g) ?? []));
  const count = parts.flatMap((part) => part.match(/[a-zA-Z]+(?=!?=)/g) ?? []).length;
  return fields.size < count ? parts[0]! : parts.join(", ");
}

/** An offer of one statement has its label; those of several get it here, for the first. */
const labelled = (offer: string): string => offer.replace(/^(?!@)/, "@asked ");

test("every offer, pasted in the place of what was refused, is accepted and has tables", (t) => {
  t.timeout(600_000);
  const tried = { offers: 0, none: 0 };
  fc.assert(
    fc.property(fc.gen(), (draw) => {
      const pick = <T>(...some: readonly T[]): T => draw(() => fc.constantFrom(...some));
      const kind = pick("allow", "deny");
      const other = kind === "allow" ? "deny" : "allow";
      const standing = Array.from(
        { length: 1 + pick(0, 0, 1, 2) },
        (_, i) => `@s${i} ${other}(${flows(pick)}) on a.\n`,
      );
      const asked = `@asked ${kind}(${pick("*", flows(pick), flows(pick))}) on b.\n`;
      const base = FACTS + standing.join("");
      if (errors(base).length > 0) return;
      const [fault] = errors(base + asked);
      if (fault === undefined) return;
      const offers = offersOf(fault);
      if (offers.length === 0) tried.none++;
      for (const offer of offers) {
        tried.offers++;
        const text = labelled(offer).replaceAll(/\. (?=allow|deny)/g, ".\n");
        const found = errors(base + text);
        if (found.length > 0) t.fail(`${standing.join("")}${asked}→ ${text}\n${found[0]!.code} ${found[0]!.message}`);
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.log(`${tried.offers} offers were pasted; ${tried.none} refusals had none`);
  t.true(tried.offers > RUNS / 10);
});

test("no more types are offered than a switch has entries for, and of fewer the offer compiles", (t) => {
  const share = "default allow. NewShare b for (vlan=10) [deny = True] on rootShare.\n";
  const [fault] = errors(`${share}@asked deny(ethType=0x1000-0x6fff) on b.`);
  t.is(fault!.code, "E701");
  t.deepEqual(offersOf(fault!), []);
  for (const types of ["0x1000-0x1fff", "0x0700-0xffff"]) {
    const [refused] = errors(`${share}@asked deny(ethType=${types}) on b.`);
    const [offer] = offersOf(refused!);
    t.deepEqual(errors(`${share}${labelled(offer!)}`), []);
  }
});

const SWITCHES = `default deny. AddUser Bob.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 100Mb).
host_ip(pc, 10.0.0.2). host_mac(pc, 02:00:00:00:00:02). host_at(pc, s1, 1).
host_ip(tv, 10.0.0.3). host_mac(tv, 02:00:00:00:00:03). host_at(tv, s2, 1).
NewShare d for (vlan=10) [allow = True, avoid = {s2}, limit <= 20Mb] on rootShare.
`;

test("nothing is offered that the switches have no place to hold: E801 of led flows, E811, E815, E816", (t) => {
  for (const asked of [
    "limit(ethType=ARP) = 1Mb",
    "allow(srcHost=pc, direction=request)",
    "avoid(ethType=0x0600-0xffff) = s2",
    "avoid(ethType!=IPv6) = s2",
    "avoid(dstEth!=02:00:00:00:00:03, ethType!=IPv6) = s2",
    "allow(dstAP=s2:1)",
  ]) {
    const [fault] = errors(`${SWITCHES}@asked ${asked} on d.`);
    t.is(fault!.code, "E701", asked);
    for (const offer of offersOf(fault!)) t.deepEqual(errors(`${SWITCHES}${labelled(offer)}`), [], offer);
  }
  // What is led has an entry for each port where it enters: of what another avoid leaves these are too many.
  const ring = `${SWITCHES} switch(s3, 3). link(s2, 11, s3, 11, 1Gb). link(s3, 12, s1, 12, 1Gb).
NewShare e for (transport=TCP) [waypoint = {s3}, avoid = {s3}] on rootShare. @s avoid(srcAP=s1:1) = s3 on rootShare.\n`;
  for (const asked of ["waypoint(dstHost=tv) = s3", "avoid(dstHost=tv, inPort!=1) = s3"]) {
    const [fault] = errors(`${ring}@asked ${asked} on e.`);
    t.is(fault!.code, "E701", asked);
    for (const offer of offersOf(fault!)) t.deepEqual(errors(`${ring}${labelled(offer)}`), [], offer);
  }
  for (const asked of ["limit(srcHost=pc) = 1Mb", "avoid(ethType=IPv4) = s2", "allow(srcHost=pc)"]) {
    const [fault] = errors(`${SWITCHES}@asked ${asked} on d.`);
    const offers = offersOf(fault!);
    t.is(offers.length, 1, asked);
    for (const offer of offers) t.deepEqual(errors(`${SWITCHES}${labelled(offer)}`), [], offer);
  }
});

test("every offer of a limit, a reservation, an avoid on two switches, pasted back, is accepted and has tables", (t) => {
  t.timeout(600_000);
  const network = SWITCHES.replace("avoid = {s2}, limit <= 20Mb", "avoid = {s2, pc}, limit <= 20Mb, reserve <= 20Mb");
  const tried = { offers: 0 };
  fc.assert(
    fc.property(fc.gen(), (draw) => {
      const pick = <T>(...some: readonly T[]): T => draw(() => fc.constantFrom(...some));
      const end = (): string => pick("= s2", "= pc");
      const one = (): string => {
        const kind = pick("limit", "reserve", "avoid", "allow");
        const value = kind === "avoid" ? end() : kind === "allow" ? "" : `= ${pick(1, 5, 30)}Mb`;
        const narrow = pick("", ", srcHost=pc", ", srcHost={pc, tv}", ", switch=s1", ", direction=request");
        const held = flows((...some) => pick(...some.filter((text) => !/vlan|Eve|box/.test(String(text)))));
        return `${kind}(${held.includes("srcHost") ? held : held + narrow}) ${value} on d`;
      };
      const standing = `@s ${one()}.\n`;
      const base = errors(network + standing).length === 0 ? network + standing : network;
      const [fault] = errors(`${base}@asked ${one()}.`);
      for (const offer of fault === undefined ? [] : offersOf(fault)) {
        tried.offers++;
        const text = labelled(offer).replaceAll(/\. (?=allow|limit|reserve|avoid)/g, ".\n");
        const found = errors(base + text);
        if (found.length > 0) t.fail(`${base}→ ${text}\n${found[0]!.code} ${found[0]!.message}`);
      }
    }),
    { numRuns: RUNS / 3, endOnFailure: true },
  );
  t.log(`${tried.offers} offers were pasted`);
  t.true(tried.offers > RUNS / 30);
});

test("an offer is said by the speaker and under the label that the statement names, so that it can be pasted as it stands", (t) => {
  const network = `${FACTS} NewShare hers for (dstHost=10.0.0.4) [allow = True, reserve <= 10Mb] on rootShare. Grant hers to Bob.`;
  for (const [refused, offered] of [
    ["@one Bob: allow(dstHost=10.0.0.0/24) on hers.", "@one Bob: allow(dstHost=10.0.0.4) on hers."],
    ['@two "Bob": reserve(dstHost=10.0.0.4) = 50Mb on hers.', '@two "Bob": reserve(dstHost=10.0.0.4) = 10Mb on hers.'],
  ] as const) {
    t.deepEqual(errors(`${network}\n${refused}`).flatMap(offersOf), [offered]);
    t.deepEqual(errors(`${network}\n${offered}`), []);
  }
});
