/**
 * What a constraint presupposes: a port means TCP, UDP or SCTP, a transport and a direction mean IP, an address means its family, an
 * access point its switch and port (LANGUAGE, "Flowgroups"; OpenFlow 1.3.5, table 11). Prerequisites are added where
 * they are unique, so that sets of possible packets are compared and proved; constraints that no packet can meet are a
 * contradiction of two fields (SEMANTICS, "Which flows exist").
 */
import type { Cube, FieldSet } from "./cube.ts";
import { constraint, cube, type Constraints } from "./cubes.ts";
import type { Field } from "./fields.ts";
import { names, nameSet, numbers, numberSet, setHolds, setIntersect } from "./sets.ts";

/**
 * The cubes that constraints mean (more than one where addresses of both families or access points of several switches
 * are named), or why there are none.
 */
export type Normalised =
  | { readonly kind: "cubes"; readonly cubes: readonly Cube[] }
  | { readonly kind: "contradiction"; readonly fields: readonly [Field, Field] };

/** Ethernet types of IPv4 and IPv6, and the transports that have ports and ICMP types. */
export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;
export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;
export const ICMP = 1;
/** Stands for the type of frames that carry a length in its place: the greatest length that there could be. */
export const LENGTH = 0x05ff;
/** ICMPv6 on the wire and as written; as a value of the field it is ICMP over IPv6 (`DOMAINS.transport`). */
export const ICMPV6 = 58;
/** The numbers of IPv6 extension headers that Open vSwitch skips (measured): written alone they mean IPv4 packets. */
export const SKIPPED: ReadonlySet<number> = new Set([0, 43, 51, 60]);

/** The transport that later IPv6 fragments show (RFC 8200). Written as one value it names them; a range around it does not. */
export const LATER = 44;
export const OF_LATER = numbers("transport", LATER);

/**
 * Whether a cube names later IPv6 fragments: of all transports it holds 44 alone. As no datagram over IPv6 has this
 * transport, such a cube is never joined with others, which speak of datagrams.
 */
export function namesLater(of: Cube): boolean {
  const set = constraint(of, "transport");
  return set?.kind === "number" && set.ranges.length === 2 && set.ranges.every((one) => one === LATER);
}

const anyIp = numbers("ethType", IPV4, IPV6);
const withPorts = numbers("transport", TCP, UDP, SCTP);
const icmp = numbers("transport", ICMP);

const hosts = ["srcHost", "dstHost"] as const;
const familyFields = ["ethType", ...hosts] as const;
type Family = 4 | 6;
const ETHER_TYPES: Readonly<Record<Family, number>> = { 4: IPV4, 6: IPV6 };

/**
 * Adds prerequisites. Idempotent. A set that holds absent presupposes nothing. Where an address is constrained the
 * result has one cube for each family that is possible.
 */
export function normalise(constraints: Constraints): Normalised {
  const need = new Needs(constraints);
  for (const field of ["srcPort", "dstPort"] as const)
    if (need.demands(field)) need.narrow("transport", withPorts, field);
  for (const field of ["icmpType", "icmpCode"] as const) if (need.demands(field)) need.narrow("transport", icmp, field);
  for (const field of ["transport", "dscp", "direction"] as const)
    if (need.demands(field)) need.narrow("ethType", anyIp, field);
  if (need.clash) return { kind: "contradiction", fields: need.clash };
  const ingress = ingressAlternatives(constraints);
  if ("clash" in ingress) return { kind: "contradiction", fields: ingress.clash };
  const cubes = (sets: Constraints): readonly Cube[] => ingress.map((at) => cube({ ...sets, ...at }));
  if (!hosts.some((field) => need.demands(field))) return { kind: "cubes", cubes: cubes(need.sets) };

  const families = ([4, 6] as const).filter((family) => need.allows(family));
  if (families.length === 0) return { kind: "contradiction", fields: need.familyClash() };
  return { kind: "cubes", cubes: families.flatMap((family) => cubes(need.ofFamily(family))) };
}

