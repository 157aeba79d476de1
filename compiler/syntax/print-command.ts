/** Commands → canonical text. */
import { isName } from "#grammar/tokens.ts";
import { printDuration, printRate } from "../net/index.ts";
import type { CommandExpr, HintExpr, Name, PrivilegeExpr, QueryExpr, TimeExpr } from "./ast.ts";
import { printArgument, printDuring, printFlowExpr, printName, printQuoted, printTime } from "./print-flows.ts";

/** A command without its full stop. */
export function printCommand(command: CommandExpr): string {
  switch (command.kind) {
    case "AddUser":
    case "RemoveUser":
      return `${command.kind} ${printName(command.user)}`;
    case "NewShare": {
      const privileges = command.privileges.map(printPrivilege).join(", ");
      const flows = printFlowExpr(command.flows);
      return `NewShare ${printName(command.share)} for ${flows} [${privileges}] on ${printName(command.parent)}`;
    }
    case "RemoveShare":
      return `RemoveShare ${printName(command.share)}${command.cascade ? " cascade" : ""}`;
    case "Grant":
      return `Grant ${printName(command.share)} to ${printName(command.user)}`;
    case "GrantDefault":
      return `GrantDefault ${printName(command.share)}`;
    case "Revoke": {
      const requests = command.withRequests ? " with requests" : "";
      return `Revoke ${printName(command.share)} from ${printName(command.user)}${requests}`;
    }
    case "request": {
      const value = command.rate ? printRate(command.rate.bits) : command.nodes?.map(printName).join(", ");
      const equals = value === undefined ? "" : ` = ${value}`;
      const modifiers = (command.bothWays ? " both ways" : "") + (command.mode === "partial" ? " partial" : "");
      return `${command.action}${printArgument(command.flows)}${equals}${modifiers}${printPlace(command)}`;
    }
    case "Cancel":
      return `Cancel ${printReference(command.request)}`;
    case "hint":
      return `hint${printArgument(command.flows)} ${printHint(command.hint)}${printPlace(command)}`;
    case "Tick":
      return `Tick ${command.seconds}`;
    case "query":
      return printQuery(command.query);
  }
}

function printPlace(place: { readonly share: Name; readonly from?: TimeExpr; readonly to?: TimeExpr }): string {
  return ` on ${printName(place.share)}${printDuring(place)}`;
}

/** One privilege of a share. */
export function printPrivilege(privilege: PrivilegeExpr): string {
  switch (privilege.kind) {
    case "allow":
    case "deny":
    case "hint":
    case "query":
      return `${privilege.kind} = ${privilege.value ? "True" : "False"}`;
    case "reserve":
    case "limit":
      return `${privilege.kind} ${privilege.bound} ${printRate(privilege.rate.bits)}`;
    case "capacity":
      return `reserveTBCapacity = ${printRate(privilege.rate.bits)}`;
    case "fill":
      return `reserveTBFill = ${printRate(privilege.rate.bits)}`;
    case "waypoint":
    case "avoid":
      return `${privilege.kind} = {${privilege.nodes.map(printName).join(", ")}}`;
    case "requests":
    case "entries":
      return `${privilege.kind} <= ${privilege.count}`;
  }
}

function printHint(hint: HintExpr): string {
  switch (hint.kind) {
    case "duration":
      return `duration = ${printDuration(hint.seconds)}`;
    case "size":
      return `size = ${printSize(hint.bits)}`;
    case "deadline":
      return `deadline = ${printTime(hint.time)}`;
    case "priority":
      return `priority = ${hint.priority}`;
  }
}

/** Whole bytes as bytes, anything else as bits. */
function printSize(bits: number): string {
  return bits % 8 === 0 ? printRate(bits / 8).replace(/b$/, "B") : `${bits}b`;
}

/** A request by its label, or in quotes by its text. */
function printReference({ text }: Name): string {
  return isName(text) ? text : printQuoted(text);
}

function printQuery(query: QueryExpr): string {
  switch (query.kind) {
    case "GetSchedule":
      return `GetSchedule ${printName(query.share)}`;
    case "ListShares":
    case "ListUsers":
      return query.kind;
    case "ListSharesByFlowGroup":
    case "ListRequestsByFlowGroup":
    case "Traffic":
      return `${query.kind} ${printFlowExpr(query.flows)}`;
    case "ListRequests":
      return query.share ? `ListRequests on ${printName(query.share)}` : "ListRequests";
    case "Explain":
      return `Explain ${printReference(query.request)}`;
    case "Available": {
      const lasting = query.seconds === undefined ? "" : ` lasting ${printDuration(query.seconds)}`;
      const flows = printFlowExpr(query.flows);
      return `Available ${printRate(query.rate.bits)} for ${flows} on ${printName(query.share)}${lasting}`;
    }
  }
}
