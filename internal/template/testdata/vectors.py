"""Renders the templates below with Jinja2 and writes what comes of them to
vectors.json: python vectors.py > vectors.json (Jinja2 3.1)."""
import json

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, meta, nodes
from jinja2.exceptions import TemplateRuntimeError
from jinja2.ext import Extension

VARS = {
    "name": "orders", "schema": "public", "empty": "", "n": 3, "zero": 0, "big": 123456789012345678901234567890,
    "ratio": 0.25, "yes": True, "no": False, "nothing": None, "text": "Hello, World", "uni": "naïve Ünïcode ☃ 日本",
    "items": [1, 2, 3], "words": ["b", "A", "c"], "none_list": [], "nested": [[1, 2], [3, 4]],
    "map": {"a": 1, "b": [1, 2], "c": {"d": "deep"}}, "empty_map": {}, "quote": "it's \"quoted\"",
    "users": [{"name": "ann", "age": 30, "city": "Rome"}, {"name": "Bob", "age": 25, "city": "rome"}, {"name": "cy", "age": 30, "city": "Oslo"}],
    "product": "reports.daily", "upstream": {"load": "raw.load", "clean": {"k": "out/k.csv"}, "fit-*": {"fit-0": "m0"}},
    "lines": "one\ntwo\n\nthree", "cols": ["id", "amount", "created_at"],
}

cases = []


def case(template, strict=None, open=None, close=None, files=None, vars=None):
    for mode in ([False, True] if strict is None else [strict]):
        cases.append({"template": template, "strict": mode, "open": open, "close": close, "files": files, "vars": vars})


def expressions(text, strict=False):
    for line in text.strip().splitlines():
        case("{{ " + line.strip() + " }}", strict=strict)


# Literals and printing.
expressions(r"""
1
-1
+1
1_000
0x1F
0b101
0o17
1.5
1e3
1.0
1.5e-7
1e16
1e15
123456789.123456789
0.1 + 0.2
1e22
1e-4
1e-5
-0.0
10000000000000000000000
'a'
"b"
'a' "b" 'c'
'it\'s'
"tab\there"
'\x41\u00e9\U0001F600'
'\101\n\\'
'\q'
true
True
false
False
none
None
[1, 'a', none, true, 1.0]
[]
()
(1,)
(1, 2)
1, 2
1,
{}
{'a': 1, 'b': [1, 2], 3: none}
{'a': {'b': 'c'}}
['it\'s', "say \"hi\"", 'both \' and "']
['\n', '\t', '\\', '\x00', '\x7f', 'é', '☃', '\u200b', '\xa0']
{1: 'a', 1.0: 'b', true: 'c'}
{'a': 1, 'a': 2}
((1, 2), 3)
[(), (1,), {}]
[nothing, yes, ratio, big]
map
nested
upstream
quote
[quote]
uni
[uni]
""")

# Names, attributes, items, slices.
expressions(r"""
name
map.a
map['a']
map["b"][0]
map.c.d
map['c']['d']
map.items
map['items']
items[0]
items[-1]
items.0
items[5]
text[0]
text[-1]
text[1:4]
text[:5]
text[7:]
text[::-1]
text[::2]
text[-5:]
text[-100:100]
text[10:2]
text[10:2:-3]
items[1:]
items[:-1]
items[::-1]
items[0:2]
items[10:]
(1, 2, 3)[1:]
(1, 2, 3)[::-2]
uni[0:6]
uni[-2:]
uni[2]
range(10)[2:5]|list
range(10)[::-3]|list
range(5)[1]
'abc'[true]
nested[1][0]
upstream['fit-*']['fit-0']
upstream.clean.k
missing
missing|default('x')
map.missing
map['missing']
map.missing|default('x')
nothing.x
n.x
text.nope
items.nope
items['nope']
map[1]
items[1.5]
items['1']
map['a']['b']
(1)[0]
name['upper']()
""")
for t in ["missing", "missing.x", "missing['x']", "map.missing", "map.missing.x", "map['x y']", "items[9]", "items['k']", "nothing.x", "n.x", "text.nope", "map[1]", "missing()", "missing + 1",
          "1 - missing", "-missing", "missing * 2", "missing == missing", "missing == 1", "missing < 1", "not missing", "missing and 1", "missing or 1", "missing ~ 'x'", "missing in items",
          "'a' in missing", "missing|length", "missing|upper", "missing|join", "missing|list", "missing|first", "missing|int", "missing|float", "missing|default", "missing|default(none)", "missing|default('x', true)",
          "missing is defined", "missing is undefined", "missing is none", "missing is string", "missing is iterable", "missing is sequence", "missing is number", "missing if no", "1 if no", "missing if yes", "'x' if missing else 'y'",
          "[missing]", "{'a': missing}", "{missing: 1}", "(missing,)|length", "missing|sum", "missing|sort", "missing|map('upper')|list", "missing|select|list", "missing|replace('a', 'b')", "missing|trim",
          "missing|abs", "missing|round", "missing|tojson", "missing|string", "missing|items|list", "missing|dictsort", "missing|batch(2)|list", "missing|reverse|list", "missing|max", "none_list|max", "none_list|first", "none_list|last",
          "missing % 2", "'%s' % missing", "'{}'.format(missing)", "missing.format()", "missing|format(1)", "missing[0:1]", "items[missing]", "map[missing]", "range(missing)", "dict(missing)", "missing is eq(1)", "missing|attr('x')", "map|attr('a')",
          "missing|indent", "missing|truncate", "missing|title", "missing|capitalize", "missing|wordcount", "missing|unique|list", "missing|groupby('a')", "missing|urlencode", "missing|center(3)", "missing|e", "missing|safe", "missing|filesizeformat",
          "missing is in([1])", "1 is in(missing)", "missing is sameas(1)", "missing is callable", "missing is mapping", "missing is lower", "missing is even", "missing ** 2", "missing // 2", "missing / 2", "map.get('q')", "map.get('q').x", "missing != 1", "missing is boolean", "'' % missing", "missing ~ map.missing.x", "'a b' % missing"]:
    case("{{ " + t + " }}")
    if t in ("missing", "map.missing"):
        case("{% if " + t + " %}a{% else %}b{% endif %}")
        case("{% for x in " + t + " %}a{% else %}b{% endfor %}")
        case("{% set x = " + t + " %}ok")

