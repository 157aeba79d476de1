/** Limits and reservations that this target or network cannot keep, or not everywhere → diagnostics. */
import { by } from "../../net/order.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import { printRate } from "../../net/index.ts";
import type { RateClaim } from "./claim.ts";
import type { RateClaims } from "./rate-claims.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";
import type { QueueMinimum } from "./queue-minima.ts";
import type { Layout } from "../pipeline/pipeline.ts";
import { HIGHEST } from "../pipeline/priority.ts";
import { isCounted, kilo, LEAST_QUEUE, METER_MOST, METER_STEP, QUEUE_MOST } from "../../table/units.ts";
import { least } from "../../net/lists.ts";

export function reportClaims(claims: RateClaims, layout: Layout, context: LowerContext): readonly Diagnostic[] {
  const target = targetOf(context);
  const found = [...claims.faulty()]
    .toSorted(by(({ key }) => key))
    .flatMap((claim) => [
      ...(claim.feasible ? [] : [atEdges(claim, context)]),
      ...(claim.feasible && claim.kept !== claim.rate ? [divided(claim, context)] : []),
      ...(claim.isUnmarked ? [unmarked(claim, context)] : []),
      ...rateFaults(claim, context),
    ]);
  if (layout.stages.length > target.tables) {
    const room = target.tables - (layout.stages.length - claims.tables);
    const statement = claims.limitAt(room + 1) ?? "";
    const layers = claims.tables < target.tables ? String(claims.tables) : `${claims.tables} or more`;
    const at = { span: context.spanOf?.(statement), help: FEWER_LIMITS };
    found.push(codes.tooManyLimits({ layers, target: target.name, room, statement }, at));
  }
  for (const [numbers, what] of [
    [claims.meters, "limits"],
    [claims.queues, "reservations"],
  ] as const) {
    const { wanted, size } = numbers;
    if (wanted <= size) continue;
    const thing = what === "limits" ? "meter" : target.marks ? "DSCP mark" : "queue";
    found.push(codes.tooManyNumbers({ wanted, what, thing, have: size, target: target.name }));
  }
  if (claims.priorities > HIGHEST) {
    found.push(codes.nestedReservations({ depth: claims.priorities, highest: HIGHEST }));
  }
  return found;
}

function unmarked({ statement }: RateClaim, context: LowerContext): Diagnostic {
  const help =
    "they share the queue of all others; `ethType={IPv4, IPv6}` leaves them out, and a datapath in the kernel (`--target ovs`) has no need of marks";
  const { name } = targetOf(context);
  return codes.neverMarked({ statement, target: name }, { span: context.spanOf?.(statement), help });
}

function atEdges({ statement, enforcedAt }: RateClaim, { spanOf }: LowerContext): Diagnostic {
  const help = "name its sources (`srcHost`, `user`), or limit by where they enter (`srcAP`)";
  return codes.limitAtEdges(edgesOf(enforcedAt), { span: spanOf?.(statement), help });
}

/**
 * The diagnostic for a limit whose flows enter at several switches. The limit bounds their total, so they divide it.
 */
function divided({ statement, enforcedAt, rate, kept }: RateClaim, { spanOf }: LowerContext): Diagnostic {
  const words = { ...edgesOf(enforcedAt), statement, rate: printRate(rate) };
  const at = { span: spanOf?.(statement), help: "one switch keeps the whole rate once all its flows enter there" };
  return kept === 0 ? codes.limitUndivided(words, at) : codes.limitDivided({ ...words, kept: printRate(kept) }, at);
}

function edgesOf(enforcedAt: RateClaim["enforcedAt"]): { readonly count: number; readonly switches: string } {
  const switches = [...enforcedAt.keys()].map((name) => `\`${name}\``).sort();
  return { count: switches.length, switches: switches.join(", ") };
}

/** Diagnostics for a rate that switches cannot count, or count as another (`isCounted`). */
function rateFaults({ stage, statement, rate }: RateClaim, { spanOf }: LowerContext): readonly Diagnostic[] {
  if (isCounted(stage, rate)) return [];
  const span = spanOf?.(statement);
  const [thing, top] = stage === "limit" ? (["meter", METER_MOST] as const) : (["queue", QUEUE_MOST] as const);
  const words = { statement, rate: printRate(rate) };
  if (rate > top) return [codes.rateTooHigh({ ...words, thing, most: printRate(top - (top % 1e6)) }, { span })];
  if (stage === "reserve") return [codes.queueGivesMore({ ...words, least: printRate(LEAST_QUEUE) }, { span })];
  const least = printRate(METER_STEP);
  if (rate < METER_STEP) {
    return [codes.limitTooLow({ ...words, least }, { span, help: `write \`${least}\` or more, or \`deny\`` })];
  }
  return [codes.limitRounded({ ...words, kept: printRate(kilo(rate) * METER_STEP) }, { span })];
}

/** Diagnostics for reservations whose queues keep less than their rate: on which ports, and the least rate. */
export function reportShortfalls(
  kept: readonly (QueueMinimum & { readonly switchName: string | undefined })[],
  { spanOf }: LowerContext,
): readonly Diagnostic[] {
  const short = Map.groupBy(
    kept.filter(({ claim, minimum }) => minimum < claim.rate),
    ({ claim }) => claim,
  );
  return [...short].toSorted(by(([{ key }]) => key)).map(([claim, minima]) => {
    const { statement, rate } = claim;
    const kept = least(minima.map(({ minimum }) => minimum));
    const words = { statement, least: kept === 0 ? "nothing" : printRate(kept), rate: printRate(rate) };
    return codes.keepsLess({ ...words, ports: portsText(minima) }, { span: spanOf?.(statement), help: CHARGED });
  });
}

function portsText(ports: readonly { readonly switchName: string | undefined; readonly port?: number }[]): string {
  const names = ports.map(({ switchName, port }) => `\`${switchName}:${port}\``);
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(", ")} and ${more} more` : names.join(", ");
}

const FEWER_LIMITS =
  "let limits hold flows of their own (`srcHost`, `dstHost`, `transport`), or join some in one statement";
const SHOWN = 8;
const CHARGED =
  "its rate is kept on links that it is charged to: say where its hosts stand by `host_at`; if its flows are led " +
  "another way than when it was accepted, cancel it and ask again";
