/**
 * The ports at which a frame was seen → what the law of waypoints and avoids does not allow of that (NETWORK, "Forward").
 * It reads the cables and the law, and nothing of the compiler. For tests.
 */
import { familyOf, isFlood, type BridgeLaw, type Sent } from "./bridge-law.ts";
import type { Machine } from "./bridge-policies.ts";

export interface Seen {
  readonly at: string;
  readonly isIn: boolean;
}

export interface Judged {
  readonly faults: readonly string[];
  /** How the frame was treated, for counts. */
  readonly treated: "denied" | "flooded" | "steered" | "lost" | "dropped" | "plain" | "open";
}

/** The codes that tell that flows of a statement are dropped, and name no host. */
const OF_STATEMENT = new Set(["W750", "W822", "W835"]);
/** Those that name hosts, or a few of them and that there are more. */
const OF_HOSTS = new Set(["W821", "W831", "N839", "N847", "N856"]);

/** Whether the diagnostics tell that a frame of this machine is lost, by one of these statements. */
function isTellingOf(told: readonly string[], ids: readonly string[], { name, at }: Machine): boolean {
  return told.some((line) => {
    const code = line.split(" ")[0]!;
    const ofHost = [`\`${name}\``, `\`${at}\``, "other hosts", " more"].some((text) => line.includes(text));
    return ids.some((id) => line.includes(`\`${id}\``)) && (OF_STATEMENT.has(code) || (OF_HOSTS.has(code) && ofHost));
  });
}

const switchOf = (place: string): string => place.split(":")[0]!;

/** Judges one frame. `told`: the diagnostics of the policy, each with its code. */
export function judgeFrame(
  law: BridgeLaw,
  cables: ReadonlyMap<string, string>,
  told: readonly string[],
  frame: Sent,
  seen: readonly Seen[],
): Judged {
  const { machines, policy } = law;
  const faults: string[] = [];
  const plugged = new Map(machines.map(({ at }, i) => [at, i]));
  const from = machines[frame.source]!.at;
  const boxOf = (at: string): boolean => machines[plugged.get(at)!]!.box !== undefined;
  const ins = Map.groupBy(
    seen.filter(({ isIn }) => isIn),
    ({ at }) => at,
  );
  // What a box gives back that was flooded to it, and not led, is its own affair, as long as none circles.
  const isGivenBack = seen.some(({ at, isIn }) => {
    const host = plugged.get(at);
    return isIn && host !== undefined && host !== frame.source && !law.isLedTo(host, frame);
  });
  const isRouter = (node: string): boolean => machines.find(({ name }) => name === node)?.box === "router";
  const [waypoints, avoids] = [law.holding("waypoint", frame), law.holding("avoid", frame)];
  const routers = [...new Set(waypoints.all.flatMap(({ nodes }) => nodes.filter(isRouter)))];
  const isByRouter = routers.length > 0;
  const often = isGivenBack ? 12 : frame.gateway === undefined ? 1 : 2;
  for (const [at, times] of ins) if (times.length > often) faults.push(`comes in ${times.length} times at ${at}`);
  const arrivals = seen.flatMap(({ at, isIn }, i) =>
    !isIn && plugged.has(at) ? [{ at, by: seen.slice(0, i + 1) }] : [],
  );
  const denied = law.isDenied(frame);
  if (denied === true) {
    if (arrivals.length > 0) faults.push(`denied, and arrives at ${arrivals.map(({ at }) => at).join()}`);
    return { faults, treated: "denied" };
  }
  if (isGivenBack) return { faults, treated: "open" };
  const lists = waypoints.all.map(({ nodes }) => nodes);
  const avoided = avoids.all.flatMap(({ nodes }) => nodes);
  for (const avoid of avoids.all)
    for (const one of avoid.nodes) {
      const isIngress = switchOf(from) === one && arrivals.length === 0;
      if (seen.some(({ at, isIn }) => isIn && switchOf(at) === one) && !isIngress) faults.push(`crosses ${one}`);
    }
  const numberOf = (node: string): number => machines.findIndex(({ name }) => name === node);
  const isAt = (node: string, { at, isIn }: Seen): boolean =>
    numberOf(node) === -1 ? isIn && switchOf(at) === node : plugged.get(at) === numberOf(node);
  const end =
    typeof frame.to === "number" && !(isFlood(frame) && law.receiver(frame) === undefined) ? frame.to : undefined;
  for (const { at, by } of arrivals) {
    const here = plugged.get(at)!;
    // A box gets what it is to give back.
    if (boxOf(at) && (here !== end || frame.gateway !== undefined)) continue;
    // What a router sends on shows nothing of its sender, where that has no stated address.
    if (here === frame.source && (law.isShown(frame) || !isByRouter)) faults.push("comes back to its sender");
    for (const list of lists) {
      let left = list;
      for (const one of by) while (left.length > 0 && isAt(left[0]!, one)) left = left.slice(1);
      if (left.length > 0) faults.push(`arrives at ${at} without ${left.join()}`);
    }
  }
  for (const [at, times] of Map.groupBy(arrivals, (one) => one.at))
    if (times.length > 1 && !boxOf(at)) faults.push(`arrives ${times.length} times at ${at}`);
  const isOpen = denied === undefined || waypoints.isOpen || avoids.isOpen;
  const isSteered = lists.length + avoided.length > 0;
  const suspended = lists.flat().filter((node) => {
    const host = numberOf(node);
    return host !== -1 && !(policy.stated[host]!.place && policy.stated[host]!.mac);
  });
  const concerns = (node: string): boolean => numberOf(node) === frame.source || numberOf(node) === end;
  if (suspended.length > 0) {
    const reached = arrivals.filter(({ at }) => !boxOf(at) || plugged.get(at) === end);
    if (reached.length > 0 && !suspended.some(concerns))
      faults.push(`arrives, and ${suspended.join()} is no known box`);
    const isSuspended = waypoints.all.some(({ id }) => told.some((one) => one.startsWith(`W750 \`${id}\``)));
    if (!isSuspended) faults.push(`no word of ${suspended.join()}`);
    return { faults, treated: "dropped" };
  }
  const receiver = law.receiver(frame);
  const isMute =
    law.isBox(frame.source) &&
    !law.isShown(frame) &&
    told.some((one) => one.startsWith("N839") && one.includes(`\`${machines[frame.source]!.name}\``));
  const leaders = [...waypoints.all, ...avoids.all].map(({ id }) => id);
  const isSaid = isTellingOf(told, leaders, machines[frame.source]!);
  if (end === undefined || receiver === undefined) {
    // Where nothing leads them, frames to all, and to nobody known, come to all.
    if (!isSteered && !isOpen && !isMute)
      for (const { at, name } of machines)
        if (at !== from && !arrivals.some((one) => one.at === at)) faults.push(`misses ${name}`);
    return { faults, treated: isOpen ? "open" : "flooded" };
  }
  const to = machines[receiver]!.at;
  const there = arrivals.filter(({ at }) => at === to);
  if (there.length > often) faults.push(`arrives ${there.length} times`);
  if (frame.gateway !== undefined) return { faults, treated: "open" };
  // ARP for a host without a stated MAC is flooded where nothing leads it.
  const isTold = policy.stated[receiver]!.mac || familyOf(frame) !== undefined;
  for (const { at } of arrivals) if (at !== to && !boxOf(at) && isTold) faults.push(`arrives at ${at}`);
  if (isOpen) return { faults, treated: "open" };
  const hosts = new Map(machines.map(({ name, at }) => [name, at]));
  const isPossible = hasWay(cables, hosts, { from, to, lists, avoided });
  if (there.length > 0 && !isPossible) faults.push("arrives, and there is no such path");
  if (there.length > 0 || !isPossible)
    return { faults, treated: isPossible ? (isSteered ? "steered" : "plain") : "lost" };
  const family = familyOf(frame);
  const boxes = lists.flat().filter((node) => numberOf(node) !== -1 && !concerns(node));
  // What is neither IP nor ARP ends at the first box; a router forwards no ARP.
  if (boxes.length > 0 && frame.kind === "raw") return { faults, treated: "dropped" };
  if (family === undefined && boxes.some(isRouter)) return { faults, treated: "dropped" };
  const source = policy.stated[frame.source]!;
  const isWhole = source.place && source.mac && law.isShown(frame) && policy.stated[receiver]!.mac;
  const why = `(${lists.join(" and ")} around ${avoided.join()})`;
  if (isMute) return { faults, treated: "dropped" };
  if (!isSteered || isWhole) faults.push(`does not arrive ${why}`);
  else if (!isSaid) faults.push(`does not arrive, unsaid ${why}`);
  return { faults, treated: "dropped" };
}

