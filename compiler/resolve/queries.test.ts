/** Queries in traces: flowgroups become sets, rates and lengths of time numbers; names stay names. */
import test from "ava";
import { render } from "../flowgroup/index.ts";
import { resolveText, showDiagnostics } from "./testing/show.ts";

/** The questions of a trace, as JSON with flowgroups in words, and its findings. */
function asked(text: string): { readonly questions: readonly string[]; readonly finds: readonly string[] } {
  const { model, diagnostics } = resolveText(text, {}, { trace: true });
  const questions = model.statements.flatMap(({ demand }) =>
    demand.kind === "query"
      ? [JSON.stringify({ ...demand.asks, ...("flows" in demand.asks && { flows: render(demand.asks.flows) }) })]
      : [],
  );
  return { questions, finds: showDiagnostics(diagnostics) };
}

test("every query of the language is resolved", (t) => {
  const { questions, finds } = asked(`flowgroup web = (transport=TCP, dstPort={80, 443}).
GetSchedule s.
ListShares.
ListUsers.
ListSharesByFlowGroup (user=Alice).
ListRequests.
ListRequests on s.
ListRequestsByFlowGroup (web).
Explain call.
Traffic (web, user=Alice).
Available 10Mb for (user=Alice) on s.
Available 2.5Mb for (web) on s lasting 10min.`);
  t.deepEqual(finds, []);
  t.deepEqual(questions, [
    '{"kind":"GetSchedule","share":"s"}',
    '{"kind":"ListShares"}',
    '{"kind":"ListUsers"}',
    '{"kind":"ListSharesByFlowGroup","flows":"(user=Alice)"}',
    '{"kind":"ListRequests"}',
    '{"kind":"ListRequests","share":"s"}',
    '{"kind":"ListRequestsByFlowGroup","flows":"(transport=TCP, dstPort={80, 443})"}',
    '{"kind":"Explain","request":"call"}',
    '{"kind":"Traffic","flows":"(user=Alice, transport=TCP, dstPort={80, 443})"}',
    '{"kind":"Available","rate":10000000,"flows":"(user=Alice)","share":"s"}',
    '{"kind":"Available","rate":2500000,"flows":"(transport=TCP, dstPort={80, 443})","share":"s","seconds":600}',
  ]);
});

test("a fault in a query is an error at its place", (t) => {
  const { questions, finds } = asked(`Available 0Mb for (*) on s.
Traffic (dstHost=nowhere).
Available 1Mb for (*) on s lasting 0s.
Available 1Mb for (*) on s lasting 5.`);
  t.deepEqual(questions, []);
  t.deepEqual(finds, [
    "E134 3:36 nothing is reserved for no time",
    "E130 4:36 the duration `5` has no unit | write `5s`, `5min` or `5h`",
    "E248 1:11 a reservation of zero keeps nothing free | the least rate is `1b`",
    "E205 2:18 `nowhere` is not a known host | a host is known by a fact: `host_ip(nowhere, ADDRESS).`",
  ]);
});
