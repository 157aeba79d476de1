/**
 * The feature of waypoints and avoids, and of the table Restore. Its entries stand in Forward above ordinary forwarding, in
 * Spoof for flows that come back from a waypoint or enter where no host is known, and in Restore for what a waypoint forwards
 * as a router. All of them are computed together,
 * because all statements that hold a flow steer it.
 */
import { nameText } from "../../certificates/text.ts";
import { isNamedUplink } from "../spoof/bound-boxes.ts";
import { givesVerdict, steers, type DerivedRule } from "../../derived/rule.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import type { Topology } from "../../paths/index.ts";
import type { Instruction } from "../../table/entry.ts";
import { contribute, type Settled } from "../contributions/contribution.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { DraftedRule } from "../encode/draft.ts";
import type { Tagging } from "../encode/tag.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { prepend } from "../pipeline/instructions.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import { TRUSTED } from "../pipeline/priority.ts";
import { HOSTS_AT } from "../pipeline/refusal.ts";
import type { Losses, ToldLosses } from "../steering/losses.ts";
import { namesIngress, type Returned } from "../steering/returning.ts";
import { NOTHING_STEERED, type Steered, type UnstatedBox, type UnstatedSender } from "../steering/steered.ts";
import { toldByMac } from "../steering/told-by-mac.ts";
import { sharedHelp } from "../steering/untold.ts";
import { steeredEntries } from "../steering/steered-entries.ts";
import type { Feature, RefusedRule, RuleChange, Snapshot, SwitchContribution } from "./feature.ts";

export class SteeringFeature implements Feature {
  readonly owns = ["Restore"] as const;
  readonly #context: LowerContext;
  readonly #topology: Topology;
  readonly #userIndex: UserIndex;
  #steered: Steered = NOTHING_STEERED;
  #needs: readonly StageName[] = [];
  /** The rules in force that ask for a MAC of the sender, by their keys. */
  readonly #byMac = new Map<string, DerivedRule>();

  constructor(context: LowerContext, topology: Topology, userIndex: UserIndex) {
    this.#context = context;
    this.#topology = topology;
    this.#userIndex = userIndex;
  }

  /**
   * Where flows come back from waypoints. Verdicts that name ports or switches hold them by the port of their source, and
   * those that name users as that user's.
   */
  returnsFor(rule: DerivedRule): readonly Returned[] {
    return this.#dependsOnReturns(rule) ? this.#steered.returns : [];
  }

