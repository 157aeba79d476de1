/**
 * Chevrotain, from the one file into which its package also puts itself: its main entry is fifty modules, and finding
 * and linking them took longer than reading a policy (20 ms of a start). Names and types are those of the package. It is
 * required, and not awaited: so whoever imports this can be required in the midst of deciding, as lowering is.
 */
import { createRequire } from "node:module";
import type * as Chevrotain from "chevrotain";

const require = createRequire(import.meta.resolve("chevrotain"));

export const { createToken, CstParser, EOF, generateCstDts, Lexer } = require("../chevrotain.mjs") as typeof Chevrotain;