interface Way {
  readonly from: string;
  readonly to: string;
  readonly lists: readonly (readonly string[])[];
  readonly avoided: readonly string[];
}

/** Whether a walk that enters no switch twice at one port passes all lists, each in its order, and avoids the rest. */
function hasWay(cables: ReadonlyMap<string, string>, hosts: ReadonlyMap<string, string>, way: Way): boolean {
  const { from, to, lists, avoided } = way;
  if (from === to) return true;
  const nodes = [...new Set(lists.flat())];
  if (nodes.some((node) => avoided.includes(node))) return false;
  // A box is a place to go to; so is the destination, which keeps what it gets.
  const orders = ordersOf(lists).filter((order) => {
    const places = order.map((node) => hosts.get(node) ?? node);
    const first = places.indexOf(to);
    return first === -1 || places.slice(first).every((one) => one === to);
  });
  return orders.some((order) => {
    const passed = (done: number, isHere: (node: string) => boolean): number =>
      done < order.length && isHere(order[done]!) ? passed(done + 1, isHere) : done;
    const atHost = (done: number, at: string): number => passed(done, (node) => hosts.get(node) === at);
    const enter = (at: string, before: ReadonlySet<string>, done: number): boolean => {
      const name = switchOf(at);
      if (before.has(at) || avoided.includes(name)) return false;
      const now = passed(done, (node) => node === name);
      if (switchOf(to) === name && atHost(now, to) === order.length) return true;
      const entered = new Set([...before, at]);
      for (const [out, next] of cables) if (switchOf(out) === name && enter(next, entered, now)) return true;
      const box = now < order.length ? hosts.get(order[now]!) : undefined;
      return box !== undefined && switchOf(box) === name && enter(box, entered, atHost(now, box));
    };
    return enter(from, new Set(), atHost(0, from));
  });
}

function ordersOf(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const nodes = [...new Set(lists.flat())];
  if (nodes.length === 0) return [[]];
  return nodes
    .filter((node) => lists.every((list) => !list.includes(node) || list[0] === node))
    .flatMap((node) =>
      ordersOf(lists.map((list) => list.filter((one) => one !== node))).map((rest) => [node, ...rest]),
    );
}