# Arithmetic and comparison.
expressions(r"""
1 + 2
7 - 10
3 * 4
7 / 2
6 / 2
7 // 2
-7 // 2
7 // -2
-3 // 2
7 % 3
-7 % 3
7 % -3
7.5 % 2
-7.5 % 2
7.5 // 2
-7.5 // 2
2 ** 10
2 ** -1
2 ** 0.5
2 ** 3 ** 2
2 ** 100
(-8) ** 2
-8 ** 2
10 ** 20
10 ** 20 // 3
-10 ** 20 % 7
9223372036854775807 + 1
-9223372036854775807 - 2
9223372036854775807 * 9223372036854775807
4611686018427387904 * 2
3037000500 * 3037000500
big + 1
big // 7
big % 1000
-big % 1000
-big // 1000
big * 2
big / 10
big - big
1 / 0
1 // 0
1 % 0
1.0 / 0
1.0 // 0
1.5 % 0
0 ** -1
true + true
true * 3
-true
+5
- 5
--5
1 + 2 * 3
(1 + 2) * 3
1 - 2 - 3
2 * 3 % 4
10 - 2 ** 3
1 + 1.5
'a' + 'b'
'a' * 3
3 * 'ab'
'a' * -1
[1] + [2]
[1] * 2
2 * [1, 2]
(1,) + (2,)
(1, 2) * 2
'a' + 1
1 + 'a'
[1] + (2,)
'a' - 'b'
none + 1
{} + {}
-'a'
1 ~ 2
'a' ~ none ~ true ~ 1.5
1 ~ 2 * 3
'x' ~ [1, 'a'] ~ {}
1 == 1.0
1 == true
1 == '1'
'a' == 'a'
[1, 2] == [1, 2]
[1, 2] == (1, 2)
{'a': 1} == {'a': 1.0}
none == none
none == false
1 != 2
1 < 2
2 <= 2
3 > 2
2 >= 3
1 < 2 < 3
1 < 3 < 2
1 == 1 == 1
'a' < 'b'
'B' < 'a'
[1, 2] < [1, 3]
[1, 2] < [1, 2, 0]
(1, 2) > (1, 1)
1 < 'a'
none < 1
[1] < 1
{} < {}
1 < 1.5
big > 1.5
big == big + 0
big > 1e40
1 in items
5 in items
5 not in items
'ell' in text
'x' in text
1 in text
'a' in map
'd' in map
1 in 5
3 in range(10)
3 in range(0, 10, 2)
2 not in [1, 3]
'a' in ('a', 'b')
'' in 'abc'
not true
not 0
not ''
not not 1
not 1 == 2
true and false
1 and 2
0 and 2
'' or 'x'
0 or none
1 or 2
true and not false
1 if yes else 2
1 if no else 2
1 if no
'a' if no else 'b' if yes else 'c'
(1 if yes else 2) + 1
yes and 'x' or 'y'
items and 'full'
none_list or 'empty'
empty_map or 'empty'
range(0) or 'none'
1.0 // 0.3
5 // 0.3
1e300 * 1e10
0.1 * 3
1/3
2/3
100 * 1.1
0 / -3
'' % zz
2 ** 0.5
4 ** 1.5
1e16 + 1
""")

