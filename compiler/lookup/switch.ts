/** The name of a switch → what a policy has for it: a table, a plan, or anything else that is kept by switch. */
import { found, misuse, type Lookup } from "./found.ts";

/**
 * The name and the value of the switch that is wanted. Without a name it is the only one. `option` is how the caller
 * takes the name, as `--switch`.
 */
export function ofSwitch<T>(
  bySwitch: ReadonlyMap<string, T>,
  wanted: string | undefined,
  option = "",
): Lookup<readonly [name: string, value: T]> {
  const names = [...bySwitch.keys()];
  if (wanted === undefined && names.length === 1) return found([names[0]!, bySwitch.get(names[0]!)!]);
  const value = wanted === undefined ? undefined : bySwitch.get(wanted);
  if (value !== undefined) return found([wanted!, value]);
  const known = names.filter((name) => name !== "").join(", ") || "one, and it has no name";
  return wanted === undefined
    ? misuse(
        `this policy has ${names.length} switches: ${known}`,
        `choose one${option && `: \`${option} ${names[0]}\``}`,
      )
    : misuse(`this policy has no switch \`${wanted}\``, `its switches: ${known}`);
}
