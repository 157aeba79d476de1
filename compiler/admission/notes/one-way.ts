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
  return [codes.oneWay({ names }, { span: first.span, related, help: answerOf(first) })];
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

/** What answers the TCP of a cube: from others than itself, and to ports as clients choose them, where the cube leaves that open. */
function answersTo(asked: Cube): Flowgroup {
  const sentFirst = cube({ transport: numbers("transport", TCP), direction: numbers("direction", REQUEST) });
  const overTcp = intersect(flowgroup([asked]), flowgroup([sentFirst]));
  const answers = overTcp.cubes.flatMap((one) => {
    const sent = constraint(one, "srcPort");
    const served = constraint(one, "dstPort");
    const free = (served && setDifference(CLIENT_PORTS, served)) ?? CLIENT_PORTS;
    let there = withConstraint(one, "srcPort", sent === undefined ? free : (setIntersect(sent, free) ?? sent));
    // Where it enters says nothing of where the answers do.
    for (const field of ["inPort", "switch"] as const) there = withConstraint(there, field, undefined);
    for (const [from, to] of ENDS) there = elsewhere(elsewhere(there, from, to), to, from);
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

/** A cube that says one end alone, with the other end apart from it; as it is where it says that anybody sends it. */
function elsewhere(of: Cube, said: Field, other: Field): Cube {
  const set = constraint(of, said);
  const isOpen = set !== undefined && constraint(of, other) === undefined;
  const apart = isOpen ? negation(other, set) : undefined;
  return apart !== undefined && !isOfOtherFamily(apart, set!) ? withConstraint(of, other, apart) : of;
}

/** Whether no address of a set has a family that the other has: no packet is from one to the other. */
const isOfOtherFamily = (one: FieldSet, other: FieldSet): boolean =>
  one.kind === "ip" &&
  other.kind === "ip" &&
  !(one.v4.length > 0 && other.v4.length > 0) &&
  !(one.v6.length > 0 && other.v6.length > 0);

/** The ports that a system gives to its clients (RFC 6335, section 6). */
const CLIENT_PORTS = numberSet("srcPort", [[49_152, 65_535]])!;

/** What allows the answers to an allow too. */
function answerOf({ id, pieces, rule, share, speaker, text }: Accepted): string {
  const back = mirror({ cubes: pieces.flatMap(({ flows }) => flows.cubes) });
  if (back.ok && subset(back.flows, share.flows) !== true)
    return `what answers it is not inside share \`${share.name}\`: a statement on a share that holds it allows it`;
  if (rule !== undefined) return "a second rule allows it, with source and destination in each other's place";
  if (!back.ok) return "a second statement allows it, with source and destination in each other's place";
  // Said by nobody in particular it would be root's; without a label its identity is its text.
  const label = id.startsWith(text) ? "" : `@${printName({ text: id })} `;
  const whole = label + (speaker === "root" ? "" : `${printName({ text: speaker })}: `) + bothWays(text);
  return whole.length > MOST_LETTERS ? "write `both ways` behind its flows" : `write \`${whole}\``;
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
