"""Pairs of function texts and whether the peer takes them for the same."""
BASES = [
    "def f(product, upstream):\n    \"\"\"Doc.\"\"\"\n    x = 1\n    y = g(x, 2)  # note\n    return x + y\n",
    "def f(product, n=3, *args, **kw):\n    total = 0\n    for i in range(n):\n        if i % 2 == 0:\n            total += i\n        else:\n            total -= 1\n\n    # report\n    print(total)\n    return total\n",
    "@deco(1)\ndef f(product):\n    '''One\n    two\n    '''\n\n    data = {\n        'a': [1, 2],\n        'b': (3, 4),\n    }\n    with open(product, 'w') as out:\n        out.write(str(data))\n",
    "def f(product):\n    import os, sys\n    a = 1; b = 2\n    if a: return b\n    try:\n        os.remove('x')\n    except OSError as e:\n        raise ValueError('bad') from e\n    finally:\n        pass\n    return [i for i in range(a) if i]\n",
    "async def f(product, upstream=None):\n    def inner(x, y=2):\n        \"\"\"Inner doc\"\"\"\n        return x ** y\n\n    async with ctx() as c:\n        await c.run(lambda q: q[1:2], key=inner)\n    while True:\n        break\n    return f\"{inner(1)} {c!r}\"\n",
    "def f(product):\n    text = '''a\n  b\n'''\n    sql = (\n        'select *'\n        ' from t'\n    )\n    n = -1 if not text else ~2\n    x[1:2, ::3] = n @ m\n    return text, sql, n\n",
    "def f(product):\n    class A:\n        x: int = 1\n\n        def m(self) -> int:\n            return self.x\n    a = A()\n    assert a.m() == 1, 'no'\n    del a\n    global g\n    g = a = b = 3\n    print(*[1], **{'a': 1}, sep='')\n    return\n",
]

