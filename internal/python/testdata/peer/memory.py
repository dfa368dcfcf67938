"""Notes what pipelines in memory, settings and checks do. The same file is run
by the peer."""
import os
import pickle
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, os.getcwd())
Path("functions.py").write_text('''
def features(upstream): return upstream["get"] + 1
def other(upstream, k): return [upstream["get"], upstream["more"], k]
''')
Path("partial.yaml").write_text("- {source: functions.features, product: x}\n- {source: functions.other, product: y, params: {k: 3}}\n")
Path("module").mkdir()
Path("module/__init__.py").write_text("")
Path("module/pipeline-features.yaml").write_text("- {source: functions.features, product: x}\n")
Path("predictor.py").write_text("class Model:\n    def predict(self, x): return 'predicted', x\n")
import predictor

with open("module/model.pickle", "wb") as file:
    pickle.dump(predictor.Model(), file)

from ploomber import DAG, Env, InMemoryDAG, OnlineDAG, OnlineModel, load_env, with_env
from ploomber.clients import DBAPIClient, SQLAlchemyClient
from ploomber.products import File, GenericProduct, SQLiteRelation
from ploomber.tasks import in_memory_callable, input_data_passer
from ploomber.testing import pandas as frames
from ploomber.testing import sql


def note(label, f):
    try:
        r = repr(f())
    except Exception as error:
        r = "raises " + type(error).__name__
    print(label, "=>", r)


dag = DAG()
a = input_data_passer(dag, name="a")
b = input_data_passer(dag, name="b", preprocessor=lambda x: x + 1)
c = in_memory_callable(lambda upstream, k: (type(upstream).__name__, upstream["a"], upstream["b"], k), dag, name="c", params={"k": 1})
(a + b) >> c
m = InMemoryDAG(dag)
for data in {"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2, "z": 3}, {"a": None, "b": 2}:
    note(data, lambda: sorted(m.build(data).items(), key=str))
note("processed", lambda: sorted(InMemoryDAG(dag, return_postprocessor=lambda x: ("p", x)).build({"a": 1, "b": 2}).items()))
chain = DAG()
x = input_data_passer(chain, name="x")


def changes(upstream):
    upstream["x"].append(1)
    return upstream["x"]


x >> in_memory_callable(changes, chain, name="y", params={})
for copy in False, True, lambda value: [9]:
    note("copy", lambda: sorted(InMemoryDAG(chain).build({"x": [0]}, copy=copy).items()))


class Online(OnlineDAG):
    @staticmethod
    def get_partial():
        return "partial.yaml"

    @staticmethod
    def terminal_task(upstream, model):
        return upstream["features"], upstream["other"], model

    @staticmethod
    def terminal_params():
        return {"model": 7}


note("online", lambda: sorted(Online().predict(get=1, more=2).items()))
note("online lacks", lambda: Online().predict(get=1))
note("online has", lambda: Online().predict(get=1, more=2, x=1))
import module

note("model", lambda: OnlineModel(module).predict(get=1))

Path("f.csv").write_text("a,b,c\n1,1,x\n1,1,y\n,2,z\n")
for e in ["nulls_in_columns('a', 'f.csv')", "distinct_values_in_column('c', 'f.csv') == {'x', 'y', 'z'}", "range_in_column('b', 'f.csv') == (1, 2)",
          "duplicates_in_column('b', 'f.csv')", "duplicates_in_column(['b', 'c'], 'f.csv')", "no_duplicates_in_column('b', 'f.csv')"]:
    note(e, lambda: bool(eval("frames." + e)))
connection = sqlite3.connect("db.db")
connection.executescript("create table t (a, b, c); insert into t values (1, 1, 'x'), (1, 1, 'y'), (null, 2, 'z')")
connection.close()
for client in DBAPIClient(sqlite3.connect, dict(database="db.db")), SQLAlchemyClient("sqlite:///db.db"):
    for e in ["nulls_in_columns(client, 'a', 't')", "nulls_in_columns(client, ['b', 'c'], 't')", "distinct_values_in_column(client, 'b', 't')",
              "range_in_column(client, 'b', 't')", "exists_row_where(client, 'b > 1', 't')", "exists_row_where(client, 'b > 9', 't')",
              "duplicates_in_column(client, 'b', 't')", "duplicates_in_column(client, ['b', 'c'], 't')", "duplicates_stats(client, 'b', 't')",
              "assert_no_duplicates_in_column(client, 'b', 't')", "assert_no_duplicates_in_column(client, 'c', 't')"]:
        note(e, lambda: eval("sql." + e))
    product = SQLiteRelation(["made", "table"], client=client)
    note("exists", product.exists)
    note("execute", lambda: client.execute("create table made (a)" if isinstance(client, DBAPIClient) else "create table made (a);\ninsert into made values (1)"))
    note("exists", product.exists)
    note("none", product.fetch_metadata)
    note("save", lambda: product.save_metadata({"timestamp": 1.5, "é": None}))
    note("save", lambda: product.save_metadata({"timestamp": 2.5}))
    note("fetch", product.fetch_metadata)
    note("delete", product.delete)
    note("exists", product.exists)
    generic = GenericProduct("thing-%s" % type(client).__name__, client=client)
    note("generic", generic.exists)
    note("generic", lambda: generic.save_metadata({"timestamp": 1}))
    note("generic", generic.exists)
    note("generic", generic.fetch_metadata)
    note("close", client.close)
rows = sqlite3.connect("db.db").execute("select name, schema, metadata from _metadata order by name").fetchall()
print(rows)


@with_env({"a": 1, "path": {"data": "made/"}, "n": {"m": "q{{cwd}}"[:1] + "w"}, "t": "True", "l": "[1, 'x']", "f": "1.5", "s": "01"})
def settings(env, x=1):
    return env.a, env.path.data, env.n.m, env["a"], env.t, env.l, env.f, env.s, x, below()


@load_env
def below(env):
    return env.a


note("env", settings)
note("made", lambda: os.path.isdir("made"))
note("env", lambda: settings(env__n__m="z", x=2))
note("env", lambda: settings(env__zz=5))
note("none", below)
note("wrong", lambda: with_env({"a": 1})(lambda x: 1))
note("wrong", lambda: with_env({"_a": 1})(lambda env: 1)())
note("wrong", lambda: with_env({"a__b": 1})(lambda env: 1)())
note("user", lambda: with_env({"a": "{{user}}-{{cwd}}"})(lambda env: env.a)())
