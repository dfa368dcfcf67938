"""Writes vectors.json, beside this file: what Python's json, ==, datetime and
fnmatch make of many inputs. The random ones are the same in every run.

    python vectors.py
"""

import datetime
import fnmatch
import json
import pathlib
import random
import struct

rand = random.Random(20)

TEXTS = [
    "null", "true", "false", "0", "-0", "1", "-1", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "1" * 60, "0.0", "-0.0", "1.0", "1.5", "0.1", "1e0", "1E5", "1e+5", "1e-5",
    "1e15", "1e16", "123456789012345678.0", "1e17", "0.0001", "0.00001",
    "0.00012345", "1e22", "1e21", "1e400", "-1e400", "1e-400", "5e-324",
    "2.2250738585072014e-308", "1.7976931348623157e308", "1700000000.123456",
    "NaN", "Infinity", "-Infinity", '"NaN"', "[NaN, Infinity, -Infinity]",
    '""', '"a"', '"\\u0000"', '"\\u001f"', '"\\u007f"', '"\x7f"', '"\\u0080"',
    '"ä"', '"€"', '"𝄞"', '"\\ud834\\udd1e"', '"\\ud834"', '"\\udd1e"',
    '"\\ud834x"', '"\\ud834\\n"', '"\\ud834\\ud834\\udd1e"', '"\\udd1e\\ud834"',
    '"\\uD834\\uDD1E"', '"\\ufffd"', '"\\uffff"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"<>&\'"', '"\u2028\u2029"', "[]", "[ ]", "{}", "{ }", "[1,2 , 3]",
    ' {"b" : 1 , "a":{"c":[]}} ', '{"a":1,"b":2,"a":3}', '{"":null}',
    '{"1":1,"true":2}', "\t\n\r 1 \t\n\r", "[[[[]]]]", '{"a":{"a":{"a":{}}}}',
    "", " ", "nul", "tru", "nan", "+1", "01", "1.", ".5", "1e", "1e+", "--1",
    "-", "1 2", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", '{"a"}', '{"a":}',
    '{"a":1,}', "{a:1}", "{1:1}", '{"a":1 "b":2}', '"', '"\\"', '"\\x"',
    '"\\u12"', '"\\u12g4"', '"\\u 123"', '"a\nb"', '"a\tb"', "'a'", "\ufeff1",
    "\u00a01", "[1]]", "Infinit", "-Inf", "- 1", "1_000", "0x10", "1e1.5",
    "[" * 500 + "]" * 500, "/**/1", "1,", '{"a":1}}', "[NaN,]", "truefalse",
]


def any_float():
    kind = rand.randrange(4)
    if kind == 0:
        return struct.unpack("<d", rand.randbytes(8))[0]
    if kind == 1:
        return round(rand.uniform(-1e4, 1e4), rand.randrange(6))
    if kind == 2:
        return rand.randrange(10**6) * 10.0 ** rand.randrange(-12, 25)
    return 1.7e9 + rand.randrange(10**14) / 1e6


def any_text():
    alphabet = ["a", "Z", " ", '"', "\\", "\n", "\t", "\0", "\x1f", "/", "é",
                "\u2028", "€", "\ud83d", "\ude00", "😀", "\uffff", "{{", "$"]
    return "".join(rand.choice(alphabet) for _ in range(rand.randrange(8)))


def value(depth=3):
    kind = rand.randrange(9 if depth else 7)
    if kind == 0:
        return rand.choice([None, True, False])
    if kind in (1, 2):
        return rand.choice([0, 1, -1, 7, 2**53, 2**63, -2**70, rand.randrange(10**6)])
    if kind in (3, 4):
        return any_float()
    if kind in (5, 6):
        return any_text()
    if kind == 7:
        return [value(depth - 1) for _ in range(rand.randrange(4))]
    return {any_text(): value(depth - 1) for _ in range(rand.randrange(4))}


def variant(v):
    """Something that may or may not be equal."""
    if isinstance(v, dict):
        items = [(k, variant(e)) for k, e in v.items()]
        rand.shuffle(items)
        return dict(items)
    if isinstance(v, list):
        return [variant(e) for e in v]
    kind = rand.randrange(12)
    if kind == 0:
        return value(1)
    if kind < 4 and isinstance(v, int):
        try:
            return float(v)
        except OverflowError:
            return v
    if kind < 6 and isinstance(v, int) and v in (0, 1):
        return bool(v)
    if kind < 6 and isinstance(v, float) and v == v and abs(v) < 1e300 and v == int(v):
        return int(v)
    return v


