/** Relations that every policy has: all hosts and users that anything names. */
import type { Rule } from "../datalog/index.ts";

/** Their names. */
export const IMPLICIT = ["known_host", "known_user"] as const;

const v = (name: string) => ({ kind: "variable", name }) as const;
const any = { kind: "anonymous" } as const;

/** `known_host(H) <= host_ip(H, _).` and so on. */
export const implicitRules: readonly Rule[] = (
  [
    ["known_host", "host_ip", [v("X"), any]],
    ["known_host", "host_mac", [v("X"), any]],
    ["known_host", "host_at", [v("X"), any, any]],
    ["known_host", "user_host", [any, v("X")]],
    ["known_user", "user_host", [v("X"), any]],
  ] as const
).map(([relation, from, terms]) => ({
  head: { relation, terms: [v("X")] },
  body: [{ negated: false, atom: { relation: from, terms } }],
}));

/** `known_user(U) <= user(U).`: in admission users are added as they are accepted. */
export const knownByAdmission: Rule = {
  head: { relation: "known_user", terms: [v("X")] },
  body: [{ negated: false, atom: { relation: "user", terms: [v("X")] } }],
};
