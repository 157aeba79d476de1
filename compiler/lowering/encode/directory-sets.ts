/**
 * A cube with users, access points and switches × the directory → cubes that one switch can match, by address, MAC and
 * port (NETWORK, "Addresses, users, hosts"). No other file applies the directory to cubes; `user-index.ts` says what the
 * packets of a user show.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { subtractRanges, toRanges } from "../../flowgroup/ranges.ts";
import { setHolds, setIntersect, type NameSet, type NumberSet } from "../../flowgroup/sets.ts";
import { narrow } from "./endpoints.ts";
import type { Target } from "../pipeline/pipeline.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import { beyondAddresses, isIp, mayAsk } from "./seats.ts";
import type { Asking, UserIndex } from "./user-index.ts";

/**
 * A cube as one switch (undefined: the only one) can match it, without users, switches and access points: a union of
 * cubes.
 */
export function seenBy(
  of: Cube,
  userIndex: UserIndex,
  target: Pick<Target, "name" | "conntrack">,
  switchName: string | undefined,
  {
    switches = 1,
    exact = true,
    everywhere = false,
    could = false,
    guarded = false,
  }: {
    readonly switches?: number;
    readonly exact?: boolean;
    readonly everywhere?: boolean;
    readonly could?: boolean;
    /** Whether the spoof guard stands before. */
    readonly guarded?: boolean;
  } = {},
): Seen {
  if (constraint(of, "dstAP") !== undefined) return { ...NOTHING, refusal: { kind: "dstAP" } };
  if (constraint(of, "direction") !== undefined && (!target.conntrack || switches > 1)) {
    return { ...NOTHING, refusal: { kind: "direction", target, switches } };
  }
  const here = constraint(of, "switch");
  if (here !== undefined && !setHolds(here, switchName)) return NOTHING;
  let rest = withConstraint(of, "switch", undefined);
  const port = constraint(of, "srcAP") as NameSet | undefined;
  if (port !== undefined) {
    const seen = accessPorts(port, switchName);
    if (seen === "none") return NOTHING;
    if ("kind" in seen && seen.kind === "port") return { ...NOTHING, refusal: seen };
    const narrowed = seen === ANY ? rest : narrow(rest, "inPort", seen as NumberSet);
    if (narrowed === undefined) return NOTHING;
    rest = withConstraint(narrowed, "srcAP", undefined);
  }
  let cubes: readonly Cube[] = [rest];
  let seated = NOTHING.seated;
  for (const [field, side, ip, eth] of SIDES) {
    const users = constraint(rest, field) as NameSet | undefined;
    if (users === undefined) continue;
    const asking = {
      side,
      could,
      switchName,
      exact,
      everywhere,
      guarded: guarded ? guardedAs(rest, users) : undefined,
    };
    const traits = userIndex.traits(users, asking);
    const sat = new Set<Cube>();
    cubes = cubes.flatMap((one) => {
      const bare = withConstraint(one, field, undefined);
      return traits.flatMap((trait) => {
        const parts = [[ip, trait.ip] as const, [eth, trait.eth] as const, ["inPort", trait.port] as const];
        const whole = parts.reduce<Cube | undefined>(
          (some, [by, set]) => (some === undefined || set === undefined ? some : narrow(some, by, set)),
          bare,
        );
        const left = whole && trait.beyond ? beyondAddresses(whole, trait.beyond) : whole;
        if (left === undefined) return [];
        if (trait.beyond !== undefined || seated.has(one)) sat.add(left);
        return [left];
      });
    });
    seated = sat;
  }
  return { cubes, seated };
}

/** What the spoof guard tells of the packets of a cube of these users. */
function guardedAs(of: Cube, { absent }: NameSet): Asking["guarded"] {
  if (isIp(of)) return mayAsk(of) ? "shown" : "told";
  return absent ? "shown" : undefined;
}

/** What a switch can match of a cube. */
interface Seen {
  readonly cubes: readonly Cube[];
  /** Those cubes that recognize the sender by a known place. */
  readonly seated: ReadonlySet<Cube>;
  readonly refusal?: LoweringRefusal;
}

const NOTHING: Seen = { cubes: [], seated: new Set() };

/**
 * A cube with users → cubes of what may show them: addresses, MACs and access points. Two cubes that share no flow may
 * both hold a packet that may be of several users; these share flows then.
 */
export function shownBy(of: Cube, userIndex: UserIndex): readonly Cube[] {
  let cubes: readonly Cube[] = [of];
  for (const [field, side, ip, eth] of SIDES) {
    const users = constraint(of, field) as NameSet | undefined;
    if (users === undefined) continue;
    const marks = userIndex.marks(users, side);
    cubes = cubes.flatMap((one) => {
      const bare = withConstraint(one, field, undefined);
      return marks.flatMap((mark) => {
        const parts = [[ip, mark.ip] as const, [eth, mark.eth] as const];
        const whole = parts.reduce<Cube | undefined>(
          (some, [by, set]) => (some === undefined || set === undefined ? some : narrow(some, by, set)),
          bare,
        );
        if (whole === undefined || mark.at === undefined) return whole ?? [];
        const had = constraint(whole, "srcAP");
        const both = had === undefined ? mark.at : setIntersect(had, mark.at);
        return both === undefined ? [] : [withConstraint(whole, "srcAP", both)];
      });
    });
  }
  return cubes;
}

const SIDES = [
  ["user", "source", "srcHost", "srcEth"],
  ["dstUser", "destination", "dstHost", "dstEth"],
] as const;

const ANY: NumberSet = { kind: "number", absent: true, ranges: [0, 2 ** 32 - 1] };

/** The ports of this switch among access points. A switch without a name has no access points: the field is absent. */
function accessPorts(
  set: NameSet,
  switchName: string | undefined,
): NumberSet | "none" | Extract<LoweringRefusal, { kind: "port" }> {
  if (switchName === undefined) return set.absent ? ANY : "none";
  const ports: number[] = [];
  for (const name of set.names) {
    const colon = name.lastIndexOf(":");
    if (name.slice(0, colon) !== switchName) continue;
    const port = name.slice(colon + 1);
    if (!/^\d+$/.test(port)) return { kind: "port", port, switch: switchName };
    ports.push(Number(port));
  }
  const listed = toRanges(ports.map((p) => [p, p] as const));
  const ranges = set.not ? subtractRanges([0, 2 ** 32 - 1], listed) : listed;
  return ranges.length === 0 ? "none" : { kind: "number", absent: false, ranges };
}
