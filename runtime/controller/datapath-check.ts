/** Is the switch that answers the one that the policy means? The fact `switch(S, DPID)` says which datapath S is. */
import { wrongSwitch } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Directory } from "../../compiler/model/model.ts";
import type { Session } from "../session/index.ts";

/** Whom the table is for, among the switches that the policy knows. */
export interface Identity {
  readonly name: string;
  readonly switches: Directory["switches"];
}

/** Nothing where it is the one, or where no fact says which one is meant. */
export function mistaken({ target, features }: Session, meant: Identity | undefined): readonly Diagnostic[] {
  const known = meant?.switches.get(meant.name);
  const datapath = features.datapath.toString(16).padStart(16, "0");
  if (meant === undefined || known === undefined || known.dpid === datapath) return [];
  const { name, dpid, span } = known;
  const other = [...meant.switches.values()].find((one) => one.dpid === datapath);
  const help =
    other === undefined
      ? `no switch of the policy has this datapath; if this is \`${name}\`, say switch(${name}, "${datapath}")`
      : `this is \`${other.name}\`: --as ${other.name}`;
  return [wrongSwitch({ target, name, datapath, dpid }, { help, span })];
}
