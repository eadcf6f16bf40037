"""What the OpenAPI document of a hub says, as a judge of answers: a small reader of JSON Schema, and of paths.

It knows the keywords that the document uses and fails on any other, so that nothing is left unchecked in silence.
"""

import json
import re

ANNOTATIONS = {"description", "format", "default", "x-events"}


class Unfit(AssertionError):
    """A value that is not what its schema says."""


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}[name] is type(value)


class Document:
    def __init__(self, text):
        self.root = json.loads(text)

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def validate(self, value, schema, where="$"):
        """Raise Unfit unless `value` is what `schema` says."""
        schema = self.resolve(schema)
        for keyword, argument in schema.items():
            if keyword in ANNOTATIONS:
                continue
            check = getattr(self, "check_" + keyword, None)
            if check is None:
                raise NotImplementedError(f"{where}: the keyword {keyword}")
            check(value, argument, schema, where)

    def fits(self, value, schema):
        try:
            self.validate(value, schema)
        except Unfit:
            return False
        return True

    def demand(self, fact, where, what):
        if not fact:
            raise Unfit(f"{where}: {what}")

    def check_type(self, value, names, _, where):
        names = [names] if isinstance(names, str) else names
        self.demand(any(is_type(value, name) for name in names), where, f"{value!r} is no {names}")

    def check_enum(self, value, choices, _, where):
        self.demand(value in choices, where, f"{value!r} is none of {choices}")

    def check_const(self, value, constant, _, where):
        self.demand(value == constant, where, f"{value!r} is not {constant!r}")

    def check_pattern(self, value, pattern, _, where):
        self.demand(not isinstance(value, str) or re.search(pattern, value), where, f"{value!r} is not {pattern}")

    def check_minimum(self, value, least, _, where):
        self.demand(not is_type(value, "number") or value >= least, where, f"{value!r} is less than {least}")

    def check_maximum(self, value, most, _, where):
        self.demand(not is_type(value, "number") or value <= most, where, f"{value!r} is more than {most}")

    def check_exclusiveMinimum(self, value, bound, _, where):
        self.demand(not is_type(value, "number") or value > bound, where, f"{value!r} is not over {bound}")

    def check_required(self, value, names, _, where):
        if isinstance(value, dict):
            self.demand(all(name in value for name in names), where, f"{set(names) - set(value)} missing")

    def check_properties(self, value, properties, _, where):
        if isinstance(value, dict):
            for name, schema in properties.items():
                if name in value:
                    self.validate(value[name], schema, f"{where}.{name}")

    def check_additionalProperties(self, value, schema, whole, where):
        if isinstance(value, dict):
            for name in set(value) - set(whole.get("properties", {})):
                self.demand(schema is not False, where, f"the member {name} is not documented")
                if schema is not True:
                    self.validate(value[name], schema, f"{where}.{name}")

    def check_propertyNames(self, value, schema, _, where):
        if isinstance(value, dict):
            for name in value:
                self.validate(name, schema, f"{where} name {name}")

    def check_items(self, value, schema, _, where):
        if isinstance(value, list):
            for i, element in enumerate(value):
                self.validate(element, schema, f"{where}[{i}]")

    def check_oneOf(self, value, schemas, _, where):
        self.demand(sum(self.fits(value, schema) for schema in schemas) == 1, where, "fits not exactly one")

    def operations(self):
        """(path, method, operation) of each."""
        for path, item in self.root["paths"].items():
            for method, operation in item.items():
                if method != "servers":
                    yield path, method.upper(), operation

    def find(self, method, target):
        """The path and the operation that a request is for."""
        plain = target.partition("?")[0].removeprefix("/_node")
        for path, its_method, operation in self.operations():
            if its_method == method and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)), plain):
                return path, operation
        raise Unfit(f"{method} {target} is not documented")

    def judge(self, method, target, response):
        """Is the answer documented? Gives the path and the status as the document has them."""
        path, operation = self.find(method, target)
        responses = operation["responses"]
        status = str(response.status) if str(response.status) in responses else "default"
        if status not in responses:
            raise Unfit(f"{method} {target}: the status {response.status} is not documented")
        documented = self.resolve(responses[status])
        where = f"{method} {target} {response.status}"
        for name, header in documented.get("headers", {}).items():
            self.demand(response.headers[name] is not None, where, f"no {name}")
            self.validate(response.headers[name], header["schema"], f"{where} {name}")
        self.judge_body(documented.get("content", {}), response, where)
        return path, method, status

    def judge_body(self, content, response, where):
        kind = response.headers["Content-Type"]
        if not content:
            self.demand(kind is None and response.body == b"", where, f"a body of {kind}")
            return
        self.demand(kind in content or "*/*" in content, where, f"the type {kind}")
        if kind.endswith("json"):
            self.validate(json.loads(response.body), content.get(kind, content.get("*/*"))["schema"], where)

    def feed_schemas(self):
        """The schema of the data of each kind of line of the event stream."""
        content = self.root["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]
        return content["text/event-stream"]["x-events"]
