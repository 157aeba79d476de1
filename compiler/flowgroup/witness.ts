/**
 * A set → one flow in it, for messages: always the same one, with the smallest values, and a packet that can exist on
 * a wire wherever the set holds one.
 */
import type { Cube, FieldSet, Flow, Flowgroup, Value } from "./cube.ts";
import { constrainedFields, constraint, constraintsOf, withConstraint } from "./cubes.ts";
import type { Field } from "./fields.ts";
import { ICMP, IPV4, IPV6, LENGTH, normalise, SCTP, TCP, UDP } from "./prerequisites.ts";
import { numbers, numberSet, setDifference, setHolds } from "./sets.ts";
import { possible } from "./universe.ts";

/** A flow of the set; fields that are not needed are left out (absent). `undefined` iff the set is empty. */
export function witness(of: Flowgroup): Flow | undefined {
  for (const cube of of.cubes) {
    const result = normalise(constraintsOf(cube));
    if (result.kind === "cubes") return pick(result.cubes[0]!);
  }
  const impossible = of.cubes[0];
  return impossible && pick(impossible);
}

/** Transports whose flows all have ports, or a type and a code. */
const WITH_FIELDS = [TCP, UDP, ICMP, SCTP];

/** Values to try first: they are familiar to readers, and make the packet complete. */
const preferred: { readonly [F in Field]?: readonly number[] } = {
  ethType: [IPV4, IPV6, 0x0806],
  transport: WITH_FIELDS,
};

/** Fields are chosen in this order, since the later ones depend on the earlier. */
function order(of: Cube): readonly Field[] {
  const fields = constrainedFields(of);
  const first = (["ethType", "transport"] as const).filter((field) => fields.includes(field));
  return [...first, ...fields.filter((field) => field !== "ethType" && field !== "transport")];
}

function pick(of: Cube): Flow {
  const flow: { [F in Field]?: Value } = {};
  for (const field of order(of)) {
    const set = field === "transport" ? transportsOf(of) : constraint(of, field)!;
    const value = set.absent && !carries(flow, field) ? undefined : smallest(field, set, flow);
    if (value !== undefined) flow[field] = value;
  }
  return flow;
}

/** The transports of flows in a cube: those with ports or types only where it holds such. */
function transportsOf(of: Cube): FieldSet {
  const all = constraint(of, "transport")!;
  const without = WITH_FIELDS.filter(
    (value) => !possible(withConstraint(of, "transport", numbers("transport", value))),
  );
  const never = numberSet("transport", without);
  return (never && setDifference(all, never)) ?? all;
}

/** Does the packet chosen so far carry this field? */
function carries(flow: Flow, field: Field): boolean {
  const ip = flow.ethType === IPV4 || flow.ethType === IPV6;
  switch (field) {
    case "srcHost":
    case "dstHost":
    case "transport":
    case "dscp":
      return ip;
    case "srcPort":
    case "dstPort":
      return flow.transport === TCP || flow.transport === UDP || flow.transport === SCTP;
    case "icmpType":
    case "icmpCode":
      return flow.transport === ICMP;
    case "vlan":
    case "direction":
      return false;
    case "user":
    case "dstUser":
    case "srcEth":
    case "dstEth":
    case "ethType":
    case "srcAP":
    case "dstAP":
    case "switch":
    case "inPort":
      return true;
  }
}

/** The value to show; `undefined` where the set has absent alone, or nothing that fits the packet. */
function smallest(field: Field, set: FieldSet, flow: Flow): Value | undefined {
  switch (set.kind) {
    case "number":
      return preferred[field]?.find((value) => setHolds(set, value)) ?? leastOf(field, set.ranges);
    case "ip": {
      const v4: Value | undefined = set.v4[0] === undefined ? undefined : { family: 4, value: set.v4[0] };
      const v6: Value | undefined = set.v6[0] === undefined ? undefined : { family: 6, value: set.v6[0] };
      const fitting = flow.ethType === IPV6 ? v6 : flow.ethType === IPV4 ? v4 : (v4 ?? v6);
      return fitting ?? (set.absent ? undefined : (v4 ?? v6));
    }
    case "name":
      return set.not ? fresh(field, set) : set.names[0];
  }
}

/** The least number that a packet shows: no frame shows a type below that of frames with a length. */
function leastOf(field: Field, ranges: readonly number[]): number | undefined {
  if (field !== "ethType") return ranges[0];
  const at = ranges.findIndex((high, i) => i % 2 === 1 && high >= LENGTH);
  return at < 0 ? ranges[0] : Math.max(ranges[at - 1]!, LENGTH);
}

/** The first of `unknown`, `unknown-2`, … that the set holds. Access points are named `switch:port`. */
function fresh(field: Field, set: FieldSet): string {
  const port = field === "srcAP" || field === "dstAP" ? ":1" : "";
  for (let i = 1; ; i++) {
    const name = `unknown${i === 1 ? "" : `-${i}`}${port}`;
    if (setHolds(set, name)) return name;
  }
}
