#!/usr/bin/env node
/**
 * The command's entry. Plain JavaScript, so that a Node that cannot run the rest can still say so in words; then the
 * compile cache, which makes every start but the first a fast one, and the command line itself.
 */
import * as nodeModule from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
const enough = major > 22 || (major === 22 && minor >= 20);

/**
 * Our own modules name each other by whole file names, so where one lies is known without a look at the disk: a
 * quarter of what loading two hundred of them takes.
 */
function findModules() {
  const root = new URL("../", import.meta.url).href;
  const ours = (url) => ({ url, format: "module-typescript", shortCircuit: true });
  nodeModule.registerHooks?.({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (!specifier.endsWith(".ts") || !parentURL?.startsWith(root)) return next(specifier, context);
      if (specifier.startsWith("#")) return ours(root + specifier.slice(1));
      return specifier.startsWith(".") ? ours(new URL(specifier, parentURL).href) : next(specifier, context);
    },
  });
}

if (enough) {
  const { compileCacheFolder } = await import("./cli/compile-cache.js");
  const folder = compileCacheFolder();
  if (folder !== undefined) nodeModule.enableCompileCache?.(folder);
  findModules();
  const { start } = await import("./cli/start.ts");
  await start();
} else {
  console.error(`glazier needs Node 22.20 or newer (this is ${process.versions.node}).`);
  console.error("In a checkout, `npx glazier …` and `npm run glazier -- …` use the Node that comes with it.");
  process.exitCode = 2;
}
