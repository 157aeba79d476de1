/**
 * Node strips no types of files below node_modules, where an installed glazier lies: there this does it, for whoever
 * imports it before the first TypeScript. In a checkout it does nothing. Plain JavaScript, as it runs before all else.
 */
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url).href;

/** A source as JavaScript, without the warning that Node's function is experimental, which users can do nothing about. */
function stripped(text) {
  const warn = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return nodeModule.stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = warn;
  }
}

if (root.includes("/node_modules/"))
  nodeModule.registerHooks?.({
    load(url, context, next) {
      if (!url.startsWith(root) || !url.endsWith(".ts")) return next(url, context);
      return { format: "module", source: stripped(readFileSync(fileURLToPath(url), "utf8")), shortCircuit: true };
    },
  });
