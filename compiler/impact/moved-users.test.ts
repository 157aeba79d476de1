/**
 * Users log in, out and elsewhere, beside hosts that move, defaults and guards that change: what is told of a change is
 * compared, packet by packet, with a naive reading of the law (NETWORK, "Spoof" and "Addresses, users, hosts") that shares
 * no code with tables, cubes of users or the guard. Two switches, four hosts, three users, all packets of a small universe.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";
import { cubeHolds } from "../flowgroup/cubes.ts";
import type { Flow } from "../flowgroup/cube.ts";
import { flowChanges, type PolicyInForce } from "./impact.ts";
import { samePlaces } from "./packet-rules.ts";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});

interface Desk {
  readonly name: string;
  /** The last part of its IPv4 address, and of its MAC. */
  readonly ip?: number | undefined;
  readonly mac?: number | undefined;
  readonly at?: Place | undefined;
  readonly users: readonly string[];
}

interface Place {
  readonly on: string;
  readonly port: number;
}

interface Sentence {
  readonly effect: "allow" | "deny" | "limit";
  readonly field: "user" | "dstUser";
  readonly not: boolean;
  readonly users: readonly string[];
  readonly web: boolean;
}

interface Site {
  readonly desks: readonly Desk[];
  readonly verdict: "allow" | "deny";
  readonly sentences: readonly Sentence[];
  readonly guarded: readonly string[];
}

const USERS = ["alice", "bob", "eve"];
const PLACES: readonly Place[] = ["s1", "s2"].flatMap((on) => [1, 2].map((port) => ({ on, port })));
const LINK = 9;

/** A generator of numbers below a bound, the same for the same seed. */
type Below = (bound: number) => number;

