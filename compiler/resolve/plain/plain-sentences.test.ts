/** A sentence means what it means when it is read in full, whatever was said before it. */
import test from "ava";
import { Interpreter, type Read } from "../interpreter.ts";

const NOW = 1_796_115_600;
const USERS = new Set(["root", "Alice"]);
const HOSTS = new Map([["h1", { name: "h1", addresses: [{ family: 4, value: 0x0a000001 }], macs: [] }]]);

const fresh = (): Interpreter =>
  new Interpreter(
    { directory: { hosts: HOSTS, switches: new Map() }, flowgroups: new Map() } as unknown as ConstructorParameters<
      typeof Interpreter
    >[0],
    USERS,
  );

/** Numbers of its own: the folder of benches stands below. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ADDRESSES = ["10.0.0.1", "10.0.0.2", "0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "192.168.1.10"];
const ODD = [
  "010.0.0.1",
  "10.0.1",
  "256.1.1.1",
  "10.0.0.0/8",
  "h1",
  "::1",
  "{10.0.0.1, 10.0.0.2}",
  "1.2.3.4.5",
  "10.0.0.1-10.0.0.9",
];
const PORTS = ["1", "80", "443", "65535", "0", "65536", "080", "1-5", "{1, 2}", "99999"];
const TRANSPORTS = ["TCP", "UDP", "SCTP", "ICMP", "tcp", "6", "44"];
const TIMES = [
  "",
  "",
  " to +20min",
  " from now to +1h",
  " from now",
  " from +1s to +2s",
  " to +9999d",
  " to +0s",
  " to 2027-01-01T00:00:00Z",
];
const LABELS = [
  "",
  "",
  "",
  "",
  "@a ",
  "@b ",
  "@r17 ",
  "@deny ",
  "@for ",
  "@a-b ",
  "@ä ",
  "@_x ",
  "@constructor ",
  '@"a b" ',
];
const SIGNS = [...Array.from(' @.,=()+/"#\n\t0:x!{}-&|'), "  ", "/*", "//"];

function sentence(below: (below: number) => number): string {
  const of = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const random = (): string => `${below(256)}.${below(256)}.${below(256)}.${below(256)}`;
  const address = (): string => (below(6) > 0 ? random() : of(below(3) > 0 ? ADDRESSES : ODD));
  const port = (): string => (below(6) > 0 ? String(1 + below(65_535)) : of(PORTS));
  const term = (): string => {
    const kind = below(5);
    if (kind === 0) return `srcHost=${address()}`;
    if (kind === 1) return `dstHost=${address()}`;
    if (kind === 2) return `srcPort=${port()}`;
    if (kind === 3) return `dstPort=${port()}`;
    return below(4) > 0
      ? `transport=${of(TRANSPORTS)}`
      : of(["user=Alice", "vlan=5", "dstHost!=10.0.0.1", "ethType=IPv4"]);
  };
  // Few shapes, so that most of them come again with other numbers.
  const usual = [
    () => [`srcHost=${address()}`],
    () => [`srcHost=${address()}`, `dstHost=${address()}`],
    () => [`dstHost=${address()}`, "transport=TCP", `dstPort=${port()}`],
    () => Array.from({ length: 1 + below(3) }, term),
  ];
  const terms = of(usual)().join(below(9) > 0 ? ", " : ",");
  const action = below(9) > 0 ? "deny" : of(["allow", "pass", "limit"]);
  const text = `${of(LABELS)}${action}(${terms}) on ${below(6) > 0 ? "s" : of(["t", "on", "deny", "s_1"])}${of(TIMES)}.`;
  if (below(6) > 0) return text;
  const at = below(text.length + 1);
  return text.slice(0, at) + of(SIGNS) + text.slice(at + below(2));
}

/** What is compared, to the letter and in the order of its fields. */
const letters = (read: Read): string =>
  JSON.stringify(read, (_, one: unknown) => {
    if (one === undefined) return "undefined";
    return typeof one === "number" || typeof one === "bigint" ? `${one}` : one;
  });

test("random sentences of one network mean what each means that is read in full", (t) => {
  const below = numbers(Number(process.env["GLAZIER_SEED"] ?? 0) + 77);
  const interpreter = fresh();
  const full = fresh();
  let isFull = false;
  const own = interpreter.readInFull.bind(interpreter);
  interpreter.readInFull = (said) => {
    isFull = true;
    return own(said);
  };
  const quick = { accepted: 0, labelled: 0, ends: 0 };
  for (let i = 0; i < 1_500; i++) {
    const text = sentence(below);
    const said = { source: { name: `r${i}`, text }, by: below(2) === 0 ? "root" : "Alice", now: NOW + below(1_000) };
    isFull = false;
    const read = interpreter.read(said);
    if (!isFull) {
      quick.accepted++;
      if (text.startsWith("@")) quick.labelled++;
      if (text.includes(" to ")) quick.ends++;
    }
    const expected = full.readInFull(said);
    t.is(letters(read), letters(expected), text);
  }
  // Else nothing of it was looked at.
  t.true(quick.accepted > 100 && quick.labelled > 20 && quick.ends > 20, JSON.stringify(quick));
});

test("shapes of sentences without end leave no more than some hundred", (t) => {
  const interpreter = fresh();
  const read = (share: string, address: string): Read =>
    interpreter.read({ source: { name: "r1", text: `deny(srcHost=${address}) on ${share}.` }, by: "root", now: NOW });
  for (let i = 0; i < 1_500; i++) t.is(read(`s${i}`, "10.0.0.1").statements.length, 1);
  t.true(interpreter.shapes <= 512);
  t.is(read("s3", "10.0.0.7").statements[0]!.text, "deny(srcHost=10.0.0.7) on s3.");
});
