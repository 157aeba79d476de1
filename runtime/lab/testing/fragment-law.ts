/**
 * The law of fragments once more (NETWORK, "Fragments"), by brute force: policies at random, frames, and whether each
 * passes. A frame is a list of the datagrams to which it may belong, and a statement is asked about each. Nothing of the
 * compiler is used.
 */
import fc from "fast-check";
import { ethernet } from "../frames.ts";
import * as h from "./headers.ts";
import type { Bytes } from "./headers.ts";

/** What a statement may ask of a datagram. */
interface Datagram {
  readonly user: string;
  readonly dstUser: string;
  readonly inPort: number;
  readonly family: 4 | 6;
  readonly src: string;
  readonly dst: string;
  readonly dscp: number;
  /** As the header says it. */
  readonly protocol: number;
  readonly srcPort?: number;
  readonly dstPort?: number;
  readonly icmpType?: number;
  /** Absent: tracking calls it invalid. */
  readonly direction?: "request" | "response";
}

/** Conditions as they are written, and what they hold. */
export interface Asked {
  readonly text: string;
  readonly holds: (one: Datagram) => boolean;
}

const PORTED = [6, 17, 132];
const icmpOf = (family: 4 | 6): number => (family === 4 ? 1 : 58);

const users = (field: "user" | "dstUser", names: readonly string[]): Asked[] =>
  names.flatMap((name): Asked[] => [
    { text: `${field}=${name}`, holds: (one) => one[field] === name },
    { text: `${field}!=${name}`, holds: (one) => one[field] !== name },
  ]);
const transport = (text: string, low: number, high: number): Asked => ({
  text: `transport=${text}`,
  // A range holds the numbers that headers say, and with 1 in it ICMPv6 too.
  holds: ({ protocol, family }) =>
    (protocol >= low && protocol <= high) || (family === 6 && protocol === 58 && low <= 1 && high >= 1),
});
const port = (field: "srcPort" | "dstPort", text: string, low: number, high: number): Asked => ({
  text: `${field}=${text}`,
  holds: (one) => one[field] !== undefined && one[field] >= low && one[field] <= high,
});

/** `users` are those that the facts name. */
const atomsOf = (names: readonly string[]): readonly Asked[] => [
  ...users("user", names),
  ...users("dstUser", names),
  ...[1, 2].map((number): Asked => ({ text: `inPort=${number}`, holds: ({ inPort }) => inPort === number })),
  { text: "inPort!=1", holds: ({ inPort }) => inPort !== 1 },
  { text: "srcHost=10.0.0.2/31", holds: ({ src }) => src === "10.0.0.2" || src === "10.0.0.3" },
  { text: "srcHost=2001:db8::2/127", holds: ({ src }) => src === "2001:db8::2" || src === "2001:db8::3" },
  { text: "dstHost=2001:db8::4", holds: ({ dst }) => dst === "2001:db8::4" },
  { text: "ethType=ipv6", holds: ({ family }) => family === 6 },
  { text: "dscp=46", holds: ({ dscp }) => dscp === 46 },
  { text: "dscp!=46", holds: ({ dscp }) => dscp !== 46 },
  { text: "transport=tcp", holds: ({ protocol }) => protocol === 6 },
  { text: "transport=udp", holds: ({ protocol }) => protocol === 17 },
  { text: "transport!=udp", holds: ({ protocol }) => protocol !== 17 },
  { text: "transport=icmp", holds: ({ protocol, family }) => protocol === icmpOf(family) },
  transport("0-16", 0, 16),
  transport("0-100", 0, 100),
  transport("17-255", 17, 255),
  transport("101-255", 101, 255),
  port("dstPort", "80", 80, 80),
  port("dstPort", "0-80", 0, 80),
  port("dstPort", "81-65535", 81, 65_535),
  port("srcPort", "7", 7, 7),
  port("srcPort", "8-65535", 8, 65_535),
  { text: "dstPort!=80", holds: ({ dstPort }) => dstPort !== undefined && dstPort !== 80 },
  { text: "icmpType=8", holds: ({ icmpType }) => icmpType === 8 },
  ...(["request", "response"] as const).map((way): Asked => ({
    text: `direction=${way}`,
    holds: ({ direction }) => direction === way,
  })),
  { text: "icmpType!=8", holds: ({ icmpType }) => icmpType !== undefined && icmpType !== 8 },
];

