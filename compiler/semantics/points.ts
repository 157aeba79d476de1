/**
 * Flows as points, naively: whether a flow is in a flowgroup, and finitely many flows and instants that tell any two of
 * some flowgroups apart. It shares no code with the set algebra, which it checks.
 */
import type { Cube, FieldSet, Flow, Flowgroup, Value } from "../flowgroup/cube.ts";
import { DOMAINS, FIELDS, type Field } from "../flowgroup/fields.ts";
import type { Interval } from "../net/interval.ts";

/** Whether a flow is in a flowgroup: some cube holds it in every field. */
export function isIn(flows: Flowgroup, flow: Flow): boolean {
  return flows.cubes.some((cube) => setsOf(cube).every(([field, set]) => isOf(set, flow[field])));
}

/** The constrained fields of a cube with their sets. */
function setsOf(cube: Cube): (readonly [Field, FieldSet])[] {
  const fields = FIELDS.filter((_, bit) => (cube.mask >> bit) % 2 === 1);
  return fields.map((field, i) => [field, cube.sets[i]!] as const);
}

/** Whether a value is in a set. A field that the packet lacks is only in sets with `absent`. */
function isOf(set: FieldSet, value: Value | undefined): boolean {
  if (value === undefined) return set.absent;
  if (set.kind === "name") return typeof value === "string" && set.names.includes(value) !== set.not;
  if (set.kind === "number") return typeof value === "number" && between(set.ranges, value);
  if (typeof value === "string" || typeof value === "number") return false;
  return value.family === 4 ? between(set.v4, value.value) : between(set.v6, value.value);
}

function between<N extends number | bigint>(ranges: readonly N[], value: N): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (ranges[i]! <= value && value <= ranges[i + 1]!) return true;
  return false;
}

/** Whether a flow with just these values exists (SEMANTICS, "Which flows exist", 1 to 4). */
export function exists(flow: Flow): boolean {
  const { user, dstUser, srcHost, dstHost, ethType, transport, dscp, srcPort, dstPort, icmpType, icmpCode } = flow;
  if ([user, dstUser, flow.srcEth, flow.dstEth, flow.inPort].includes(undefined)) return false;
  if (typeof flow.srcAP === "string" && !isSeenAt(flow, flow.srcAP)) return false;
  if (typeof ethType !== "number" || ethType < 0x05ff) return false;
  const ports = [srcPort, dstPort].filter((value) => value !== undefined).length;
  const icmp = [icmpType, icmpCode].filter((value) => value !== undefined).length;
  if (ethType !== 0x0800 && ethType !== 0x86dd) {
    return (
      [srcHost, dstHost, transport, dscp, flow.direction].every((value) => value === undefined) && ports + icmp === 0
    );
  }
  const family = ethType === 0x0800 ? 4 : 6;
  if (![srcHost, dstHost].every((host) => typeof host === "object" && host.family === family)) return false;
  if (transport === undefined || dscp === undefined) return false;
  // A fragment shows nothing of its protocol's header, but the datagram that it is of has it.
  if (transport === 6 || transport === 17 || transport === 132) return icmp === 0 && ports === 2;
  if (transport === 1) return ports === 0 && icmp === 2;
  return ports + icmp === 0;
}

/** What the fields that matter to whether a flow exists may be, for each kind of flow. */
const KINDS: readonly Flow[] = [
  { ethType: 0x0806 },
  ...([4, 6] as const).flatMap((family) => {
    const host = family === 4 ? ({ family, value: 1 } as const) : ({ family, value: 1n } as const);
    const packet = { ethType: family === 4 ? 0x0800 : 0x86dd, srcHost: host, dstHost: host, dscp: 0 };
    return [
      { ...packet, transport: 47 },
      ...[6, 17, 132].map((transport) => ({ ...packet, transport, srcPort: 1, dstPort: 1 })),
      { ...packet, transport: 1, icmpType: 1, icmpCode: 1 },
    ];
  }),
].map((kind) => ({ user: "somebody", dstUser: "somebody", srcEth: 1, dstEth: 1, inPort: 1, ...kind }));

/** Whether there is a flow with these values and lacks in these fields, whatever it has in others. */
export function mayBe(flow: Flow, fields: readonly Field[]): boolean {
  const given = Object.fromEntries(fields.map((field) => [field, flow[field]]));
  return KINDS.some((kind) => exists({ ...kind, ...given }));
}

/** What enters at a port of a switch is seen there. Only the switch knows the number of a port with a name. */
function isSeenAt({ switch: seen, inPort }: Flow, point: string): boolean {
  const [, at, port] = /^(.*):(.*)$/.exec(point) ?? [];
  return seen === at && (!/^\d{1,9}$/.test(port!) || inPort === Number(port));
}

/** Finitely many flows and instants that stand for all. */
export interface Universe {
  readonly flows: readonly Flow[];
  readonly instants: readonly number[];
}

/**
 * One flow of every class that these flowgroups can tell apart. Each field that one of them constrains gets the starts
 * of ranges and the values behind their ends, the names and one other name, and the absent value.
 */
export function universeOf(flowgroups: readonly Flowgroup[], intervals: readonly Interval[]): Universe {
  const sets = new Map<Field, FieldSet[]>();
  for (const { cubes } of flowgroups) {
    for (const cube of cubes) {
      for (const [field, set] of setsOf(cube)) sets.set(field, [...(sets.get(field) ?? []), set]);
    }
  }
  let flows: Flow[] = [{}];
  for (const [field, list] of sets) {
    const values = valuesOf(field, list);
    flows = flows.flatMap((flow) => values.map((value) => (value === undefined ? flow : { ...flow, [field]: value })));
  }
  const fields = [...sets.keys()];
  flows = flows.filter((flow) => mayBe(flow, fields));
  const times = intervals.flatMap(({ start, end }) => (Number.isFinite(end) ? [start, end] : [start]));
  const instants = [...new Set(times.length === 0 ? [0] : times)].toSorted((a, b) => a - b);
  return { flows, instants };
}

function valuesOf(field: Field, sets: readonly FieldSet[]): (Value | undefined)[] {
  const values = new Map<string, Value | undefined>([["absent", undefined]]);
  const add = (value: Value): unknown =>
    values.set(typeof value === "object" ? `${value.family} ${value.value}` : `${value}`, value);
  const domain = DOMAINS[field];
  const most = domain.kind === "number" ? domain.max : 2 ** 32 - 1;
  for (const set of sets) {
    if (set.kind === "name") {
      for (const name of set.names) add(name);
      add("someone-else");
    } else {
      // Membership changes only at the least value, at the start of a range, and at the value behind its end.
      const edges = <N extends number | bigint>(ranges: readonly N[], one: N): N[] =>
        ranges.map((end, i) => (i % 2 === 0 ? end : (((end as number) + (one as number)) as N)));
      const ranges = set.kind === "number" ? set.ranges : set.v4;
      for (const n of [0, ...edges(ranges, 1)]) {
        if (n <= most) add(set.kind === "number" ? n : { family: 4, value: n });
      }
      if (set.kind === "ip") {
        for (const n of [0n, ...edges(set.v6, 1n)]) if (n < 2n ** 128n) add({ family: 6, value: n });
      }
    }
  }
  return [...values.values()];
}
