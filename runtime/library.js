/** The library as an installed package gives it: `compiler/index.ts`, once Node can run it. */
import "./strip-types.js";

export const {
  Admission,
  Interpreter,
  LiveTable,
  ProofOverTime,
  applyPlan,
  decide,
  diff,
  fromOvs,
  lower,
  plans,
  readRules,
  renderLine,
  renderPretty,
  tablesAt,
  toJson,
  toOvs,
  toSarif,
  topology,
} = await import("../compiler/index.ts");