EDITS = [
    # find (a pattern), replacement
    (r"\n\Z", "\n\n\n"), (r"\n\Z", "\n    # end\n"), (r"\A", "\n"), (r"\A", "# before\n"), (r"  # note", ""), (r"  # note", "  # other text"),
    (r"x = 1\n", "x = 1  # new\n"), (r"x = 1\n", "x = 1 \n"), (r"x = 1\n", "x=1\n"), (r"x = 1\n", "x  =  1\n"), (r"x = 1\n", "x = (1)\n"), (r"x = 1\n", "x = 1;\n"), (r"x = 1\n", "x = 2\n"),
    (r"x = 1\n", "x = 1\n\n"), (r"x = 1\n", "x = 1\n\n\n\n"), (r"x = 1\n", "x = 1\n    # c\n"), (r"x = 1\n", "x = 1\n    # c\n    # d\n"), (r"x = 1\n", "x = 1\n\n    # c\n"), (r"x = 1\n", "x = \\\n        1\n"),
    (r"\"\"\"Doc.\"\"\"", "\"\"\"Other.\"\"\""), (r"\"\"\"Doc.\"\"\"", "'Doc.'"), (r"\n    \"\"\"Doc.\"\"\"", ""), (r"\n    \"\"\"Doc.\"\"\"", "\n\n    \"\"\"Doc.\"\"\""), (r"\n    \"\"\"Doc.\"\"\"", "\n    # c\n    \"\"\"Doc.\"\"\""),
    (r"\"\"\"Doc.\"\"\"\n", "\"\"\"Doc.\"\"\"\n\n"), (r"\"\"\"Doc.\"\"\"\n", "\"\"\"Doc.\n    more\n    \"\"\"\n"), (r"\"\"\"Doc.\"\"\"", "\"\"\"Doc.\"\"\"  # c"), (r"\"\"\"Doc.\"\"\"", "b'Doc.'"), (r"\"\"\"Doc.\"\"\"", "f'Doc.'"), (r"\"\"\"Doc.\"\"\"", "'a' 'b'"),
    (r"g\(x, 2\)", "g(x,2)"), (r"g\(x, 2\)", "g( x , 2 )"), (r"g\(x, 2\)", "g(x, 2,)"), (r"g\(x, 2\)", "g(x,\n          2)"), (r"g\(x, 2\)", "g(\n        x, 2)"), (r"g\(x, 2\)", "g(x,  # c\n          2)"), (r"g\(x, 2\)", "g(x,\n          # c\n          2)"), (r"g\(x, 2\)", "g(x,\n\n          2)"), (r"g\(x, 2\)", "g (x, 2)"),
    (r"\n    ", "\n  "), (r"\n    ", "\n\t"), (r"\n        ", "\n              "), (r"    (?=\S)", "  "),
    (r"return x \+ y", "return x+y"), (r"return x \+ y", "return (x + y)"), (r"return x \+ y", "return x - y"), (r"return", "return "), (r"return (\w)", r"return  \1"),
    (r"n=3", "n = 3"), (r"n=3", "n=4"), (r"n=3", "n: int=3"), (r"\*args, \*\*kw", "*args,**kw"), (r"\*args, \*\*kw", "* args, ** kw"), (r"for i in", "for  i  in"), (r"i % 2 == 0", "i%2==0"), (r"total \+= i", "total+=i"),
    (r"else:", "else :"), (r"else:", "else:  # c"), (r"else:\n", "else:\n            # c\n"), (r"else:\n", "else:\n\n"), (r"else:\n            total -= 1", "else: total -= 1"), (r"\n\n    # report\n", "\n\n"), (r"\n\n    # report\n", "\n"), (r"# report", "# different"), (r"    # report\n", ""), (r"    # report", "# report"),
    (r"if i % 2 == 0:\n            total \+= i", "if i % 2 == 0: total += i"), (r"@deco\(1\)\n", ""), (r"@deco\(1\)", "@deco( 1 )"), (r"@deco\(1\)\n", "@deco(1)\n\n"), (r"@deco\(1\)\n", "@deco(1)\n# c\n"), (r"@deco\(1\)", "@deco(1)  # c"), (r"@deco\(1\)", "@deco(2)"),
    (r"'''One\n    two\n    '''", "'''Changed'''"), (r"'''One\n    two\n    '''\n", "'''One\n    two\n    '''"), (r"\n    '''One\n    two\n    '''", ""), (r"\n    '''One\n    two\n    '''\n\n", "\n"), (r"\n    '''One\n    two\n    '''\n\n", "\n\n"),
    (r"'a'", "\"a\""), (r"'a'", "'A'"), (r"\[1, 2\]", "[1,2]"), (r"\[1, 2\]", "[1, 2, ]"), (r"\[1, 2\]", "[1,\n  2]"), (r"\n        'b'", "\n        # c\n        'b'"), (r"\n        'b'", "\n\n        'b'"), (r"\n        'b'", "\n  'b'"), (r"\n        'b'", "\n                'b'"), (r"\n        'b'", " 'b'"), (r",\n    \}", "\n    }"), (r"\n    \}", "}"), (r"\n    \}", "\n}"), (r"'a':", "'a' :"), (r"'a': ", "'a':"),
    (r"import os, sys", "import os\n    import sys"), (r"import os, sys", "import os,sys"), (r"import os, sys", "import sys, os"), (r"import os, sys", "import os as o, sys"), (r"a = 1; b = 2", "a = 1\n    b = 2"), (r"a = 1; b = 2", "a = 1;b = 2"), (r"a = 1; b = 2", "a = 1; b = 2;"), (r"if a: return b", "if a:\n        return b"), (r"if a: return b", "if a :return b"), (r"if a: return b", "if (a): return b"), (r"if a: return b", "if a: return b  # c"), (r"if a: return b", "if a: x = 1; return b"), (r"if a: return b", "if a:\n        # c\n        return b"),
    (r"finally:\n        pass", "finally: pass"), (r"try:\n        os", "try: os"), (r"except OSError as e", "except OSError  as  e"), (r"except OSError as e", "except(OSError) as e"), (r"'bad'", "'bad '"), (r"\[i for", "[ i for"), (r"range\(a\)", "range(a, )"),
    (r"async def", "async  def"), (r"\"\"\"Inner doc\"\"\"", "\"\"\"Other doc\"\"\""), (r"        \"\"\"Inner doc\"\"\"\n", ""), (r"x \*\* y", "x**y"), (r"\n\n    async with", "\n    async with"), (r"\n\n    async with", "\n\n\n    async with"), (r"\n\n    async with", "\n    # c\n    async with"), (r"    def inner", "\n    def inner"), (r"    def inner", "    # c\n    def inner"), (r"    def inner", "    z = 1\n    def inner"), (r"    def inner", "    z = 1\n\n    def inner"),
    (r"lambda q: q\[1:2\]", "lambda q:q[1:2]"), (r"q\[1:2\]", "q[1 : 2]"), (r"q\[1:2\]", "q[1: 2]"), (r"key=inner", "key = inner"), (r"while True:\n        break", "while True: break"), (r"\{c!r\}", "{c}"), (r"f\"", "F\""), (r"\{inner\(1\)\}", "{inner( 1 )}"), (r"await c", "await  c"),
    (r"'''a\n  b\n'''", "'''a\n  b \n'''"), (r"'''a\n  b\n'''", "'''a\n    b\n'''"), (r"'''a\n  b\n'''", "\"\"\"a\n  b\n\"\"\""), (r"\n        ' from t'", "' from t'"), (r"\n        ' from t'", "\n            ' from t'"), (r"\n        ' from t'", "\n        ' from u'"), (r"\(\n        'select", "('select"), (r"\(\n        'select", "(  # c\n        'select"), (r"\(\n        'select", "(\n        # c\n        'select"), (r"t'\n    \)", "t')"), (r"-1 if", "- 1 if"), (r"not text", "not(text)"), (r"~2", "~ 2"), (r"x\[1:2, ::3\]", "x[1:2,::3]"), (r"n @ m", "n@m"), (r"text, sql, n", "(text, sql, n)"), (r"text, sql, n", "text, sql, n,"),
    (r"    class A", "\n    class A"), (r"x: int = 1", "x:int=1"), (r"x: int = 1", "x: int=1"), (r"\n\n        def m", "\n        def m"), (r"\n\n        def m", "\n\n\n        def m"), (r"-> int", "->int"), (r"-> int", ""), (r"    a = A", "\n    a = A"), (r"    a = A", "\n\n    a = A"), (r"    a = A", "    # c\n    a = A"), (r"== 1, 'no'", "==1,'no'"), (r"g = a = b = 3", "g=a=b=3"), (r"\*\[1\], ", "* [1], "), (r"return\n\Z", "return None\n"), (r"return\n\Z", "\n    return\n"), (r"return\n\Z", "return  # c\n"), (r"    a = A\(\)\n", "    a = A()\n    if a != None: a = not a in b\n    if a is True or type(a) == int: pass\n"),
    (r"def f\(", "def f ("), (r"def f\(", "def  f("), (r"product", "product "), (r"def f\(product", "def f(\n    product"), (r"def f\(product", "def g(product"), (r"\):\n", ") :\n"), (r"\):\n", "):\n\n"), (r"\):\n", "):\n    # c\n"), (r"\):\n", "):  # c\n"), (r"\):\n", ") -> None:\n"), (r", ", ","), (r" = ", "="), (r"\(", "( "), (r"    return", "\n    return"), (r"    return", "\n\n\n    return"), (r"    return", "    # c\n    return"), (r"    return", "    \n    return"), (r"    return", "    pass\n    return"),
]