/**
 * A flow that enters at `s1:3` is seen at port 3 of `s1`: the access points of each switch with that switch and their
 * ports, or the two fields of which no packet meets both. Without access points nothing is added.
 */
export function ingressAlternatives({
  srcAP,
  switch: switches,
  inPort,
}: Constraints): readonly Constraints[] | { readonly clash: readonly [Field, Field] } {
  if (srcAP?.kind !== "name" || srcAP.absent || srcAP.not) return [{}];
  const points = srcAP.names.map((name) => {
    const colon = name.lastIndexOf(":");
    const port = name.slice(colon + 1);
    return { name, at: name.slice(0, colon), port: /^\d{1,9}$/.test(port) ? Number(port) : undefined };
  });
  const here = points.filter(({ at }) => switches === undefined || setHolds(switches, at));
  if (here.length === 0) return { clash: ["srcAP", "switch"] };
  // The number of a port with a name is known to its switch only.
  const seen = here.filter(({ port }) => inPort === undefined || port === undefined || setHolds(inPort, port));
  if (seen.length === 0) return { clash: ["srcAP", "inPort"] };
  const kinds = Map.groupBy(seen, ({ at, port }) => `${port === undefined} ${at}`);
  return [...kinds.values()].map((group) => {
    const ports = numberSet(
      "inPort",
      group.flatMap(({ port }) => port ?? []),
    );
    const ingress = { srcAP: nameSet(group.map(({ name }) => name))!, switch: names(group[0]!.at) };
    return ports === undefined ? ingress : { ...ingress, inPort: ports };
  });
}

/** Constraints on their way to being complete, with the field that is to blame for each. */
class Needs {
  sets: Constraints;
  clash: readonly [Field, Field] | undefined;
  readonly #blame = new Map<Field, Field>();

  constructor(sets: Constraints) {
    this.sets = sets;
  }

  /** Does the cube hold only packets that have this field? */
  demands(field: Field): boolean {
    const set = this.sets[field];
    return set !== undefined && !set.absent;
  }

  narrow(field: Field, to: FieldSet, because: Field): void {
    const cause = this.#blame.get(because) ?? because;
    const own = this.sets[field];
    const both = own ? setIntersect(own, to) : to;
    if (both === undefined) {
      this.clash ??= [this.#blame.get(field) ?? field, cause];
      return;
    }
    if (own === undefined) this.#blame.set(field, cause);
    this.sets = { ...this.sets, [field]: both };
  }

  /** Can a packet of this family meet the constraints of `ethType` and of both hosts? */
  allows(family: Family): boolean {
    return familyFields.every((field) => this.#admits(field, family));
  }

  /** The constraints with everything that is of the other family taken out. */
  ofFamily(family: Family): Constraints {
    const sets: { [F in Field]?: FieldSet } = { ...this.sets, ethType: numbers("ethType", ETHER_TYPES[family]) };
    for (const field of hosts) {
      const set = this.sets[field];
      if (set?.kind === "ip" && !set.absent) sets[field] = family === 4 ? { ...set, v6: [] } : { ...set, v4: [] };
    }
    return sets;
  }

  /** Two fields whose families exclude each other: if three sets of two families share nothing, two of them do not. */
  familyClash(): readonly [Field, Field] {
    for (const [i, a] of familyFields.entries()) {
      for (const b of familyFields.slice(i + 1)) {
        if (![4, 6].some((family) => this.#admits(a, family as Family) && this.#admits(b, family as Family))) {
          return [this.#blame.get(a) ?? a, b];
        }
      }
    }
    return ["srcHost", "dstHost"];
  }

  #admits(field: (typeof familyFields)[number], family: Family): boolean {
    const set = this.sets[field];
    if (set === undefined) return true;
    if (set.kind === "ip") return set.absent || (family === 4 ? set.v4 : set.v6).length > 0;
    return setHolds(set, ETHER_TYPES[family]);
  }
}
