"""Writes the vectors beside it: what CPython and the peer make of Python texts.

Run it with the interpreter of the test environment: python vectors.py. With a
folder as argument, it writes there what they make of Python's own library.
"""
import ast
import inspect
import io
import json
import math
import pathlib
import random
import re
import sys
import sysconfig
import warnings

from papermill.translators import PythonTranslator, RTranslator
from ploomber.codediffer import CodeDiffer
from ploomber.static_analysis.python import PythonCallableExtractor, extract_upstream_assign

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
STDLIB = pathlib.Path(sysconfig.get_paths()["stdlib"])


# The library's texts are not ours to keep: they are looked at where they are.
LIBRARY = len(sys.argv) > 1
TARGET = pathlib.Path(sys.argv[1]) if LIBRARY else HERE


def write(name, rows):
    lines = ",\n".join(json.dumps(row) for row in rows)
    (TARGET / name).write_text("[\n" + lines + "\n]\n")
    print(name, len(rows))


def modules():
    """Texts of the standard library that parse, in a fixed order."""
    if not LIBRARY:
        return
    for path in sorted(STDLIB.rglob("*.py")):
        parts = path.relative_to(STDLIB).parts
        if parts[0] in ("site-packages", "dist-packages", "test", "lib2to3") or "test" in parts or "tests" in parts:
            continue
        try:
            text = path.read_text("utf-8")
            ast.parse(text)
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue
        yield text


def block(lines, node):
    first = min([node.lineno] + [d.lineno for d in node.decorator_list])
    return first, "".join(inspect.getblock(lines[first - 1:]))


def lines_of(text):
    lines = io.StringIO(text, newline=None).readlines()
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines


def params_of(node):
    a, out = node.args, []
    positional = a.posonlyargs + a.args
    required = len(positional) - len(a.defaults)
    for i, p in enumerate(positional):
        out.append([p.arg, 0 if i < len(a.posonlyargs) else 1, i >= required])
    if a.vararg:
        out.append([a.vararg.arg, 2, False])
    for p, default in zip(a.kwonlyargs, a.kw_defaults):
        out.append([p.arg, 3, default is not None])
    if a.kwarg:
        out.append([a.kwarg.arg, 4, False])
    return out


def functions(text):
    lines, out = lines_of(text), []
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            line, source = block(lines, node)
            out.append({"name": node.name, "line": line, "source": source,
                        "doc": ast.get_docstring(node) or "", "params": params_of(node)})
    return out


FUNCTIONS = [
    "def f(): pass\n",
    "def f(): pass",
    "def f(a, /, b, *, c=1, **d): return 1; x = 2\n# after\n",
    "def f(a=(1, 2), b=lambda x, y=3: (x, y), *args: int, c: dict[str, int] = {1: 2}, d):\n    pass\n",
    "async def f(\n    a,  # first\n    b=')',\n) -> 'x':\n    '''Doc.\n\n      more\n    '''\n\n    # last\n\n# not\nx = 1\n",
    "@a\n@b.c(1,\n  2)\n# between\n\ndef f():\n  \"one\" ' two'\n  if 1:\n    pass\n    # in\n  # body\n # out\n  # again\n\n\nclass A:\n    def g(self): pass\n",
    "def f():\n\t'''tab\n\tdoc'''\n\treturn 1\n",
    "if True:\n    def hidden(): pass\ndef seen():\n    def inner():\n        return 1\n    return inner\n",
    "def f():\n    x = '''\nnot a line\n'''\n    return x\ndef g(): 'doc'; return 1\n",
    "def f(): return \\\n  1\nx = 1\n",
    "def f():\r\n    '''A\r\n    b'''\r\n    return 1\r\n\r\nx = 1\r\n",
    "def é(ñ=1):\n    return 'ü'\n",
    "def f():\n    r'''raw \\n'''\n\ndef g():\n    f'''no {1}'''\n\ndef h():\n    b'no'\n\ndef i():\n    'a' + 'b'\n",
    "x = [\n  1,\n]\ndef f(): pass\n\n\n    # deep\nasync = 1\n" if False else "x = [\n  1,\n]\ndef f(): pass\n\n\n    # deep\ny = 1\n",
    "\n\n# c\n\ndef f():\n    return {\n}\n    # tail\n",
    "def f(x):\n    match x:\n        case 1: pass\n        case _:\n            return 2\n",
    "def f():\n    '''\n    First.\n\n        Deep.\n    Last.\n\n    '''\n",
]


def function_rows():
    rows = [{"text": t, "functions": functions(t)} for t in FUNCTIONS]
    count = sum(len(r["functions"]) for r in rows)
    for text in modules():
        found = 0
        if 300 < len(text) < 6000 and not re.search(r"@\w+\(.*lambda", text):
            row = {"text": text, "functions": functions(text)}
            found = len(row["functions"])
        if found >= 2:
            rows.append(row)
            count += found
        if count >= 260:
            break
    return rows