# Filters.
expressions(r"""
-3|abs
-2.5|abs
'x'|abs
text|upper
text|lower
'hello wORLD'|capitalize
'hello wORLD-foo (bar) <baz> it\'s'|title
'  x '|trim
'xxaxx'|trim('x')
'abc'|center(9)
'ab'|center(5)
'abcd'|center(7)
5|upper
none|upper
text|length
items|length
map|length
items|count
5|length
range(5)|length
items|first
items|last
text|first
text|last
none_list|first
map|first
items|join
items|join(', ')
words|join('-')
users|join(', ', attribute='name')
items|join(1)
[1, none, true, 1.5]|join(',')
'abc'|join('.')
map|join(',')
items|sum
[0.1, 0.2]|sum
items|sum(start=10)
users|sum(attribute='age')
users|sum(attribute='age', start=5)
nested|sum(start=[])
words|sum
none_list|sum
items|max
items|min
words|max
words|min
words|max(case_sensitive=true)
users|max(attribute='age')
users|min(attribute='age')
['a', 1]|max
words|sort
words|sort(true)
words|sort(reverse=true)
words|sort(case_sensitive=true)
users|sort(attribute='age')|map(attribute='name')|join(',')
users|sort(attribute='age,name')|map(attribute='name')|join(',')
users|sort(attribute='age', reverse=true)|map(attribute='name')|join(',')
nested|sort(attribute='0')
nested|sort(attribute=1, reverse=true)
[3, 1.5, 2]|sort
[1, 'a']|sort
'hello'|sort
map|sort
items|reverse|list
text|reverse
(1, 2)|reverse|list
5|reverse
words|unique|list
['a', 'A', 'b', 'a']|unique|list
['a', 'A']|unique(true)|list
users|unique(attribute='age')|map(attribute='name')|list
[1, 1.0, true, 2]|unique|list
[[1]]|unique|list
map|dictsort
{'b': 1, 'A': 2}|dictsort
{'b': 1, 'A': 2}|dictsort(true)
{'b': 1, 'A': 2}|dictsort(by='value')
{'b': 1, 'A': 2}|dictsort(false, 'value', true)
{'b': 1}|dictsort(by='x')
map|items|list
items|items|list
map|list
text[:3]|list
items|list
range(3)|list
5|list
none|list
users|map(attribute='name')|list
users|map(attribute='nope', default='-')|list
users|map(attribute='name')|map('upper')|join(' ')
items|map('string')|join
words|map('replace', 'b', 'z')|list
items|map('nofilter')|list
items|map|list
[]|map|list
items|select('odd')|list
items|select('>', 1)|list
items|select|list
[0, 1, none, '']|select|list
items|reject('odd')|list
[0, 1]|reject|list
users|selectattr('age', '>', 26)|map(attribute='name')|list
users|selectattr('age', 'equalto', 25)|map(attribute='name')|list
users|selectattr('name')|list|length
users|rejectattr('age', 'eq', 30)|map(attribute='name')|list
users|selectattr|list
items|select('notest')|list
users|groupby('age')
users|groupby('city')|map('first')|list
users|groupby('city', case_sensitive=true)|map('first')|list
users|groupby('age')|map(attribute='grouper')|list
(users|groupby('age')|first).list|length
users|groupby('nope', default='x')|map('first')|list
items|batch(2)|list
items|batch(2, 0)|list
[1,2,3,4,5]|slice(2)|list
[1,2,3,4,5]|slice(3, 'x')|list
[1,2]|slice(4)|list
'a-b-a'|replace('a', 'x')
'a-b-a'|replace('a', 'x', 1)
'aaa'|replace('', '-')
123|replace(2, 'x')
'a'|replace('b')
42.55|round
42.55|round(1)
42.55|round(1, 'floor')
42.55|round(1, 'ceil')
2.5|round
3.5|round
0.5|round
2.675|round(2)
5|round
15|round(-1)
25|round(-1)
1234.5|round(-2)
-2.5|round
'x'|round
2.5|round|int
2.5|round(0, 'up')
'42'|int
' 42 '|int
'42.7'|int
'x'|int
'x'|int(5)
'x'|int(default=-1)
'0x1f'|int(base=16)
'ff'|int(0, 16)
'101'|int(base=2)
'1_000'|int
3.9|int
-3.9|int
none|int
true|int
1e20|int
'1e3'|int
'inf'|int
'3.5'|float
'x'|float
'x'|float(1.5)
'1e400'|float
'nan'|float
3|float
none|float
'1_0.5'|float
1|string
none|string
[1]|string
'a'|string + 'b'
missing|default
missing|d('x')
none|default('x')
none|default('x', true)
''|default('x', boolean=true)
0|default(5)
false|default('x', true)
'%s-%s'|format(1, 'a')
'%(a)s'|format(a=1)
'%s'|format(1, 2)
'%d items'|format(3.7)
lines|indent
lines|indent(2)
lines|indent(2, true)
lines|indent(2, true, true)
lines|indent('> ')
lines|indent(width=3, first=true)
''|indent
5|indent
'foo bar baz qux'|truncate(9)
'foo bar baz qux'|truncate(9, true)
'foo bar baz qux'|truncate(11)
'foo bar baz qux'|truncate(11, false, '...', 0)
'foo bar baz qux'|truncate(5, end='')
'foo'|truncate(1)
'foo bar'|truncate(2)
'hello big world-wide'|wordcount
'a_b c-d'|wordcount
map|tojson
[1, 2.5, none, true, "a<b>&'c'"]|tojson
uni|tojson
'\n\t"\\\x01😀'|tojson
{'b': 1, 'a': [{}], 'c': []}|tojson
{'b': 1, 'a': [1, {'x': none}]}|tojson(indent=2)
[]|tojson(2)
{1: 'a', 'b': 2}|tojson
{2: 'a', 1: 'b'}|tojson
{none: 1}|tojson
(1, 2)|tojson
range(3)|tojson
big|tojson
1e20|tojson
'a b/c?d=é&f~'|urlencode
{'a': 1, 'b c': 'x y/z'}|urlencode
[('a', 'b')]|urlencode
5|urlencode
1000|filesizeformat
1|filesizeformat
500|filesizeformat
1500000|filesizeformat
1500000|filesizeformat(true)
'12345'|filesizeformat
0.5|filesizeformat
map|attr('keys') is callable
map|attr('a') is undefined
text|attr('upper')()
'<a href="x">&\'</a>'|e
'<b>'|escape
'<b>'|safe
1|e
text|nofilter
text|upper|lower|title
text|replace('World', name)|upper
'a,b,c'.split(',')|join(' and ')
-1|abs
2 * 3|string
('a' ~ 'b')|upper
'a' ~ 'b'|upper
1 + '2'|int
'abc'|upper()
'abc'|replace(old='a', new='z')
'abc'|join(d='-')
items|join(d='-', x=1)
items|first(1)
text|upper|length > 5
text is string and text|length > 5
cols|map('upper')|join(',\n    ')
'a'|lower|default('z')
items|sum / items|length
items|min|string ~ 'x'
(items|map('abs')|list)[0]
map.b|last
map.c.d|upper
""")

# Tests.
expressions(r"""
name is defined
missing is not defined
missing is undefined
none is none
nothing is none
n is none
n is number
ratio is number
true is number
'1' is number
n is integer
true is integer
ratio is integer
ratio is float
n is float
text is string
n is string
items is iterable
n is iterable
text is iterable
items is sequence
map is sequence
n is sequence
map is mapping
items is mapping
yes is true
1 is true
no is false
0 is false
yes is boolean
1 is boolean
3 is odd
3 is even
4 is even
6 is divisibleby(3)
6 is divisibleby 4
1 is eq 1
1 is equalto(1.0)
1 is ne 2
2 is gt 1
2 is ge(2)
1 is lt 2
1 is le 0
2 is greaterthan 1
1 is lessthan 2
1 is in [1, 2]
3 is not in [1, 2]
'a' is in 'abc'
'abc' is lower
'aBc' is lower
'ABC' is upper
'123' is upper
none is sameas none
1 is sameas 2
items is sameas items
true is sameas true
range is callable
text is callable
'upper' is filter
'nope' is filter
'odd' is test
'nope' is test
'x' is escaped
n is odd and n > 2
n is not odd
not n is odd
n is odd or n is even
n is divisibleby(3) and yes
'x' is nope
'a' is number
1 is divisibleby
3 is odd(1)
'x' is odd
none is not none
(n is odd) ~ ''
n + 1 is even
items|length is eq 3
n is gt(2) if yes else no
""")

