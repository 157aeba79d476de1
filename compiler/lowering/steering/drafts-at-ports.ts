/**
 * The flows of a region and a port → drafts of entries at that port. The hops of a path hold the same flows at one port
 * after the other. So the flows are drafted once, and each hop adds its port to the matches.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import { numbers } from "../../flowgroup/sets.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Port } from "../../paths/index.ts";
import { exact } from "../../table/match.ts";
import type { Draft } from "../encode/choose.ts";
import { draft, type Drafted } from "../encode/draft.ts";
import { arpOf, narrow } from "../encode/endpoints.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { StageName } from "../pipeline/pipeline.ts";
import { endOf, type Region } from "./regions.ts";

const NOTHING: Drafted = { drafts: [] };

/** The addresses that ARP is from, and those that it asks for; absent: any. No flow shows them. */
export interface ArpEnds {
  readonly spa?: readonly number[] | undefined;
  readonly tpa?: readonly number[] | undefined;
}

export class DraftsAtPorts {
  readonly #region: Region;
  readonly #rule: DerivedRule;
  readonly #context: LowerContext;
  readonly #userIndex: UserIndex;
  /** The drafts of flows without a port; undefined: they need one. Those of the spoof guard are others. */
  readonly #open = { guard: new Map<Cube, Drafted | undefined>(), others: new Map<Cube, Drafted | undefined>() };

  constructor(region: Region, context: LowerContext, userIndex: UserIndex) {
    this.#region = region;
    this.#rule = { ...region.members[0]!, end: endOf(region) };
    this.#context = context;
    this.#userIndex = userIndex;
  }

  /** The drafts of these flows that come in at a port. */
  at(at: Port, flows: Cube, stage: StageName): Drafted {
    const known = this.#open[isGuard(stage) ? "guard" : "others"];
    let open = known.get(flows);
    if (open === undefined && !known.has(flows)) known.set(flows, (open = this.#withoutPort(at.switch, flows, stage)));
    if (open === undefined) return this.atEach(at, flows, stage);
    if (open.drafts.length === 0) return open;
    const port = exact("in_port", at.port);
    return { drafts: open.drafts.map((one) => ({ ...one, match: [...one.match, port] })) };
  }

  /** The same, drafted with the port. */
  atEach(at: Port, flows: Cube, stage: StageName): Drafted {
    const inside = narrow(flows, "inPort", numbers("inPort", at.port));
    return inside === undefined ? NOTHING : this.on(at.switch, inside, stage);
  }

  /** The drafts of these flows at a port or on a switch; `arp`: of the ARP among them with one of these addresses. */
  of(at: Port | string, flows: Cube, stage: StageName, arp?: ArpEnds): Drafted {
    const held = arp ? arpOf(flows) : flows;
    if (held === undefined) return NOTHING;
    const drafted = typeof at === "string" ? this.on(at, held, stage) : this.at(at, held, stage);
    return arp ? { ...drafted, drafts: ofArp(drafted.drafts, arp) } : drafted;
  }

  /** The drafts of these flows on one switch. */
  on(switchName: string, flows: Cube, stage: StageName): Drafted {
    const { fragments, undirected } = this.#region;
    // Packets in the spoof guard have not been tracked yet.
    const options = { tags: false, fragments, undirected: isGuard(stage) ? "apart" : undirected } as const;
    return draft({ ...this.#rule, cube: flows }, this.#context, this.#userIndex, switchName, options);
  }

  /**
   * The drafts of flows without a port, if they are the same on every switch: users have seats of their own on each, and a
   * conjunction is numbered by its port, too.
   */
  #withoutPort(switchName: string, flows: Cube, stage: StageName): Drafted | undefined {
    if (BOUND.some((field) => constraint(flows, field) !== undefined)) return undefined;
    const found = this.on(switchName, flows, stage);
    return found.refusal !== undefined || found.drafts.some(({ clause }) => clause) ? undefined : found;
  }
}

/** Drafts of ARP with one of these addresses. */
export function ofArp(drafts: readonly Draft[], { spa, tpa }: ArpEnds): readonly Draft[] {
  const from = spa?.map((value) => [exact("arp_spa", value)]) ?? [[]];
  const shown = tpa ? from.flatMap((one) => tpa.map((value) => [...one, exact("arp_tpa", value)])) : from;
  return shown.flatMap((more) => drafts.map((one) => ({ ...one, match: [...one.match, ...more] })));
}

const isGuard = (stage: StageName): boolean => stage === "Spoof" || stage === "Sender";

const BOUND = ["user", "dstUser", "inPort", "srcAP", "dstAP", "switch"] as const;
