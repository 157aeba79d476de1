/**
 * The reserved words, as a list alone: the parser's tokens are made of it, and whatever prints names quotes these without
 * loading a parser.
 */

/** The words that begin a statement or the head of a rule: the only reserved ones. */
export const HEAD_WORDS = [
  ...(["AddUser", "RemoveUser", "NewShare", "RemoveShare", "Grant", "GrantDefault", "Revoke", "Cancel"] as const),
  ...(["allow", "deny", "pass", "reserve", "limit", "ratelimit", "waypoint", "avoid", "hint"] as const),
  ...(["GetSchedule", "ListShares", "ListSharesByFlowGroup", "ListRequests", "ListRequestsByFlowGroup"] as const),
  ...(["ListUsers", "Explain", "Available", "Traffic", "Tick", "begin", "commit"] as const),
  ...(["flowgroup", "default", "include", "extern", "policy", "cascade", "assert"] as const),
] as const;

const reserved: ReadonlySet<string> = new Set(HEAD_WORDS);

/** Whether the text is a reserved word and so must be quoted to name something. */
export const isReserved = (text: string): boolean => reserved.has(text);