UPSTREAM = [
    "def f(upstream):\n    return upstream['a'], upstream[\"b\"], upstream['a']\n",
    "def f(upstream):\n    upstream['w'] = 1\n    del upstream['d']\n    return upstream['x']['y']\n",
    "def f(upstream):\n    return f\"{upstream['a']} {upstream['b']!r:>{upstream['c']}}\" f'{{upstream[\"no\"]}}'\n",
    "def f(upstream):\n    return upstream.get('a'), upstream[0], upstream[x], self.upstream['no'], upstream [ 'yes' ]\n",
    "def f(upstream):\n    return upstream['a' 'b'], upstream[('c')], upstream['d',], upstream['e':], upstream[b'f'], upstream[u'g'], upstream[r'h\\n']\n",
    "def f(upstream):\n    return (upstream)['a'], g(upstream)['no'], ((upstream))['b'], not (upstream)['c'], 1 + (upstream)['d']\n",
    "def f(upstream):\n    # upstream['comment']\n    '''upstream['doc']'''\n    return upstream[\n        # here\n        'x'\n    ]\n",
    "def f(upstream):\n    return f'''{\n upstream['m'] }''', rf\"{upstream['n']}\\d\", f'{f\"{upstream[chr(1)]}\"}', f\"{x:{upstream['spec']}}\"\n",
    "def f(upstream):\n    return upstream['caf\\u00e9'], upstream['\\x41'], upstream['a\\\nb'], upstream[f'no']\n",
    "def f(upstream):\n    return lambda upstream=upstream['dflt']: upstream['é']\n",
    "def f(upstream):\n    return upstream\\\n['cont'], [upstream['l'] for upstream['t'] in y], {upstream['k']: upstream['v']}\n",
    "def f(upstream):\n    return upstream[-1], upstream['a'+'b'], upstream[None], upstream['%s' % 1], upstream['a'].x\n",
    "def f(upstream):\n    return f\"{upstream['a']=}\" + f'{{{upstream[\"b\"]}}}' + F'{(lambda: upstream[\"c\"])()}'\n",
    "def f(x):\n    return 1\n",
    "def f(upstream: upstream['ann']) -> upstream['ret']:\n    x: upstream['var'] = 1\n",
    "@deco(upstream['d'])\ndef f(upstream):\n    yield (upstream)['y']\n    return not(upstream)['z'], [1](upstream)['n'], 'x'(upstream)['n']\n",
]


def upstream_of(code):
    return sorted(PythonCallableExtractor(code).extract_upstream() or [])


def upstream_rows(rng):
    rows = [{"text": t, "upstream": upstream_of(t)} for t in UPSTREAM]
    digest = 0
    for text in modules():
        names = re.findall(r"\b([a-z_]+)\[(?:'|\")", text)
        if not names:
            continue
        name = max(sorted(set(names)), key=names.count)
        lines = lines_of(text)
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.col_offset:
                continue
            code = re.sub(rf"\b{name}\b", "upstream", block(lines, node)[1])
            if len(code) > 2500 or "upstream[" not in code:
                continue
            try:
                rows.append({"text": code, "upstream": upstream_of(code)})
                digest += 1
            except SyntaxError:
                continue
        if digest >= 150:
            break
    return rows


LITERALS = """
1|-1|+1|- 1|--1|0|00|01|1_000|1__0|_1|1_|0x1F|0XfF|0o17|0b101|0x_1f|0x|0b2|1.0|1.|.5|1e3|1E-3|1e400|1j|1+2j|1.5e|1l
9223372036854775807|9223372036854775808|-9223372036854775808|-9223372036854775809|123456789012345678901234567890
True|true|None|none|False|...|set()|set|dict()|'a'|"a"|'a' "b"|'a' b'b'|b'x'|f'x'|r'\\d'|'\\d'|'\\n\\t\\x41\\u00e9\\U0001F600'|'\\N{DASH}'
'\\101'|'\\8'|'\\ud800'|'unterminated|'a''b'|'''x
y'''|"it's"|[]|[1]|[1,]|[,]|[1 2]|[1, 'a', None]|()|(1)|(1,)|(1, 2)|1, 2|1,|{}|{1}|{1, 1.0, True}|{'a': 1}|{'a': 1,}|{1: 2}|{None: 1, True: 2, 1.5: 3}
{'a': {'b': [1, (2, 3)]}}|{**{}}|[*[]]|{[]: 1}|{(1, 2): 3}|{{}}|{[1]}| 1|\t1|1 |1 # c|# c|a|a.b|a()|[a]|1 + 1|'a' + 'b'|'a' * 2|not 1|~1|-'a'|-True|-(1)|-(-1)|(-1)|- -1
(1|1)|[1|{'a'}|{'a':}|{'a' 1}|'a';|1;|1\n|1\n2|\n1|(\n1\n)|010|1if|1_0.0_1|1e1_0|١|"é"|'\\é'|u'x'|U'x'|ur'x'|rb'x'|br'x'|{'b': 1, 'a': 2, 'b': 3}
0_0|0e0|00.5|-0|-0.0|1e16|1e15|123456789.123456789|1e-5|0.0001|5e-324|1.7976931348623157e308|lambda: 1|1 if 1 else 2|[1 for x in y]|`1`|1<2|'\\x4'|'a\\
b'|-1e400|nan|inf|float('nan')|[[[[[[1]]]]]]|{'a': 1} |(yield)|x=1|"a\\"b"|'\\'|''|"" ""|[1,2,]|((1,),)|((),)|{1,}|{1:1,}|(,)|1.e5|1..e5|1.5.5|0xg|0o8|1abc|1 2|"a" 1
"""


