/**
 * Users that statements name and of whom they hold no flow (NETWORK, "Addresses, users, hosts"): users on no host, so that
 * a deny of them closes nothing; users beside addresses that none of their hosts has; and of a permission those who share
 * a host with users that it does not name. That may be meant, since people come and go, but it is always reported.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { suggest } from "../diagnostics/suggest.ts";
import { shortened } from "../diagnostics/text.ts";
import { constraint, type Cube } from "../flowgroup/index.ts";
import { RESTRICTS } from "../fml/policy/emptiness.ts";
import type { Span } from "../source.ts";
import { isSlip } from "../model/lone-hosts.ts";
import type { Effect, Model } from "../model/model.ts";
import { UserPlaces, UNNAMED, type Lost, type UserField } from "./user-places.ts";

const MOST_COMPARED = 200;
const SHORTEST = 4;

/** More users than this are counted, not listed. */
const MOST_NAMES = 3;

/** Effects for users that do nothing for a user on no host. */
const REPORTED: ReadonlySet<Effect["kind"]> = new Set([...RESTRICTS, "reserve"]);

/** Effects that hold what may be of several users only if they name them all, as a text names them. */
const PERMITS: ReadonlyMap<Effect["kind"], string> = new Map([
  ["allow", "an allow"],
  ["reserve", "a reservation"],
]);

/**
 * One finding for each request and each rule that names such users: a warning where it restricts. An allow loses
 * nothing by users on no host; that a host is shared is noted even there.
 */
export function checkUsers(
  { directory, statements, policies }: Pick<Model, "directory" | "statements" | "policies">,
  reported: readonly Diagnostic[] = [],
): readonly Diagnostic[] {
  const awaited = reported.filter(({ code }) => code === codes.awaitedUser.code);
  /** Whether it is said within the statement that no login names the user: what follows from that is left out. */
  const isAwaited = ({ who }: Lost, { source, start, end }: Span): boolean =>
    awaited.some(
      ({ span, message }) =>
        span?.source === source && start <= span.start && span.end <= end && message.startsWith(who),
    );
  const whereabouts = new UserPlaces(directory);
  const found: Diagnostic[] = [];
  const check = (cubes: readonly Cube[], effect: Effect["kind"], span: Span): void => {
    const users = named(cubes);
    const permits = PERMITS.get(effect);
    const lost = [...users.keys()]
      .filter((user) => user !== UNNAMED)
      .toSorted()
      .flatMap((user) => {
        const permission = permits === undefined ? undefined : { users, permits };
        return whereabouts.lost(user, [...users.get(user)!], permission);
      })
      .filter(({ shared }) => shared || REPORTED.has(effect));
    const all = lost.length > 0 ? lost : whereabouts.elsewhere(cubes);
    const untold = all.filter((one) => one.why !== undefined || !isAwaited(one, span));
    if (untold.length > 0) found.push(report(untold, effect, span, meant(untold)));
  };
  const added = new Set(statements.flatMap(({ demand }) => (demand.kind === "AddUser" ? [demand.user] : [])));
  const placed = new Set(directory.userHosts.map(({ user }) => user));
  /** Whom a user on no host may be a slip for, whom no `AddUser` knows; beside many users nothing is guessed. */
  const meant = (lost: readonly Lost[]): string | undefined => {
    const name = lost[0]!.who.slice(1, -1);
    if (lost.length > 1 || lost[0]!.why !== undefined || added.has(name) || placed.size > MOST_COMPARED)
      return undefined;
    return suggest(
      name,
      [...placed].filter((other) => isSlip(name, other, SHORTEST)),
    );
  };
  for (const { demand, span } of statements) {
    if (demand.kind === "request") check(demand.flows.cubes, demand.action, span);
  }
  for (const { effect, cubes, span } of policies.flatMap(({ rules }) => rules)) {
    check(
      cubes.map(({ cube }) => cube),
      effect.kind,
      span,
    );
  }
  return found;
}

/** The users that cubes name, and whether as senders or receivers. A set that excludes users names none. */
function named(cubes: readonly Cube[]): ReadonlyMap<string, ReadonlySet<UserField>> {
  const users = new Map<string, Set<UserField>>();
  for (const one of cubes) {
    for (const field of ["user", "dstUser"] as const) {
      const set = constraint(one, field);
      if (set?.kind !== "name" || set.not) continue;
      for (const name of set.names) users.set(name, (users.get(name) ?? new Set()).add(field));
    }
  }
  return users;
}

function report(lost: readonly Lost[], effect: Effect["kind"], span: Span, meant: string | undefined): Diagnostic {
  const absent = lost.filter(({ why }) => why === undefined).map(({ who }) => who);
  const whys = [
    ...lost.flatMap(({ why }) => why ?? []).slice(0, MOST_NAMES),
    ...(absent.length > 0 ? [`${list(absent)} ${absent.length === 1 ? "is" : "are"} on no host in the directory`] : []),
  ];
  const words = { effect, users: list(lost.map(({ who }) => who)) };
  const near = meant === undefined ? [] : [`did you mean \`${meant}\`?`];
  const code = RESTRICTS.has(effect) ? codes.closesNobody : codes.opensNobody;
  return code(words, { span, help: [...whys.map(shortened), ...near].join("; ") });
}

function list(of: readonly string[]): string {
  const more = of.length - MOST_NAMES;
  return more > 0 ? `${of.slice(0, MOST_NAMES).join(", ")} and ${more} more` : of.join(", ");
}
