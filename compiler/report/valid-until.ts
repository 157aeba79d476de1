/** The instant until which switches keep to a policy by themselves → text for people and JSON for programs. */
import { printInstant } from "../net/index.ts";

/** One comment line; empty if the switches keep to the policy for ever. `validUntil` in Unix seconds, or Infinity. */
export const validUntilText = (validUntil: number): string =>
  validUntil === Infinity
    ? ""
    : `# until ${printInstant(validUntil)} the switch keeps to the policy by itself: apply again then\n`;

/** The same for programs. */
export const validUntilJson = (validUntil: number): { readonly again?: string } =>
  validUntil === Infinity ? {} : { again: printInstant(validUntil) };
