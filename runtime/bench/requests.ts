/** Requests for benches: the rules that ship, shares whose bounds do not bind, strict allows and denies. */
import { readFileSync } from "node:fs";
import { addresses, cube, flowgroup, names, type FieldSet, type Flowgroup } from "#compiler/flowgroup/index.ts";
import type { Demand, Statement } from "#compiler/model/model.ts";
import { Admission } from "#compiler/admission/admission.ts";
import { readRules } from "#compiler/admission/read-rules.ts";

/** The admission rules: `policies/pane.fml`. */
export const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});

export const span = { source: { name: "bench", text: "" }, start: 0, end: 0 };
export const FROM_THE_START = { start: 0, end: Infinity };
/** Bounds that do not bind. */
const MANY = 1e9;

const statement = (id: string, demand: Demand): Statement => ({ id, text: id, speaker: "root", demand, span });

export const newShare = (share: string, flows: Flowgroup): Statement =>
  statement(`NewShare ${share}`, {
    kind: "NewShare",
    share,
    flows,
    privileges: { allow: true, deny: true, requests: MANY, entries: MANY },
    parent: "rootShare",
  });

export const request = (i: number, action: "allow" | "deny", share: string, flows: Flowgroup): Statement =>
  statement(`r${i}`, { kind: "request", action, flows, mode: "strict", share, interval: FROM_THE_START });

export const host = (i: number): FieldSet => addresses({ family: 4, value: 0x0a000000 + i });
export const from = (i: number): Flowgroup => flowgroup([cube({ srcHost: host(i) })]);
export const to = (i: number): Flowgroup => flowgroup([cube({ dstHost: host(i) })]);
export const user = (i: number): Flowgroup => flowgroup([cube({ user: names(`user${i}`) })]);
export const flowsOfUser = (who: number, i: number): Flowgroup =>
  flowgroup([cube({ user: names(`user${who}`), srcHost: host(i) })]);

export const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

/** Decides statements one after the other. */
export const admit = (statements: readonly Statement[], into = new Admission({ rules, now: 0 })): Admission => {
  for (const one of statements) into.submit(one, 0);
  return into;
};
