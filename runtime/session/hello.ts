/** Version negotiation (OpenFlow 1.3.5, section 6.3.1): our offer, the switch's offer, the version that both speak. */
import { VERSION, type MessageOf } from "../openflow/index.ts";

type Hello = MessageOf<"hello">;

/** Our greeting: version 1.3 and nothing else. */
export function ownHello(xid: number): Hello {
  return { type: "hello", xid, version: VERSION, elements: [{ kind: "versions", bitmaps: [1 << VERSION] }] };
}

/** The versions in the bitmap of a hello; `undefined` if it has none. */
function bitmapOf(hello: Hello): readonly number[] | undefined {
  const element = hello.elements.find(({ kind }) => kind === "versions");
  if (element?.kind !== "versions") return undefined;
  return element.bitmaps
    .slice(0, 8)
    .flatMap((bits, word) => Array.from({ length: 32 }, (_, bit) => ((bits >>> bit) & 1 ? 32 * word + bit : -1)))
    .filter((version) => version >= 0);
}

/** The version that both speak, or `undefined`. A peer without a bitmap speaks all up to the version of its header. */
export function sharedVersion(hello: Hello): number | undefined {
  const offered = bitmapOf(hello);
  if (offered) return offered.includes(VERSION) ? VERSION : undefined;
  return hello.version >= VERSION ? VERSION : undefined;
}

const NAMES = ["0", "1.0", "1.1", "1.2", "1.3", "1.4", "1.5"];

/** The versions that the peer offers, in words: `1.0 and 1.4`. */
export function versionsOf(hello: Hello): string {
  const names = (bitmapOf(hello) ?? [hello.version]).map((version) => NAMES[version] ?? `version ${version}`);
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "no version");
}

/** What is waited for after the greeting. A later version without a bitmap may be the only one that the peer speaks. */
export const featuresAwaited = (hello: Hello): string =>
  hello.version > VERSION && bitmapOf(hello) === undefined
    ? `its features in OpenFlow 1.3; it greets in ${versionsOf(hello)}, and may speak no earlier one`
    : "its features";