const all = (some: readonly Asked[]): Asked => ({
  text: some.map(({ text }) => text).join(", "),
  holds: (one) => some.every(({ holds }) => holds(one)),
});
const termOf = (atoms: readonly Asked[], most: number): fc.Arbitrary<Asked> =>
  fc.uniqueArray(fc.constantFrom(...atoms), { minLength: 1, maxLength: most, selector: fieldOf }).map(all);
const fieldOf = ({ text }: Asked): string => text.split(/!?=/)[0]!;

/** A flowgroup: some terms, perhaps without others. */
function groupOf(atoms: readonly Asked[]): fc.Arbitrary<Asked> {
  const term = termOf(atoms, 3);
  const everything: Asked = { text: "*", holds: () => true };
  const some = fc.oneof(fc.constant([everything]), fc.array(term, { minLength: 1, maxLength: 3 }));
  // So many that they are taken away in another way.
  const many = fc.constantFrom("inPort=1", "dscp=46").map((place): Asked[] => {
    const { holds } = atoms.find(({ text }) => text === place)!;
    return Array.from({ length: 40 }, (_, i): Asked => {
      const one = port("dstPort", `${41 + i}`, 41 + i, 41 + i);
      return { text: `${place}, ${one.text}`, holds: (d) => holds(d) && one.holds(d) };
    });
  });
  const few = fc.array(term, { maxLength: 2 });
  return fc
    .tuple(some, fc.oneof({ arbitrary: few, weight: 9 }, { arbitrary: many, weight: 1 }))
    .map(([held, holes]): Asked => {
      const or = (terms: readonly Asked[]): string => terms.map(({ text }) => `(${text})`).join(" or ");
      return {
        text: holes.length === 0 ? or(held) : `(${or(held)}) except (${or(holes)})`,
        holds: (one) => held.some(({ holds }) => holds(one)) && !holes.some(({ holds }) => holds(one)),
      };
    });
}

/** The body of a rule: conditions that all hold, some of them with `not`, or one of two. */
function bodyOf(atoms: readonly Asked[]): fc.Arbitrary<Asked> {
  const atom = fc.constantFrom(...atoms);
  const one = fc.oneof(
    { arbitrary: atom, weight: 3 },
    {
      arbitrary: atom.map(({ text, holds }) => ({ text: `not ${text}`, holds: (d: Datagram) => !holds(d) })),
      weight: 1,
    },
    {
      arbitrary: fc.tuple(atom, atom).map(([a, b]) => ({
        text: `(${a.text} or ${b.text})`,
        holds: (d: Datagram) => a.holds(d) || b.holds(d),
      })),
      weight: 1,
    },
  );
  return fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: fieldOf }).map(all);
}

type Kind = "allow" | "deny";

/** Who is where. `sharing`: the host at port 1 is of two users. */
interface World {
  readonly facts: string;
  readonly owners: readonly (readonly string[])[];
}

/** A policy and its meaning. */
export interface Story {
  readonly text: string;
  readonly verdict: Kind;
  readonly fragments: Kind;
  /** The statements in the order in which they decide, each with what it holds. */
  readonly statements: readonly { readonly kind: Kind | "limit" | "reserve"; readonly holds: Asked["holds"] }[];
  readonly owners: World["owners"];
}

const worlds: fc.Arbitrary<World> = fc
  .record({ placed: fc.boolean(), sharing: fc.nat(3).map((n) => n === 0) })
  .map(({ placed, sharing }) => {
    const owners = [sharing ? ["alice", "carol"] : ["alice"], ["eve"], ["bob"]];
    const facts = owners.map((some, i) => {
      const host = `h${i + 1}`;
      const at = placed ? `host_at(${host}, s1, ${i + 1}). host_mac(${host}, 00:00:00:00:00:0${i + 2}).` : "";
      const addresses = `host_ip(${host}, 10.0.0.${i + 2}). host_ip(${host}, 2001:db8::${i + 2}).`;
      return `${addresses} ${at} ${some.map((user) => `user_host("${user}", ${host}).`).join(" ")}`;
    });
    return { facts: ["switch(s1, 1).", ...facts].join("\n"), owners };
  });

const kinds = fc.constantFrom<Kind>("allow", "deny");

