/**
 * The engine against the naive evaluator: random programs, random histories; states, diffs and proofs after every step.
 *
 * Breaking the engine by hand, one place at a time, showed that these tests find faults. Each of these made one of them
 * fail: no rederivation; overdeletion that does not spread; proofs without the limit of stamps; the new state on both
 * sides of a delta; no delta from insertions under `not`; stamps or their clock not restored; the old state of an
 * external without what went, or with what came; aggregates not undone; a bulk plan for a relation that had facts; a
 * heap that loses constants; constants never released; rules without positive literals left out at the start; repeated
 * variables unchecked. GLAZIER_RUNS sets the number of runs.
 */
import test from "ava";
import fc from "fast-check";
import { Engine, type Change, type Changes, type Diff, type Proof, type Rule, type Tuple } from "./index.ts";
import { evaluate, type Facts, type World } from "./testing/naive.ts";
import { builtins, external, externalPatterns, history, program, relations, type Step } from "./testing/programs.ts";
import { faultOf } from "./testing/verify.ts";

type Name = "near" | "all";

const none = external(["ff"], () => []);

/** An engine, and the same world for the naive evaluator. */
class Twin {
  readonly engine: Engine;
  readonly rules: readonly Rule[];
  readonly #base = new Map<string, readonly [string, Tuple]>();
  #externals: Record<Name, readonly Tuple[]> = { near: [], all: [] };

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.engine = new Engine({
      rules,
      builtins,
      base: relations,
      externals: {
        near: external(externalPatterns.near, () => this.#externals.near),
        all: external(externalPatterns.all, () => this.#externals.all),
      },
    });
  }

  get world(): World {
    return { rules: this.rules, base: this.#base.values(), builtins, externals: this.#externals };
  }

  get base(): Facts {
    return evaluate({ ...this.world, rules: [] });
  }

  /** Flips the externals and returns the changes for the engine; `undo` flips them back. */
  prepare({ insert, retract, flips }: Step): { changes: Changes; undo: () => void } {
    const before = this.#externals;
    const changed = (["near", "all"] as const).map((name): readonly [Name, Change] => {
      const now = new Map(before[name].map((tuple) => [JSON.stringify(tuple), tuple]));
      const flip = [...new Map(flips[name].map((tuple) => [JSON.stringify(tuple), tuple])).values()];
      return [
        name,
        {
          inserted: flip.filter((tuple) => !now.has(JSON.stringify(tuple))),
          retracted: flip.filter((tuple) => now.has(JSON.stringify(tuple))),
        },
      ];
    });
    this.#externals = { ...before };
    for (const [name, { inserted, retracted }] of changed) {
      const gone = new Set(retracted.map((tuple) => JSON.stringify(tuple)));
      this.#externals[name] = [...before[name].filter((tuple) => !gone.has(JSON.stringify(tuple))), ...inserted];
    }
    return { changes: { insert, retract, changed }, undo: () => (this.#externals = before) };
  }

  commit({ insert, retract }: Step): void {
    for (const fact of retract) this.#base.delete(JSON.stringify(fact));
    for (const fact of insert) this.#base.set(JSON.stringify(fact), fact);
  }
}

function keys(facts: Iterable<Tuple>): string[] {
  return [...facts].map((tuple) => JSON.stringify(tuple)).toSorted();
}

function stateOf(engine: Engine): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(relations).map(([name, arity]) => [name, keys(engine.query(name, Array.from({ length: arity })))]),
  );
}

function stateOfFacts(facts: Facts): Record<string, string[]> {
  return Object.fromEntries(Object.keys(relations).map((name) => [name, keys(facts.get(name)?.values() ?? [])]));
}

function expectedDiff(before: Record<string, string[]>, after: Record<string, string[]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(before)
      .map((name) => {
        const inserted = after[name]!.filter((key) => !before[name]!.includes(key));
        return [name, { inserted, retracted: before[name]!.filter((key) => !after[name]!.includes(key)) }] as const;
      })
      .filter(([, { inserted, retracted }]) => inserted.length + retracted.length > 0)
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

function printedDiff(diff: Diff): Record<string, unknown> {
  return Object.fromEntries(
    [...diff].map(([name, { inserted, retracted }]) => [
      name,
      { inserted: keys(inserted), retracted: keys(retracted) },
    ]),
  );
}

function allProofs(engine: Engine): Proof[] {
  return Object.entries(relations).flatMap(([name, arity]) =>
    engine.query(name, Array.from({ length: arity })).map((tuple) => engine.explain(name, tuple)!),
  );
}

test("state, diff and proofs agree with the naive evaluator after every step", (t) => {
  fc.assert(
    fc.property(program, history, (rules, steps) => {
      const twin = new Twin(rules);
      let state = stateOfFacts(evaluate(twin.world));
      t.deepEqual(stateOf(twin.engine), state);
      for (const step of steps) {
        const diff = twin.engine.transact(twin.prepare(step).changes);
        twin.commit(step);
        const { world, base } = twin;
        const facts = evaluate(world);
        const next = stateOfFacts(facts);
        t.deepEqual(stateOf(twin.engine), next);
        t.deepEqual(printedDiff(diff), expectedDiff(state, next));
        for (const proof of allProofs(twin.engine)) t.is(faultOf(proof, world, base, facts), undefined);
        state = next;
      }
    }),
    { numRuns: Number(process.env["GLAZIER_RUNS"] ?? 300) },
  );
});

test("attempts that are undone leave the engine as it was", (t) => {
  fc.assert(
    fc.property(program, history, history, (rules, steps, undone) => {
      const plain = new Twin(rules);
      const tried = new Twin(rules);
      for (const [at, step] of steps.entries()) {
        const attempt = undone[at % undone.length]!;
        const { changes, undo } = tried.prepare(attempt);
        const roll = at % 3;
        const run = (): unknown =>
          tried.engine.attempt(changes, () => {
            if (roll === 0) throw new Error("given up");
            return { commit: false, value: 0 };
          });
        if (roll === 0) t.throws(run, { message: "given up" });
        else run();
        undo();
        t.deepEqual(
          tried.engine.transact(tried.prepare(step).changes),
          plain.engine.transact(plain.prepare(step).changes),
        );
        t.deepEqual(allProofs(tried.engine), allProofs(plain.engine));
        t.deepEqual(tried.engine.footprint, plain.engine.footprint);
      }
    }),
    { numRuns: Number(process.env["GLAZIER_RUNS"] ?? 100) },
  );
});

test("a built-in that fails at any moment leaves no trace", (t) => {
  fc.assert(
    fc.property(program, history, fc.nat(20), (rules, steps, callsAllowed) => {
      let left = Infinity;
      const options = { rules, base: relations, externals: { near: none, all: none } };
      const failing = new Engine({
        ...options,
        builtins: {
          next: {
            kind: "function",
            arity: 2,
            apply: (value) => {
              if (--left < 0) throw new Error("too many calls");
              return typeof value === "number" && value < 3 ? value + 1 : undefined;
            },
          },
        },
      });
      const steady = new Engine({ ...options, builtins });
      for (const { insert, retract } of steps) {
        left = callsAllowed;
        let failed = false;
        try {
          failing.transact({ insert, retract });
        } catch {
          failed = true;
        }
        left = Infinity;
        if (failed) {
          t.deepEqual(stateOf(failing), stateOf(steady));
          t.deepEqual(allProofs(failing), allProofs(steady));
          failing.transact({ insert, retract });
        }
        steady.transact({ insert, retract });
        t.deepEqual(stateOf(failing), stateOf(steady));
        t.deepEqual(failing.footprint, steady.footprint);
      }
    }),
    { numRuns: Number(process.env["GLAZIER_RUNS"] ?? 100) },
  );
});
