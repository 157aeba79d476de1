/**
 * Offers on networks of several switches, where a waypoint or an avoid may come to more than switches hold: each is pasted in
 * the place of what was refused, and the whole text is then accepted and has tables.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "./admission/read-rules.ts";
import { fc, NOW } from "./admission/testing/networks.ts";
import { decide, tablesAt } from "./compile.ts";
import type { Decided } from "./admission/decided.ts";
import { trialTables } from "./trial-tables.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 40);
const pane = new URL("../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

const decided = (text: string, isTried = true): Decided =>
  decide([{ name: "test.pane", text }], {
    now: NOW,
    load: () => undefined,
    rules,
    ...(isTried && { onSwitches: trialTables("ovs") }),
  });

/** The errors of a text, of its decisions and of its tables. */
function errors(text: string): readonly string[] {
  const policy = decided(text, false);
  const lowered = policy.good ? tablesAt(policy, NOW, { target: "ovs" }).diagnostics : [];
  return [...policy.diagnostics, ...lowered]
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code} ${message}`);
}

/** The offers for the last statement of a text, each as statements that are labelled. */
function offersOf({ outcomes }: Decided): readonly string[] {
  const verdict = outcomes.at(-1)?.verdict;
  if (verdict?.kind !== "rejected") return [];
  const { nearest, otherwise = [] } = verdict.certificate;
  return [nearest, otherwise]
    .filter((texts) => texts.length > 0)
    .map((texts) => texts.map((one, i) => `@asked${i} ${one}`).join("\n"));
}

const PRIVILEGES = `[allow = True, deny = True, reserve <= 20Mb, limit <= 20Mb, waypoint = {s1, s2, box, h3}, avoid = {s1, s2, box, h3}]`;

const LED = `default allow. AddUser Bob.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 20, 100Mb).
host_ip(h1, 10.0.0.2). host_at(h1, s2, 3). host_ip(h3, 10.0.0.4). host_mac(h3, 02:00:00:00:00:04). host_at(h3, s2, 4).
host_ip(box, 10.0.0.5). host_at(box, s1, 1). user_host("Bob", h3).
NewShare b for (dstEth!=02:00:00:00:00:02) ${PRIVILEGES} on rootShare.
`;

test("what a waypoint leaves of a share, and no table holds, is not offered (E801)", (t) => {
  const asked = "@asked waypoint((*) except (srcEth=02:00:00:00:00:02, dstUser=Bob)) = h3 on b.";
  // It would be accepted, so without lowering it is offered.
  const [offer] = offersOf(decided(LED + asked, false));
  t.regex(errors(LED + offer!)[0]!, /^E801 .* each type of frame that is neither IPv4 nor IPv6/);
  t.deepEqual(offersOf(decided(LED + asked)), []);
  // What is offered else stays.
  const plain = "@asked waypoint(dstHost=10.0.0.4) = s1 on b.";
  const [good] = offersOf(decided(LED + plain));
  t.deepEqual(errors(LED + good!), []);
});

test("random offers on one to four switches, pasted back, are accepted and have tables", (t) => {
  t.timeout(600_000);
  const tried = { offers: 0, none: 0 };
  fc.assert(
    fc.property(fc.gen(), (draw) => {
      const pick = <T>(...some: readonly T[]): T => draw(() => fc.constantFrom(...some));
      const base = networkOf(pick);
      if (errors(base).length > 0) return;
      for (let turn = 0; turn < 3; turn++) {
        const asked = `@asked ${statement(pick)} on b.`;
        const offers = offersOf(decided(base + asked));
        if (offers.length === 0) tried.none++;
        for (const offer of offers) {
          tried.offers++;
          const [fault] = errors(base + offer);
          if (fault !== undefined) t.fail(`${base}${asked}\n→ ${offer}\n${fault}`);
        }
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.log(`${tried.offers} offers were pasted`);
  t.true(tried.offers > RUNS / 2);
});

type Pick = <T>(...some: readonly T[]) => T;

/** Up to four switches in a line or a ring, four hosts, of which some have no MAC or no place, and a statement that stands. */
function networkOf(pick: Pick): string {
  const switches = ["s1", "s2", "s3", "s4"].slice(0, pick(2, 2, 3, 4));
  const links = switches.slice(1).map((name, i) => `link(${switches[i]!}, ${10 + i}, ${name}, ${20 + i}, 1Gb).`);
  if (switches.length > 2 && pick(true, false)) links.push(`link(${switches.at(-1)!}, 30, s1, 31, 1Gb).`);
  const hosts = ["h1", "h2", "h3", "box"].flatMap((name, i) => [
    `host_ip(${name}, 10.0.0.${i + 2}).`,
    ...pick([`host_mac(${name}, 02:00:00:00:00:0${i + 2}).`], []),
    ...pick([`host_at(${name}, ${pick(...switches)}, ${pick(1, 2, 3, 4)}).`], []),
  ]);
  const users = [...pick([`user_host("Ann", h1).`], []), ...pick([`user_host("Bob", h3).`], [])];
  const facts = [...switches.map((name, i) => `switch(${name}, ${i + 1}).`), ...links, ...hosts, ...users].join(" ");
  const base = `default allow. AddUser Ann. AddUser Bob.\n${facts}\nNewShare a for (*) ${PRIVILEGES} on rootShare.\nNewShare b for ${flows(pick)} ${PRIVILEGES} on rootShare.\n`;
  const standing = `@s ${statement(pick)} on a.\n`;
  return pick(true, false) && errors(base + standing).length === 0 ? base + standing : base;
}

function statement(pick: Pick): string {
  const action = pick("waypoint", "waypoint", "avoid", "deny", "limit");
  const node = pick("s1", "s2", "box", "h3");
  const how = action === "limit" ? " = 5Mb" : action === "deny" ? "" : ` = ${node}`;
  return `${action}${pick(flows(pick), flows(pick), `((*) except ${terms(pick)})`)}${how}`;
}

const flows = (pick: Pick): string => pick("(*)", terms(pick), terms(pick), `(${terms(pick)} or ${terms(pick)})`);

function terms(pick: Pick): string {
  const all = [pick(...TERMS), pick(...TERMS)];
  const fields = new Set(all.flatMap((one) => one.match(/[a-zA-Z]+(?=!?=)/g)));
  return `(${fields.size < 2 || all.join().match(/!?=/g)!.length > fields.size ? all[0]! : all.join(", ")})`;
}

const TERMS = [
  "srcHost=h1",
  "srcHost=10.0.0.0/8",
  "srcHost!=h2",
  "dstHost={h2, h3}",
  "dstHost!=h3",
  "user=Ann",
  "user!=Bob",
  "user=unknown",
  "dstUser=Bob",
  "dstUser!=Bob",
  "ethType=IPv4",
  "ethType!=ARP",
  "transport=TCP, dstPort=80",
  "transport=TCP, srcPort=1000-2000",
  "vlan=10",
  "srcAP=s1:1",
  "switch=s1",
  "inPort!=1",
  "srcEth=02:00:00:00:00:02",
  "dstEth!=02:00:00:00:00:02",
] as const;
