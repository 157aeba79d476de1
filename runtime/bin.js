#!/usr/bin/env node
/**
 * The command's entry. Plain JavaScript, so that a Node that cannot run the rest can still say so in words; then the
 * compile cache, which makes every start but the first a fast one, and the command line itself.
 */
import * as nodeModule from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
const enough = major > 22 || (major === 22 && minor >= 20);

if (enough) {
  nodeModule.enableCompileCache?.();
  const { start } = await import("./cli/start.ts");
  await start();
} else {
  console.error(`glazier needs Node 22.20 or newer (this is ${process.versions.node}).`);
  console.error("In a checkout, `npx glazier …` and `npm run glazier -- …` use the Node that comes with it.");
  process.exitCode = 2;
}
