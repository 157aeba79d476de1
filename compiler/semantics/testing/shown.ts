/** For tests only: all that may be read of a network, to compare two. */
import type { Admission } from "../../admission/admission.ts";
import { answer } from "../../queries/index.ts";

/** All that may be read of a network; places in texts and the numbers of positions in the order are left out. */
export function shown(admission: Admission): unknown {
  const { state, derived } = admission;
  const shares = [...state.tree.root.subtree()];
  const accepted = [...state.accepted].map(({ share, charge, ...one }) => ({
    ...one,
    order: undefined,
    span: undefined,
    share: share.name,
    places: charge?.places.map(({ name }) => name),
  }));
  const schedules = shares.map(({ name }) => {
    const answered = answer(admission, { kind: "GetSchedule", share: name }, state.now, "root");
    return answered.kind === "answer" ? [...answered.answer.rows] : answered;
  });
  const levels = shares.map((share) => {
    const timeline = state.bandwidth.timeline(share, state.now);
    return timeline.bucket && timeline.levelAt(state.now);
  });
  return {
    users: state.users(),
    shares: shares.map(({ name, parent, speakers, open, stated }) => [
      name,
      parent?.name,
      [...speakers].toSorted(),
      open,
      stated,
    ]),
    accepted,
    schedules,
    levels,
    derived: [0, 7, 12, 100].map((seconds) =>
      derived.active(state.now + seconds).map(({ charged, ...rule }) => ({ ...rule, links: charged?.links })),
    ),
  };
}
