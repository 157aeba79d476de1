/** A traced packet goes from switch to switch: by waypoints and back, around what is avoided, or nowhere, with a reason. */
import test, { type ExecutionContext } from "ava";
import { folder, glazier } from "./testing.ts";

const net = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s1, 11, s3, 11, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 00:00:00:00:00:0a). host_at(a, s1, 1).
host_ip(c, 10.0.0.3). host_mac(c, 00:00:00:00:00:0c). host_at(c, s3, 1).
host_ip(ids, 10.0.0.9). host_mac(ids, 00:00:00:00:00:09). host_at(ids, s2, 1).
`;
const AC = "srcHost=10.0.0.1, dstHost=10.0.0.3";

/** The lines of a trace without the entries. */
async function traced(t: ExecutionContext, text: string, words: string): Promise<readonly string[]> {
  const cwd = folder(t, { "net.pane": net + text });
  const { exit, out, err } = await glazier(cwd, ["trace", words]);
  t.is(exit, 0, err);
  const lines = out
    .slice(out.indexOf("\ntable"))
    .split("\n")
    .map((line) => line.slice(9));
  return lines.filter((line) => line !== "" && !line.includes("cookie="));
}

test("a packet that no statement steers takes the shortest path", async (t) => {
  t.deepEqual(await traced(t, "", `${AC}, transport=TCP`), [
    "allow: it comes out at s3:1, where `c` stands",
    "s1:1, where it enters",
    "  out at s1:11, to s3:11",
    "s3:11",
    "  out at s3:1, where `c` stands",
  ]);
});

test("a packet goes to a waypoint that is a host and comes back", async (t) => {
  t.deepEqual(await traced(t, `@see waypoint(${AC}) = ids on rootShare.`, `${AC}, transport=TCP`), [
    "allow: it comes out at s3:1, where `c` stands",
    "s1:1, where it enters",
    "  out at s1:10, to s2:10",
    "s2:10",
    "  out at s2:1, where `ids` stands, and back in",
    "s2:1",
    "  out at s2:11, to s3:10",
    "s3:10",
    "  out at s3:1, where `c` stands",
  ]);
});

test("a packet without a path is dropped where it enters, and `trace` and `explain` say why", async (t) => {
  const text = `@round avoid(srcHost=10.0.0.1) = s3 on rootShare.`;
  const why =
    "dropped: there is no path from `a` at s1:1 to `c` at s3:1 that avoids `s3` as `round` asks: it would have to cross `s3`";
  t.deepEqual(await traced(t, text, `${AC}, transport=TCP`), [
    "deny: it is dropped at s1",
    "s1:1, where it enters",
    "  dropped",
    why,
  ]);
  const cwd = folder(t, { "net.pane": net + text });
  const { out } = await glazier(cwd, ["explain", `${AC}, transport=TCP`]);
  t.true(out.includes("  led around `s3` by round on rootShare (net.pane:7:1)\n"), out);
  t.true(out.includes(`\n  ${why}\n`), out);
  const json = JSON.parse((await glazier(cwd, ["explain", `${AC}, transport=TCP`, "--json"])).out);
  t.is(json.but, why);
});

test("explanations of flowgroups and statements name what steers some flows, and what is dropped", async (t) => {
  const cwd = folder(t, { "net.pane": `${net}@round avoid(srcHost=10.0.0.1) = s3 on rootShare.` });
  const why =
    "  some dropped: there is no path from `a` at s1:1 to `c` at s3:1 that avoids `s3` as `round` asks: it would have to cross `s3`";
  t.is(
    (await glazier(cwd, ["explain", "(srcHost=10.0.0.1, transport=TCP)"])).out,
    [
      "(srcHost=10.0.0.1, transport=TCP)",
      "  decided by nothing: the default holds",
      "  some led around `s3` by round on rootShare (net.pane:7:1)",
      why,
      "the default is allow",
      "",
    ].join("\n"),
  );
  const lines = (await glazier(cwd, ["explain", "@round"])).out.split("\n");
  t.true(
    lines.some((line) => line.startsWith("  granted around `s3` for (srcHost=10.0.0.1) from")),
    lines.join("\n"),
  );
  t.true(lines.includes(why));
  const json = JSON.parse((await glazier(cwd, ["explain", "(srcHost=10.0.0.1)", "--json"])).out);
  t.deepEqual(json.parts[0].led.by, ["round"]);
});

test("a packet to an unknown host, to all hosts or to a MAC behind an avoided switch does not cross it", async (t) => {
  const text = `@round avoid(srcHost=a, transport=UDP) = s3 on rootShare.`;
  for (const to of ["dstHost=10.0.0.77", "dstHost=255.255.255.255, dstEth=ff:ff:ff:ff:ff:ff"]) {
    const lines = await traced(t, text, `srcHost=a, ${to}, transport=UDP`);
    t.is(lines[0], "allow: it comes out at s2:1, where `ids` stands");
    t.false(lines.some((line) => line.startsWith("s3:")));
  }
  const dropped = await traced(t, text, "srcHost=a, dstHost=ids, dstEth=00:00:00:00:00:0c, transport=UDP");
  t.is(dropped[0], "deny: it is dropped at s1");
});

test("a steered packet that enters where no host is known is dropped, and the statement is named", async (t) => {
  const lines = await traced(
    t,
    "@see waypoint(dstPort=80) = ids on rootShare.",
    "inPort=7, switch=s1, dstHost=10.0.0.3, transport=TCP, dstPort=80",
  );
  t.is(lines.at(-1), "dropped: `see` prescribes no way from s1:7, where no host is known");
  t.is(lines[0], "deny: it is dropped at s1");
});

test("a packet that a waypoint sends on is not taken for one of its own", async (t) => {
  const lines = await traced(
    t,
    "@see waypoint(vlan=1) = s2, c on rootShare.",
    "srcHost=10.0.0.1, dstHost=10.0.0.9, vlan=1, transport=TCP",
  );
  t.is(lines[0], "allow: it comes out at s2:1, where `ids` stands");
  t.true(lines.includes("  out at s3:1, where `c` stands, and back in"));
});

test("a packet to a waypoint that another follows is dropped, because it would arrive too early", async (t) => {
  const lines = await traced(
    t,
    "@see waypoint(vlan=1) = c, s3 on rootShare.",
    "srcHost=10.0.0.1, dstHost=10.0.0.3, vlan=1, transport=TCP",
  );
  t.is(lines[0], "deny: it is dropped at s1");
  t.regex(
    lines.at(-1)!,
    /^dropped: there is no path from `a` at s1:1 to `c` at s3:1 that passes `c` and `s3` as `see` asks/,
  );
});

test("a packet from a waypoint with a steered host's address gets no further than that host's own", async (t) => {
  const text = `@see waypoint(srcHost=a) = ids on rootShare. @no deny(srcHost=a, dstHost=c, dstPort=22) on rootShare.`;
  const cwd = folder(t, { "net.pane": net + text });
  const traced = async (words: string): Promise<readonly string[]> => {
    const { exit, out, err } = await glazier(cwd, ["trace", `${words}, transport=TCP, switch=s2, inPort=1`]);
    t.is(exit, 0, err);
    const lines = out.split("\n").map((line) => line.slice(9));
    return [...lines.filter((line) => /^(allow|deny)/.test(line)), lines.at(-2)!];
  };
  const returned = "judged as what a sent and ids gives back";
  t.deepEqual(await traced("srcHost=a, dstHost=c, dstPort=22"), [
    "deny: denied by deny no on rootShare (net.pane:7:46)",
    "deny: it is dropped at s2",
    returned,
  ]);
  t.deepEqual(await traced("srcHost=a, dstHost=c, dstPort=80"), [
    "allow: decided by nothing: the default holds",
    "allow: it comes out at s3:1, where `c` stands",
    returned,
  ]);
  t.is((await traced("srcHost=c, dstHost=a, dstPort=80"))[1], "deny: it is dropped at s2");
});

test("the order in two waypoint statements is kept, and a statement with the opposite order is rejected", async (t) => {
  const cwd = folder(t, {
    "net.pane": `${net}@W waypoint(${AC}) = ids, s1 on rootShare. @X waypoint(${AC}, transport=TCP) = s1, ids on rootShare.`,
  });
  const { exit, err } = await glazier(cwd, ["check"]);
  t.is(exit, 1);
  t.regex(err, /error\[E707\]: `waypoint` on `rootShare` conflicts with the accepted request `W`/);
  const both = `@a waypoint(${AC}) = s3 on rootShare. @b waypoint(${AC}) = ids, s3 on rootShare.`;
  const lines = await traced(t, both, `${AC}, transport=TCP`);
  t.true(
    lines.indexOf("  out at s2:1, where `ids` stands, and back in") < lines.findIndex((line) => line.startsWith("s3:")),
  );
  t.is(lines[0], "allow: it comes out at s3:1, where `c` stands");
});

test("a denied packet is dropped at the edge", async (t) => {
  t.deepEqual(await traced(t, `@no deny(${AC}) on rootShare.`, `${AC}, transport=TCP`), [
    "deny: it is dropped at s1",
    "s1:1, where it enters",
    "  dropped",
  ]);
});

test("the JSON of a trace has every pass, and where the packet comes out", async (t) => {
  const cwd = folder(t, { "net.pane": `${net}@see waypoint(${AC}) = ids on rootShare.` });
  const { table } = JSON.parse((await glazier(cwd, ["trace", `${AC}, transport=TCP`, "--json"])).out);
  t.deepEqual(
    table.hops.map(({ switch: on, inPort, leaves }: { switch: string; inPort: number; leaves: object[] }) => [
      on,
      inPort,
      leaves,
    ]),
    [
      ["s1", 1, [{ at: "s1:10", to: "s2:10" }]],
      ["s2", 10, [{ at: "s2:1", back: true }]],
      ["s2", 1, [{ at: "s2:11", to: "s3:10" }]],
      ["s3", 10, [{ at: "s3:1" }]],
    ],
  );
  t.deepEqual(table.out, ["s3:1"]);
});
