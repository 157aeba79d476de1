/** Diagnostics: the type, how codes are declared, suggestions, and rendering. */
export * from "./define.ts";
export * from "./diagnostic.ts";
export * from "./documents.ts";
export { ANSI, type Palette, PLAIN, renderLine, type RenderOptions, renderPretty } from "./render.ts";
export * from "./suggest.ts";