  #dependsOnReturns(rule: DerivedRule): boolean {
    const namesSender = this.#userIndex.namesPorts && constraint(rule.cube, "user") !== undefined;
    return givesVerdict(rule) && (namesSender || namesIngress(rule.cube));
  }

  needs(): readonly StageName[] {
    return this.#needs;
  }

  enter(key: string, { rule }: DraftedRule): void {
    if (constraint(rule.cube, "srcEth") !== undefined) this.#byMac.set(key, rule);
  }

  leave(key: string): void {
    this.#byMac.delete(key);
  }

  /** Computes all paths anew if waypoints or avoids change. If flows come back elsewhere, verdicts change too. */
  prepare({ gone, come }: RuleChange, standing: ReadonlyMap<string, DraftedRule>): boolean {
    const changed = [...come.values(), ...[...gone].map((key) => standing.get(key)!.rule)];
    if (!changed.some(steers)) return false;
    const kept = [...standing].filter(([key]) => !gone.has(key)).map(([key, { rule }]) => [key, rule] as const);
    const rules = [...kept.map(([, rule]) => rule), ...come.values()].filter(steers);
    const before = JSON.stringify(this.#steered.returns);
    this.#steered = steeredEntries(rules, this.#topology, this.#userIndex, this.#context);
    this.#needs = [...new Set(this.#steered.entries.map(({ position }) => position.stage))];
    if (JSON.stringify(this.#steered.returns) === before) return true;
    for (const [key, rule] of kept) {
      if (!this.#dependsOnReturns(rule)) continue;
      gone.add(key);
      come.set(key, rule);
    }
    return true;
  }

  shared(layout: Layout, tagging: Tagging): readonly SwitchContribution[] {
    return this.#steered.entries.flatMap(({ switchName, rule, position, drafts }) => {
      // Returned flows were limited before. Passing a meter twice would halve their rate.
      const comesBack = position.effect === "trust" || position.effect === "check";
      const isPastLimits = comesBack && layout.has("Limit 1");
      const positions = isPastLimits
        ? [position, { ...position, stage: "Limit 1" as const, priority: TRUSTED }]
        : [position];
      return positions.flatMap((one) =>
        contribute(rule, one, drafts, tagging).map((contribution) => [switchName, contribution] as const),
      );
    });
  }

  /** An entry of Restore: the packet goes on as its sender sent it, or is dropped. */
  instructions({ stage, effect, number }: Settled, layout: Layout): readonly Instruction[] {
    if (effect === "deny") return [];
    return prepend({ kind: "set_field", field: "eth_src", value: BigInt(number!) }, layout.after(stage));
  }

  refusals(): readonly RefusedRule[] {
    return this.#steered.refusals;
  }

  warnings(standing: Snapshot): readonly Diagnostic[] {
    if (this.#steered === NOTHING_STEERED) return [];
    const { spanOf } = this.#context;
    const {
      withoutPath,
      unstatedMacs,
      sharedMarks,
      unnamedPorts,
      givenUp,
      unknownIngress,
      unknownEnd,
      endedAtBox,
      unstatedSources,
      unstatedSenders,
      bareBoxes,
      macsOfBoxes,
      taggedByBoxes,
      endsByMac,
      untoldEnds,
      nobodysEnds,
      shared,
    } = this.#steered;
    const help = (statement: string): string | undefined =>
      [
        sharedHelp(sharedMarks.get(statement) ?? []),
        macHelp(unstatedMacs.get(statement) ?? []) ?? portHelp(unnamedPorts.get(statement) ?? []),
      ]
        .filter((one) => one !== undefined)
        .join("; ") || undefined;
    return [
      ...this.#told(withoutPath, (statement, { between, flows, witness }) =>
        codes.noPathLeft(
          { statement, between, flows },
          { span: spanOf?.(statement), ...(witness !== undefined && { witness }), help: help(statement) },
        ),
      ),
      ...givenUp.map((statement) =>
        codes.searchGivenUp({ statement }, { span: spanOf?.(statement), help: FEWER_ORDERS }),
      ),
      ...unknownIngress.map((statement) =>
        codes.entersAnywhere({ statement }, { span: spanOf?.(statement), help: HOSTS_AT }),
      ),
      ...this.#told(unknownEnd, (statement, { between }) =>
        codes.endsAnywhere({ statement, between }, { span: spanOf?.(statement), help: help(statement) }),
      ),
      ...this.#told(endedAtBox, (statement, { between }) =>
        codes.unshownAtBox({ statement, between }, { span: spanOf?.(statement), help: BY_IP }),
      ),
      ...[...unstatedSources].map(([statement, boxes]) =>
        codes.unstatedBox(
          { hosts: namesText(boxes.map(({ name }) => name)), statement },
          { span: spanOf?.(statement), help: sourceHelp(boxes) },
        ),
      ),
      ...[...unstatedSenders].map(([statement, { boxes, senders }]) =>
        codes.unstatedAtRouters(
          { boxes: namesText(boxes), statement, hosts: namesText(senders.map(({ name }) => name)) },
          { span: spanOf?.(statement), help: senderHelp(senders) },
        ),
      ),
      ...[...untoldEnds].map(([statement, hosts]) =>
        codes.untoldEnd({ hosts: namesText(hosts), statement }, { span: spanOf?.(statement), help: untoldHelp(hosts) }),
      ),
      ...[...nobodysEnds].map(([statement, ports]) =>
        codes.nobodysEnd(
          { ports: namesText(ports), statement },
          { span: spanOf?.(statement), help: this.#nobodyHelp(ports) },
        ),
      ),
      ...shared.map(({ address, hosts, boxes, statement }) =>
        codes.sharedAtRouters(
          { boxes: namesText(boxes), address, hosts: namesText(hosts) },
          {
            span: spanOf?.(statement),
            help: "give each of them an address of its own; boxes that give frames back as they are lose nothing",
          },
        ),
      ),
      ...toldByMac(this.#byMac.values(), standing.rules, this.#topology, this.#steered.returns).map(
        ({ statement, hosts }) =>
          codes.oneMacRestored(
            { hosts: namesText(hosts), statement },
            { span: spanOf?.(statement), help: byAddressHelp(hosts) },
          ),
      ),
      ...[...bareBoxes].map(([statement, hosts]) =>
        codes.bareBox({ hosts: namesText(hosts), statement }, { span: spanOf?.(statement), help: bareHelp(hosts) }),
      ),
      ...[...taggedByBoxes].map(([statement, boxes]) =>
        codes.tagOfBox({ statement, boxes: namesText(boxes) }, { span: spanOf?.(statement), help: WITHOUT_VLAN }),
      ),
      ...[...endsByMac].map(([statement, { boxes, ends }]) =>
        codes.endsByMac({ statement, hosts: namesText(ends), boxes: namesText(boxes) }, { span: spanOf?.(statement) }),
      ),
      ...[...macsOfBoxes].map(([statement, hosts]) =>
        codes.macOfBoxes({ hosts: namesText(hosts), statement }, { span: spanOf?.(statement), help: OWN_MACS }),
      ),
    ];
  }

  /** The facts that put somebody there, or why there are none. */
  #nobodyHelp(ports: readonly string[]): string {
    const isOfLink = (port: string): boolean =>
      [...this.#topology.trunks].some(([name, trunks]) => trunks.some(({ from }) => `${name}:${from.port}` === port));
    const [free, links] = [ports.filter((one) => !isOfLink(one)), ports.filter(isOfLink)];
    const facts = free.slice(0, MOST_BOXES).map((port) => `\`${hostAt(port)}\``);
    return [
      "a frame shows whom it is for, and not where it leaves",
      ...(facts.length > 0 ? [`state ${facts.join(", ")}, and the \`host_mac\` of that host`] : []),
      ...(links.length > 0
        ? [`${namesText(links)}: a link, where no flow leaves the network; name the port of a host`]
        : []),
    ].join("; ");
  }

  #told(
    found: ReadonlyMap<string, Losses>,
    say: (statement: string, losses: ToldLosses) => Diagnostic,
  ): readonly Diagnostic[] {
    return [...found].map(([statement, losses]) => say(statement, losses.told(this.#topology)));
  }
}

const BY_IP =
  "coming back it shows no address, so nothing tells whose it is: say `ethType={IPv4, IPv6, ARP}` beside what it holds, and other frames are led by no statement; or lead them by a switch";

/** The most hosts that one note names; it counts the others. */
const MOST_BOXES = 8;

function namesText(names: readonly string[]): string {
  const more = names.length - MOST_BOXES;
  const shown = names.slice(0, MOST_BOXES).map((one) => `\`${one}\``);
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/**
 * The facts that end it: an address of each family that is not stated. A box without one sends nothing of its own in that
 * family, so nothing that it may send is lost.
 */
function sourceHelp(boxes: readonly UnstatedBox[]): string {
  return `it may be what others sent, and what is left of its path nothing would show: state the addresses that it has, ${addressFacts(boxes)}; where a box has none of a family, nothing of its own is lost, and this stays`;
}

const addressFacts = (hosts: readonly UnstatedSender[]): string =>
  hosts
    .slice(0, MOST_BOXES)
    .flatMap(({ name, lacked }) => lacked.map((family) => `\`host_ip(${nameText(name)}, IPV${family}_ADDRESS)\``))
    .join(", ");

/** The facts that end it: an address of each family that is not stated. An uplink has the addresses of others. */
function senderHelp(senders: readonly UnstatedSender[]): string {
  const hosts = senders.filter(({ name }) => !isNamedUplink(name));
  const why = "a router writes its own MAC into what it forwards, and only an address tells then whose it is";
  const boxes =
    "an uplink's tell nothing: have the box give back as it came what comes in there, or lead only what goes out by it";
  if (hosts.length === 0) return `${why}; ${boxes}`;
  const facts = `${why}: state ${addressFacts(hosts)}; where a host has none of a family, nothing is lost, and this stays`;
  return hosts.length < senders.length ? `${facts}; ${boxes}` : facts;
}

const WITHOUT_VLAN =
  "a router between VLANs writes another tag: without `vlan` the statement holds what comes back, too; boxes that keep the tag lose nothing";

const OWN_MACS =
  "nothing tells what is sent there from what a waypoint gives back of the other: give each host MACs and addresses of its own; what shows others goes on";

/** The facts that end it: the MACs. */
function bareHelp(hosts: readonly string[]): string {
  return `without its MAC nothing tells what it sends itself from what it gives back of others: state ${macFacts(hosts)}`;
}

const macFacts = (hosts: readonly string[]): string =>
  hosts
    .slice(0, MOST_BOXES)
    .map((name) => `\`host_mac(${nameText(name)}, MAC)\``)
    .join(", ");

/** The facts that end it: the MACs. */
const untoldHelp = (hosts: readonly string[]): string =>
  `a frame for a host shows its MAC, and no fact says which one that is: state ${macFacts(hosts)}`;

/** What a statement may hold instead. */
const byAddressHelp = (hosts: readonly string[]): string =>
  `let it hold their flows by their addresses, \`srcHost={${hosts.slice(0, MOST_BOXES).map(nameText).join(", ")}}\`: the spoof guard binds both; boxes that give frames back as they are change no MAC`;

/** What to state so that ARP and all else that is not IP of these hosts has a path; undefined if there are none. */
function macHelp(hosts: readonly string[]): string | undefined {
  const [first] = hosts;
  if (first === undefined) return undefined;
  const more = hosts.length > 1 ? ` and ${hosts.length - 1} more` : "";
  return `no switch beyond the first could tell the ARP of host \`${first}\`${more}, and what else shows no stated address of it alone, from others': state \`host_mac(${nameText(first)}, MAC)\``;
}

/** The fact of a host at a port such as `s1:3`. */
function hostAt(port: string): string {
  const at = port.lastIndexOf(":");
  return `host_at(HOST, ${nameText(port.slice(0, at))}, ${port.slice(at + 1)})`;
}

/** What to state so that later switches can tell what comes in at these ports; undefined if there are none. */
function portHelp(ports: readonly string[]): string | undefined {
  const [first] = ports;
  if (first === undefined) return undefined;
  const more = ports.length > 1 ? ` and at ${ports.length - 1} more` : "";
  return `no fact says who stands at \`${first}\`${more}, so no later switch could tell what came in there from what others send: state \`${hostAt(first)}\`, and the \`host_mac\` of that host`;
}

const FEWER_ORDERS = "name the waypoints in one statement: the order is then known, and not searched";
