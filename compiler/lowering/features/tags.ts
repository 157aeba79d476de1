/**
 * The feature of the tables that tag: they write into metadata which sets of addresses, ports and kinds hold a packet
 * (`encode/tag.ts`). The bits follow from the sets that rules use; adding or removing a set moves the bits of others.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Instruction } from "../../table/entry.ts";
import { tableIdentity, type FixedEntry } from "../contributions/fixed-entry.ts";
import type { TagUse } from "../encode/alternatives.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { allocate, TAG_STAGES, type Tagging } from "../encode/tag.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import type { Feature } from "./feature.ts";

export class TagsFeature implements Feature {
  readonly owns = TAG_STAGES;
  readonly #metadataBits: number;
  /** The sets in use, with the number of drafts that use each. */
  readonly #sets = new Map<string, { readonly use: TagUse; count: number }>();
  #isChanged = false;
  #tagging: Tagging;

  constructor(context: LowerContext) {
    this.#metadataBits = targetOf(context).metadataBits;
    this.#tagging = allocate([], this.#metadataBits);
  }

  /** The bits of all sets in use. */
  get tagging(): Tagging {
    return this.#tagging;
  }

  needs(): readonly StageName[] {
    return [...this.#tagging.entries.keys()];
  }

  enter(_key: string, { tags, excepted }: DraftedRule): void {
    // Those of a rule with exceptions depend on its form (`exceptions.ts`).
    if (excepted === undefined) this.use(tags);
  }

  leave(_key: string, { tags, excepted }: DraftedRule): void {
    if (excepted === undefined) this.release(tags);
  }

  use(tags: readonly TagUse[]): void {
    for (const use of tags) {
      const key = `${use.stage}|${use.key}`;
      const known = this.#sets.get(key);
      if (known !== undefined) {
        known.count++;
        continue;
      }
      this.#sets.set(key, { use, count: 1 });
      this.#isChanged = true;
    }
  }

  release(tags: readonly TagUse[]): void {
    for (const use of tags) {
      const key = `${use.stage}|${use.key}`;
      const known = this.#sets.get(key)!;
      if (--known.count > 0) continue;
      this.#sets.delete(key);
      this.#isChanged = true;
    }
  }

  isRenumbered(): boolean {
    return this.#isChanged;
  }

  renumber(): void {
    this.#isChanged = false;
    const uses = [...this.#sets.values()].map(({ use }) => use);
    this.#tagging = allocate(uses, this.#metadataBits);
  }

  fixed(_switchName: string | undefined, layout: Layout): readonly FixedEntry[] {
    return [...this.#tagging.entries].flatMap(([stage, entries]) =>
      entries.map(({ match, priority, value, mask }): FixedEntry => {
        const write: Instruction = { kind: "write_metadata", value, mask };
        const instructions = [write, ...layout.after(stage)];
        return { stage, priority, match, instructions, statement: tableIdentity(stage) };
      }),
    );
  }

  faults(): readonly Diagnostic[] {
    const { bits } = this.#tagging;
    const have = this.#metadataBits;
    return bits > have ? [codes.tooManyTags({ bits, have })] : [];
  }
}
