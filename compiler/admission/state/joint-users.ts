/**
 * What a permission holds → the same, with cubes of what its parts hold together of packets that may be of several users
 * (NETWORK, "Addresses, users, hosts"): such a packet is held if each of its users is, one by this part and one by that.
 * Each cube added lies within the others, so no answer about flows changes. Where no packet may be of several users
 * there is none.
 */
import type { Piece } from "../../certificates/verdict.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, intersectCubes, withConstraint } from "../../flowgroup/cubes.ts";
import { setHolds, setSubset, setUnion, type NameSet } from "../../flowgroup/sets.ts";
import { possible } from "../../flowgroup/universe.ts";
import type { Directory, Host } from "../../model/model.ts";
import { printIp } from "../../net/index.ts";
import { isAmong } from "./sure-fragments.ts";
import { addedTogether } from "./together.ts";

const UNKNOWN = "unknown";
/** A statement of more parts is held part by part. */
const MOST_PARTS = 64;

/** The users of whom a packet may be at once: lists of such, and pairs of one from each of two sets. */
export class SharingUsers {
  readonly #lists: readonly (readonly string[])[];
  readonly #byMac: readonly string[];
  readonly #byAddress: readonly string[];
  readonly #found = new WeakMap<readonly Piece[], readonly Piece[]>();

  constructor({ hosts, userHosts }: Pick<Directory, "hosts" | "userHosts">) {
    const on = Map.groupBy(userHosts, ({ host }) => host);
    const usersOf = ({ name }: Host): readonly string[] => on.get(name)?.map(({ user }) => user) ?? [UNKNOWN];
    const byMark = new Map<string, Set<string>>();
    const marked = (mark: string, host: Host): void => {
      const users = byMark.get(mark) ?? new Set();
      for (const user of usersOf(host)) users.add(user);
      byMark.set(mark, users);
    };
    const all = [...hosts.values()];
    for (const host of all) {
      const { at, macs, addresses } = host;
      for (const ip of addresses) marked(printIp(ip), host);
      for (const mac of addresses.length === 0 ? macs : []) marked(`${mac}`, host);
      for (const mac of at ? macs : []) marked(`${at!.switch}:${at!.port} ${mac}`, host);
      if (at && macs.length === 0) marked(`${at.switch}:${at.port}`, host);
    }
    const lists = [...byMark.values()].filter(({ size }) => size > 1).map((users) => [...users]);
    this.#lists = [...new Map(lists.map((users) => [users.toSorted().join("\n"), users])).values()];
    const isBare = ({ addresses, macs }: Host): boolean => addresses.length === 0 && macs.length > 0;
    this.#byMac = [...new Set(all.filter(isBare).flatMap(usersOf))];
    this.#byAddress = [...new Set(all.filter(({ addresses }) => addresses.length > 0).flatMap(usersOf))];
  }

  /** The pieces of a permission with those of packets that its parts hold together. */
  with(pieces: readonly Piece[]): readonly Piece[] {
    if (this.#lists.length === 0 && this.#byMac.length === 0) return pieces;
    let all = this.#found.get(pieces);
    if (all === undefined) {
      const added = addedTogether(pieces, {
        hidden: ["user", "dstUser"],
        find: (cubes, known) => this.#joint(cubes).filter((one) => !isAmong(one, known)),
      });
      this.#found.set(pieces, (all = added.length === 0 ? pieces : [...pieces, ...added]));
    }
    return all;
  }

  #joint(parts: readonly Cube[]): readonly Cube[] {
    const of = parts.filter((one) => constraint(one, "user") !== undefined || constraint(one, "dstUser") !== undefined);
    if (of.length === 0 || parts.length < 2 || parts.length > MOST_PARTS) return [];
    const known = [...parts];
    for (let i = 1; i < known.length && known.length <= MOST_PARTS; i++)
      for (let j = 0; j < i; j++)
        for (const field of ["user", "dstUser"] as const) {
          const both = this.#both(known[i]!, known[j]!, field);
          if (both === undefined) continue;
          if (!isAmong(both, known)) known.push(both);
        }
    return known.slice(parts.length);
  }

  /** What two parts hold together of packets of users of whom each holds one; undefined: there are none. */
  #both(a: Cube, b: Cube, field: "user" | "dstUser"): Cube | undefined {
    const [some, others] = [constraint(a, field), constraint(b, field)];
    if (some?.kind !== "name" || others?.kind !== "name" || !this.#mayShare(some, others)) return undefined;
    const rest = intersectCubes(withConstraint(a, field, undefined), withConstraint(b, field, undefined));
    if (rest === undefined) return undefined;
    const users = setUnion(field, some, others);
    const both = withConstraint(rest, field, users === "all" ? undefined : users);
    return possible(both) ? both : undefined;
  }

  #mayShare(a: NameSet, b: NameSet): boolean {
    if (setSubset(a, b) || setSubset(b, a)) return false;
    const isOf = (users: readonly string[], held: NameSet, not: NameSet): boolean =>
      users.some((user) => setHolds(held, user) && !setHolds(not, user));
    return (
      this.#lists.some((users) => isOf(users, a, b) && isOf(users, b, a)) ||
      (isOf(this.#byMac, a, b) && isOf(this.#byAddress, b, a)) ||
      (isOf(this.#byMac, b, a) && isOf(this.#byAddress, a, b))
    );
  }
}
