/** E95x: what goes wrong between us and a switch. No text of the user is at fault, so there is no span. */
import { define } from "../define.ts";

export const badTarget = define("E950", "`{target}` is not a switch: {reason}");
export const unreachable = define("E951", "the switch `{target}` cannot be reached: {reason}");
export const wrongVersion = define("E952", "the switch `{target}` speaks OpenFlow {theirs}, and we speak {ours}");
export const notOpenFlow = define("E953", "what `{target}` sends is not OpenFlow: {reason}");
export const noAnswer = define("E954", "the switch `{target}` did not answer within {seconds} s: {awaited}");
export const connectionLost = define("E955", "the switch `{target}` ended the connection: {awaited}");
export const statementRefused = define("E956", "the switch `{target}` refuses `{statement}`: {reason}");
export const changeRefused = define("E957", "the switch `{target}` refuses the change: {reason}");
export const placeTaken = define(
  "E958",
  "on the switch `{target}` an entry that is not ours stands where `{statement}` must go: table {table}, priority {priority}",
);
export const notConfirmed = define(
  "E959",
  "the switch `{target}` took the change and does not hold it: {missing} entries are missing, {excess} too many",
);
/** Reported, never touched: entries of somebody else in tables that we own. */
export const foreignEntries = define(
  "W950",
  "the switch `{target}` holds {count} entries in our tables that are not ours",
);
/** NETWORK, "The pipeline": a switch that falls back to plain switching without a controller forgets the policy. */
export const notSecure = define(
  "W951",
  "the bridge `{bridge}` is not set to fail_mode=secure: without entries it switches everything",
);
