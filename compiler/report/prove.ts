/**
 * A model → the number of its decisions that Z3 confirms (`check --prove`). Admission runs once more, and Z3 also
 * answers every question about sets: whether a candidate is inside a share, and which accepted requests it overlaps.
 */
import type { Rule } from "../datalog/types.ts";
import { proofDiffers, proofTooLong, proofUndecided } from "../diagnostics/codes/proof.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { spokenOf, subset, type Flowgroup } from "../flowgroup/index.ts";
import type { Piece } from "../certificates/verdict.ts";
import type { Model } from "../model/model.ts";
import { overlap } from "../net/interval.ts";
import { Admission, type AdmissionOptions } from "../admission/admission.ts";
import type { Fact } from "../admission/state/facts.ts";
import { TRIAL } from "../admission/trials.ts";
import { submitAll } from "../admission/submit.ts";
import type { Candidate } from "../admission/state/world.ts";
import { withLater, withNamed } from "../admission/state/later-fragments.ts";
import { RANKS, type Accepted } from "../admission/state/accepted.ts";
import { loadSolver, type SolverAnswer, type Solver } from "../proof/index.ts";
import type { Share } from "../shares/tree.ts";
import type { RequestKind } from "../syntax/ast.ts";

/** The number of questions, and of answers that differ or are missing. */
export interface ProofTally {
  readonly questions: number;
  readonly disagreements: number;
  readonly undecided: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** The kind of request that a request of each kind may conflict with. */
const opposite: Partial<Record<RequestKind, RequestKind>> = {
  allow: "deny",
  deny: "allow",
  reserve: "limit",
  limit: "reserve",
  waypoint: "avoid",
  avoid: "waypoint",
};

/** The relations whose facts are candidates with flows. */
const DECIDING: ReadonlySet<string> = new Set(["request", "policy_rule", "pass_rule", "new_share"]);

/** An admission that also asks Z3 every question that it asks the set algebra. */
class Proving extends Admission {
  readonly #solver: Solver;
  readonly diagnostics: Diagnostic[] = [];
  questions = 0;
  disagreements = 0;
  undecided = 0;
  /** The first candidate that is not compared; where an offer is not, the candidate that it is made for. */
  stopped: string | undefined;
  /** The last candidate that somebody states. */
  #stated: string | undefined;
  /** Steps that are left for questions, beyond those that each candidate brings. */
  #left: number;
  /** What is left of the candidate's own. */
  #own = 0;

  constructor(options: AdmissionOptions, solver: Solver, most: number) {
    super({ ...options, watch: (candidates, facts) => this.#ask(candidates, facts) });
    this.#solver = solver;
    this.#left = most;
  }

  #ask(candidates: readonly Candidate[], insert: readonly Fact[]): void {
    const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
    for (const [relation, [id, , third, fourth]] of insert) {
      const candidate = byId.get(id as string);
      if (candidate?.pieces === undefined) continue;
      if (id !== TRIAL) this.#stated = id as string;
      if (this.#left < 0) {
        this.stopped ??= this.#stated;
        this.questions += 1;
        this.undecided += 1;
        continue;
      }
      this.#own = STEPS_OF_CANDIDATE;
      // request(id, speaker, kind, share), policy_rule(the same), new_share(id, speaker, name, parent), and
      // pass_rule(id, speaker, share): `facts.ts`.
      const share = this.state.tree.get((relation === "pass_rule" ? third : fourth) as string);
      if (!DECIDING.has(relation)) continue;
      if (share !== undefined) this.#inside(candidate, share);
      const other = opposite[third as RequestKind];
      if (other !== undefined && relation !== "new_share" && relation !== "pass_rule") this.#overlaps(candidate, other);
    }
  }

  #inside({ id, pieces = [] }: Candidate, share: Share): void {
    for (const { flows: asked } of pieces) {
      const flows = spokenOf(asked, share.flows);
      const algebra = subset(flows, share.flows);
      if (algebra !== "undecided") {
        const words = algebra ? "lies inside" : "does not lie inside";
        this.#compare(
          `the flowgroup of \`${id}\` ${words} share \`${share.name}\``,
          algebra,
          [flows, share.flows],
          (a, b) => this.#solver.subset(a, b),
        );
      }
    }
  }