# Methods.
expressions(r"""
text.upper()
text.lower()
text.title()
"they're bill's 3d-x".title()
text.swapcase()
'hello'.capitalize()
'ÉCOLE'.lower()
'straße'.upper()
text.split(', ')
' a  b c '.split()
' a  b c '.split(none, 1)
' a  b c '.rsplit(none, 1)
'a,b,c'.split(',', 1)
'a,b,c'.rsplit(',', 1)
'a,b,,c'.split(',')
''.split()
''.split(',')
'a'.split('')
lines.splitlines()
lines.splitlines(true)
'a\r\nb\rc'.splitlines()
'a' 'b'.join(['x', 'y'])
', '.join(cols)
', '.join(items)
''.join('abc')
'  x '.strip()
'xxaxx'.strip('x')
'xxaxx'.lstrip('x')
'xxaxx'.rstrip('x')
'a-b-a'.replace('a', 'x')
'a-b-a'.replace('a', 'x', 1)
text.startswith('Hello')
text.endswith('World')
text.startswith(('x', 'H'))
text.startswith('ello', 1)
text.find('o')
text.find('zz')
text.rfind('o')
text.index('o')
text.index('zz')
text.find('o', 5)
text.count('l')
text.count('l', 0, 4)
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('x')
'abc'.rpartition('x')
'test_x'.removeprefix('test_')
'x.csv'.removesuffix('.csv')
'7'.zfill(3)
'-7'.zfill(4)
'ab'.center(5)
'ab'.center(7, '*')
'ab'.ljust(4) ~ '|'
'ab'.rjust(4, '.')
'abc'.isalpha()
'abc1'.isalnum()
'123'.isdigit()
''.isdigit()
'abc'.islower()
'ABC'.isupper()
' '.isspace()
'Hello World'.istitle()
'a_1'.isidentifier()
'é'.isascii()
'½'.isnumeric()
'{}-{}'.format(1, 'a')
'{0}-{1}-{0}'.format(1, 'a')
'{a}'.format(a=5)
'{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c')
'{:05d}'.format(42)
'{:+d}'.format(42)
'{:,}'.format(1234567)
'{:_}'.format(1234567)
'{:,.2f}'.format(1234567.891)
'{:.2f}'.format(2.675)
'{:.3}'.format('abcdef')
'{:e}'.format(12345.678)
'{:g}'.format(0.00001)
'{:g}'.format(123456789.0)
'{:%}'.format(0.25)
'{:.1%}'.format(0.256)
'{:x}'.format(255)
'{:#x}'.format(255)
'{:X}'.format(255)
'{:o}'.format(8)
'{:b}'.format(5)
'{:08b}'.format(5)
'{:*^9}'.format('x')
'{:{}}'.format('x', 5)
'{!r}'.format('x')
'{0[0]}'.format(items)
'{0[a]}'.format(map)
'{{}}'.format()
'{}'.format()
'{x}'.format()
'{:d}'.format('x')
'{:.2}'.format(3.14159)
'{:10.3f}|'.format(3.14159)
'{:=+8d}'.format(5)
'{:<8}|'.format(5)
'{:012,}'.format(1234)
'{}'.format(none)
'{:5}|'.format(true)
'{:c}'.format(65)
'{} {}'.format(1)
'{0} {}'.format(1, 2)
'}'.format()
'{'.format()
'%s' % 'a'
'%s' % 1
'%s and %s' % ('a', 1)
'%d' % 3.9
'%5d|' % 42
'%-5d|' % 42
'%05d' % 42
'%+d' % 42
'%.2f' % 2.675
'%5.1f|' % 3.14159
'%e' % 12345.678
'%g' % 0.0001
'%g' % 1e10
'%x' % 255
'%#x' % 255
'%o' % 8
'%X' % 255
'%r' % 'a'
'%r' % [1]
'%c' % 'x'
'%c' % 65
'%%' % ()
'100%%' % ()
'%(a)s %(b)s' % map
'%s' % [1, 2]
'%s' % (1,)
'%s %s' % 1
'%s' % (1, 2)
'%d' % 'x'
'%' % 1
'%y' % 1
'%*d' % (5, 42)
'%.3s' % 'abcdef'
'%10s|' % 'abc'
'%s' % none
'%s' % map
'%s' % {}
'%d' % big
'%i' % true
items.index(2)
items.count(1)
items.index(9)
(1, 2, 1).count(1)
(1, 2).index(2)
map.keys()
map.values()
map.items()
map.keys()|list
map.values()|list
map.items()|list
map.get('a')
map.get('z')
map.get('z', 5)
map.get('z') is none
map.copy() == map
map.pop('a')
map.pop('zz', 1)
map.pop('zz')
map.setdefault('a', 5)
map.setdefault('zz', 5)
{}.update(a=1)
ratio.is_integer()
(3.0).is_integer()
n.bit_length()
items.append(4)
items.pop()
none_list.pop()
text.nope()
map.a()
n()
'x'()
items.copy()
text.upper
dict(a=1, b=2)
dict([('a', 1)])
dict({'a': 1}, b=2)
dict(map, z=1)|length
range(5)
range(1, 5)
range(0, 10, 3)
range(5, 0, -2)|list
range(0, 10, 3)|list
range(1, 2, 0)
range('a')
range(1.5)
[1, 2, 3].index(3)
namespace(a=1).a
namespace(a=1)
namespace().x
joiner(', ')
cycler(1, 2).next()
cycler()
lipsum is callable
dict(**map)|length
dict(*[{'a': 1}])
text.upper(*[])
'{} {}'.format(*items[:2])
'{a}'.format(**{'a': 1})
""")