/** Policies at random: perhaps a guard, and below it one request or an `ordered` list of rules. */
export const stories: fc.Arbitrary<Story> = fc
  .tuple(
    worlds,
    kinds,
    fc.oneof({ arbitrary: fc.constant<Kind>("deny"), weight: 2 }, { arbitrary: fc.constant<Kind>("allow"), weight: 1 }),
    fc.boolean(),
    fc.nat(3),
  )
  .chain(([{ facts, owners }, verdict, fragments, isList, guarding]) => {
    const atoms = atomsOf(["alice", "eve", ...(owners[0]!.length > 1 ? ["carol"] : [])]);
    const guards = guarding > 0 ? fc.constant([]) : fc.array(bodyOf(atoms), { minLength: 1, maxLength: 2 });
    const head = `${facts}\ndefault ${verdict}. ${fragments === "allow" ? "default fragments allow." : ""}\n`;
    const common = { verdict, fragments, owners };
    const rule = fc.tuple(fc.constantFrom("allow", "deny", "pass"), bodyOf(atoms));
    const last = fc.constantFrom("allow", "deny", undefined);
    const kind = verdict === "allow" ? "deny" : "allow";
    const below: fc.Arbitrary<Pick<Story, "text" | "statements">> = isList
      ? fc.tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), last).map(([rules, end]) => listOf(rules, end))
      : groupOf(atoms).map(({ text, holds }) => {
          return { text: `@q ${kind}(${text}) on rootShare.`, statements: [{ kind, holds }] };
        });
    return fc.tuple(guards, below).map(([bodies, { text, statements }]): Story => {
      const denies = bodies.map((one) => `deny <= ${one.text}.`).join(" ");
      const guard = bodies.length === 0 ? "" : `policy g as guard { ${denies} }\n`;
      const above = bodies.map(({ holds }) => ({ kind: "deny" as const, holds }));
      return { ...common, text: `${head}${guard}${text}`, statements: [...above, ...statements] };
    });
  });

/**
 * One limit or reservation, of which `passes` says what it does not hold. Limits ask each of their parts where they hold
 * only what is surely theirs, which brute force over whole statements cannot judge.
 */
export const treatments: fc.Arbitrary<Story> = fc
  .tuple(worlds, fc.constantFrom("limit", "reserve"), kinds)
  .chain(([{ facts, owners }, kind, fragments]) => {
    const atoms = atomsOf(["alice", "eve", ...(owners[0]!.length > 1 ? ["carol"] : [])]);
    const chosen = kind === "limit" ? "deny" : fragments;
    const head = `${facts}\ndefault allow. ${chosen === "allow" ? "default fragments allow." : ""}\n`;
    return groupOf(atoms).map(({ text, holds }): Story => {
      const statements = [{ kind, holds }];
      return {
        text: `${head}@q ${kind}(${text}) = 1Mb on rootShare.`,
        verdict: "allow",
        fragments: chosen,
        statements,
        owners,
      };
    });
  });

/** An `ordered` list: what an earlier rule passes is no later rule's. */
function listOf(
  rules: readonly (readonly [kind: string, body: Asked])[],
  last: Kind | undefined,
): Pick<Story, "text" | "statements"> {
  const all = last === undefined ? rules : [...rules, [last, { text: "", holds: () => true }] as const];
  const lines = all.map(([kind, { text }]) => (text === "" ? `${kind}.` : `${kind} <= ${text}.`));
  const statements = all.flatMap(([kind, { holds }], i) => {
    if (kind === "pass") return [];
    const passed = all.slice(0, i).filter(([one]) => one === "pass");
    const own = (d: Datagram): boolean => holds(d) && !passed.some(([, one]) => one.holds(d));
    return [{ kind: kind as Kind, holds: own }];
  });
  return { text: `policy p on share rootShare as root ordered { ${lines.join(" ")} }`, statements };
}

const ALL_PROTOCOLS = Array.from({ length: 256 }, (_, protocol) => protocol);
/** Values of each kind that conditions tell apart. */
const SOME_PORTS = [0, 7, 8, 80, 81, 65_535];
const SOME_TYPES = [0, 8, 255];

/** What a frame shows, and where it comes from. */
export interface Frame {
  readonly name: string;
  readonly sender: number;
  /** 3: a stranger. */
  readonly receiver: number;
  readonly family: 4 | 6;
  readonly dscp: number;
  readonly protocol: number;
  readonly cut: "no" | "first" | "later";
  readonly bytes: Bytes;
}

const payloadOf = (protocol: number): Bytes =>
  protocol === 6 ? h.tcp(7, 80) : protocol === 17 ? h.udp(7, 81) : protocol === 253 ? h.zeros(16) : h.icmp(8, 0);

