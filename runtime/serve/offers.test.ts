/**
 * What a running network offers in the place of what it refuses. Each offer is tried on tables by itself: said, it is in force,
 * or refused for what no table holds beside others, where the commands that read files would not have made it.
 */
import test from "ava";
import { fc } from "#compiler/admission/testing/networks.ts";
import { LED, offeredNetwork, offeredStatement, type Picker } from "#compiler/admission/testing/offered.ts";
import type { Verdict } from "#compiler/certificates/verdict.ts";
import { decide } from "#compiler/decide.ts";
import { tablesAt } from "#compiler/compile.ts";
import { trialTables } from "#compiler/trial-tables.ts";
import type { RunningNetwork } from "./network.ts";
import { replyText } from "./reply.ts";
import { networkOf, NOW, RULES } from "./testing/server.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 40);

let number = 0;
const said = (network: RunningNetwork, text: string, now = NOW) =>
  network.hear({ own: ++number, by: "root", text, now });

const offersIn = (verdict: Verdict | undefined): readonly string[] => {
  if (verdict?.kind !== "rejected") return [];
  const { nearest, otherwise = [] } = verdict.certificate;
  return [nearest, otherwise].filter((texts) => texts.length > 0).map((texts) => texts.join("\n"));
};

/** What a running network offers for a statement. */
function offers(network: RunningNetwork, text: string): readonly string[] {
  const heard = said(network, text);
  return heard.kind === "decided" ? offersIn(heard.outcomes[0]!.verdict) : [];
}

/** What the commands that read files offer for it. */
function batchOffers(base: string, text: string): readonly string[] {
  const sources = [{ name: "net.pane", text: base + text }];
  const { outcomes } = decide(sources, {
    now: NOW,
    load: () => undefined,
    rules: RULES,
    onSwitches: trialTables("ovs"),
  });
  return offersIn(outcomes.at(-1)?.verdict);
}

/** Whether a text is accepted and has tables. */
function stands(text: string): boolean {
  const decided = decide([{ name: "net.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  if (!decided.good) return false;
  return tablesAt(decided, NOW, { target: "ovs" }).diagnostics.every(({ severity }) => severity !== "error");
}

test("an offer that no table could hold is not said, and another is", (t) => {
  const network = networkOf(LED);
  void network.tables;
  const asked = "waypoint((*) except (srcEth=02:00:00:00:00:02, dstUser=Bob)) = h3 on b.";
  t.deepEqual(batchOffers(LED, asked), []);
  const heard = said(network, asked);
  t.is(heard.kind, "decided");
  t.notRegex(replyText(heard), /would be accepted:/);
  const [offer] = offers(network, "waypoint(dstHost=10.0.0.4) = s1 on b.");
  const taken = said(network, offer!);
  t.true(taken.kind === "decided" && taken.records.length === 1);
});

test("what a running network offers is offered in a file, too, and is in force once it is said", (t) => {
  t.timeout(600_000);
  const tried = { said: 0, batch: 0 };
  fc.assert(
    fc.property(fc.gen(), (draw) => {
      const pick: Picker = (...some) => draw(() => fc.constantFrom(...some));
      const base = offeredNetwork(pick, stands);
      if (!stands(base)) return;
      for (let turn = 0; turn < 3; turn++) {
        const asked = `${offeredStatement(pick)} on b.`;
        const network = networkOf(base);
        void network.tables;
        const inFile = batchOffers(base, asked);
        tried.batch += inFile.length;
        for (const offer of offers(network, asked)) {
          tried.said++;
          const what = `${base}${asked}\n→ ${offer}`;
          const all = offer.split("\n");
          const heard = said(network, all.length > 1 ? `begin. ${all.join(" ")} commit.` : offer);
          // Only what no table holds beside others is offered and then refused, and a file would not have offered it.
          if (!inFile.includes(offer)) {
            if (heard.kind !== "faulty") t.fail(`not in a file: ${what}`);
          } else if (heard.kind !== "decided" || heard.records.length !== all.length)
            t.fail(`${what}\n${replyText(heard)}`);
        }
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.log(`${tried.said} offers were said, ${tried.batch} in files`);
  t.true(tried.said > RUNS / 2 && tried.said >= tried.batch * 0.9);
});

test("an offer that begins later is tried, and changes no table", (t) => {
  const network = networkOf("default allow. NewShare b for (*) [reserve <= 20Mb] on rootShare.");
  void network.tables;
  t.true(replyText(said(network, "reserve(dstHost=10.0.0.2) = 15Mb on b from now to +60s.")).startsWith("True"));
  const standing = [...network.tables.tables(NOW)];
  const found = offers(network, "reserve(dstHost=10.0.0.3) = 10Mb on b from now to +60s.");
  t.deepEqual(found.length, 2);
  t.regex(found[1]!, /from 2026-12-01T09:01:00Z/);
  t.deepEqual([...network.tables.tables(NOW)], standing);
  t.true(replyText(said(network, found[1]!)).startsWith("True"));
});

test("what takes longer to try than an answer is not offered, and the reply says so", (t) => {
  const hosts = Array.from({ length: 201 }, (_, i) => `host_ip(p${i}, 10.1.0.${i}).`).join(" ");
  const large = networkOf(LED.replace("NewShare", `${hosts} NewShare`));
  void large.tables;
  const reply = replyText(said(large, "waypoint(dstHost=10.0.0.4) = s1 on b."));
  t.regex(reply, /what is near it is not offered: to see whether tables could hold it takes longer than an answer/);
  t.notRegex(reply, /would be accepted/);
  // What depends on no host is tried without them.
  t.regex(replyText(said(large, "deny(dstHost=10.0.0.4) on b.")), /would be accepted: deny/);
});

test("an offer is tried alone, so it is made while the tables are made, too", (t) => {
  const network = networkOf(LED);
  network.beginTables(NOW);
  t.regex(replyText(said(network, "waypoint(dstHost=10.0.0.4) = s1 on b.")), /would be accepted: waypoint/);
});

test("the user `unknown` is known to what is said, as to files", (t) => {
  const network = networkOf("default allow.");
  t.regex(replyText(said(network, "deny(user=unknown) on rootShare.")), /^True/);
  // Nobody can be told to speak as it.
  t.regex(replyText(said(network, "Grant rootShare to unknown.")), /^False/);
});

test("an offer is said whole, however long it is, and said back it is accepted", (t) => {
  const policy = `AddUser Alice. NewShare al for (srcHost=10.0.0.9) [allow = True, deny = True] on rootShare. Grant al to Alice.
    @d1 deny(srcHost=10.0.0.9, dstHost=10.0.0.1, srcPort=10-13, dstPort=100-109) on al.
    @d2 deny(srcHost=10.0.0.9, dstHost=10.0.0.2, srcPort=20-23, dstPort=200-209) on al.`;
  const lengths = Array.from({ length: 8 }, (_, more) => {
    const network = networkOf(policy);
    const dscp = Array.from({ length: more + 3 }, (_, i) => 2 * i).join(", ");
    const text = `@q allow(srcHost=10.0.0.9, transport={TCP, UDP}, dscp={${dscp}}) on al.`;
    const [, offer] = /^ +would be accepted: (.*)$/m.exec(replyText(said(network, text)))!;
    t.false(/ … |a text of/.test(offer!), offer);
    const back = replyText(said(network, offer!));
    t.regex(back, /^True/, `${offer}\n${back}`);
    return offer!.length;
  });
  t.true(lengths[0]! < 600 && lengths.at(-1)! > 660, lengths.join());
});