def jsonable(v):
    if isinstance(v, (set, frozenset, tuple, list)):
        return [jsonable(x) for x in v]
    if isinstance(v, dict):
        if any(isinstance(k, (tuple, bytes)) for k in v):
            raise ValueError
        return {k: jsonable(x) for k, x in v.items()}
    if isinstance(v, (bytes, complex)) or v is ...:
        raise ValueError
    if isinstance(v, float) and not math.isfinite(v):
        raise ValueError
    if isinstance(v, str):
        v.encode()
    return v


def literal_rows():
    rows = []
    for text in LITERALS.strip("\n").replace("\\\\", "\\").split("|"):
        for t in ([text] if text.startswith("'''") or "\\\n" in text else text.split("\n")):
            t = t.replace("\\t1", "\t1").replace("1\\n", "1\n").replace("\\n1", "\n1").replace("(\\n", "(\n")
            try:
                rows.append({"text": t, "ok": True, "json": json.dumps(jsonable(ast.literal_eval(t)))})
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, UnicodeEncodeError):
                rows.append({"text": t, "ok": False, "json": ""})
    return rows


VALUES = [None, True, False, 0, -5, 2**70, 1.0, 0.1, 1e16, 1e15, 1e-5, 0.0001, -0.0, 123456789.123, 5e-324, 1e100,
          "", "a", "a\"b", "a'b", "a\\b", "a\nb\t\r", "é ü", "日本 😀", "\x00\x7f\x85", "{}", "$x", [], [1, "a", None], {}, {"a": 1},
          {"a": {"b": [True, {"c": []}]}, "é\"": "x"}, [[1.5], [[]]], "/tmp/out.csv"]


def repr_rows():
    return [{"json": json.dumps(v), "python": PythonTranslator.translate(v), "r": RTranslator.translate(v)} for v in VALUES]


VARIABLES = [
    "upstream = None", "upstream = ['a', 'b']", "upstream = ('a',)", "upstream = {'a'}", "upstream = {'a': 1, 'b': 2}", "upstream = []",
    "x = 1\nupstream = ['a']\nproduct = None", "upstream = ['a']\nupstream = ['b']", "upstream = 'a'", "upstream = 1", "x = 1", "",
    "a = upstream = ['x']", "upstream = a = ['x']", "upstream, b = ['x'], 1", "upstream += ['x']", "upstream = [\n    'a',  # one\n    'b',\n]\n",
    "if True:\n    upstream = ['a']", "upstream = ['a']; x = 1", "x = 1; upstream = ['a']", "def f():\n    upstream = ['a']\n", "# upstream = ['a']",
    "upstream == ['a']", "upstream.x = 1\nupstream = ['b']", "upstream['a'] = 1", "upstream = [f'x']", "upstream = [x]", "upstream = (['a'])",
    "upstream = ['a' 'b']", "upstream = 'a',", "upstream=['a']", "upstream = \\\n  ['a']", "  ", "upstream", "upstream = {}", "upstream = set()",
    "%matplotlib inline\nupstream = ['a']", "!ls\nupstream = ['a']", "upstream = ['a']  # comment", "'doc'\nupstream = None\nproduct = {'nb': 'x'}",
    "x = [\n1,\n2]\nupstream = ['z']", "x = '''\nupstream = ['no']\n'''\nupstream = ['yes']", "for x in y:\n    pass\nupstream = ['q']\n",
]


def variable_rows():
    rows = []
    for code in VARIABLES:
        try:
            value = extract_upstream_assign(code)
            rows.append({"text": code, "ok": True, "upstream": None if value is None else sorted(value)})
        except Exception:
            rows.append({"text": code, "ok": False, "upstream": None})
    return rows


exec((HERE / "mutations.py").read_text())

if __name__ == "__main__":
    rng = random.Random(20240501)
    write("functions.json", function_rows())
    write("upstream.json", upstream_rows(rng))
    if not LIBRARY:
        write("literals.json", literal_rows())
        write("reprs.json", repr_rows())
        write("variables.json", variable_rows())
        write("same.json", same_rows(rng))
