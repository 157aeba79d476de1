/**
 * Values as written → Datalog constants. Names, addresses and access points are strings, numbers are numbers, so that
 * `host(10.0.0.1)` in a fact and `10.0.0.1` in a CSV cell are the same constant.
 */
import type { Constant } from "../datalog/types.ts";
import { printIp, printMac, printPrefix } from "../net/index.ts";
import type { Scalar, ValueExpr } from "../syntax/ast.ts";

/** The constant of a value; undefined for ranges and sets, which are many values. */
export function constantOf(value: ValueExpr): Constant | undefined {
  switch (value.kind) {
    case "number":
      return value.value;
    case "name":
      return value.name.text;
    case "ip":
      return printIp(value.address);
    case "mac":
      return printMac(value.address);
    case "ap":
      return `${value.switch.text}:${typeof value.port === "number" ? value.port : value.port.text}`;
    case "prefix":
      return printPrefix(value.prefix);
    case "range":
    case "set":
      return undefined;
  }
}

/** A value as the language writes it, for messages. */
export function valueText(value: ValueExpr | Scalar): string {
  if (value.kind === "range") return `${valueText(value.low)}-${valueText(value.high)}`;
  if (value.kind === "set") return `{${value.values.map(valueText).join(", ")}}`;
  return String(constantOf(value));
}

/** Whether a value is numbers and addresses alone. Users and hosts move: what their names hold today they do not tomorrow. */
export function isLiteral(value: ValueExpr): boolean {
  return value.kind === "set" ? value.values.every(isLiteral) : value.kind !== "name";
}
