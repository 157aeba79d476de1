/**
 * One end of a TCP conversation, run inside a host's namespace: `listen ADDRESS PORT` answers one greeting, `connect
 * ADDRESS PORT MILLISECONDS` greets and prints the answer, or gives up after so much silence. Both ends check what they
 * read, so success means that payload went in both directions.
 */
import { connect, createServer } from "node:net";

const greeting = "glazier asks\n";
const answer = "glazier answers\n";

const [role, address, port, patience] = process.argv.slice(2);

if (role === "listen") {
  const server = createServer((socket) => {
    let heard = "";
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (text: string) => {
      heard += text;
      if (heard === greeting) socket.end(answer);
    });
  });
  server.listen(Number(port), address, () => process.stdout.write("listening\n"));
  // The parent keeps our standard input open and closes it to end us.
  process.stdin.on("end", () => process.exit()).resume();
} else {
  let heard = "";
  const socket = connect(Number(port), address, () => socket.write(greeting));
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  // Counted from here, and not from the start of this process, which takes seconds on a busy machine.
  socket.setTimeout(Number(patience), () => socket.destroy(new Error("silence")));
  socket.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  socket.on("close", () => {
    process.stdout.write(heard);
    if (heard !== answer) process.exitCode = 1;
  });
}
