"""Notes what serializers and products do. The same file is run by the peer."""
import json
import os
import pickle
from pathlib import Path

from ploomber.io import serializer, serializer_pickle, unserializer, unserializer_pickle
from ploomber.products import EmptyProduct, File, GenericProduct, GenericSQLRelation, MetaProduct, PostgresRelation, SQLRelation, SQLiteRelation
from ploomber.static_analysis.sql import created_relations
from ploomber.util import Interval, ParamGrid


def note(label, f):
    try:
        r = repr(f())
    except Exception as error:
        r = "raises " + type(error).__name__
    print(label, "=>", r)


def text(obj, product):
    Path(product).write_text(obj)


@serializer({".txt": text, ".j": lambda o, p: Path(p).write_text(json.dumps(o))})
def own(obj, product):
    """doc"""
    raise ZeroDivisionError(product)


print(own.__name__, own.__doc__)
two = {"a": File("a.txt"), "b": File("b.txt")}
for label, obj, product in [
    ("text", "x", File("a.txt")), ("own suffix", {"a": 1}, File("a.j")), ("body", 1, File("a.zz")), ("path", "x", "b.txt"),
    ("several", {"a": "1", "b": "2"}, MetaProduct(two)), ("one missing", {"a": "1"}, MetaProduct(two)),
    ("one too many", {"a": "1", "b": "2", "c": ""}, MetaProduct(two)), ("no dictionary", 1, MetaProduct(two)), ("no folder", "x", File("no/such/x.txt")),
]:
    note(label, lambda: own(obj, product))
print(Path("a.txt").read_text(), Path("b.txt").read_text(), Path("a.j").read_text())

pickled = serializer(fallback=True)(lambda obj, product: None)
note("pickle", lambda: pickled({1}, File("x.pkl")))
note("is pickled", lambda: pickle.load(open("x.pkl", "rb")))
note("wrong fallback", lambda: serializer(fallback="zzz")(lambda obj, product: 1))
note("wrong default", lambda: serializer(defaults=[".zzz"])(lambda obj, product: 1))
note("both", lambda: serializer({".txt": text}, defaults=[".txt"])(lambda obj, product: 1))
note("one parameter", lambda: serializer()(lambda obj: 1))
note("two parameters", lambda: unserializer()(lambda product, x: 1))

defaults = serializer(defaults=[".txt", ".json", ".csv", ".parquet"])(lambda obj, product: 1 / 0)
load = unserializer(defaults=[".txt", ".json", ".csv", ".parquet"])(lambda product: 1 / 0)
import pandas

frame = pandas.DataFrame({"a": [1, None], "b": ["x", "y"]}, index=[5, 6])
for name, obj in [("d.txt", "é"), ("d.txt", 1), ("d.json", {"a": [1, "é"]}), ("d.json", {1}), ("d.csv", frame), ("d.csv", [1]), ("d.parquet", frame), ("d.zz", 1)]:
    note(name, lambda: defaults(obj, File(name)))
for name in "d.txt", "d.json", "d.csv":
    note("bytes of " + name, lambda: Path(name).read_bytes())
for name in "d.txt", "d.json", "d.csv", "d.parquet", "d.zz":
    note("load " + name, lambda: load(File(name)))

folder = serializer({".txt": text}, unpack=True, fallback=True)(lambda obj, product: None)
back = unserializer({".txt": lambda p: Path(p).read_text()}, unpack=True, fallback=True)(lambda product: None)
Path("dir").mkdir()
Path("dir/old.txt").write_text("old")
note("folder", lambda: folder({"one.txt": "1", "two.pkl": 2}, File("dir")))
note("folder's files", lambda: sorted(os.listdir("dir")))
note("no folder", lambda: folder("1", File("k.txt")))
note("folders of several", lambda: folder({"a": {"x.txt": "1"}, "b": "2"}, MetaProduct({"a": File("ma"), "b": File("mb.txt")})))
note("load folder", lambda: sorted(back(File("dir")).items()))
note("load file", lambda: back(File("k.txt")))
note("load several", lambda: back(MetaProduct({"a": File("ma"), "b": File("mb.txt")})))
note("pickles", lambda: serializer_pickle({"a": 1, "b": 2}, MetaProduct({"a": File("p.a"), "b": File("p.b")})))
note("pickles back", lambda: unserializer_pickle(MetaProduct({"a": File("p.a"), "b": File("p.b")})))

for e in """File('x')|str(File(Path('x')))|File(1)|GenericProduct('x')|str(GenericProduct('x'))|SQLRelation(['a', 'b', 'table'])|str(SQLRelation(['b', 'table']))
SQLRelation(['b', 'x'])|SQLRelation(['s', 'b', 'table']).schema|SQLRelation(['b', 'table']).schema|SQLRelation(['s', 'b', 'view']).name
SQLRelation(['s', 'b', 'view']).kind|SQLRelation(['', 'b', 'view']).schema|str(SQLiteRelation(['', 'b', 'view']))|SQLiteRelation(['s', 'b', 'view'])
SQLRelation('x')|SQLRelation(['s', 'b', 'TABLE'])|EmptyProduct()|str(EmptyProduct())|SQLRelation(['s', 'b', 'table']).exists()
SQLRelation(['s', 'b', 'table']).delete()|SQLRelation(['s', 'b', 'table']).client|SQLRelation(('s', 'b', 'table')).to_json_serializable()
GenericSQLRelation(('s', 'b', 'table'))|PostgresRelation(('s', 'b', 'table'))|File('no').exists()|File('d.txt').exists()|len(SQLRelation(['s', 'b', 'table']))
File('x') == File('x')|File('x') == File('y')|hash(File('x')) == hash(File('x'))|File(Path.cwd() / 'x')|MetaProduct([File('x')])|len(MetaProduct([File('x')]))
created_relations('create table a.b as select 1; CREATE VIEW c AS select 2; create table if not exists "X".y (a int); drop table z')
created_relations('-- create table a\\nselect 1')
Interval(0, 10, 3).expand()|list(ParamGrid({'a': [1, 2], 'b': Interval(0, 4, 2)}).zip())|list(ParamGrid({'a': [1, 2], 'b': [3, 4]}).product())""".replace("\n", "|").split("|"):
    note(e, lambda: eval(e))
