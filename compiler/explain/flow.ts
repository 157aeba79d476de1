/**
 * Why a flow is allowed, denied or left to the default: the statement that decides it, the shares on the way, what was
 * overridden and why; where nothing decides, which statements came closest and on which field they failed.
 */
import type { Cube, Flow, Flowgroup } from "../flowgroup/cube.ts";
import {
  constrainedFields,
  constraint,
  cubeHolds,
  cubesOverlap,
  difference,
  flowgroup,
  intersect,
  isEmpty,
  renderFlow,
  setHolds,
  tellSet,
  type Field,
} from "../flowgroup/index.ts";
import type { Piece } from "../certificates/verdict.ts";
import { holdsInstant } from "../net/interval.ts";
import { by } from "../net/order.ts";
import type { Admission } from "../admission/admission.ts";
import type { Span } from "../source.ts";
import { steeringAmong, steeringOfFlow, type FlowSteering } from "./steering.ts";

/** A statement, or a rule of a policy, that is in force. */
export interface Voice {
  readonly id: string;
  readonly kind: "allow" | "deny";
  /** Absent for the guard, which stands above the shares. */
  readonly share?: string;
  readonly text: string;
  readonly span: Span;
  /** The facts that made a policy's rule hold the flow. */
  readonly because: readonly string[];
}

/** A limit or a reservation that holds the flow. */
export interface Treatment {
  readonly id: string;
  readonly kind: "limit" | "reserve";
  readonly share: string;
  /** bit/s. */
  readonly rate: number;
  readonly span: Span;
}

export interface FlowExplanation {
  readonly verdict: "allow" | "deny" | "default";
  readonly decidedBy?: Voice;
  /** From the deciding share to the root: what each says by itself, and who says so; who says the opposite is elsewhere. */
  readonly chain: readonly {
    readonly share: string;
    readonly says?: "allow" | "deny";
    readonly statements: readonly string[];
  }[];
  /** Others that hold the flow, and why they do not decide. */
  readonly overridden: readonly { readonly voice: Voice; readonly why: string }[];
  /** All limits that hold it, and its reservation: the largest that does. A denied flow has neither. */
  readonly treatment: readonly Treatment[];
  /** By whom it is led on its way, and where that drops it; a denied flow goes nowhere. */
  readonly led?: FlowSteering;
  /** Where nothing decides: what came closest, and where it failed. */
  readonly closest: readonly NearMiss[];
}

export interface NearMiss {
  readonly voice: Voice;
  readonly failed: readonly { readonly field: Field; readonly wanted: string; readonly given: string }[];
}

/** Something in force, with its place in the order that decides (SEMANTICS, "From policy to table"). */
interface Active {
  readonly voice: Voice;
  readonly cubes: readonly Cube[];
  readonly guard: boolean;
  readonly depth: number;
  readonly level: number;
  /** The `ordered` policy whose rule it is: there the first rule that holds a flow decides. */
  readonly list?: string | undefined;
  /** Order of acceptance: breaks ties among those that agree. */
  readonly order: number;
}

/** Everything in force at an instant, what decides first in front. */
function activeAt(admission: Admission, instant: number): Active[] {
  const at = (pieces: readonly Piece[]): Cube[] =>
    pieces.filter(({ interval }) => holdsInstant(interval, instant)).flatMap(({ flows }) => flows.cubes);
  const active: Active[] = [];
  for (const { id, rule, candidate } of admission.policies.guards) {
    const voice = { id, kind: "deny", text: rule.text, span: rule.span, because: [] } as const;
    active.push({ voice, cubes: at(candidate.pieces ?? []), guard: true, depth: 0, level: 0, order: -1 });
  }
  for (const { id, kind, share, text, span, pieces, level, order, policy, ordered } of admission.state.accepted) {
    if (kind !== "allow" && kind !== "deny") continue;
    const voice = { id, kind, share: share.name, text, span, because: [] };
    const list = ordered && policy;
    active.push({ voice, cubes: at(pieces), guard: false, depth: share.depth, level, list, order });
  }
  return active
    .filter(({ cubes }) => cubes.length > 0)
    .toSorted(
      (a, b) =>
        Number(b.guard) - Number(a.guard) ||
        b.depth - a.depth ||
        a.level - b.level ||
        Number(b.voice.kind === "deny") - Number(a.voice.kind === "deny") ||
        a.order - b.order,
    );
}

