/** Is the switch that answers the intended one? The fact `switch(S, DPID)` says which datapath S is. */
import { wrongSwitch } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Directory } from "../../compiler/model/model.ts";
import type { Session } from "../session/index.ts";

/** The switch that the table is for, among those that the policy knows. */
export interface IntendedSwitch {
  readonly name: string;
  readonly switches: Directory["switches"];
}

/** E980 where the datapath is another switch's; nothing where it is the right one, or where no fact tells. */
export function checkDatapath(
  { target, features }: Session,
  intended: IntendedSwitch | undefined,
): readonly Diagnostic[] {
  const known = intended?.switches.get(intended.name);
  const datapath = features.datapath.toString(16).padStart(16, "0");
  if (intended === undefined || known === undefined || known.dpid === datapath) return [];
  const { name, dpid, span } = known;
  const other = [...intended.switches.values()].find((one) => one.dpid === datapath);
  const help =
    other === undefined
      ? `no switch of the policy has this datapath; if this is \`${name}\`, say switch(${name}, "${datapath}")`
      : `this is \`${other.name}\`: --as ${other.name}`;
  return [wrongSwitch({ target, name, datapath, dpid }, { help, span })];
}
