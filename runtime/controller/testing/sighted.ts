/** One frame into a network of real bridges → every port where it is seen, until nothing more is. */
import { marked, type Capture } from "../../lab/capture.ts";
import { until } from "../../lab/until.ts";

let number = 0;

/** Sends a frame from a host; resolves to its sightings in order. `frame`: the frame with a mark at its end. */
export async function sighted(
  watch: Capture,
  from: string,
  frame: (mark: Uint8Array) => Uint8Array,
): Promise<Capture["sightings"]> {
  number += 1;
  const mine = number;
  watch.send(from, mine, frame(marked(mine)));
  const seen = (): Capture["sightings"] => watch.sightings.filter((one) => one.number === mine);
  if (!(await until(() => seen().length > 0))) throw new Error("the frame did not come into the network");
  let [count, quiet] = [-1, 0];
  await until(
    () => {
      quiet = seen().length === count ? quiet + 1 : 0;
      count = seen().length;
      return quiet === 4 || count > 200;
    },
    { interval: 30 },
  );
  return seen();
}