/** Explains one flow at an instant. */
export function explainFlow(admission: Admission, flow: Flow, instant: number): FlowExplanation {
  const active = activeAt(admission, instant);
  const holding = active.filter(({ cubes }) => cubes.some((cube) => cubeHolds(cube, flow)));
  const first = decisive(holding);
  const treatment = first?.voice.kind === "deny" ? [] : treatmentOf(admission, flow, instant);
  const found = first?.voice.kind === "deny" ? undefined : steeringOfFlow(admission, flow, instant);
  const led = found && { led: found };
  if (!first) {
    return { verdict: "default", chain: [], overridden: [], treatment, ...led, closest: closestTo(active, flow) };
  }
  return {
    verdict: first.voice.kind,
    decidedBy: { ...first.voice, because: factsOf(admission, first.voice.id, flow) },
    chain: chainOf(admission, first, holding),
    overridden: holding
      .filter(({ voice }) => voice.kind !== first.voice.kind)
      .map(({ voice, ...place }) => ({ voice, why: whyOverridden(first, { voice, ...place }) })),
    treatment,
    ...led,
    closest: [],
  };
}

/** SEMANTICS, "limit": a packet passes every limit that holds it; a flow's reservation is the largest. */
function treatmentOf(admission: Admission, flow: Flow, instant: number): Treatment[] {
  const { accepted } = admission.state;
  const holding = (of: "limit" | "reserve"): Treatment[] =>
    [...accepted.ofKind(of)]
      .filter(({ pieces }) =>
        pieces.some(
          ({ flows, interval }) => holdsInstant(interval, instant) && flows.cubes.some((cube) => cubeHolds(cube, flow)),
        ),
      )
      .map(({ id, share, rate, span }) => ({ id, kind: of, share: share.name, rate: rate!, span }));
  return [...holding("limit").toSorted(byId), ...holding("reserve").toSorted(byRate).slice(0, 1)];
}

/** The one in front decides; of a list that one and the rules around it agree, and the earliest is what a reader sees. */
function decisive([front, ...others]: readonly Active[]): Active | undefined {
  if (front?.list === undefined) return front;
  const list = others.filter(({ list, voice }) => list === front.list && voice.kind === front.voice.kind);
  return list.reduce((first, one) => (one.order < first.order ? one : first), front);
}

/** The facts behind the cube of a policy's rule that holds the flow. */
function factsOf(admission: Admission, id: string, flow: Flow): readonly string[] {
  const rule = admission.state.accepted.get(id)?.rule ?? admission.policies.guards.find((one) => one.id === id)?.rule;
  return rule?.cubes.find(({ cube }) => cubeHolds(cube, flow))?.because ?? [];
}

function chainOf(admission: Admission, first: Active, holding: readonly Active[]): FlowExplanation["chain"] {
  const share = first.voice.share === undefined ? undefined : admission.state.tree.get(first.voice.share);
  return [...(share?.chain() ?? [])].map(({ name }) => {
    const own = holding.filter(({ voice }) => voice.share === name);
    const voices = speakers(own).map(({ voice }) => voice);
    return { share: name, ...(voices[0] && { says: voices[0].kind }), statements: voices.map(({ id }) => id) };
  });
}

/** Of those in one share: who decides there, then those that say the same. */
function speakers(own: readonly Active[]): readonly Active[] {
  const first = decisive(own);
  if (first === undefined) return [];
  return [first, ...own.filter((one) => one !== first && one.voice.kind === first.voice.kind)];
}

function whyOverridden(first: Active, other: Active): string {
  if (first.guard) return "the guard stands above all shares";
  if (first.depth > other.depth)
    return `share \`${first.voice.share}\` lies below \`${other.voice.share}\` and overrides it`;
  if (first.list !== undefined && first.list === other.list) return EARLIER;
  if (first.level < other.level) return "a higher level of the cascade decides first";
  return "deny overrides allow";
}

