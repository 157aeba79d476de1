#!/usr/bin/env node
/**
 * The command's entry. It is plain JavaScript, so that a Node that cannot run the rest still says so in words. It turns on
 * the compile cache, which makes every start but the first fast, and starts the command line.
 */
import * as nodeModule from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
/** Whether this Node is one of `engines` in package.json. The others run no TypeScript, or were not tested. */
const enough = (major === 22 && minor >= 20) || (major === 24 && minor >= 12) || major >= 26;

/**
 * Resolves our own modules without looking at the disk, as they name each other by whole file names. That saves a quarter
 * of the time to load two hundred of them.
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
  await import("./strip-types.js");
  const { start } = await import("./cli/start.ts");
  await start();
} else {
  console.error(
    `glazier needs Node 22 from 22.20 on, 24 from 24.12 on, or 26 or later (this is ${process.versions.node}).`,
  );
  console.error("In a checkout, `npx glazier …` and `npm run glazier -- …` use the Node that comes with it.");
  process.exitCode = 2;
}
