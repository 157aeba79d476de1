/**
 * Random tests draw the same cases in every run, so a run that fails was broken by the change it tests. With
 * `GLAZIER_SEED=N` they draw others. A counterexample that such a run finds becomes a named test.
 */
import fc from "fast-check";

const seed = Number(process.env["GLAZIER_SEED"] ?? 20_261_122);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