# Whitespace control and text.
for t in ["a\n", "a\n\n", "a\r\nb\rc\n", "\n", "", "  a  ", "a {{ n }} b", "a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\n{%- if yes %}\nb\n{%- endif %}\nc", "a\n{% if yes -%}\nb\n{% endif -%}\nc",
          "a  {%- if yes -%}  b  {%- endif -%}  c", "a {{- n -}} b", "a {{- n }} b", "a {{ n -}} b", "a {#- c -#} b", "a {# c #} b", "a\n{# c #}\nb", "{%+ if yes %}x{% endif %}", "  {%+ if yes +%}\nx{%+ endif +%}",
          "{{ n }}\n{{ n }}\n", "{% raw %}{{ n }}{% endraw %}", "{% raw %}{% if %}{% endraw %}", "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %}a{% endraw", "{# {{ n }} #}x", "{# a\nb\n#}{{ n }}", "{#",
          "{{ '{{' }}", "{{ '}}' }}", "{{ '%}' }}", "{% set x = '%}' %}{{ x }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{{'a': 1}.a}}", "{{ {} }}", "{ { n } }", "{%", "{{", "{{ n", "{% if yes", "}}", "%}", "#}", "{{ n }}}", "{{ n } }",
          "\u00a0{{- n }}", "x\u2003{%- if yes %}y{% endif %}", "{{ n }}\u2028", "é{{ n }}é", "{{\nn\n}}", "{%\nif\nyes\n%}a{% endif %}", "{%if yes%}a{%endif%}", "{{n}}{{n}}", "-- {{ name }}\nSELECT 1 -- {# no #}", "{{ n -}}\n\n  x", "{{ n +}} x", "{{+ n }} x", "{{ - 5 }}", "{{-5}}", "{{ n-1 }}", "{% raw -%}  a  {%- endraw %}", "{%raw%}x{%endraw%}", "{% raw +%}x{% endraw %}",
          "{%- set x = 1 %}\n{{ x }}", "\n\n{%- if yes %}a{% endif %}", "{# a -#}   b", "{#-#}x", "{# - #} x", "{{ n }}\r\n{% if yes %}\r\nx{% endif %}", "{% raw %}\r\n{% endraw %}", "{{ 'a\r\nb' }}", "{{ 'a\nb' }}"]:
    case(t, strict=False)