  /**
   * Proves that the accepted requests which the index finds overlap the candidate, and that the others together do not.
   */
  #overlaps({ id, pieces: asked = [], action }: Candidate, kind: RequestKind): void {
    const { accepted, tree, fragments } = this.state;
    const pieces = withNamed(asked, action, fragments);
    const meets = (a: Flowgroup, b: Flowgroup): SolverAnswer => this.#solver.overlap(a, b);
    const found = new Set<Accepted>();
    for (const { flows } of accepted.nameLater ? withLater(pieces) : pieces)
      for (const share of accepted.rivals(tree.root, flows, kind))
        for (const rank of RANKS) for (const one of accepted.overlapping(share, rank, kind, pieces)) found.add(one);
    for (const piece of pieces) {
      const meeting = [...accepted.ofKind(kind)].filter((one) => overlap(one.interval, piece.interval));
      const flowsOf = (these: readonly Accepted[]): Flowgroup => ({
        cubes: these.flatMap((one) =>
          withNamed(one.pieces, kind, fragments)
            .filter((p) => overlap(p.interval, piece.interval))
            .flatMap((p) => p.flows.cubes),
        ),
      });
      const apart = flowsOf(meeting.filter((one) => !found.has(one)));
      if (apart.cubes.length > 0)
        this.#compare(
          `\`${id}\` overlaps none of the other standing ${kind} requests`,
          false,
          [piece.flows, apart],
          meets,
        );
    }
    const cubesOf = (some: readonly Piece[]): Flowgroup => ({ cubes: some.flatMap(({ flows }) => flows.cubes) });
    const whole = cubesOf(pieces);
    for (const one of found) {
      const those = cubesOf(withNamed(one.pieces, kind, fragments));
      this.#compare(`\`${id}\` overlaps \`${one.id}\``, true, [whole, those], meets);
    }
  }

  #compare(
    claim: string,
    algebra: boolean,
    [a, b]: readonly [Flowgroup, Flowgroup],
    ask: (a: Flowgroup, b: Flowgroup) => SolverAnswer,
  ): void {
    const before = this.#solver.spent();
    const z3 = ask(a, b);
    const searched = Math.ceil((this.#solver.spent() - before) / Z3_STEPS_OF_STEP);
    this.#own -= STEPS_OF_QUESTION + a.cubes.length + b.cubes.length + searched;
    if (this.#own < 0) [this.#left, this.#own] = [this.#left + this.#own, 0];
    this.questions += 1;
    if (z3 === "undecided") {
      this.undecided += 1;
      this.diagnostics.push(proofUndecided({ claim }));
    } else if ((z3 === "yes") !== algebra) {
      this.disagreements += 1;
      this.diagnostics.push(
        proofDiffers({ claim }, { help: "this is a fault of glazier's: please report it with the policy" }),
      );
    }
  }
}

/**
 * What the questions of `--prove` may take beyond what each statement brings: a step for each cube that is told to Z3,
 * some for each question, and some for Z3's own search. About a second of a processor, beside one to start and to decide.
 */
const MOST_STEPS_OF_PROOF = 25_000;
/** What a question takes beside its cubes. */
const STEPS_OF_QUESTION = 40;
/**
 * So many of the steps that Z3 counts take as long as telling it a cube. Cubes alone do not say what a question costs:
 * ranges that cross each other are searched bit by bit.
 */
const Z3_STEPS_OF_STEP = 30;
/** What each candidate brings: a few questions about few cubes. So a policy without conflicts is proven whatever its size. */
const STEPS_OF_CANDIDATE = 100;

/** Decides a model again with Z3 beside the set algebra. `most`: steps beyond what each statement brings. */
export async function prove(model: Model, rules: readonly Rule[], most = MOST_STEPS_OF_PROOF): Promise<ProofTally> {
  if (!asksAboutSets(model)) return { questions: 0, disagreements: 0, undecided: 0, diagnostics: [] };
  const solver = await loadSolver();
  try {
    const { now, facts, arities, directory, defaults } = model;
    const options = {
      rules,
      own: model.rules,
      facts,
      arities,
      users: directory.users,
      now,
      fragments: defaults.fragments,
    };
    const admission = new Proving(options, solver, most);
    submitAll(admission, model);
    const { questions, disagreements, undecided, diagnostics } = admission;
    return {
      questions,
      disagreements,
      undecided,
      diagnostics: [...diagnostics, ...unfinished(admission, model, most)],
    };
  } finally {
    solver.dispose();
  }
}

/** Whether a statement or a rule asks for flows; what is refused while it is read asks for none. */
const asksAboutSets = ({ statements, policies }: Model): boolean =>
  policies.length > 0 || statements.some(({ demand: { kind } }) => kind === "request" || kind === "NewShare");

/** From which statement on nothing was compared. */
function unfinished({ stopped }: Proving, { statements }: Model, limit: number): readonly Diagnostic[] {
  if (stopped === undefined) return [];
  const statement = statements.find(({ id }) => id === stopped);
  const help = "give `check --prove` a part of the policy at a time: what stands before this was compared";
  return [proofTooLong({ id: stopped, limit }, { help, ...(statement && { span: statement.span }) })];
}