function draws(seed: number): Below {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const percent = (below: Below, of: number): boolean => below(100) < of;
const pick = <T>(below: Below, all: readonly T[]): T => all[below(all.length)]!;

const sentencesOf = (below: Below): readonly Sentence[] => {
  const verdict = percent(below, 50) ? "allow" : "deny";
  return Array.from({ length: 1 + below(2) }, () => ({
    effect: percent(below, 30) ? "limit" : verdict,
    field: percent(below, 30) ? "dstUser" : "user",
    not: percent(below, 30),
    users: [...new Set([pick(below, [...USERS, "unknown"]), pick(below, USERS)].slice(below(2)))],
    web: percent(below, 30),
  }));
};

const siteOf = (below: Below): Site => ({
  desks: [1, 2, 3, 4].map((n) => ({
    name: `h${n}`,
    ip: percent(below, 80) ? (percent(below, 12) ? 1 : n) : undefined,
    mac: percent(below, 70) ? n : undefined,
    at: percent(below, 75) ? pick(below, PLACES) : undefined,
    users: USERS.filter(() => percent(below, 25)),
  })),
  verdict: percent(below, 50) ? "allow" : "deny",
  sentences: sentencesOf(below),
  guarded: percent(below, 20) ? [pick(below, USERS)] : [],
});

/** A user comes to a desk or leaves it, or moves there from all others; now and then something else changes, too. */
function changed(site: Site, below: Below): Site {
  const desk = pick(below, site.desks).name;
  const user = pick(below, USERS);
  const isAlone = percent(below, 50);
  const [moves, rewires, readdresses] = [percent(below, 25), percent(below, 15), percent(below, 15)];
  const desks = site.desks.map((one): Desk => {
    const others = one.users.filter((name) => name !== user);
    if (one.name !== desk) return isAlone ? { ...one, users: others } : one;
    const n = Number(desk.slice(1));
    return {
      ...one,
      users: others.length < one.users.length ? others : [...others, user],
      at: moves ? pick(below, [...PLACES, undefined]) : one.at,
      mac: rewires ? (one.mac === undefined ? n : undefined) : one.mac,
      ip: readdresses ? (one.ip === undefined ? n : undefined) : one.ip,
    };
  });
  return {
    desks,
    verdict: percent(below, 25) ? pick(below, ["allow", "deny"]) : site.verdict,
    sentences: percent(below, 20) ? sentencesOf(below) : site.sentences,
    guarded: percent(below, 15) ? (percent(below, 50) ? [] : [user]) : site.guarded,
  };
}

function textOf({ desks, verdict, sentences, guarded }: Site): string {
  const facts = desks.flatMap(({ name, ip, mac, at, users }) => [
    ...(ip === undefined ? [] : [`host_ip(${name}, 10.0.0.${ip}).`]),
    ...(mac === undefined ? [] : [`host_mac(${name}, 02:00:00:00:00:0${mac}).`]),
    ...(at === undefined ? [] : [`host_at(${name}, ${at.on}, ${at.port}).`]),
    ...users.map((user) => `user_host(${user}, ${name}).`),
  ]);
  const said = sentences.map(({ effect, field, not, users, web }, i) => {
    const flows = `${field}${not ? "!" : ""}={${users.join(", ")}}${web ? ", transport=TCP, dstPort=80" : ""}`;
    return `@s${i} ${effect}(${flows})${effect === "limit" ? " = 1Mb" : ""} on rootShare.`;
  });
  return [
    `default ${verdict}.`,
    `switch(s1, 1). switch(s2, 2). link(s1, ${LINK}, s2, ${LINK}, 1Gb).`,
    ...USERS.map((user) => `AddUser ${user}.`),
    ...facts,
    ...said,
    ...guarded.map((user) => `policy g { deny <= user=${user}. }`),
  ].join("\n");
}

/** A frame: not IP, TCP over IPv4 with the last parts of its addresses, or TCP over IPv6 between strangers (`V6`). */
interface Frame extends Place {
  readonly mac: number;
  readonly dstMac: number;
  readonly ip?: { readonly src: number; readonly dst: number; readonly port: number };
}

const V6 = 6;
const STRANGER = 7;

const FRAMES: readonly Frame[] = ["s1", "s2"].flatMap((on) =>
  [1, 2, 3, LINK].flatMap((port) =>
    [1, 2, 3, 4, STRANGER].flatMap((mac) =>
      [1, 2, STRANGER].flatMap((dstMac): readonly Frame[] => [
        { on, port, mac, dstMac },
        ...[80, 22].flatMap((tcp) => [
          { on, port, mac, dstMac, ip: { src: V6, dst: V6, port: tcp } },
          ...[1, 2, 3, 4, STRANGER].flatMap((src) =>
            [1, 2, 3, 4, STRANGER].map((dst) => ({ on, port, mac, dstMac, ip: { src, dst, port: tcp } })),
          ),
        ]),
      ]),
    ),
  ),
);

const isAt = ({ at }: Desk, { on, port }: Place): boolean => at?.on === on && at.port === port;
const usersOf = ({ users }: Desk): readonly string[] => (users.length > 0 ? users : ["unknown"]);
const union = (desks: readonly Desk[]): readonly string[] => [...new Set(desks.flatMap(usersOf))];

/** NETWORK, "Spoof": whether somebody at the place where a frame comes in may send it. */
function maySend({ desks }: Site, frame: Frame): boolean {
  const src = frame.ip?.src;
  const isBoundMac = desks.some(({ at, mac }) => at && mac === frame.mac);
  const isBoundIp = desks.some(({ at, ip }) => at && ip !== undefined && ip === src);
  const here = desks.filter((desk) => isAt(desk, frame));
  if (here.length === 0) return !isBoundMac && !isBoundIp;
  const known = here.filter(({ mac }) => mac === frame.mac);
  // Hosts of one port without a MAC count as one.
  const senders = known.length > 0 ? known : isBoundMac ? [] : here.filter(({ mac }) => mac === undefined);
  if (senders.length === 0) return false;
  if (src === undefined || senders.some(({ ip }) => ip === src)) return true;
  const isFamilyStated = src !== V6 && senders.some(({ ip }) => ip !== undefined);
  return !isFamilyStated && !isBoundIp;
}

/** Whose an address is, and a MAC of a host without one (NETWORK, "Addresses, users, hosts"). */
function byAddress({ desks }: Site, ip: number | undefined, mac: number): readonly string[] {
  const has = desks.filter((desk) => desk.ip !== undefined && desk.ip === ip);
  const shows = desks.filter((desk) => desk.ip === undefined && desk.mac === mac);
  if (has.length + shows.length === 0) return ip === undefined ? [] : ["unknown"];
  const isSilent = shows.length > 0 && has.every(({ users }) => users.length === 0);
  return union(isSilent ? shows : [...has, ...shows]);
}

function sendersOf(site: Site, frame: Frame): readonly string[] {
  const here = site.desks.filter((desk) => isAt(desk, frame));
  const known = here.filter(({ mac }) => mac === frame.mac);
  if (known.length > 0) return union(known);
  const bare = here.filter(({ mac }) => mac === undefined);
  if (bare.length === 0) return byAddress(site, frame.ip?.src, frame.mac);
  const isOne = new Set(bare.map((desk) => usersOf(desk).toSorted().join())).size === 1;
  const told = isOne ? [] : bare.filter(({ ip }) => ip !== undefined && ip === frame.ip?.src);
  return union(told.length > 0 ? told : bare);
}

/** What becomes of a frame: its verdict where it enters, and the limits that hold it. */
function fateOf(site: Site, frame: Frame): string {
  if (frame.port === LINK) return "trusted";
  if (!maySend(site, frame)) return "deny";
  const users = { user: sendersOf(site, frame), dstUser: byAddress(site, frame.ip?.dst, frame.dstMac) };
  if (site.guarded.some((one) => users.user.includes(one))) return "deny";
  const holds = ({ effect, field, not, users: named, web }: Sentence): boolean => {
    if (web && frame.ip?.port !== 80) return false;
    const isIn = (one: string): boolean => named.includes(one) !== not;
    return users[field].length > 0 && (effect === "allow" ? users[field].every(isIn) : users[field].some(isIn));
  };
  const held = site.sentences.map((one, i) => ({ ...one, i })).filter(holds);
  const decisive = (["deny", "allow"] as const).find((effect) => held.some((one) => one.effect === effect));
  if ((decisive ?? site.verdict) === "deny") return "deny";
  return ["allow", ...held.filter(({ effect }) => effect === "limit").map(({ i }) => i)].join(" ");
}

const address = (n: number) =>
  n === V6
    ? { family: 6 as const, value: 0x2001_0db8_0000_0000_0000_0000_0000_0009n }
    : { family: 4 as const, value: 0x0a00_0000 + n };
const MAC = 0x0200_0000_0000;

function flowOf({ on, port, mac, dstMac, ip }: Frame): Flow {
  const place = { switch: on, srcAP: `${on}:${port}`, inPort: port, srcEth: MAC + mac, dstEth: MAC + dstMac };
  if (ip === undefined) return { ...place, ethType: 0x88b5 };
  const carried = { transport: 6, srcPort: 5_000, dstPort: ip.port, dscp: 0 };
  const hosts = { srcHost: address(ip.src), dstHost: address(ip.dst) };
  return { ...place, ethType: ip.src === V6 ? 0x86dd : 0x800, ...hosts, ...carried };
}

/** A site in force; undefined where something of it is refused, as requests that conflict are. */
function inForce(site: Site): PolicyInForce | undefined {
  const source = { name: "site.pane", text: textOf(site) };
  const { good, outcomes, admission, model } = decide([source], { now: 0, load: () => undefined, rules });
  if (!good || outcomes.some(({ verdict }) => verdict.kind !== "accepted")) return undefined;
  return { rules: admission.derived.active(0), defaults: model.defaults, directory: model.directory };
}

test("what is told of moved users holds every frame whose fate changes, and none else", (t) => {
  const seed = Number(process.env["GLAZIER_SEED"] ?? 17);
  const below = draws(seed);
  const seen = { pairs: 0, changed: 0, told: 0 };
  for (let i = 0; i < Number(process.env["GLAZIER_RUNS"] ?? 40); i++) {
    const site = siteOf(below);
    const next = changed(site, below);
    const [was, is] = [inForce(site), inForce(next)];
    if (was === undefined || is === undefined || samePlaces(was.directory, is.directory)) continue;
    seen.pairs++;
    const cubes = flowChanges(was, is).flatMap((one) => one.cubes);
    for (const frame of FRAMES) {
      if (below(4) > 0) continue;
      const [before, after] = [fateOf(site, frame), fateOf(next, frame)];
      const flow = flowOf(frame);
      const isTold = cubes.some((cube) => cubeHolds(cube, flow));
      if (before !== after) seen.changed++;
      if (isTold) seen.told++;
      if (isTold !== (before !== after)) {
        const words = `${before}, then ${after}, and ${isTold ? "" : "not "}told: ${JSON.stringify(frame)}`;
        t.fail(`${words}\n${textOf(site)}\n---\n${textOf(next)}`);
        return;
      }
    }
  }
  t.log(JSON.stringify(seen));
  t.true(seen.pairs >= 15 && seen.changed > 1_000, JSON.stringify(seen));
});