# Statements.
for t in ["{% if yes %}a{% endif %}", "{% if no %}a{% endif %}", "{% if no %}a{% else %}b{% endif %}", "{% if no %}a{% elif yes %}b{% else %}c{% endif %}", "{% if no %}a{% elif no %}b{% elif n == 3 %}c{% else %}d{% endif %}",
          "{% if n > 2 and text %}a{% endif %}", "{% if 'a' in map and map.a == 1 %}y{% endif %}", "{% if not items %}a{% else %}b{% endif %}", "{% if (n) %}a{% endif %}", "{% if n, %}a{% endif %}", "{% if %}a{% endif %}", "{% if yes %}a", "{% if yes %}a{% endfor %}", "{% endif %}", "{% else %}", "{% nope %}", "{% %}", "{% if yes: %}a{% endif %}",
          "{% for x in items %}{{ x }},{% endfor %}", "{% for x in none_list %}a{% else %}empty{% endfor %}", "{% for x in items %}{{ x }}{% else %}empty{% endfor %}", "{% for x in items if x > 1 %}{{ x }}{% endfor %}", "{% for x in items if x > 9 %}{{ x }}{% else %}none{% endfor %}", "{% for x in items if x is odd %}{{ loop.index }}:{{ x }} {% endfor %}",
          "{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in map %}{{ k }}{% endfor %}", "{% for a, b in nested %}{{ a }}-{{ b }} {% endfor %}", "{% for (a, b) in nested %}{{ a }}{{ b }}{% endfor %}", "{% for a, b in items %}{{ a }}{% endfor %}", "{% for a, b, c in nested %}{{ a }}{% endfor %}", "{% for a, in nested %}{{ a }}{% endfor %}", "{% for c in text[:3] %}[{{ c }}]{% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
          "{% for x in items %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}",
          "{% for x in items %}{{ x }}{{ ', ' if not loop.last }}{% endfor %}", "{% for x in items %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}", "{% for x in items %}{{ loop.previtem }}-{{ loop.nextitem }} {% endfor %}", "{% for x in items %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %}", "{% for x in items %}{{ loop.nope }}{% endfor %}", "{% for x in items %}{{ loop }}{% endfor %}", "{% for x in items %}{% for y in items %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
          "{% for x in [[1, [2, [3]]]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}:{{ loop.depth }}{% endif %}{% endfor %}", "{% for x in items %}{{ loop([1]) }}{% endfor %}", "{% for x in n %}{% endfor %}", "{% for x in range(3) %}{{ x }}{% endfor %}", "{% for x in items %}{% set y = x %}{% endfor %}{{ y }}", "{% for n in items %}{% endfor %}{{ n }}", "{% for x in 1, 2 %}{{ x }}{% endfor %}", "{% for x in (1, 2) if x %}{{ x }}{% endfor %}", "{% for loop in items %}{% endfor %}", "{% for x of items %}{% endfor %}", "{% for in items %}{% endfor %}", "{% for x in items %}", "{% for 1 in items %}{% endfor %}", "{% for x.y in items %}{% endfor %}",
          "{% for x in items|reverse %}{{ loop.length }}{{ x }}{% endfor %}", "{% for x in users|map(attribute='name') %}{{ x }}{% if loop.last %}.{% endif %}{% endfor %}", "{% for city, us in users|groupby('city') %}{{ city }}:{{ us|length }} {% endfor %}", "{% for g in users|groupby('age') %}{{ g.grouper }}{{ g.list|map(attribute='name')|join('+') }} {% endfor %}", "{% for k, v in map|dictsort %}{{ k }}{% endfor %}", "{% for x in items %}{% if x == 2 %}{% set n = 9 %}{% endif %}{{ n }}{% endfor %}{{ n }}",
          "{% set x = 1 %}{{ x }}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}", "{% set (x, y) = (1, 2) %}{{ x }}{{ y }}", "{% set x = 1, 2 %}{{ x }}", "{% set x = items|map('string')|list %}{{ x }}", "{% set n = n + 1 %}{{ n }}", "{% set x %}a{{ n }}b{% endset %}[{{ x }}]", "{% set x | upper %}abc{% endset %}{{ x }}", "{% set x | replace('a', 'z') | upper %}abc{% endset %}{{ x }}", "{% set x = %}", "{% set 1 = 2 %}", "{% set x %}", "{% set x y %}", "{% set map.a = 2 %}", "{% set true = 1 %}", "{% set [a] = 1 %}",
          "{% set ns = namespace(a=1) %}{% set ns.a = 2 %}{{ ns.a }}", "{% set ns = namespace(t=0) %}{% for x in items %}{% set ns.t = ns.t + x %}{% endfor %}{{ ns.t }}", "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns.c }}", "{% set ns = namespace() %}{% set ns.x, ns.y = 1, 2 %}{{ ns.x }}{{ ns.y }}", "{% set ns = namespace() %}{% set ns.x %}block{% endset %}{{ ns.x }}", "{% set ns.a = 1 %}", "{% if yes %}{% set z = 5 %}{% endif %}{{ z }}", "{% if no %}{% set z = 5 %}{% endif %}{{ z }}", "{% set l = [] %}{% for x in items %}{% set _ = l.append(x * 2) %}{% endfor %}{{ l }}", "{% set _ = items.append(4) %}{{ items }}", "{% set d = {} %}{% set _ = d.update({'a': 1}) %}{% set _ = d.update(b=2) %}{{ d }}", "{% set d = {'a': 1, 'b': 2} %}{{ d.pop('a') }}{{ d }}{% set _ = d.setdefault('c', 3) %}{{ d }}", "{% set l = [3, 1, 2] %}{% set _ = l.sort() %}{{ l }}{% set _ = l.reverse() %}{{ l }}{% set _ = l.insert(1, 9) %}{{ l }}{{ l.pop(0) }}{% set _ = l.remove(9) %}{{ l }}{% set _ = l.extend([7, 8]) %}{{ l }}{% set _ = l.clear() %}{{ l }}", "{% set l = [1] %}{% set m = l %}{% set _ = m.append(2) %}{{ l }}",
          "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}", "{% with n = n + 1 %}{{ n }}{% endwith %}{{ n }}", "{% with a = 1, b = a %}{{ b }}{% endwith %}", "{% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}",
          "{% filter upper %}abc {{ name }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}aaa{% endfilter %}", "{% filter indent(2) %}a\nb{% endfilter %}", "{% filter nope %}{% endfilter %}", "{% filter trim %}  x  {% endfilter %}|",
          "{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(b=1, a=2) }}", "{% macro f() %}x{% endmacro %}{{ f() }}{{ f }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f() }}", "{% macro f(a) %}{{ a.b }}{% endmacro %}{{ f() }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}", "{% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, 3, x=4) }}", "{% macro f(a, b=a) %}{{ b }}{% endmacro %}{{ f(5) }}", "{% macro f(a=1, b) %}{% endmacro %}", "{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{% macro f() %}{{ name }}{{ x }}{% endmacro %}{% set x = 1 %}{{ f() }}", "{% macro f() %}{% set y = 1 %}{{ y }}{% endmacro %}{{ f() }}{{ y }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f.name }}{{ f.arguments }}{{ f.catch_kwargs }}{{ f.catch_varargs }}{{ f.caller }}", "{% macro f(x) -%}\n  {{ x }}\n{%- endmacro %}[{{ f(1) }}]", "{{ f() }}{% macro f() %}x{% endmacro %}", "{% macro cents(col, places=2) %}({{ col }} / 100)::numeric(16, {{ places }}){% endmacro %}SELECT {{ cents('amount') }}, {{ cents('tax', places=4) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1)|upper ~ f('x')|upper }}", "{% macro f %}{% endmacro %}", "{% macro f( %}{% endmacro %}", "{% macro f(a, a2=[]) %}{{ a2 }}{% endmacro %}{{ f(1) }}",
          "{% macro f() %}<{{ caller() }}>{% endmacro %}{% call f() %}in{% endcall %}", "{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) f() %}{{ a }}+{{ b }}{% endcall %}", "{% macro f() %}{{ caller }}{% endmacro %}{{ f() }}", "{% macro f() %}x{% endmacro %}{% call f() %}y{% endcall %}", "{% macro f(x) %}{{ caller(x) }}{% endmacro %}{% call(y) f(7) %}{{ y }}{{ name }}{% endcall %}", "{% call name %}{% endcall %}", "{% macro f(caller=none) %}{{ caller }}{% endmacro %}{{ f() }}", "{% macro f() %}{% if caller %}{{ caller() }}{% else %}no{% endif %}{% endmacro %}{{ f() }}{% call f() %}z{% endcall %}",
          "{% print n %}", "{% print n, name %}", "{% raise 'boom' %}", "{% if no %}{% raise 'boom' %}{% endif %}ok", "a\n\n{% raise 'bad ' ~ name %}", "{% raise missing %}", "{% do items.append(1) %}", "{% break %}", "{% continue %}", "{% trans %}x{% endtrans %}", "{% debug %}", "{% if yes %}{% for x in items %}{% endif %}{% endfor %}", "{% for x in items %}{{ x }}{% endif %}", "{{ 1 + }}", "{{ }}", "{{ 1 2 }}", "{{ a b }}", "{{ (1 }}", "{{ [1 }}", "{{ 1) }}", "{{ {1} }}", "{{ 'a }}", "{{ a. }}", "{{ a.'b' }}", "{{ a| }}", "{{ a|1 }}", "{{ a is }}", "{{ a is is }}", "{{ n is odd is even }}", "{{ f(a=1, 2) }}", "{{ f(**a, *b) }}", "{{ f(a=1, a=2) }}", "{{ $ }}", "{{ a ? b }}", "{{ a @ b }}", "{{ a! }}", "{{ 1.5.5 }}", "{{ a; b }}", "{{ a = b }}", "{{ not }}", "{{ x if }}", "{{ 'a' if 'b' else }}", "{{ * }}", "{{ items[ }}", "{{ items[] }}", "{{ items[1, 2] }}", "{{ items[::0] }}", "{{ items['a':] }}", "{{ 08 }}", "{{ 1__0 }}", "{{ a\\b }}", "{{ 'a\\xzz' }}", "{{ 'a\\u12' }}", "line1\nline2 {{ missing.x }}", "line1\n{% if yes %}\n{{ missing.x }}{% endif %}", "l1\n{{ 1 +\n missing.y }}", "l1\nl2\n{{ nope|nofilter }}", "l1\n{% bad %}", "{{ n\n}}\n{{ bad bad }}",
          "{% set j = joiner(', ') %}{% for x in items %}{{ j() }}{{ x }}{% endfor %}", "{% set c = cycler('a', 'b') %}{% for x in items %}{{ c.next() }}{{ c.current }}{% endfor %}{{ c.reset() }}{{ c.next() }}", "{{ varargs }}", "{{ kwargs }}", "{{ loop }}", "{{ caller }}"]:
    case(t)

