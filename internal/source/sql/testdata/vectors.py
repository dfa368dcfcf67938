"""Asks Ploomber's differ about pairs of SQL texts and writes its verdicts to
vectors.json: python vectors.py > vectors.json (Ploomber 0.23, sqlparse)."""
import json
import random
import re

from ploomber.codediffer import CodeDiffer
from ploomber.static_analysis.sql import created_relations

TEXTS = [
    "SELECT a, b FROM t WHERE x = 1",
    "CREATE TABLE reports.daily AS\nSELECT day, COUNT(*) AS n, SUM(amount) AS total\nFROM raw.orders\nWHERE status = 'Done' AND amount > 10\nGROUP BY day\nORDER BY day DESC",
    "DROP TABLE IF EXISTS clean;\nCREATE TABLE clean AS SELECT * FROM raw_data WHERE x IS NOT NULL;",
    "WITH recent AS (\n    SELECT id, amount FROM orders WHERE created_at > '2020-01-01'\n), big AS (\n    SELECT * FROM recent WHERE amount >= 100\n)\nSELECT b.id, u.name FROM big b JOIN users u ON b.id = u.id LEFT JOIN z ON z.id = u.id",
    "SELECT CASE WHEN x > 0 THEN 'pos' WHEN x < 0 THEN 'neg' ELSE 'zero' END AS sign, \"Mixed Case\" FROM t",
    "CREATE VIEW v AS SELECT a.id, COALESCE(b.v, 0) + 1 AS v FROM a INNER JOIN b ON a.id = b.id WHERE a.kind IN ('x', 'y') OR b.v BETWEEN 1 AND 5",
    "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')",
    "UPDATE t SET a = 1, b = 2 WHERE id = 3",
    "SELECT DISTINCT a.b FROM (SELECT b FROM c) a UNION ALL SELECT b FROM d HAVING COUNT(b) > 1 LIMIT 10",
    "SELECT * FROM t WHERE name LIKE '%it''s%' AND x::integer = 5",
]
PAIRS = [
    ("SELECT a FROM t", "select A from T"), ("SELECT a FROM t", "SELECT a FROM t;"), ("SELECT 'a'", "SELECT 'A'"), ('SELECT "a"', 'SELECT "A"'), ("SELECT a -- x", "SELECT a"), ("SELECT a /* x */ FROM t", "SELECT a FROM t"),
    ("SELECT a,b FROM t", "SELECT a, b FROM t"), ("SELECT a , b FROM t", "SELECT a,b FROM t"), ("SELECT a\n,b FROM t", "SELECT a,\nb FROM t"), ("SELECT a+b", "SELECT a + b"), ("SELECT a=b", "SELECT a = b"), ("SELECT count(*)", "SELECT count (*)"), ("SELECT count( * )", "SELECT count(*)"), ("SELECT f(a,b)", "SELECT f( a, b )"),
    ("SELECT a FROM t", "SELECT b FROM t"), ("SELECT a", "SELECT a, b"), ("SELECT 1", "SELECT 2"), ("SELECT 1", "SELECT 1.0"), ("SELECT a FROM t WHERE x", "SELECT a FROM t"), ("", "SELECT 1"), ("", ""), ("", "-- c"), ("  ", ""), ("SELECT 1\n", "SELECT 1"), ("\n\nSELECT 1", "SELECT 1"), ("SELECT 1; SELECT 2", "SELECT 1;SELECT 2"), ("SELECT 1;\nSELECT 2", "SELECT 1; SELECT 2"), ("SELECT 1;\n\nSELECT 2", "SELECT 1;\nSELECT 2"), ("SELECT 1;\n\n\nSELECT 2", "SELECT 1;\n\nSELECT 2"),
    ("SELECT a::int", "SELECT a::INT"), ("SELECT a LIKE b", "SELECT a like b"), ("SELECT `A`", "SELECT `a`"), ("SELECT [A]", "SELECT [a]"), ("SELECT x.Y", "SELECT X.y"), ("-- one\nSELECT 1", "-- two\nSELECT 1"), ("SELECT 1 -- a\n, 2", "SELECT 1, 2"), ("SELECT $1", "SELECT $2"), ("SELECT :a", "SELECT :b"), ("SELECT %s", "SELECT %s "), ("SELECT a FROM(SELECT 1)", "SELECT a FROM (SELECT 1)"), ("SELECT $$a$$", "SELECT $$A$$"), ("SELECT ''", "SELECT ' '"), ("SELECT 'a  b'", "SELECT 'a b'"), ("SELECT 'a -- b'", "SELECT 'a'"), ("SELECT '/* a */'", "SELECT ''"),
    ("SELECT a\tFROM t", "SELECT a FROM t"), ("SELECT a\r\nFROM t", "SELECT a\nFROM t"), ("SELECT a FROM t WHERE (x = 1)", "SELECT a FROM t WHERE ( x = 1 )"), ("SELECT a FROM t WHERE (x = 1)", "SELECT a FROM t WHERE x = 1"), ("SELECT * FROM a JOIN b", "SELECT * FROM a  join b"), ("SELECT COUNT(a)", "SELECT count(a)"), ("SELECT a AS b", "SELECT a b"), ("CREATE TABLE a AS SELECT 1", "create table A as\nselect 1"), ("SELECT 1e3", "SELECT 1E3"), ("SELECT x'a'", "SELECT X'a'"), ("SELECT a FROM t # c", "SELECT a FROM t"), ("SELECT NULL", "SELECT null"), ("SELECT true", "SELECT TRUE"), ("SELECT a--b", "SELECT a"), ("SELECT a - -b", "SELECT a --b"), ("SELECT -1", "SELECT - 1"), ("SELECT 1-1", "SELECT 1 - 1"), ("SELECT a.b", "SELECT a . b"), ("SELECT a[1]", "SELECT a [1]"), ("SELECT é", "SELECT É"), ("GRANT SELECT ON t TO u", "grant select on T to U"), ("SELECT ;", "SELECT"), ("SELECT /*+ hint */ a", "SELECT /*+ hint2 */ a"), ("SELECT a /* x\ny */ , b", "SELECT a, b"),
]
CREATED = [
    "CREATE TABLE a AS SELECT 1", "create table S.A as select 1", "CREATE VIEW v AS SELECT 1", "CREATE TABLE IF NOT EXISTS x.y (a int)", "DROP TABLE a; CREATE TABLE a AS SELECT 1", "CREATE TABLE a AS SELECT 1; DROP TABLE a", "SELECT 1", "", "CREATE TABLE a AS SELECT 1; CREATE VIEW b AS SELECT 2;", 'CREATE TABLE "S"."A" AS SELECT 1', "DROP TABLE IF EXISTS a;\nCREATE TABLE a AS SELECT * FROM b", "-- CREATE TABLE no\nCREATE TABLE yes AS SELECT 1", "CREATE TABLE a(b int)", "CREATE TABLE a (b int);", "INSERT INTO t SELECT 1", "/* c */ CREATE TABLE c.d AS SELECT 'CREATE TABLE x'", "CREATE OR REPLACE VIEW v AS SELECT 1", "DROP VIEW IF EXISTS s.v; CREATE VIEW s.v AS SELECT 1", "CREATE TABLE `a` AS SELECT 1", "DROP TABLE b; CREATE TABLE a AS SELECT 1; DROP TABLE c", "WITH x AS (SELECT 1) SELECT * FROM x",
]