/** Why one rule of a list overrides another. */
export const EARLIER = "an earlier rule of an ordered policy decides first";

/** So many near misses are told. */
const CLOSEST = 3;

function closestTo(active: readonly Active[], flow: Flow): NearMiss[] {
  const misses = active.map(({ voice, cubes }): NearMiss => {
    const failures = cubes.map((cube) => failedOn(cube, flow));
    return { voice, failed: failures.reduce((best, one) => (one.length < best.length ? one : best)) };
  });
  return misses.toSorted((a, b) => a.failed.length - b.failed.length).slice(0, CLOSEST);
}

function failedOn(cube: Cube, flow: Flow): NearMiss["failed"] {
  return constrainedFields(cube).flatMap((field) => {
    const set = constraint(cube, field)!;
    if (setHolds(set, flow[field])) return [];
    return [
      {
        field,
        wanted: tellSet(field, set),
        given: flow[field] === undefined ? "absent" : renderFlow({ [field]: flow[field] }).slice(field.length + 1),
      },
    ];
  });
}

/** A part of a flowgroup that one statement decides, or that none does. */
export interface Part {
  readonly flows: Flowgroup;
  readonly verdict: "allow" | "deny" | "default";
  readonly decidedBy?: Voice;
  /** Of what is not denied: limits and reservations that hold all of them, or some. */
  readonly treatment: readonly (Treatment & { readonly all: boolean })[];
  /** Who leads some of them, and of what is not denied those that are dropped for want of a way. */
  readonly led?: ReturnType<typeof steeringAmong>;
}

/** Splits a flowgroup by the statement that decides; what nothing decides comes last. */
export function explainFlowgroup(admission: Admission, flows: Flowgroup, instant: number): Part[] {
  const leads = (own: Flowgroup): Pick<Part, "led"> => {
    const led = steeringAmong(admission, own, instant);
    return led.by.length === 0 ? {} : { led };
  };
  let rest = flows;
  const parts: Part[] = [];
  for (const { voice, cubes } of activeAt(admission, instant)) {
    if (isEmpty(rest)) break;
    const touching = cubes.filter((cube) => rest.cubes.some((other) => cubesOverlap(cube, other)));
    if (touching.length === 0) continue;
    const held = flowgroup(touching);
    const own = intersect(rest, held);
    const treatment = voice.kind === "deny" ? [] : treatmentAmong(admission, own, instant);
    parts.push({
      flows: own,
      verdict: voice.kind,
      decidedBy: voice,
      treatment,
      ...(voice.kind === "allow" && leads(own)),
    });
    rest = difference(rest, held);
  }
  if (isEmpty(rest)) return parts;
  const treatment = treatmentAmong(admission, rest, instant);
  return [...parts, { flows: rest, verdict: "default", treatment, ...leads(rest) }];
}

/** Limits and reservations of some of the flows; of these none that a larger one holds as a whole. */
function treatmentAmong(admission: Admission, flows: Flowgroup, instant: number): Part["treatment"] {
  const holding = (of: "limit" | "reserve"): Part["treatment"] =>
    [...admission.state.accepted.ofKind(of)].flatMap(({ id, share, rate, span, pieces }) => {
      const cubes = pieces
        .filter(({ interval }) => holdsInstant(interval, instant))
        .flatMap((piece) => piece.flows.cubes);
      if (!cubes.some((cube) => flows.cubes.some((other) => cubesOverlap(cube, other)))) return [];
      const all = isEmpty(difference(flows, flowgroup(cubes)));
      return [{ id, kind: of, share: share.name, rate: rate!, span, all }];
    });
  const reserved = holding("reserve").toSorted(byRate);
  const whole = reserved.findIndex(({ all }) => all);
  return [...holding("limit").toSorted(byId), ...(whole < 0 ? reserved : reserved.slice(0, whole + 1))];
}

const byId = by<Treatment>(({ id }) => id);
const byRate = (a: Treatment, b: Treatment): number => b.rate - a.rate || byId(a, b);