# SQL and shell as people write them.
for t in ["CREATE TABLE {{ product }} AS\nSELECT * FROM {{ upstream['load'] }}\nWHERE x > {{ n }}\n", "{% set cols = ['a', 'b'] %}\nSELECT\n{%- for c in cols %}\n    SUM({{ c }}) AS {{ c }}_total{{ ',' if not loop.last }}\n{%- endfor %}\nFROM {{ upstream.load }}", "DROP TABLE IF EXISTS {{ product }};\nCREATE TABLE {{product}} AS SELECT {{ cols|join(', ') }} FROM {{upstream['load']}};", "SELECT * FROM t WHERE name IN ({% for w in words %}'{{ w }}'{% if not loop.last %}, {% endif %}{% endfor %})", "SELECT * FROM t WHERE id IN {{ (1, 2, 3) }}", "SELECT * FROM t WHERE id IN {{ items }}", "SELECT '{{ \"%\" }}' LIKE 'a%' -- {{ n }}%", "cp {{ upstream.clean.k }} {{ product }}\necho \"${HOME}\" '{{ name }}' # {{ n }}\n", "awk '{ print $1 }' {{ upstream['clean']['k'] }} > {{ product }}", "{% if n > 2 %}LIMIT {{ n }}{% endif %}", "{# comment {{ upstream.x }} #}SELECT 1", "-- {{ upstream['load'] }}\nSELECT 1", "SELECT {{ upstream[name] }}", "SELECT {{ upstream.nope }}", "for f in *.csv; do echo {{ '{' }}$f{{ '}' }}; done", "{{ name }}-{{ n }}.csv", "{{ schema }}.{{ name }}", "{{ upstream['fit-*'] }}", "{% for k in upstream %}{{ upstream[k] }} {% endfor %}", "{% for k, v in upstream.items() %}{{ k }} {% endfor %}", "SELECT {{ 'a' if upstream is defined else 'b' }}", "{{ upstream }}", "{{ upstream['lo' ~ 'ad'] }}", "{{ upstream['LOAD'|lower] }}", "{{ (upstream).load }}", "{{ upstream.load.x }}{{ upstream.clean }}", "{{ upstream[0] }}", "{{ upstream['a':'b'] }}", "{% set u = upstream %}{{ u.load }}", "{{ upstream.get('load') }}", "{% macro f(upstream) %}{{ upstream.zz }}{% endmacro %}{{ upstream.load }}"]:
    case(t)

# Brackets.
for t in ["[[ n ]]", "[[ upstream['load'] ]]", "[[upstream['load']]]", "[[ items[0] ]]", "[[ nested[1][0] ]]", "[[ [1, [2]] ]]", "{{ n }}[[ n ]]", "[[ n -]]  x", "x [[- n ]]", "[[ missing ]]", "a[0] [1]", "[[", "[[ n ]", "{% if yes %}[[ n ]]{% endif %}", "{# [[ n ]] #}", "[['a']]", "out/[[name]]-[[n]].csv", "{% raw %}[[ n ]]{% endraw %}", "[[ {'a': 1}['a'] ]]"]:
    case(t, open="[[", close="]]")
for t in ["[[ n ]] {{ n }}", "{{ n }}[[upstream['a']]]"]:
    case(t, strict=False)

# Imports.
FILES = {
    "macros.sql": "{% macro cents(c) %}{{ c }} / 100{% endmacro %}{% set limit = 10 %}{% set _private = 1 %}{% macro who() %}{{ name }}{% endmacro %}text",
    "part.sql": "[{{ name }}{{ n }}{{ x }}]", "sub/deep.sql": "{% import 'macros.sql' as m %}{{ m.cents('z') }}", "bad.sql": "line\n{{ missing.x }}", "broken.sql": "a\n{% if %}",
    "loop.sql": "{% include 'loop.sql' %}", "sets.sql": "{% set leaked = 1 %}", "caller.sql": "{% macro wrap() %}<{{ caller() }}>{% endmacro %}", "nested.sql": "{% from 'macros.sql' import cents %}{% macro both(a) %}{{ cents(a) }}!{% endmacro %}",
}
for t in ["{% import 'macros.sql' as m %}{{ m.cents('a') }}{{ m.limit }}", "{% import 'macros.sql' as m %}{{ m }}", "{% import 'macros.sql' as m %}{{ m._private }}", "{% import 'macros.sql' as m %}{{ m.nope }}", "{% import 'macros.sql' as m %}{{ m.nope() }}", "{% import 'macros.sql' as m %}{{ m.who() }}", "{% import 'macros.sql' as m with context %}{{ m.who() }}", "{% import 'macros.sql' as m without context %}{{ m.who() }}",
          "{% from 'macros.sql' import cents %}{{ cents(1) }}", "{% from 'macros.sql' import cents as c, limit %}{{ c(1) }}{{ limit }}", "{% from 'macros.sql' import who with context %}{{ who() }}", "{% from 'macros.sql' import nope %}{{ nope }}", "{% from 'macros.sql' import nope %}{{ nope() }}", "{% from 'macros.sql' import nope %}ok", "{% from 'macros.sql' import _private %}", "{% from 'macros.sql' import cents, %}{{ cents(2) }}", "{% from 'macros.sql' import %}",
          "{% set x = 5 %}{% include 'part.sql' %}", "{% include 'part.sql' without context %}", "{% for x in items %}{% include 'part.sql' %}{% endfor %}", "{% include 'nope.sql' %}", "{% include 'nope.sql' ignore missing %}ok", "{% include ['nope.sql', 'part.sql'] %}", "{% include ['nope.sql', 'gone.sql'] %}", "{% include ['nope.sql'] ignore missing with context %}ok", "{% include 'part' ~ '.sql' %}", "{% include missing %}", "{% import 'nope.sql' as m %}", "{% include 'sub/deep.sql' %}", "{% include 'bad.sql' %}", "{% include 'broken.sql' %}", "{% include 'sets.sql' %}{{ leaked }}", "{% import 'macros.sql' as m %}{% for x in items %}{{ m.cents(x) }};{% endfor %}", "{% from 'caller.sql' import wrap %}{% call wrap() %}in{% endcall %}", "{% from 'nested.sql' import both %}{{ both(3) }}", "{% from 'nested.sql' import cents %}{{ cents(3) }}", "{% import 'macros.sql' m %}", "{% macro f() %}{% import 'macros.sql' as m %}{{ m.limit }}{% endmacro %}{{ f() }}"]:
    case(t, files=FILES)
