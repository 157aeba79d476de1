"""A second reader of the OpenAPI page: checks it against the rules of OpenAPI 3.1, and real answers against its schemas.

Reads {"page": …, "answers": [{"method", "path", "status", "body"}, …]} from standard input. Prints one line for each fault.
A keyword that this reader does not know is a fault: nothing is passed over in silence.
"""

import json
import re
import sys

PLAIN = {"description", "title", "default", "$defs"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}
faults = []


def fault(where, what):
    faults.append(f"{where}: {what}")


def resolve(page, ref):
    at = page
    for part in ref.removeprefix("#/").split("/"):
        at = at[part]
    return at


def why_not(page, schema, value, where):
    """The first reason why a value does not fit a schema of JSON Schema 2020-12, or None."""
    if isinstance(schema, bool):
        return None if schema else f"{where}: nothing may stand here"
    for key, rule in schema.items():
        if key in PLAIN:
            continue
        if key == "$ref":
            reason = why_not(page, resolve(page, rule), value, where)
        elif key == "type":
            fits = any(TYPES[one](value) for one in (rule if isinstance(rule, list) else [rule]))
            reason = None if fits else f"{where}: {value!r:.60} is no {rule}"
        elif key == "enum":
            reason = None if value in rule else f"{where}: {value!r:.60} is not of {rule}"
        elif key == "const":
            reason = None if value == rule else f"{where}: {value!r:.60} is not {rule!r}"
        elif key == "anyOf":
            reasons = [why_not(page, one, value, where) for one in rule]
            reason = None if None in reasons else " / ".join(reasons)
        elif key in ("minimum", "maximum"):
            bad = isinstance(value, (int, float)) and (value < rule if key == "minimum" else value > rule)
            reason = f"{where}: {value} is beyond {key} {rule}" if bad else None
        elif key in ("minLength", "maxLength", "minItems", "maxItems"):
            sized = isinstance(value, str if key.endswith("Length") else list)
            bad = sized and (len(value) < rule if key.startswith("min") else len(value) > rule)
            reason = f"{where}: {key} {rule}" if bad else None
        elif key == "required":
            missing = [name for name in rule if isinstance(value, dict) and name not in value]
            reason = f"{where}: {missing} is missing" if missing else None
        elif key == "properties":
            named = [(name, one) for name, one in rule.items() if isinstance(value, dict) and name in value]
            reasons = (why_not(page, one, value[name], f"{where}.{name}") for name, one in named)
            reason = next((one for one in reasons if one), None)
        elif key == "additionalProperties":
            others = [n for n in value if n not in schema.get("properties", {})] if isinstance(value, dict) else []
            reasons = (why_not(page, rule, value[name], f"{where}.{name}") for name in others)
            reason = next((one for one in reasons if one), None)
        elif key == "propertyNames":
            names = list(value) if isinstance(value, dict) else []
            reason = next((one for one in (why_not(page, rule, n, f"{where}.{n}") for n in names) if one), None)
        elif key == "items":
            items = enumerate(value) if isinstance(value, list) else []
            reasons = (why_not(page, rule, one, f"{where}[{i}]") for i, one in items)
            reason = next((one for one in reasons if one), None)
        else:
            reason = f"{where}: {key} is a keyword that this reader does not know"
        if reason:
            return reason
    return None


def check_page(page):
    if not re.fullmatch(r"3\.1\.\d+", page.get("openapi", "")):
        fault("openapi", "is not a version of 3.1")
    for name in ("title", "version"):
        if not isinstance(page["info"].get(name), str):
            fault(f"info.{name}", "is missing")
    for path, item in page["paths"].items():
        if not path.startswith("/"):
            fault(path, "does not begin with a slash")
        for method, operation in item.items():
            where = f"{method} {path}"
            if method not in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                fault(where, "is no method")
            check_operation(page, where, path, operation)


def check_operation(page, where, path, operation):
    seen = set()
    for one in operation["parameters"]:
        if one["in"] not in ("query", "header", "path", "cookie") or "schema" not in one:
            fault(where, f"parameter {one}")
        if one["in"] == "path" and one.get("required") is not True:
            fault(where, f"{one['name']} of the path is not required")
        if (one["in"], one["name"]) in seen:
            fault(where, f"{one['name']} stands twice")
        seen.add((one["in"], one["name"]))
    templates = set(re.findall(r"\{(\w+)\}", path))
    if templates != {name for kind, name in seen if kind == "path"}:
        fault(where, f"the path has {templates}, the parameters have others")
    if not operation["responses"]:
        fault(where, "has no responses")
    for status, response in operation["responses"].items():
        if not re.fullmatch(r"[1-5]\d\d|default", status) or not response.get("description"):
            fault(where, f"response {status}")
        for kind in response.get("content", {}):
            if "/" not in kind:
                fault(where, f"{kind} is no media type")
    for need in operation.get("security", []):
        for name in need:
            if name not in page["components"]["securitySchemes"]:
                fault(where, f"there is no security scheme {name}")


def check_answer(page, answer):
    path = next(
        (one for one in page["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), answer["path"].split("?")[0])),
        None,
    )
    where = f"{answer['method']} {answer['path']} {answer['status']}"
    operation = page["paths"].get(path, {}).get(answer["method"].lower())
    if operation is None:
        return fault(where, "is not described")
    responses = operation["responses"]
    content = responses.get(str(answer["status"]), responses["default"])["content"]
    body = answer["body"]
    if isinstance(body, str) and "application/json" not in content:
        return None
    reason = why_not(page, content["application/json"]["schema"], body, where)
    if reason:
        faults.append(reason)


given = json.load(sys.stdin)
check_page(given["page"])
for one in given["answers"]:
    check_answer(given["page"], one)
for line in faults:
    print(line)
print(f"{len(given['page']['paths'])} paths, {len(given['answers'])} answers, {len(faults)} faults")
