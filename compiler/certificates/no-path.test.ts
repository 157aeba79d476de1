/**
 * The flows without a path that a certificate names exist: a user's port sends families of which no fact states an address,
 * and the stated addresses of another family say nothing of these flows.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../compile.ts";

/** Between the boxes stands h2; from there one of them comes first on the way to h1, and the other on the way to h3. */
const LINE = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
${["h1 s1 1", "h2 s2 1", "h3 s3 1", "h4 s3 3", "b1 s1 2", "b3 s3 2"]
  .map((one) => one.split(" "))
  .map(
    ([name, at, port], i) =>
      `host_at(${name}, ${at}, ${port}). host_mac(${name}, 00:00:00:00:00:0${i + 1}). host_ip(${name}, 10.0.0.${i + 1}).`,
  )
  .join("\n")}
`;

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

test("the search for flows with a path ends where a user's host has addresses of one family", (t) => {
  // `check` of this took over an hour: what has no path was told as IPv4 from an IPv6 address, and nothing was cut out.
  const text = `default allow. AddUser U3. switch(s1, 1). switch(s2, 2).
    host_ip(h0, 10.0.0.1). host_at(h0, s1, 1).
    host_ip(h1, 2001:db8::2). host_at(h1, s2, 1). user_host("U2", h1).
    @q1 avoid(user="U2", dstUser="U3") = s1, s2 on rootShare.
    @q3 avoid(srcHost=h0) = s1 on rootShare.
    @q4 avoid(*) = s2 both ways on rootShare.`;
  const { diagnostics } = decide([{ name: "test.pane", text }], { now: 0, load: () => undefined, rules });
  const told = diagnostics.filter(({ code }) => code === "W750").map(({ message }) => message.slice(0, 4));
  t.deepEqual(told, ["`q1`", "`q3`", "`q4`"]);
});

/** h6 stands between bob's h1 and h5, which is nobody's. */
const OF_OTHERS = `default allow. AddUser bob. @q0 waypoint(srcAP=s3:1) = h6 on rootShare.
switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
host_at(h1, s2, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2). user_host(bob, h1).
host_at(h4, s1, 1). host_mac(h4, 00:00:00:00:00:05). host_ip(h4, 10.0.0.5).
host_at(h5, s3, 1). host_mac(h5, 00:00:00:00:00:06). host_ip(h5, 10.0.0.6).
host_at(h6, s2, 4). host_mac(h6, 00:00:00:00:00:07). host_ip(h6, 10.0.0.7).
`;

test("a statement is not suspended for what comes in at the port of a host that does not send its flows", (t) => {
  const suspended = (flows: string): boolean => {
    const text = `${OF_OTHERS} @q1 waypoint(${flows}) = h6, h5 on rootShare.`;
    const { diagnostics, outcomes } = decide([{ name: "test.pane", text }], { now: 0, load: () => undefined, rules });
    t.true(
      outcomes.every(({ verdict }) => verdict.kind === "accepted"),
      flows,
    );
    return diagnostics.some(({ code }) => code === "W750");
  };
  for (const flows of ["user=bob", "srcHost=h1", "srcEth=00:00:00:00:00:02", "srcHost=h1, switch=s3"])
    t.false(suspended(flows), flows);
  // These h5 may send.
  for (const flows of ["user=unknown", "dstHost=h4"]) t.true(suspended(flows), flows);
});

test("where another order is taken to other hosts, the reason names the one that has a path, and a statement that lists it has one", (t) => {
  const suspended = (...statements: readonly string[]): readonly string[] => {
    const text = `${LINE}${statements.map((one) => `${one} on rootShare.`).join("\n")}`;
    const { diagnostics } = decide([{ name: "test.pane", text }], { now: 0, load: () => undefined, rules });
    return diagnostics.flatMap(({ code, message }) => (code === "W750" ? [message] : []));
  };
  const all = "@q0 waypoint(*) = b1";
  t.deepEqual(suspended(all, "@q1 waypoint(srcHost=h2, dstHost=h3) = b3"), []);
  t.regex(
    suspended(all, "@q1 waypoint(srcHost=h2, dstHost=h1) = b3").join(),
    /only in the order `b3`, `b1`, which statements leave open, and other hosts are led from there in another: one statement that names them sets it$/,
  );
  t.deepEqual(suspended(all, "@q1 waypoint(srcHost=h2, dstHost=h1) = b3, b1"), []);
});