case("{% include 'loop.sql' %}", strict=False, files=FILES)

# Names.
for t in ["{{ a }}{{ b.c }}{% for x in d %}{{ x }}{{ e }}{{ loop.index }}{% endfor %}", "{% set a = 1 %}{{ a }}", "{{ a }}{% set a = 1 %}", "{% if q %}{% set a = 1 %}{% endif %}{{ a }}", "{% if q %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}", "{% for a in b %}{% set c = a %}{% endfor %}{{ c }}", "{% macro f(x, y=z) %}{{ x }}{{ w }}{{ caller() }}{{ kwargs }}{% endmacro %}{{ f(v) }}", "{% call(a) f(b) %}{{ a }}{{ c }}{% endcall %}", "{% with a = b %}{{ a }}{{ c }}{% endwith %}{{ a }}", "{% set x %}{{ y }}{% endset %}{{ x }}", "{% filter replace(a, b) %}{{ c }}{% endfilter %}", "{% import m as n %}{{ n.x }}", "{% from 'm' import n as o %}{{ o }}{{ n }}", "{% set ns = namespace() %}{% set ns.a = b %}{{ range(c) }}", "{% set ns.a = b %}", "{{ x is defined }}", "{% raise msg %}", "{% for x in y if x > z %}{% else %}{{ w }}{% endfor %}", "{{ f(a, *b, c=d, **e) }}", "{{ [a, b][c:d:e] }}", "{{ a if b else c }}", "{{ {a: b} }}", "{% include a %}", "{# {{ a }} #}{% raw %}{{ b }}{% endraw %}", "{{ dict(a=b) }}{{ range }}{{ lipsum }}{{ cycler }}", "{% if a %}{% elif b %}{% set c = 1 %}{% endif %}{{ c }}", "{% set a = a %}", "{% macro f() %}{{ a }}{% endmacro %}{% set a = 1 %}", "{% set a = 1 %}{% macro f() %}{{ a }}{{ b }}{% endmacro %}", "{% for x in x %}{{ x }}{% endfor %}", "{% for k in a %}{% for j in k.b %}{{ c }}{{ j }}{% endfor %}{% endfor %}", "{% if a %}{% if b %}{% set c = 1 %}{% endif %}{% endif %}{{ c }}", "{% for i in a %}{% if i %}{% set t = 1 %}{% endif %}{{ t }}{% endfor %}"]:
    case(t, strict=False, vars={})


class Raise(Extension):
    tags = {"raise"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        message = parser.parse_expression()
        return nodes.CallBlock(self.call_method("_raise", [message], lineno=lineno), [], [], [], lineno=lineno)

    def _raise(self, message, caller):
        raise TemplateRuntimeError(message)


def run(c):
    options = {}
    if c["open"]:
        options = {"variable_start_string": c["open"], "variable_end_string": c["close"]}
    env = Environment(undefined=StrictUndefined if c["strict"] else Undefined, extensions=[Raise], loader=DictLoader(c["files"] or {}), **options)
    out = {}
    try:
        tree = env.parse(c["template"])
        out["variables"] = sorted(meta.find_undeclared_variables(tree))
        try:
            found = set()
            for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
                if isinstance(node.node, nodes.Name) and node.node.name == "upstream":
                    found.add(node.attr if isinstance(node, nodes.Getattr) else node.arg.as_const())
            out["keys"] = sorted(found) if all(isinstance(k, str) for k in found) else None
        except nodes.Impossible:
            out["keys"] = None
    except TemplateSyntaxError:
        pass
    except Exception as e:  # an internal fault of Jinja2 says nothing
        return None
    try:
        variables = json.loads(json.dumps(VARS if c["vars"] is None else c["vars"]))
        out["text"] = env.from_string(c["template"]).render(variables)
    except Exception as e:
        out["error"] = type(e).__name__
        try:
            out["message"] = str(getattr(e, "message", None) or e)
        except UndefinedError:  # the message itself is undefined
            return None
        if isinstance(e, TemplateSyntaxError):
            out["line"] = e.lineno
    return out


if __name__ == "__main__":
    done, results, seen = [], [], set()
    for c in cases:
        key = json.dumps(c, sort_keys=True)
        result = None if key in seen else run(c)
        seen.add(key)
        if result is None or " at 0x" in result.get("text", "") or "<function" in result.get("text", "") or "<class" in result.get("text", ""):
            continue
        entry = {k: v for k, v in c.items() if v not in (None, False) and k != "files"}
        if c["files"]:
            entry["files"] = True
        entry.update(result)
        results.append(entry)
    print('{"vars": ' + json.dumps(VARS) + ",\n" + '"files": ' + json.dumps(FILES) + ",\n" + '"cases": [')
    print(",\n".join(json.dumps(r) for r in results))
    print("]}")
