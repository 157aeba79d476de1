/**
 * Plain sentences: one allow or deny of addresses, ports and a transport, as programs say them a thousand times with other
 * numbers. What one says differs from the next of its shape in these numbers, its label and its times alone, so the first
 * is read in full, and those behind it are made from what it said. Whatever is not as plain as that is read in full each
 * time; and a shape is kept only where what is made for its first sentence is, to the letter, what was read.
 */
import { isReserved } from "#grammar/heads.ts";
import { KEYWORDS } from "#grammar/tokens.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { constrainedFields } from "../../flowgroup/index.ts";
import type { RequestDemand, Statement } from "../../model/model.ts";
import { LAST_SECOND } from "../../net/index.ts";
import type { Source } from "../../source.ts";

/** A sentence as it is said: by whom, and when (Unix seconds). */
export interface SaidSentence {
  readonly source: Source;
  readonly by: string;
  readonly now: number;
}

/** What is in a plain sentence beside its shape. */
export interface PlainSentence {
  readonly shape: string;
  readonly label: string | undefined;
  /** All behind its label, which is its text in one form. */
  readonly words: string;
  /** The fields that have numbers, in the order in which they are said, and their numbers. */
  readonly fields: readonly Field[];
  readonly numbers: readonly number[];
}

/** The cubes of a shape; a number stands for the sentence's number at that place. */
interface ShapeCube {
  readonly mask: number;
  readonly sets: readonly (FieldSet | number)[];
}

/** What the sentences of a shape have in common. */
interface SentenceShape {
  readonly demand: RequestDemand;
  readonly cubes: readonly ShapeCube[];
  /** Seconds that it lasts; undefined: for ever. */
  readonly lasts: number | undefined;
}

const PLAIN =
  /^(?:@([A-Za-z]\w*) )?((allow|deny)\(((?:\w+=[\w.]+(?:, |(?=\))))+)\)( on [A-Za-z]\w*(?: from now)?(?: to \+[1-9]\d{0,3}(?:s|min|h|d))?\.))$/;
/** Longer ones are hardly said twice. */
const MOST_LETTERS = 200;
/** So many shapes are kept, and then others. */
const MOST_SHAPES = 512;

const HOSTS: readonly string[] = ["srcHost", "dstHost"] satisfies readonly Field[];
const PORTS: readonly string[] = ["srcPort", "dstPort"] satisfies readonly Field[];
const OF_PORTS = /^transport=(?:TCP|UDP|SCTP)$/;
const PORT = /^[1-9]\d{0,4}$/;

/** Undefined: it is not plain. What is told of some values, as of `0.0.0.0` and of flows from a host to itself, is not. */
export function plainSentence(text: string): PlainSentence | undefined {
  if (text.length > MOST_LETTERS) return undefined;
  const found = PLAIN.exec(text);
  if (found === null) return undefined;
  const [, label, words, action, terms, rest] = found;
  if (label !== undefined && (isReserved(label) || label in KEYWORDS)) return undefined;
  let shape = `${label === undefined ? "" : "@"}${action!}${rest!}`;
  const fields: Field[] = [];
  const numbers: number[] = [];
  for (const term of terms!.split(", ")) {
    const at = term.indexOf("=");
    const field = term.slice(0, at);
    const isHost = HOSTS.includes(field);
    if (isHost || PORTS.includes(field)) {
      const value = term.slice(at + 1);
      const number = isHost ? addressOf(value) : portOf(value);
      if (number === 0 || fields.includes(field as Field)) return undefined;
      // Whatever two fields have in common is judged by what they say.
      if (isHost && fields.some((one, i) => HOSTS.includes(one) && numbers[i] === number)) return undefined;
      fields.push(field as Field);
      numbers.push(number);
      shape += `,${field}`;
    } else if (OF_PORTS.test(term)) shape += `,${term}`;
    else return undefined;
  }
  return { shape, label, words: words!, fields, numbers };
}

