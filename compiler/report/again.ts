/** When a policy must be applied again, in words and in JSON: what begins later, or ends far away, no switch knows. */
import { printInstant } from "#compiler/net/index.ts";

/** One sentence; nothing where the switch keeps to the policy for ever. */
export const againText = (again: number): string =>
  again === Infinity
    ? ""
    : `# until ${printInstant(again)} the switch keeps to the policy by itself: apply again then\n`;

/** The same for programs. */
export const againJson = (again: number): { readonly again?: string } =>
  again === Infinity ? {} : { again: printInstant(again) };
