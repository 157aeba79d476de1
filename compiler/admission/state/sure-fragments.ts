/**
 * What a statement holds → the same, with cubes of the fragments that are surely of its flows (NETWORK, "Fragments"). A
 * fragment hides its ports or its ICMP type, a later one over IPv6 its transport as well. What holds only what is surely
 * its own holds it where it holds each datagram to which the fragment could belong, and no cube shows that alone where
 * each asks for another transport, or another port. The cubes added lie within the others: they change no answer about
 * flows. Those of later IPv6 fragments name protocol 44, which these show.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraint, cubeSubset, withConstraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { difference, flowgroup } from "../../flowgroup/index.ts";
import { ICMP, IPV4, IPV6, namesLater, OF_LATER, SCTP, TCP, UDP } from "../../flowgroup/prerequisites.ts";
import { unionRanges, type Ranges } from "../../flowgroup/ranges.ts";
import {
  complement,
  numbers,
  numberSet,
  setHolds,
  setIntersect,
  setOverlaps,
  type IpSet,
  type NumberSet,
} from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import { addedTogether } from "./together.ts";

const PORTS = ["srcPort", "dstPort"] as const;
const ICMP_FIELDS = ["icmpType", "icmpCode"] as const;
export const CARRIED = [...PORTS, ...ICMP_FIELDS] as const;
const WITH_PORTS = numbers("transport", TCP, UDP, SCTP);
const OF_ICMP = numbers("transport", ICMP);
const WITHOUT_EITHER = complement("transport", numbers("transport", ICMP, TCP, UDP, SCTP));
const OF_IPV6 = numbers("ethType", IPV6);
const OF_IP = numberSet("ethType", [IPV4, IPV6])!;

/** Fragments that look alike. */
interface Alike {
  readonly types: FieldSet;
  /** The transports of their datagrams; absent: any. */
  readonly transports?: FieldSet;
  readonly hidden: readonly Field[];
  /** A field of the cubes, and its greatest value: together they hold all values, or nothing is surely theirs. */
  readonly all: readonly (readonly [field: Field, greatest: number])[];
}

const OF_PORTS: Alike = {
  types: OF_IP,
  transports: WITH_PORTS,
  hidden: CARRIED,
  all: PORTS.map((field) => [field, 65_535] as const),
};
const OF_TYPES: Alike = {
  types: OF_IP,
  transports: OF_ICMP,
  hidden: CARRIED,
  all: ICMP_FIELDS.map((field) => [field, 255] as const),
};
const LATER_OF_IPV6: Alike = { types: OF_IPV6, hidden: ["transport", ...CARRIED], all: [["transport", 255]] };

const found = new WeakMap<readonly Piece[], readonly Piece[]>();

/** The pieces with those of fragments that are held by no cube alone. `permits`: of an allow or a reservation. */
export function withSureFragments(pieces: readonly Piece[], permits: boolean): readonly Piece[] {
  if (pieces.every(({ flows }) => flows.cubes.length < 2) && pieces.length < 2) return pieces;
  let all = found.get(pieces);
  if (all === undefined) {
    const added = addedTogether(pieces, {
      hidden: ["transport", ...CARRIED],
      find: (cubes, known) =>
        surelyHeld(cubes.flatMap((one) => undirected(one, permits) ?? [])).filter((one) => !isAmong(one, known)),
    });
    found.set(pieces, (all = added.length === 0 ? pieces : [...pieces, ...added]));
  }
  return all;
}

/** Whether one of the cubes stands for another. Of a later IPv6 fragment a cube of its own says more than a wider one. */
export function isAmong(of: Cube, cubes: readonly Cube[]): boolean {
  const isLater = namesLater(of);
  return cubes.some((one) => namesLater(one) === isLater && cubeSubset(of, one));
}

/** A cube without its direction, which no fragment shows; undefined: it holds no fragment. */
export function undirected(of: Cube, permits: boolean): Cube | undefined {
  const direction = constraint(of, "direction");
  if (direction === undefined) return of;
  const isEither = setHolds(direction, 0) && setHolds(direction, 1);
  return isEither && !permits ? withConstraint(of, "direction", undefined) : undefined;
}

function surelyHeld(cubes: readonly Cube[]): readonly Cube[] {
  if (cubes.length < 2) return [];
  const whole = [OF_PORTS, OF_TYPES].flatMap((alike) => surelyOf(cubes, alike));
  const later = surelyOf(whole.length === 0 ? cubes : [...cubes, ...whole], LATER_OF_IPV6);
  return [...whole, ...later.map((one) => withConstraint(one, "transport", OF_LATER)).filter(possible)];
}

/** The fragments each of whose datagrams some of the cubes hold, and that no cube holds alone. */
function surelyOf(cubes: readonly Cube[], alike: Alike): readonly Cube[] {
  const inside = cubes.flatMap((one) => within(one, alike) ?? []);
  const asks = (one: Cube): boolean => alike.hidden.some((field) => constraint(one, field) !== undefined);
  const hiding = inside.filter(asks);
  if (hiding.length < 2 || !holdAll(hiding, alike)) return [];
  const shownOf = (of: Cube): Cube => alike.hidden.reduce((rest, field) => withConstraint(rest, field, undefined), of);
  const shown = flowgroup(hiding.map(shownOf));
  const others = difference(shown, flowgroup(inside));
  if (others === "undecided") return [];
  // Of these fragments some datagram is held by no cube.
  const unsure = others.cubes.filter((one) => possible(one) && isOfDatagrams(one)).map(shownOf);
  const sure = difference(shown, flowgroup(unsure));
  if (sure === "undecided") return [];
  const open = inside.filter((one) => !asks(one));
  return sure.cubes.filter((one) => possible(one) && !open.some((each) => cubeSubset(one, each)));
}

/** What of a cube is of these datagrams; undefined: nothing. */
function within(of: Cube, { types, transports }: Alike): Cube | undefined {
  const typed = narrowed(of, "ethType", types);
  const both = typed && transports ? narrowed(typed, "transport", transports) : typed;
  const isIpv4 = (["srcHost", "dstHost"] as const).some(
    (field) => (constraint(of, field) as IpSet | undefined)?.v6.length === 0,
  );
  return isIpv4 && types === OF_IPV6 ? undefined : both;
}

function narrowed(of: Cube, field: Field, to: FieldSet): Cube | undefined {
  const had = constraint(of, field);
  const both = had === undefined ? to : setIntersect(had, to);
  return both && withConstraint(of, field, both);
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

/** Whether the cubes together hold every value of the fields, each by itself. */
function holdAll(cubes: readonly Cube[], { all }: Alike): boolean {
  return all.every(([field, greatest]) => {
    const held = cubes
      .map((one): Ranges<number> => (constraint(one, field) as NumberSet | undefined)?.ranges ?? [0, greatest])
      .reduce((some, ranges) => unionRanges(some, ranges));
    return held.length === 2 && held[0] === 0 && held[1] === greatest;
  });
}
