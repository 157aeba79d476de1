/**
 * Filter lists as ClassBench writes them (Taylor and Turner, 2007), and lists of similar shape made here: host to
 * service for access control, half of every line open for firewalls, a mixture for IP chains. A list becomes an
 * `ordered` policy. TCP flags are no field of the language and are left out; ClassBench has no actions, so a hash of
 * the line says deny or allow.
 */
import { rangeToPrefixes } from "#compiler/net/index.ts";
import { random } from "./random.ts";

export type FilterShape = "acl" | "fw" | "ipc";

/** `@10.0.0.1/32	10.0.0.0/8	0 : 65535	80 : 80	0x06/0xFF	0x0000/0x0000` */
const LINE = /^@(\S+)\s+(\S+)\s+(\d+) : (\d+)\s+(\d+) : (\d+)\s+0x([\da-f]+)\/0x([\da-f]+)/i;

/** The rule of one line, and the entries that its ranges of ports cost where a match holds a prefix of a port. */
export interface Filter {
  readonly effect: "allow" | "deny";
  readonly rule: string;
  readonly cost: number;
  readonly ports: boolean;
}

/** Lines → rules; what is no filter is left out. */
export function readFilters(text: string): Filter[] {
  return text.split("\n").flatMap((line) => {
    const found = LINE.exec(line);
    if (found === null) return [];
    const [, source, destination, ...rest] = found as unknown as string[];
    const [srcLow, srcHigh, dstLow, dstHigh] = rest.slice(0, 4).map(Number) as [number, number, number, number];
    const [protocol, mask] = rest.slice(4).map((hex) => Number.parseInt(hex, 16)) as [number, number];
    const src = portCondition("srcPort", srcLow, srcHigh);
    const dst = portCondition("dstPort", dstLow, dstHigh);
    const conditions = [
      `srcHost in ${source}`,
      `dstHost in ${destination}`,
      ...(mask === 0xff ? [`transport = ${protocol}`] : []),
      ...src.words,
      ...dst.words,
    ];
    const effect = hashOf(line) % 2 === 0 ? "allow" : "deny";
    const ports = src.words.length + dst.words.length > 0;
    // Ports of whatever protocol: of TCP, UDP and SCTP.
    const cost = src.cost * dst.cost * (ports && mask !== 0xff ? 3 : 1);
    return [{ effect, rule: `${effect} <= ${conditions.join(", ")}.`, cost, ports } satisfies Filter];
  });
}

function portCondition(
  field: string,
  low: number,
  high: number,
): { readonly words: readonly string[]; readonly cost: number } {
  if (low === 0 && high === 65_535) return { words: [], cost: 1 };
  const words = low === high ? `${field} = ${low}` : `${field} in ${low}-${high}`;
  return { words: [words], cost: rangeToPrefixes(low, high, 16).length };
}

/** FNV-1a with its high bits folded down. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** A policy of these filters, the first that matches deciding. */
export const policyOf = (filters: readonly Filter[]): string =>
  `default deny.\npolicy list ordered {\n${filters.map(({ rule }) => `  ${rule}\n`).join("")}}\n`;

const times = <T>(n: number, one: T): T[] => Array.from({ length: n }, () => one);

/** A list of n lines of the shape, in ClassBench's notation. */
export function makeList(shape: FilterShape, n: number): string {
  const draw = random(n + shape.length);
  const pick = <T>(from: readonly T[]): T => from[draw(from.length)]!;
  const site = Array.from({ length: Math.ceil(n / 60) }, () => draw(2 ** 24) * 256);
  const prefix = (lengths: readonly number[]): string => {
    const length = pick(lengths);
    const size = 2 ** (32 - length);
    const low = Math.floor((pick(site) + draw(256)) / size) * size;
    return `${[24, 16, 8, 0].map((shift) => Math.floor(low / 2 ** shift) % 256).join(".")}/${length}`;
  };
  const any = "0 : 65535";
  const service = (): string => {
    const port = pick([22, 25, 53, 80, 123, 443, 1521, ...times(5, 1024 + draw(30_000))]);
    // Nine in ten name one port.
    return pick([...times(9, `${port} : ${port}`), pick([`${port} : ${port + draw(8)}`, "1024 : 65535"])]);
  };
  const narrow = [32, 32, 32, 32, 31, 30, 28, 24, 23];
  const open = [0, 0, 0, 1, 1, 1, 2, 31, 32, 32];
  const hosts = [32, 32, 32, 32, 31, 31, 30, 29];
  const line: Readonly<Record<FilterShape, () => readonly string[]>> = {
    acl: () => [prefix(narrow), prefix(narrow), any, draw(3) === 0 ? any : service()],
    fw: () => {
      const [source, destination] = draw(2) === 0 ? [open, hosts] : [hosts, open];
      return [prefix(source), prefix(destination), draw(4) === 0 ? service() : any, draw(3) === 0 ? any : service()];
    },
    ipc: () => [
      prefix(draw(30) === 0 ? open : narrow),
      prefix(draw(30) === 0 ? open : narrow),
      draw(5) === 0 ? service() : any,
      draw(2) === 0 ? any : service(),
    ],
  };
  const protocol = (columns: readonly string[]): string =>
    columns.slice(2).some((column) => column !== any) || draw(3) > 0
      ? pick(["0x06/0xFF", "0x06/0xFF", "0x11/0xFF"])
      : pick(["0x00/0x00", "0x01/0xFF", "0x2f/0xFF"]);
  return Array.from({ length: n }, () => {
    const columns = line[shape]();
    return `@${[...columns, protocol(columns), "0x0000/0x0000"].join("\t")}\n`;
  }).join("");
}