LONG = "def f(product):\n    return some_function_name(argument_number_one, argument_number_two, argument_number_three=3)\n"
MORE = [
    (LONG, LONG.replace("_one, ", "_one,\n                              ")), (LONG, LONG.replace("name(", "name(\n        ")), (LONG, LONG.replace(", ", ",")),
    (LONG, LONG.replace("three=3", "three = 3")), (LONG, LONG.replace("=3)", "=4)")),
    ("def f(:\n", "def f( :\n"), ("def f(:\n", "def f(:\n"), ("x = 1\n", "x=1\n"), ("", ""), ("", "\n"), ("def f(): pass\n", "def f():\n    pass\n"), ("def f(): 'doc'\n", "def f(): 'other'\n"),
    ("def f():\n    'doc'\n", "def f():\n    'other'\n"), ("def f():\n    'doc'\n", "def f():\n    pass\n"), ("def f():\n    'doc'; x = 1\n", "def f():\n    'other'; x = 1\n"), ("class A:\n    'doc'\n    x = 1\n", "class A:\n    'other'\n    x = 1\n"),
    ("@a\n@b\ndef f():\n    'doc'\n    return 1\n", "@a\n@b\ndef f():\n    'other'\n    return 1\n"), ("def f():\n    x = 1\n    'doc'\n    return 1\n", "def f():\n    x = 1\n    'other'\n    return 1\n"),
    ("def f():\n    return lambda: (yield)\n", "def f():\n    return lambda:(yield)\n"), ("def f():\n    if x:\n        y = 1\n    elif z: y = 2\n    else: y = 3\n", "def f():\n    if x: y = 1\n    elif z:\n        y = 2\n    else:\n        y = 3\n"),
    ("def f():\n    with a as b: c\n", "def f():\n    with a as b:\n        c\n"), ("def f():\n    class A: x = 1\n", "def f():\n    class A:\n        x = 1\n"), ("def f():\n    def g(): return 1\n    return g\n", "def f():\n    def g():\n        return 1\n    return g\n"),
    ("def f():\n    x = {'a': 1, 'b': lambda: 2}\n", "def f():\n    x = {'a':1, 'b':lambda:2}\n"), ("def f():\n    x = a[b:c]; y: int = 2\n", "def f():\n    x = a[b:c]\n    y: int = 2\n"), ("def f():\n    x = 'a;b'; y = 1\n", "def f():\n    x = 'a;b'\n    y = 1\n"),
    ("def f():\n    for i in x: a; b\n", "def f():\n    for i in x:\n        a\n        b\n"), ("def f():\n    x = 1 \\\n        + 2\n", "def f():\n    x = 1 + 2\n"), ("def f():\n    x = '\\d'\n", "def f():\n    x = r'\\d'\n"), ("def f():\n    x = `1`\n", "def f():\n    x = 1\n"),
    ("def f():\n    from a import b, c\n", "def f():\n    from a import b\n    from a import c\n"), ("def f():\n    from a import (b, c)\n", "def f():\n    from a import b, c\n"), ("def f():\n    return 1\n\n\ndef g():\n    return 2\n", "def f():\n    return 1\ndef g():\n    return 2\n"), ("import a\ndef f():\n    return 1\n", "import a\n\n\ndef f():\n    return 1\n"),
    ("def f():\n    return not x in y\n", "def f():\n    return x not in y\n"), ("def f():\n    return x == None\n", "def f():\n    return x is None\n"), ("def f():\n    try: x\n    except: y\n", "def f():\n    try:\n        x\n    except BaseException:\n        y\n"), ("def f():\n    try: x\n    except: y\n", "def f():\n    try:\n        x\n    except:\n        y\n"),
    ("def f():\n    x = 1\n\n    def g():\n        pass\n    y = 1\n", "def f():\n    x = 1\n\n    def g():\n        pass\n\n    y = 1\n"), ("def f():\n    @a\n\n    def g():\n        pass\n", "def f():\n    @a\n    def g():\n        pass\n"), ("def f():\n    x = 1\n    @a\n    def g():\n        pass\n", "def f():\n    x = 1\n\n    @a\n    def g():\n        pass\n"), ("def f():\n    if x:\n        pass\n\n    else:\n        pass\n", "def f():\n    if x:\n        pass\n    else:\n        pass\n"),
    ("def f():\n    x = 0xAB\n", "def f():\n    x = 0xab\n"), ("def f():\n    x = 1L\n", "def f():\n    x = 1\n"), ("def f():\n    print >>x\n", "def f():\n    print >> x\n"), ("def f():\n    x = yield\n", "def f():\n    x = (yield)\n"), ("def f():\n    a if b else c\n", "def f():\n    a  if b else  c\n"), ("def f():\n    x = [a for a in b\n         if c]\n", "def f():\n    x = [a for a in b\n      if c]\n"), ("def f():\n    x = a or\\\n        b\n", "def f():\n    x = a or b\n"),
    ("def f():\n    x = (a\n         or b)\n", "def f():\n    x = (a or\n         b)\n"), ("def f():\n    s = ''' x # y '''\n", "def f():\n    s = ''' x '''\n"), ("def f():\n    s = 'x # y'\n", "def f():\n    s = 'x # z'\n"), ("def f():\n    x = a<b\n", "def f():\n    x = a < b\n"), ("def f():\n    x = a if b else-1\n", "def f():\n    x = a if b else -1\n"), ("def f():\n    x=a. b\n", "def f():\n    x=a.b\n"), ("def f():\n    x=a [1]\n", "def f():\n    x=a[1]\n"), ("def f():\n    return(1)\n", "def f():\n    return (1)\n"), ("def f():\n    if(1): pass\n", "def f():\n    if (1): pass\n"), ("def f(a:int=1): pass\n", "def f(a: int = 1): pass\n"), ("def f(*,a): pass\n", "def f(*, a): pass\n"), ("def f():\n    x = a**-b\n", "def f():\n    x = a ** -b\n"), ("def f():\n    x: list[int]=[]\n", "def f():\n    x: list[int] = []\n"), ("def f():\n    match x:\n        case 1: pass\n", "def f():\n    match x:\n        case 1:\n            pass\n"), ("def f():\n    x = 1 ;\n", "def f():\n    x = 1\n"), ("def f():\n    x = (yield 1)\n", "def f():\n    x = ( yield 1 )\n"), ("def f():\n    return 1\n# x\n", "def f():\n    return 1\n"), ("def f():\n    (a := 1)\n", "def f():\n    (a:=1)\n"), ("def f():\n    a[b :c]\n", "def f():\n    a[b:c]\n"), ("def f():\n    a = b'x'\n", "def f():\n    a = 'x'\n"),
]


def same_rows(rng):
    pairs = []
    for base in BASES:
        for pattern, replacement in EDITS:
            changed = re.sub(pattern, replacement, base)
            if changed != base:
                pairs.append((base, changed))
                once = re.sub(pattern, replacement, base, count=1)
                if once not in (base, changed):
                    pairs.append((base, once))
    pairs += MORE
    for base in BASES:
        for _ in range(40):  # several edits at once
            a = base
            for pattern, replacement in rng.sample(EDITS, 4):
                a = re.sub(pattern, replacement, a, count=1)
            if a != base:
                pairs.append((base, a))
    differ, rows = CodeDiffer(), []
    for a, b in pairs:
        try:
            different, _ = differ.is_different(a, b, None, None, extension="py")
        except Exception:
            continue  # the peer stops with an error
        rows.append({"a": a, "b": b, "same": not different})
    return rows
