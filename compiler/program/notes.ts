/** What a verdict tells beside what was granted, as diagnostics (SEMANTICS, "reserve"; NETWORK, "On the wire"). */
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Statement } from "../model/model.ts";
import { printRate } from "../net/index.ts";
import type { Grant } from "../shares/verdict.ts";
import { list } from "../shares/words.ts";
import { covering } from "./steering.ts";
import type { Accepted } from "./standing.ts";
import type { World } from "./world.ts";

/** A flow's reservation is the largest that holds it: one inside another that is no smaller does nothing. */
export function addsNothing(world: World, { demand, span }: Statement, { pieces, rate }: Grant): readonly Diagnostic[] {
  if (demand.kind !== "request" || demand.action !== "reserve" || pieces.length !== 1) return [];
  const other = covering(world, pieces[0]!, rate!);
  if (other === undefined) return [];
  const related = [{ span: other.span, message: "this reservation is theirs" }];
  return [codes.addsNothing({ request: other.id, rate: printRate(other.rate!) }, { span, related })];
}

/** Of these reservations less is promised: their flows are led off the links that they are charged to, or are another's. */
export function guaranteesEnd(requests: readonly Accepted[], { demand, span }: Statement): readonly Diagnostic[] {
  if (requests.length === 0) return [];
  const names = list(requests.map(({ id }) => id));
  const related = requests
    .slice(0, SHOWN)
    .map((one) => ({ span: one.span, message: "this reservation is not guaranteed any more" }));
  const isTaken = demand.kind === "request" && demand.action === "reserve";
  return [
    isTaken ? codes.guaranteesTaken({ names }, { span, related }) : codes.guaranteeEnds({ names }, { span, related }),
  ];
}

/** So many reservations are shown; the message names all. */
const SHOWN = 8;
