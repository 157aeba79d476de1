/**
 * The flows without a path that a certificate names exist: a user's port sends families of which no fact states an address,
 * and the stated addresses of another family say nothing of these flows.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../compile.ts";

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
