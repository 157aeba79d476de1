/** The value of one cell of an answer; its column says how it is meant. */
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { Share } from "../shares/tree.ts";

/** Infinity: no bound, or no end; undefined: nothing. */
export type AnswerValue = string | number | readonly string[] | readonly Flowgroup[] | Share | undefined;