def mutate(rng, text):
    """Changes a text in one or two of the ways in which people reformat or edit it."""
    words = re.findall(r"'(?:''|[^'])*'|\"[^\"]*\"|\w+|\s+|::|>=|[^\w\s]", text)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        i = rng.randrange(len(words))
        w = words[i]
        way = rng.randrange(9)
        if way == 0:
            words = [x.upper() if x[0].isalpha() else x for x in words]
        elif way == 1:
            words = [x.lower() if x[0].isalpha() else x for x in words]
        elif way == 2 and w.isspace():
            words[i] = rng.choice(["\n", "\n    ", "  ", "\t"])
        elif way == 3:
            j = rng.choice([k for k, x in enumerate(words) if x.isspace()])
            words[j] = rng.choice([" /* note */ ", " -- note\n", "\n-- note\n"])
        elif way == 4 and w == ",":
            words[i] = rng.choice([",\n", ", ", " ,", "\n    , "])
        elif way == 5 and w[0].isalpha():
            words[i] = w + "x"
        elif way == 6 and w[0] == "'":
            words[i] = w[:-1] + "z'"
        elif way == 7 and w == "(":
            words[i] = "(\n    "
        elif way == 8 and w == ")":
            words[i] = "\n)"
        else:
            words = [rng.choice(["\n", " \n"]) if x.isspace() and rng.random() < 0.3 else x for x in words]
    return "".join(words)


def main():
    rng = random.Random(7)
    differ = CodeDiffer()
    pairs = list(PAIRS)
    for text in TEXTS:
        for _ in range(60):
            pairs.append((text, mutate(rng, text)))
    cases = []
    for a, b in dict.fromkeys(pairs):
        cases.append({"a": a, "b": b, "same": not differ.is_different(a, b, None, None, "sql")[0]})
    created = []
    for text in CREATED:
        relations = [[r.schema or "", r.name, r.kind] for r in created_relations(text)]
        created.append({"text": text, "relations": relations})
    print('{"pairs": [')
    print(",\n".join(json.dumps(c) for c in cases))
    print('],\n"created": [')
    print(",\n".join(json.dumps(c) for c in created))
    print("]}")


main()
