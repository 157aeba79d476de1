/** Allows under `default deny` → the note on those whose TCP nothing answers. */
import { printName } from "../../syntax/print.ts";
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import {
  constraint,
  cube,
  flowgroup,
  intersect,
  mirror,
  negation,
  numberSet,
  numbers,
  setDifference,
  setIntersect,
  subset,
  TCP,
  withConstraint,
  type Cube,
  type Field,
  type FieldSet,
  type Flowgroup,
} from "../../flowgroup/index.ts";
import { list } from "../../certificates/text.ts";
import { isMetBy } from "../state/overlaps.ts";
import type { Accepted } from "../state/accepted.ts";
import type { World } from "../state/world.ts";
import { SHOWN_PLACES, isShipped } from "./bounds.ts";

/**
 * That under `default deny` TCP is allowed one way and nothing allows what answers it, so that no connection comes about:
 * one note for all such allows, with what to write for the first. It is asked of what a client sends whose own port the
 * allow does not name as the server's, so that `allow(dstPort=80)` does not answer itself; what holds responses alone begins
 * no connection, and both ways it would let everything in; nor does what denies leave without effect (W719).
 */
export function noteOneWay(
  world: World,
  defaults: "allow" | "deny",
  isWithoutEffect: (allow: Accepted) => boolean,
): readonly Diagnostic[] {
  if (defaults === "allow") return [];
  const allows = [...world.accepted.ofKind("allow")].slice(0, MOST);
  const found = allows.filter((one) => !isShipped(one) && isUnanswered(world, one) && !isWithoutEffect(one));
  const [first, ...others] = found;
  if (first === undefined) return [];
  const related = others.slice(0, SHOWN_PLACES).map(({ span }) => ({ span, message: "nothing answers this either" }));
  const names = list(found.map(({ id }) => id));
  const apart = found.some((one) => isAmongThemselves(world, one)) ? " with others" : "";
  return [codes.oneWay({ names, apart }, { span: first.span, related, help: answerOf(world, first) })];
}

/** Whether some TCP of an allow has answers, and no allow holds any of them at the same time. */
function isUnanswered(world: World, { pieces }: Accepted): boolean {
  return pieces.some(({ flows, interval }) =>
    flows.cubes.some((one) => {
      const answers = answersTo(one);
      if (answers.cubes.length === 0) return false;
      return !isMetBy(world, [{ flows: answers, interval }], "allow");
    }),
  );
}

/** Whether an allow holds connections between ends that it names on both sides, with what answers them. */
const isAmongThemselves = (world: World, { pieces }: Accepted): boolean =>
  pieces.some(({ flows, interval }) =>
    flows.cubes.some(
      (one) => hasInnerEnds(one) && isMetBy(world, [{ flows: answersTo(one, false), interval }], "allow"),
    ),
  );

/** Whether a cube names ends, and two different ones of them may be those of one connection; a user may have several hosts. */
function hasInnerEnds(of: Cube): boolean {
  const common = ENDS.map(([from, to]) => {
    const [source = constraint(of, to), destination = source] = [constraint(of, from), constraint(of, to)];
    return source && (setIntersect(source, destination!) ?? "none");
  });
  return common.some((one) => one !== undefined) && common.every((one) => one !== "none" && !isSingle(one));
}

/** Whether a set has one number or address alone. */
function isSingle(set: FieldSet | undefined): boolean {
  if (set === undefined || set.kind === "name") return false;
  const bounds = set.kind === "ip" ? [...set.v4, ...set.v6] : set.ranges;
  return bounds.length === 2 && bounds[0] === bounds[1];
}

/**
 * What answers the TCP of a cube: to ports as clients choose them, where the cube leaves that open; and, if that is
 * asked, with none of it between ends that stand on both sides.
 */
