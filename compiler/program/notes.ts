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

/** These flows are led elsewhere, and no longer cross the links that their reservations are charged to. */
export function guaranteesEnd(requests: readonly Accepted[], { span }: Statement): readonly Diagnostic[] {
  if (requests.length === 0) return [];
  const names = list(requests.map(({ id }) => id));
  const related = requests
    .slice(0, SHOWN)
    .map((one) => ({ span: one.span, message: "this reservation is not guaranteed any more" }));
  return [codes.guaranteeEnds({ names }, { span, related })];
}

/** So many reservations are shown; the message names all. */
const SHOWN = 8;
