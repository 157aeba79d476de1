/** What is said of a socket that cannot be opened. */
import test from "ava";
import { socketHelp } from "./sockets-nearby.ts";

test("a socket that this user may not open is told who may, and one that is missing where was looked", (t) => {
  t.regex(socketHelp("/nowhere/br0.mgmt", "EACCES")!, /root may, with `sudo` in front of the command/);
  t.regex(socketHelp("/nowhere/br0.mgmt", "ENOENT")!, /^it looked at \/nowhere\/br0\.mgmt; /);
  t.is(socketHelp("/nowhere/br0.mgmt", "ECONNREFUSED"), undefined);
});

test("in the place of a database no socket of a bridge is named, whatever the path is called", (t) => {
  const help = socketHelp("/nowhere/at-all", "ENOENT", true)!;
  t.regex(help, /db\.sock/);
  t.notRegex(help, /\.mgmt/);
});
