/**
 * Chevrotain, from the one file into which its package also puts itself: its main entry is fifty modules, and finding
 * and linking them took longer than reading a policy (20 ms of a start). Names and types are those of the package.
 */
import type * as Chevrotain from "chevrotain";

const bundle = new URL("../chevrotain.mjs", import.meta.resolve("chevrotain"));

export const { createToken, CstParser, EOF, generateCstDts, Lexer } = (await import(bundle.href)) as typeof Chevrotain;
