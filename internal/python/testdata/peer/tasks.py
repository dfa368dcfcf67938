"""Functions that note what they are given. The same file is run by the peer."""
from pathlib import Path


def note(product, scope, expressions):
    lines = []
    for e in expressions:
        try:
            r = repr(eval(e, scope))
        except Exception as error:
            r = "raises " + type(error).__name__
        lines.append("%s => %s" % (e, r))
    Path(str(product)).write_text("\n".join(lines))


def one(product, n):
    Path(product["a"]).write_text("a%d" % n)
    Path(product["b"]).write_text("b")


def fit(product, n):
    Path(product).write_text(str(n))


def look(product, upstream):
    upstream["one"], upstream["fit-*"]
    note(product, {"p": upstream["one"], "u": upstream, "f": product, "Path": Path}, [
        "p['a']", "len(p)", "list(p)", "'a' in p", "p['zz']", "p.get('a')", "p.get('zz')", "str(p)", "p", "type(p).__name__", "p.exists()",
        "p.missing()", "bool(p)", "[str(x) for x in p]", "open(p['a']).read()", "Path(p['b']).read_text()", "hash(p)",
        "str(p['a']) == str(Path('out/a.txt').resolve())",
        "u['one']", "sorted(u)", "len(u)", "u['zz']", "'one' in u", "sorted(map(str, u.values()))", "sorted(u.items(), key=str)", "sorted(u.keys())", "u.first", "sorted(dict(u))", "sorted({**u})",
        "u['fit-*']", "type(u['fit-*']).__name__", "list(u['fit-*'])", "u['fit-*']['fit-0']", "u['fit-*'].first", "u['fit-0']",
        "[Path(x).read_text() for x in u['fit-*'].values()]", "type(u).__name__", "bool(u)",
        "f", "str(f) == str(Path('out/look.txt').resolve())", "Path(f).name", "f == f", "f.exists()", "f.client", "len(f)", "bool(f)", "type(f).__name__",
        "f / 'x'", "f + 'x'", "f['a']", "list(f)", "f.parent", "f.name", "f.suffix", "f.read_text()", "'%s' % f == f'{f}'", "f'{f}'.endswith('look.txt')",
        "__import__('os').fspath(f) == str(f)", "__import__('os').path.basename(f)",
    ])


def single(product, upstream):
    upstream["one"]
    note(product, {"u": upstream}, ["u.first['b']", "len(u)", "list(u)", "u", "str(u)", "dict(u)"])


def finish(task, product, params, client):
    note(str(product) + ".hook", {"task": task, "product": product, "params": params, "client": client}, [
        "task", "str(task) == str(product)", "task.name", "type(task).__name__", "task.product == product", "list(params)", "list(task.params)",
        "params['product'] == product", "params['upstream']['one']", "'n' in params", "task.source.name", "str(task.source).splitlines()[0]",
        "task.source.loc.rpartition('/')[2].partition(':')[0]", "client", "list(task.upstream)", "task.source.doc", "task.source.primitive.__name__", "task.on_failure", "str(params) == str(dict(params))",
    ])
