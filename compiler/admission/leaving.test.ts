/**
 * What is cancelled leaves everything: indexes, heaps, timelines and facts are as large after a hundred thousand requests
 * that came and went as before. Whatever kept a word for each of them would be seen, wherever it is.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import { addresses, cube, flowgroup, numbers } from "../flowgroup/index.ts";
import type { Demand, RequestDemand, Statement } from "../model/model.ts";
import type { Admission } from "./admission.ts";
import { subscribe } from "./subscribe.ts";
import { Conversation, gist, NOW } from "./testing/networks.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use when nothing is left to be collected. */
function used(): number {
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
}

const span = { source: { name: "said", text: "" }, start: 0, end: 0 };
const statement = (id: string, demand: Demand): Statement => ({ id, text: id, speaker: "root", demand, span });

const KINDS = ["deny", "reserve", "allow", "limit"] as const;

/** The i-th request: of each kind, for ever, for a while, or for a while to come. */
function request(i: number): Statement {
  const kind = KINDS[i % KINDS.length]!;
  const start = i % 3 === 0 ? NOW + 3_600 + (i % 1_000) : NOW;
  const interval = { start, end: i % 5 === 0 ? Infinity : start + 60 + (i % 977) };
  const flows = flowgroup([cube({ srcHost: addresses({ family: 4, value: i }), vlan: numbers("vlan", i % 100) })]);
  const rate = kind === "reserve" ? { rate: 1 + (i % 7) } : kind === "limit" ? { rate: 100 } : {};
  const demand: RequestDemand = {
    kind: "request",
    action: kind,
    flows,
    mode: i % 2 === 0 ? "strict" : "partial",
    share: "s",
    interval,
    ...rate,
  };
  return statement(`r${i}`, demand);
}

function network(): Admission {
  const net = new Conversation();
  net.say(`NewShare top for (*) [allow = True, deny = True, reserve <= 1000b, reserveTBFill = 900b, limit <= 1000b] on rootShare.
    NewShare s for (*) [allow = True, deny = True, reserve <= 1000b, reserveTBFill = 900b, limit <= 1000b] on top.
    deny(srcHost=10.0.0.1) on top to +2h. reserve(srcHost=0.0.0.0/1) = 3b on top from +1h to +3h.`);
  return net.admission;
}

function comeAndGo(admission: Admission, from: number, to: number): number {
  let accepted = 0;
  for (let i = from; i < to; i++) {
    const verdict = admission.submit(request(i), NOW);
    if (verdict.kind === "rejected") continue;
    accepted++;
    admission.submit(statement(`Cancel r${i}`, { kind: "Cancel", request: `r${i}` }), NOW);
  }
  return accepted;
}

test("a hundred thousand requests that were cancelled leave nothing behind", (t) => {
  const admission = network();
  const standing = admission.state.accepted.size;
  comeAndGo(admission, 1, 10_000);
  const before = used();
  const accepted = comeAndGo(admission, 10_000, 110_000);
  const grown = used() - before;
  t.is(accepted, 100_000);
  t.is(admission.state.accepted.size, standing);
  t.true(grown < 500_000, `${grown} bytes more`);
});

test("nor do they where the derived rules are followed", (t) => {
  const admission = network();
  let changes = 0;
  subscribe(admission, () => void changes++);
  // The view remembers up to 64 dead rows in each of its 64 tables.
  comeAndGo(admission, 1, 10_000);
  const before = used();
  const accepted = comeAndGo(admission, 10_000, 30_000);
  const grown = used() - before;
  t.is(accepted, 20_000);
  t.true(changes > 5_000);
  t.true(grown < 800_000, `${grown} bytes more`);
});

test("a request whose cancelling was taken back ends once", (t) => {
  const net = new Conversation();
  net.say("NewShare s for (*) [deny = True, requests <= 1] on rootShare. @x deny(vlan=1) on s to +10s.");
  const transaction = net.admission.begin();
  net.say("Cancel x.");
  transaction.rollback();
  net.now += 10;
  t.is(gist(net.one("deny(vlan=2) on s.")), "accepted");
  t.is(gist(net.one("deny(vlan=3) on s.")), "too-many-requests");
});

test("what was made and cancelled in a transaction that was taken back does not stand", (t) => {
  const net = new Conversation();
  net.say("NewShare s for (*) [deny = True, requests <= 1] on rootShare.");
  const transaction = net.admission.begin();
  net.say("@x deny(vlan=1) on s. Cancel x.");
  transaction.rollback();
  t.deepEqual([...net.admission.state.accepted], []);
});