function answersTo(asked: Cube, fromOthers = true): Flowgroup {
  const sentFirst = cube({ transport: numbers("transport", TCP), direction: numbers("direction", REQUEST) });
  const overTcp = intersect(flowgroup([asked]), flowgroup([sentFirst]));
  const answers = overTcp.cubes.flatMap((one) => {
    const sent = constraint(one, "srcPort");
    const served = constraint(one, "dstPort");
    const free = (served && setDifference(CLIENT_PORTS, served)) ?? CLIENT_PORTS;
    let there = withConstraint(one, "srcPort", sent === undefined ? free : (setIntersect(sent, free) ?? sent));
    // Where it enters says nothing of where the answers do.
    for (const field of ["inPort", "switch"] as const) there = withConstraint(there, field, undefined);
    for (const [from, to] of fromOthers ? ENDS : []) there = elsewhere(elsewhere(there, from, to), to, from);
    const back = mirror(flowgroup([there]));
    return back.ok ? back.flows.cubes : [];
  });
  return { cubes: answers };
}

/** The `direction` of what opens a connection. */
const REQUEST = 0;

const ENDS = [
  ["srcHost", "dstHost"],
  ["user", "dstUser"],
  ["srcEth", "dstEth"],
] as const;

/** A cube with the other end apart from the one that it says; as it is where nothing of the other end is apart. */
function elsewhere(of: Cube, said: Field, other: Field): Cube {
  const set = constraint(of, said);
  if (set === undefined) return of;
  const beside = constraint(of, other);
  const apart = beside === undefined ? negation(other, set) : setDifference(beside, set);
  return apart !== undefined && !isOfOtherFamily(apart, set) ? withConstraint(of, other, apart) : of;
}

/** Whether no address of a set has a family that the other has: no packet is from one to the other. */
const isOfOtherFamily = (one: FieldSet, other: FieldSet): boolean =>
  one.kind === "ip" &&
  other.kind === "ip" &&
  !(one.v4.length > 0 && other.v4.length > 0) &&
  !(one.v6.length > 0 && other.v6.length > 0);

/** The ports that a system gives to its clients (RFC 6335, section 6). */
const CLIENT_PORTS = numberSet("srcPort", [[49_152, 65_535]])!;

/** What allows the answers to an allow too; nothing is written out that may override what is denied. */
function answerOf(world: World, one: Accepted): string {
  const back = mirror({ cubes: one.pieces.flatMap(({ flows }) => flows.cubes) });
  const denied = back.ok ? denyOf(world, back.flows, one.pieces) : undefined;
  const found = inWords(one, back.ok ? back.flows : undefined, denied === undefined);
  const beware = denied && `\`${denied.id}\` denies some of what goes the other way: allow back only what is to pass`;
  return [found, beware].flatMap((words) => words ?? []).join("; ");
}

/** `back`: the flows the other way, if rules can name them; `isWritten`: as a statement, where one holds both. */
function inWords({ id, rule, share, speaker, text }: Accepted, back?: Flowgroup, isWritten = true): string | undefined {
  if (back && subset(back, share.flows) !== true)
    return `what answers it is not inside share \`${share.name}\`: a statement on a share that holds it allows it`;
  if (rule !== undefined) return "a second rule allows it, with source and destination in each other's place";
  if (!back) return "a second statement allows it, with source and destination in each other's place";
  if (!isWritten) return undefined;
  // Said by nobody in particular it would be root's; without a label its identity is its text.
  const label = id.startsWith(text) ? "" : `@${printName({ text: id })} `;
  const whole = label + (speaker === "root" ? "" : `${printName({ text: speaker })}: `) + bothWays(text);
  return whole.length > MOST_LETTERS ? "write `both ways` behind its flows" : `write \`${whole}\``;
}

/** A deny that holds some of the flows at a time of the pieces. */
function denyOf(world: World, flows: Flowgroup, pieces: Accepted["pieces"]): Accepted | undefined {
  const back = pieces.map(({ interval }) => ({ flows, interval }));
  let found: Accepted | undefined;
  isMetBy(world, back, "deny", (one) => (found = one) !== undefined);
  return found;
}

/** A longer statement is not written out. */
const MOST_LETTERS = 200;

/** The canonical text of a request, both ways. */
function bothWays(text: string): string {
  let depth = 0;
  for (const { 0: sign, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[()]/g)) {
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    if (sign === ")" && depth === 0) return `${text.slice(0, index + 1)} both ways${text.slice(index + 1)}`;
  }
  return text;
}

/** At most this many allows are looked at. */
const MOST = 256;