def loads(text):
    try:
        return {"text": text, "dumps": json.dumps(json.loads(text))}
    except (ValueError, RecursionError):
        return {"text": text, "dumps": None}


def damaged(text):
    at = rand.randrange(len(text) + 1)
    return text[:at] + rand.choice(["", ",", "]", '"', "\\", "x", "1", " "]) + text[at + rand.randrange(2):]


PAIRS = [(1, 1.0), (1, True), (0, False), (0.0, False), (1.0, True), (2, True),
         (2**53, float(2**53)), (2**53 + 1, float(2**53)), (10**300, 1e300), (int(1e300), 1e300),
         (2**63, float(2**63)), (float("nan"), float("nan")), (float("inf"), float("inf")),
         (float("inf"), 10**400), (float("inf"), float("-inf")), (None, False), (None, 0),
         ("1", 1), ("", None), ([], {}), ([1], [1.0]), ((1, 2), [1, 2]), ({1: 2}, {"1": 2}),
         ({True: 1}, {"true": 1}), ({None: 1}, {"null": 1}), ({1.5: 1}, {"1.5": 1}),
         ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({"a": None}, {}), ([1, 2], [2, 1]),
         ([[]], [[[]]]), (0.0, -0.0), (0, -0.0), ("\ud800", "\ud800"), ("é", "e\u0301")]


def pair(a, b):
    """Compared in a list, as parameters are in a map: there NaN equals itself."""
    a, b = json.dumps(a), json.dumps(b)
    return {"a": a, "b": b, "equal": json.loads(f"[{a}]") == json.loads(f"[{b}]")}


def record():
    r = {"timestamp": any_float(), "stored_source_code": any_text() * rand.randrange(3),
         "params": {any_text(): value(2) for _ in range(rand.randrange(4))}}
    for _ in range(rand.randrange(3)):
        r["x" + any_text()] = value(1)
    return json.dumps(r)


def moment(micros):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
    return {"micros": micros, "timestamp": at.replace(tzinfo=datetime.timezone.utc).astimezone().replace(tzinfo=None).timestamp()}


PATTERNS = [("*", ""), ("*", "a/b"), ("a*", "a"), ("fit-*", "fit-0"), ("fit-*", "fat-0"), ("*-?", "fit-é"),
            ("*[0-9]", "fit-7"), ("*[!0-9]", "fit-7"), ("*[]]", "a]"), ("*[", "a["), ("*[!]", "a[!]"),
            ("*[a", "x[a"), ("a*b*c", "aXbXc"), ("a*b*c", "aXbX"), ("**", "ab"), ("*[a-]", "x-"),
            ("*[-a]", "x-"), ("*.*", "a.b"), ("*\\*", "a\\b"), ("*A", "a"), ("*[^a]", "x^"), ("*[z-a]", "xm"),
            ("[!-a]*", "b"), ("*[a-c-e]", "xd"), ("*[a-c-e]", "x-"), ("*[!!]", "x!"), ("*[[]", "x["), ("*\n", "a\n")]


def pattern():
    parts = ["a", "b", "*", "?", "[ab]", "[!a]", "[", "]", "-", "!", "[a-c]"]
    p = "".join(rand.choice(parts) for _ in range(rand.randrange(1, 6)))
    n = "".join(rand.choice(["a", "b", "c", "-", "[", "]", "!"]) for _ in range(rand.randrange(5)))
    return p, n


def main():
    values = [value() for _ in range(400)]
    texts = TEXTS + [json.dumps(v) for v in values[:200]]
    texts += [json.dumps(v, ensure_ascii=False).encode("utf8", "replace").decode() for v in values[200:300]]
    texts += [damaged(json.dumps(v)) for v in values[300:]]
    vectors = {
        "json": [loads(t) for t in texts],
        "equal": [pair(a, b) for a, b in PAIRS] + [pair(v, variant(v)) for v in values],
        "records": [record() for _ in range(100)],
        "moments": [moment(m) for m in [0, 1, 999999, 1700000000123456] + [rand.randrange(4 * 10**15) for _ in range(96)]],
        "patterns": [{"pattern": p, "name": n, "match": fnmatch.fnmatchcase(n, p)}
                     for p, n in PATTERNS + [pattern() for _ in range(200)]],
    }
    out = pathlib.Path(__file__).with_name("vectors.json")
    out.write_text(json.dumps(vectors, indent=0) + "\n")


if __name__ == "__main__":
    main()
