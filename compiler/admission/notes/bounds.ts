/** How much notes look at and show, and what they are not about. */
import type { Accepted } from "../state/accepted.ts";

/** A note shows at most this many places; its message names all. */
export const SHOWN_PLACES = 8;

/** So many pairs of one file are compared; what lies beyond goes unsaid. */
export const MOST_COMPARED_PAIRS = 20_000;

/** What comes with glazier lets through what keeps a network alive, which is seldom what a rate is for. */
export const isShipped = ({ span }: Accepted): boolean => span.source.name.startsWith("glazier:");