/** An IPv4 address as it is printed; 0: it is none, or the one of nobody. */
function addressOf(text: string): number {
  let [address, octet, digits, dots] = [0, 0, 0, 0];
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (digits === 0 || octet > 255) return 0;
      address = address * 256 + octet;
      [octet, digits] = [0, 0];
      dots++;
    } else if (code >= ZERO && code <= ZERO + 9 && digits < 3 && (digits === 0 || octet > 0)) {
      octet = octet * 10 + code - ZERO;
      digits++;
    } else return 0;
  }
  return dots === 4 ? address : 0;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** 0: it is none that is said in its one form. */
function portOf(text: string): number {
  const port = PORT.test(text) ? Number(text) : 0;
  return port <= 0xffff ? port : 0;
}

/** The shapes of plain sentences, as long as one policy stands: what they say depends on nothing else. */
export class PlainSentences {
  /** Undefined: its sentences are read in full. */
  readonly #shapes = new Map<string, SentenceShape | undefined>();

  /** How many shapes are kept. */
  get size(): number {
    return this.#shapes.size;
  }

  /** Whether a sentence of the shape was learned from before, whatever that came to. */
  isKnown({ shape }: PlainSentence): boolean {
    return this.#shapes.has(shape);
  }

  /** What a sentence says, if its shape is known. */
  statement(plain: PlainSentence, said: SaidSentence): Statement | undefined {
    const shape = this.#shapes.get(plain.shape);
    return shape && made(shape, plain, said);
  }

  /** Keeps the shape of a sentence that was read in full; `read`: what it says, where that is all there is to it. */
  learn(plain: PlainSentence, said: SaidSentence, read: Statement | undefined): void {
    if (this.#shapes.size >= MOST_SHAPES) this.#shapes.clear();
    const shape = read && shapeOf(plain, said, read);
    const again = shape && made(shape, plain, said);
    this.#shapes.set(plain.shape, again && letters(again) === letters(read) ? shape : undefined);
  }
}

function shapeOf({ fields }: PlainSentence, { now }: SaidSentence, { demand }: Statement): SentenceShape | undefined {
  if (demand.kind !== "request" || demand.interval.start !== now) return undefined;
  const cubes = demand.flows.cubes.map((cube): ShapeCube => {
    const own = constrainedFields(cube);
    return {
      mask: cube.mask,
      sets: cube.sets.map((set, i) => (fields.includes(own[i]!) ? fields.indexOf(own[i]!) : set)),
    };
  });
  const lasts = Number.isFinite(demand.interval.end) ? demand.interval.end - now : undefined;
  return { demand, cubes, lasts };
}

/** Undefined: its times are beyond all that is counted. */
function made(shape: SentenceShape, plain: PlainSentence, { source, by, now }: SaidSentence): Statement | undefined {
  const { demand, cubes, lasts } = shape;
  const { label, words } = plain;
  const end = lasts === undefined ? Infinity : now + lasts;
  if (lasts !== undefined && end >= LAST_SECOND) return undefined;
  return {
    id: label ?? words,
    ...(label !== undefined && { label }),
    text: words,
    speaker: by,
    demand: { ...demand, flows: { cubes: cubes.map((one) => cubeOf(one, plain)) }, interval: { start: now, end } },
    span: { source, start: 0, end: source.text.length },
  };
}

function cubeOf({ mask, sets }: ShapeCube, { fields, numbers }: PlainSentence): Cube {
  return {
    mask,
    sets: sets.map((one) => (typeof one === "number" ? setOf(HOSTS.includes(fields[one]!), numbers[one]!) : one)),
  };
}

const setOf = (isHost: boolean, number: number): FieldSet =>
  isHost
    ? { kind: "ip", absent: false, v4: [number, number], v6: [] }
    : { kind: "number", absent: false, ranges: [number, number] };

/** A value to the letter, in the order of its fields. */
const letters = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === "bigint" || typeof one === "number" ? `${typeof one} ${one}` : one,
  );
