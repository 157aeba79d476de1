/**
 * What a statement holds → the same, with cubes of the later IPv6 fragments that are surely of its flows. Such a fragment
 * hides its transport (NETWORK, "Fragments"). With `default fragments allow.` a restriction holds it only where it holds
 * each datagram to which it could belong, and no cube shows that alone where each asks for another transport. The cubes
 * added name protocol 44, which these fragments show, and lie within the others: they change no answer about flows.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraint, cubeSubset, withConstraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { difference, flowgroup } from "../../flowgroup/index.ts";
import { ICMP, IPV6, SCTP, TCP, UDP } from "../../flowgroup/prerequisites.ts";
import { unionRanges, type Ranges } from "../../flowgroup/ranges.ts";
import { complement, numbers, setIntersect, setOverlaps, type IpSet, type NumberSet } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";

const PORTS = ["srcPort", "dstPort"] as const;
const ICMP_FIELDS = ["icmpType", "icmpCode"] as const;
const HIDDEN = ["transport", ...PORTS, ...ICMP_FIELDS] as const;
const WITH_PORTS = numbers("transport", TCP, UDP, SCTP);
const OF_ICMP = numbers("transport", ICMP);
const WITHOUT_EITHER = complement("transport", numbers("transport", ICMP, TCP, UDP, SCTP));
/** The transport that later IPv6 fragments show (RFC 8200). */
const LATER = numbers("transport", 44);
const OF_IPV6 = numbers("ethType", IPV6);
const ALL: Ranges<number> = [0, 255];

const found = new WeakMap<readonly Piece[], readonly Piece[]>();

/** The pieces with those of later fragments that are held by no cube alone. */
export function withLaterFragments(pieces: readonly Piece[]): readonly Piece[] {
  let all = found.get(pieces);
  if (all === undefined) {
    const spans = Map.groupBy(pieces, ({ interval: { start, end } }) => `${start} ${end}`);
    const added = [...spans.values()].flatMap((some): readonly Piece[] => {
      const cubes = laterHeld(some.flatMap(({ flows }) => flows.cubes));
      return cubes.length === 0 ? [] : [{ flows: { cubes }, interval: some[0]!.interval }];
    });
    found.set(pieces, (all = added.length === 0 ? pieces : [...pieces, ...added]));
  }
  return all;
}

/** Later fragments each of whose datagrams some of the cubes hold, and that no cube holds alone. */
function laterHeld(cubes: readonly Cube[]): readonly Cube[] {
  const overIpv6 = cubes.flatMap((one) => within(one) ?? []);
  const asks = (one: Cube): boolean => HIDDEN.some((field) => constraint(one, field) !== undefined);
  const hiding = overIpv6.filter(asks);
  if (hiding.length < 2 || !holdAllTransports(hiding)) return [];
  const shown = flowgroup(hiding.map(shownOf));
  const others = difference(shown, flowgroup(overIpv6));
  if (others === "undecided") return [];
  // Of these fragments some datagram is held by no cube.
  const unsure = others.cubes.filter((one) => possible(one) && isOfDatagrams(one)).map(shownOf);
  const sure = difference(shown, flowgroup(unsure));
  if (sure === "undecided") return [];
  const open = overIpv6.filter((one) => !asks(one));
  return sure.cubes
    .map((one) => withConstraint(one, "transport", LATER))
    .filter((one) => possible(one) && !open.some((each) => cubeSubset(shownOf(one), each)));
}

/** What of a cube is IPv6; undefined: nothing. */
function within(of: Cube): Cube | undefined {
  const had = constraint(of, "ethType");
  const type: FieldSet | undefined = had === undefined ? OF_IPV6 : setIntersect(had, OF_IPV6);
  const isIpv4 = (["srcHost", "dstHost"] as const).some(
    (field) => (constraint(of, field) as IpSet | undefined)?.v6.length === 0,
  );
  return type === undefined || isIpv4 ? undefined : withConstraint(of, "ethType", type);
}

/** Whether whole datagrams are in a cube: those of TCP, UDP and SCTP have both ports, those of ICMP type and code. */
function isOfDatagrams(of: Cube): boolean {
  const has = (fields: readonly Field[]): boolean =>
    fields.every((field) => (constraint(of, field) as NumberSet | undefined)?.ranges.length !== 0);
  const lacks = (fields: readonly Field[]): boolean => fields.every((field) => constraint(of, field)?.absent ?? true);
  const transport = constraint(of, "transport");
  const some = (set: FieldSet): boolean => transport === undefined || setOverlaps(transport, set);
  return (
    (some(WITH_PORTS) && has(PORTS) && lacks(ICMP_FIELDS)) ||
    (some(OF_ICMP) && has(ICMP_FIELDS) && lacks(PORTS)) ||
    (some(WITHOUT_EITHER) && lacks(PORTS) && lacks(ICMP_FIELDS))
  );
}

/** A cube of the fields that a later fragment shows. */
const shownOf = (of: Cube): Cube => HIDDEN.reduce((rest, field) => withConstraint(rest, field, undefined), of);

function holdAllTransports(cubes: readonly Cube[]): boolean {
  const all = cubes
    .map((one) => (constraint(one, "transport") as NumberSet | undefined)?.ranges ?? ALL)
    .reduce((some, ranges) => unionRanges(some, ranges));
  return all.length === 2 && all[0] === 0 && all[1] === 255;
}
