/** Queries as written → questions with flowgroups as sets. Whether a share or request exists shows in the answer. */
import * as codes from "../diagnostics/codes/model.ts";
import type { QueryExpr } from "../syntax/ast.ts";
import type { Flows } from "../model/flows.ts";
import type { Query } from "../model/model.ts";

/** What is asked; undefined where the flowgroup or the rate was refused. */
export function question(written: QueryExpr, flows: Flows): Query | undefined {
  switch (written.kind) {
    case "ListShares":
    case "ListUsers":
      return { kind: written.kind };
    case "GetSchedule":
      return { kind: written.kind, share: written.share.text };
    case "ListRequests":
      return { kind: written.kind, ...(written.share && { share: written.share.text }) };
    case "Explain":
      return { kind: written.kind, request: written.request.text };
    case "ListSharesByFlowGroup":
    case "ListRequestsByFlowGroup":
    case "Traffic": {
      const wanted = flows.resolve(written.flows);
      return wanted && { kind: written.kind, flows: wanted };
    }
    case "Available": {
      const { rate, share, seconds } = written;
      const wanted = flows.resolve(written.flows);
      if (rate.bits === 0)
        flows.names.report(codes.zeroReservation({}, { span: rate.span, help: "the least rate is `1b`" }));
      // The parser has reported a length of zero.
      if (wanted === undefined || rate.bits === 0 || seconds === 0) return undefined;
      const lasting = seconds === undefined ? {} : { seconds };
      return { kind: written.kind, rate: rate.bits, flows: wanted, share: share.text, ...lasting };
    }
  }
}