const addressOf = (family: 4 | 6, host: number): string =>
  family === 4
    ? host === 3
      ? "10.0.9.9"
      : `10.0.0.${host + 2}`
    : host === 3
      ? "2001:db8:9::9"
      : `2001:db8::${host + 2}`;

function frameOf(shown: Omit<Frame, "bytes" | "name">): Frame {
  const { sender, receiver, family, dscp, protocol, cut } = shown;
  const [src, dst] = [addressOf(family, sender), addressOf(family, receiver)];
  const body = cut === "later" ? h.zeros(32) : payloadOf(protocol);
  const marks = { more: cut === "first", offset: cut === "later" ? 100 : 0 };
  const packet =
    family === 4
      ? h.ipv4({ src, dst, protocol, dscp, ...marks }, cut === "no" ? h.summed(body, protocol, src, dst) : body)
      : cut === "no"
        ? h.ipv6({ src, dst, next: protocol, dscp }, h.summed(body, protocol, src, dst))
        : h.ipv6({ src, dst, next: 44, dscp }, [...h.fragment(protocol, marks.offset, marks.more), ...body]);
  const link = { src: `00:00:00:00:00:0${sender + 2}`, dst: "00:00:00:00:00:99" };
  const name = `${cut} ${protocol} over IPv${family} from ${sender + 1} to ${receiver + 1}, dscp ${dscp}`;
  return { ...shown, name, bytes: [...ethernet(link, family === 4 ? 0x0800 : 0x86dd, packet)] };
}

export const FRAMES: readonly Frame[] = [0, 1, 2].flatMap((sender) =>
  [0, 1, 2, 3].flatMap((receiver) =>
    receiver === sender
      ? []
      : ([4, 6] as const).flatMap((family) =>
          [0, 46].flatMap((dscp) =>
            [6, 17, icmpOf(family), 253].flatMap((protocol) =>
              (["no", "first", "later"] as const).map((cut) =>
                frameOf({ sender, receiver, family, dscp, protocol, cut }),
              ),
            ),
          ),
        ),
  ),
);

/** The datagrams to which a frame may belong, if it is of these users. */
function datagramsOf(frame: Frame, user: string, dstUser: string): readonly Datagram[] {
  const { sender, receiver, family, dscp, cut } = frame;
  const [src, dst] = [addressOf(family, sender), addressOf(family, receiver)];
  const shown = { user, dstUser, inPort: sender + 1, family, src, dst, dscp };
  const isHidden = family === 6 && cut === "later";
  return (isHidden ? ALL_PROTOCOLS : [frame.protocol]).flatMap((protocol): readonly Datagram[] => {
    if (PORTED.includes(protocol)) {
      if (cut === "no") return [{ ...shown, protocol, srcPort: 7, dstPort: protocol === 6 ? 80 : 81 }];
      return SOME_PORTS.flatMap((srcPort) => SOME_PORTS.map((dstPort) => ({ ...shown, protocol, srcPort, dstPort })));
    }
    if (protocol === icmpOf(family))
      return (cut === "no" ? [8] : SOME_TYPES).map((icmpType) => ({ ...shown, protocol, icmpType }));
    return [{ ...shown, protocol }];
  });
}

/** Whether the frame passes, by the law; undefined: it rests with connection tracking, of a whole packet. */
export function passes({ statements, verdict, fragments, owners, text }: Story, frame: Frame): boolean | undefined {
  if (frame.cut === "no" && text.includes("direction")) return undefined;
  const receivers = owners[frame.receiver] ?? ["unknown"];
  const pairs = owners[frame.sender]!.flatMap((user) => receivers.map((dst) => datagramsOf(frame, user, dst)));
  const first = statements.find(({ kind, holds }) => {
    const permits = kind === "allow" || kind === "reserve";
    const could = kind !== "reserve" && permits === (fragments === "allow");
    const directions = ["request", "response", ...(permits ? [undefined] : [])] as const;
    const inEach = (d: Datagram): readonly Datagram[] =>
      directions.map((direction) => (direction === undefined ? d : { ...d, direction }));
    const held = (some: readonly Datagram[]): boolean =>
      could ? some.some((d) => inEach(d).some(holds)) : some.every((d) => inEach(d).every(holds));
    return permits ? pairs.every(held) : pairs.some(held);
  });
  return (first?.kind ?? verdict) === "allow";
}
