"""Prints what PyYAML's safe loader makes of plain scalars, as JSON lines.

    python python_scalars.py > python_scalars.jsonl
"""

import datetime
import itertools
import json
import math

import yaml

WORDS = """yes Yes YES yEs y Y no No NO nO n N true True TRUE tRue false False FALSE on On ON oN
off Off OFF oFF null Null NULL nuLL ~ none None nil hello = => <> . .. ... -. +. + -- e E _ __ ._ ._1""".split()

NUMBERS = """0 -0 +0 00 01 07 08 09 010 -010 +010 0_7 0_ 0__ 1 42 -42 +42 1_000 1__0_ _1 1_ 100 0o17 0x 0x_ 0x1F
0xfg -0x1F +0xA_B 0X1F 0b 0b_ 0b101 0b1_0 0b2 -0b11 0B1 123456789012345678 1234567890123456789
9223372036854775807 -9223372036854775808 9223372036854775808 123456789012345678901234567890
1.5 -1.5 +1.5 1. -1. 0.5 -0.5 00.5 08.5 .5 -.5 +.5 ._5 .5_ 1_0.2_5 1.5e3 1.5e+3 1.5E-3 1e3 1e+3 1E3 .5e+1 .5e1
1.e+2 1..2 1.2.3 .inf .Inf .INF -.inf +.inf .iNF inf .nan .NaN .NAN .nAN nan -.nan
1:30 1:60 1:59 190:20:30 -1:30 +1:30 01:30 0:30 1:3 1:030 1:30.5 0:30.5 1:30:10.25 -1:30.5 1:2:3:4 1_0:30
12:30:45 123:45 1: :1 1 000 1% $1 1/2 1-2 0x1:2 1e 1e+ 1.5e 1.e 0.0 -0.0 0. 007 0777 0888 1234567""".split()

TIMES = """2015-01-01 2015-1-1 2015-01-1 15-01-01 2015-13-01 2015-02-29 2016-02-29 0000-01-01 0001-01-01 9999-12-31
2015-01-01T00:00:00 2015-01-01t00:00:00 2015-01-01T00:00:00Z 2015-01-01T00:00:00z 2015-1-2T3:04:05 2015-01-01T24:00:00
2015-01-01T00:60:00 2015-01-01T00:00:60 2015-01-01T00:00 2015-01-01T00:00:00.5 2015-01-01T00:00:00.123456789
2015-01-01T00:00:00. 2015-01-01T00:00:00.000 2015-01-01T00:00:00+01 2015-01-01T00:00:00+01:30 2015-01-01T00:00:00-05:00
2015-01-01T00:00:00+1 2015-01-01T00:00:00-00:00 2015-01-01T00:00:00+25:00 2015-01-01T00:00:00+0130 20150101
2015-01-01T00:00:00.1234567Z""".split() + [
    "2015-01-01 00:00:00", "2015-01-01  1:02:03 +02:00", "2015-01-01 10:00:00 Z", "2015-01-01 10:00:00.5 -3",
]


def combined():
    for sign, body in itertools.product(("", "-", "+"), ("0", "1", "8", "07", "1_", "0_1", "1:5", "0.", ".0", "1.0", "1e1", "1.0e+1", ".")):
        yield sign + body


def shape(value):
    if isinstance(value, datetime.datetime):
        return "datetime", value.isoformat()
    if isinstance(value, datetime.date):
        return "date", value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "float", str(value)
    return "", value


def main():
    seen = set()
    for text in [*WORDS, *NUMBERS, *TIMES, *combined()]:
        if text in seen:
            continue
        seen.add(text)
        try:
            kind, value = shape(yaml.safe_load("[" + text + "]")[0])
        except Exception:
            kind, value = "error", None
        print(json.dumps({"text": text, "kind": kind, "value": value}))


main()
