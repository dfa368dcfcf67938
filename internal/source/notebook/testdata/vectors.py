"""Writes notebooks.json beside it: what jupytext and the peer make of files.

Run it with the interpreter of the test environment: python vectors.py
"""
import json
import pathlib
import random
import warnings

import jupytext
from papermill.parameterize import parameterize_notebook
from ploomber.sources import NotebookSource

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent

PERCENT = '''# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Title
#
# Some *text*

# %% tags=["parameters"]
upstream = ['a']
product = None
n = 1

# %%
# %matplotlib inline
import os
x = """
# %% not a cell
"""

# %% name="plot" tags=['x', "y"]
def f():

    return 1


# %% [raw]
# raw text

# %%
# !ls
# %%bash
# echo 1
'''

LIGHT = '''# # Title
#
# Text

import os
import sys

# + tags=["parameters"]
# a comment
upstream = None
product = {'nb': 'x.ipynb'}
# -

# Stand-alone text

def f():
    a = 1

    return a


# + {"tags": ["x"]}
x = 1


y = 2
# -

# %matplotlib inline
x = f()  # code

# a comment
z = 3

# + language="bash"
# echo 1
# -

# + [markdown] tags=["t"]
# more text
# -
'''

REGION = '''# region tags=["parameters"]
upstream = None
# endregion

# region [markdown]
# text
# endregion
x = 1

y = 2
# region other
# region inner
z = 3
# endregion
# endregion
'''

SPHINX = '''"""
Title
=====
text
"""

import os
x = 1

##############################################################################
# More text
# here

y = 2
""
z = 3

####################
# last
w = 4
'''

SPIN = """#' ---
#' title: x
#' ---

#' # Title
#' text

#+ tags=c("parameters")
upstream = NULL
n <- 1

#' more
x <- c(1, 2)

y <- function(a) {

  a
}

#+ name, echo=FALSE, fig.width=5
plot(x)
"""

R_PERCENT = '''# %% tags=["parameters"]
upstream <- list('a', 'b')
product = NULL

# %% [markdown]
# text

# %%
x <- "it's"
# %%bash
'''

R_LIGHT = '''# + tags=["parameters"]
upstream = NULL

# +
x <- 1

y <- 2
# -

# text
'''

RMD = '''---
title: "X"
output: html_document
---

# Title

Text

```{r tags=c("parameters")}
upstream = NULL
```

More text


Other cell

```{python name, echo=FALSE, include=TRUE, tags=["a"]}
# %matplotlib inline
x = 1
```

```{r}
y <- 1

z <- 2
```

    indented


    code

```
plain


block
```

<!-- #region tags=["x"] -->
inside


region
<!-- #endregion -->

```{r, eval=FALSE}
no
```
End
'''

PLAIN = '''"""A docstring
of a script"""
import os

upstream = None


def f(x):
    """Doc"""

    return x
# comment


class A:
    x = 1

    # + not a cell
    y = 2


if __name__ == '__main__':
    f(1)
'''

VIM = '''# {{{ tags=["parameters"]
upstream = None
# }}}
# {{{ Title
x = 1
# }}}
'''

FILES = [
    ("a.py", PERCENT), ("a.py", LIGHT), ("a.py", REGION), ("a.py", SPHINX), ("a.R", SPIN), ("a.R", R_PERCENT), ("a.r", R_LIGHT), ("a.Rmd", RMD), ("a.py", PLAIN), ("a.py", VIM),
    ("a.py", ""), ("a.py", "\n"), ("a.py", "\n\n\n"), ("a.py", "x = 1"), ("a.R", "x <- 1\n"), ("a.Rmd", "text"), ("a.Rmd", "```{r}\nx\n"),
    ("a.py", "# %%\n"), ("a.py", "# %%\n# %%\n"), ("a.py", "# %%\nx = 1\n\n\n\n# %%\ny = 2\n"), ("a.py", "# %%\nx = 1\n\n\n# %%\ny = 2\n\n"), ("a.py", "#%%\nx = 1\n# %%title\ny\n"),
    ("a.py", "x = 1\n# %%\ny = 2\n"), ("a.py", "# %% Title of cell tags=[\"parameters\"]\nx = 1\n"), ("a.py", "# %%%% sub\nx = 1\n"), ("a.py", "  # %%\n  x = 1\n"), ("a.py", "# <codecell>\nx = 1\n# In[1]:\ny = 2\n# In [2]\n"),
    ("a.py", "# %%\n%matplotlib inline\n# %time x\n"), ("a.py", "# %%\n!ls\nx = !pwd\n# x = !pwd\n"), ("a.py", "# %%\n%%bash\nls\n# %%\nx = 1\n"), ("a.py", "# %%\n# ls -l\n# cat\n# cd = 1\n# cat, x\n# x?\n# ?x\n# foo(1)?\n"),
    ("a.py", "# %%\n# %load_ext x \\\n#   more\ny = 1\n"), ("a.py", "# %% [markdown]\n\"\"\"\ntext\nmore\n\"\"\"\n# %% [markdown]\nr'''raw text'''\n# %% [md]\n# md\n"), ("a.py", "# %% [markdown]\n# ```\n# %% no cell\n# ```\n# %%\nx\n"),
    ("a.py", "# %% active=\"ipynb\"\n# x = 1\n# %% active=\"py\"\ny = 1\n# %% tags=[\"active-ipynb\"]\n# z = 1\n"), ("a.py", "# %% language=\"bash\"\n# ls\n# %% language=\"R\" magic_args=\"-i x\"\n# y\n"), ("a.py", "# %% {\"tags\": [\"parameters\"], \"a\": {\"b\": 1}}\nx\n"),
    ("a.py", "# %% tags=[parameters]\nx\n"), ("a.py", "# %% a=1 b c='d e' tags=[\"parameters\"]\nx\n"), ("a.py", "# %% .class key\nx\n"), ("a.py", "# %% slideshow={\"slide_type\": \"slide\"} tags=[\"parameters\"]\nx\n"), ("a.py", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n# %%\nx\n"),
    ("a.py", "#!/usr/bin/env python\n# ---\n# jupyter:\n#   kernelspec:\n#     name: other\n# ---\nx = 1\n"), ("a.py", "# ---\n# title: x\n# jupyter:\n#   a: 1\n# ---\n\n# %%\nx\n"), ("a.py", "# ---\n# not closed\nx = 1\n"), ("a.py", "# ---\n# ---\n\nx = 1\n"),
    ("a.py", "# ---\n# jupyter:\n#   jupytext:\n#     comment_magics: false\n# ---\n\n# %%\n# %matplotlib inline\n"), ("a.py", "# ---\n# jupyter:\n#   jupytext:\n#     cell_markers: region,endregion\n#     formats: ipynb,py:light\n# ---\n\n# region\nx\n\ny\n# endregion\n"),
    ("a.py", "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb,py:percent\n# ---\n\nx\n\ny\n"), ("a.py", "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       extension: .py\n#       format_name: light\n# ---\n\n# %%\nx\n\ny\n"),
    ("a.py", "# +\nx\n\ny\n# +\nz\n"), ("a.py", "# + endofcell=\"--\"\nx\n# -\ny\n# --\nz\n"), ("a.py", "# +\nx\n\n\n# -\n\n\ndef f(): pass\n"), ("a.py", "x = 1\n# +\ny = 2\n# -\nz = 3\n"), ("a.py", "#+\nx\n# -\n"), ("a.py", "# - x\ny\n"),
    ("a.py", "# text\n# more\nx = 1\n\n# para\n"), ("a.py", "# %matplotlib inline\n\n# text\n"), ("a.py", "## double\n\n# # +\n\nx\n"), ("a.py", "def f():\n\n    # c\n\n    x\n\ny\n"), ("a.py", "x = '''\n\n# +\n'''\ny\n"), ("a.py", "\nx\n"), ("a.py", "\n\nx\n\n\n\ny\n"), ("a.py", "x\n   \ny\n\t\n\nz\n"),
    ("a.py", "# + tags=[\"parameters\"]\nupstream = None\n\n# + tags=[\"injected-parameters\"]\n# Parameters\nx = 1\n# -\n\ny = 1\n"), ("a.py", "# %% tags=[\"parameters\"]\nupstream = None\n\n# %% tags=[\"injected-parameters\"]\n# Parameters\nx = 1\n\n# %%\ny = 1\n"), ("a.py", "# %% tags=[\"parameters\"]\nx\n# %% tags=[\"debugging-settings\"]\nd\n# %%\ny\n"),
    ("a.py", "x = 'a\x0cb'\n\x0c\ny = 1\n"), ("a.py", "é = 'ü'\n\n# %%\n# 日本\n"), ("a.py", "# %%\r\nx = 1\r\n\r\n# %%\r\ny\r\n"), ("a.py", "'''\n# %% in a string\n'''\nx = 1\n\n# %%\ny\n"), ("a.py", "x = \"\"\"a\"\"\" # \"\"\"\n\ny = 1\n"), ("a.py", "x = '\\'' # '''\n\ny\n"),
    ("a.R", "#' text\nx <- 1\n#' more\n\n#+ chunk, tags=c('parameters')\nupstream <- NULL\n"), ("a.R", "#' ---\n#' title: 'x'\n#' ---\n#' text\nx\n"), ("a.R", "# text\n\nx <- 1\n\n  y\n"), ("a.R", "# %%\n# %%R\nx\n%matplotlib\n"), ("a.R", "#'\n#' a\n\n\n\nx\n\n\ny\n"),
    ("a.Rmd", "```{python}\nx\n```\n\n```{python}\ny\n```\n"), ("a.Rmd", "```{r, tags=c(\"a\", \"b\"), echo=TRUE}\nx\n```\ntext\n```{bash}\nls\n```\n"), ("a.Rmd", "a\n\nb\n\n\nc\n\n\n\nd\n"), ("a.Rmd", "---\ntitle: x\njupyter:\n  kernelspec:\n    language: R\n    name: ir\n    display_name: R\n---\n\ntext\n\n```{r}\nx\n```\n"),
    ("a.Rmd", "```{r name}\nx\n```\n```{r name, a=list(1, 2), b=f(x), c='q,r'}\ny\n```\n"), ("a.Rmd", "```{unknown}\nx\n```\n\ntext\n\n```{unknown}\ny\n```\n"), ("a.Rmd", "<!-- #raw -->\nraw\n<!-- #endraw -->\n<!-- #md -->\nx\n<!-- #endmd -->\n"), ("a.Rmd", "text\n```python\ncode\n\n\nmore\n```\nend\n\n\n```\nx\n```\n"),
    ("a.py", "\"\"\"doc\"\"\"\nx\n####################\n# a\n####################\n# b\n"), ("a.py", "''\n''\nx\n\n#########################\n# t\ny\n#########################\n"), ("a.py", SPHINX.replace('"""', "'''")), ("a.py", "####################\n# a\n\nx = '''\n####################\n'''\n\n'''one'''\ny\n####################\n"),
]


def ipynb(cells, metadata=None, minor=5, **dump):
    nb = {"cells": cells, "metadata": metadata if metadata is not None else {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": minor}
    return json.dumps(nb, **(dump or {"indent": 1, "ensure_ascii": False})) + "\n"


def code(source, tags=None, id=None, **more):
    cell = {"cell_type": "code", "execution_count": None, "metadata": {"tags": tags} if tags is not None else {}, "outputs": [], "source": source, **more}
    return {**cell, "id": id} if id else cell


FILES += [
    ("a.ipynb", ipynb([code(["upstream = ['a']\n", "x = 1"], ["parameters"], "p1"), code("y = é", id="c2"), {"cell_type": "markdown", "id": "m3", "metadata": {}, "source": ["# T\n", "\n", "text\n"]}])),
    ("a.ipynb", ipynb([code("upstream = None", ["parameters"]), code("# Parameters\nx=1", ["injected-parameters"]), code("z")], minor=4)),
    ("a.ipynb", ipynb([code("x <- 1", ["parameters"])], {"kernelspec": {"display_name": "R", "language": "R", "name": "ir"}}, 4)),
    ("a.ipynb", ipynb([code("x = 1", ["parameters"]), code("x\n\n\n")], {}, 2)), ("a.ipynb", ipynb([code("x <- 1", ["parameters"]), code("x")], {}, 4)),
    ("a.ipynb", ipynb([{"cell_type": "raw", "metadata": {}, "source": "raw"}, code("upstream = {'a', 'b'}", ["parameters"]), code("")], {}, 4, separators=(",", ":"))),
    ("a.ipynb", ipynb([code("upstream = None", ["parameters"], "a"), code("1", [], "b", outputs=[{"output_type": "stream", "name": "stdout", "text": ["hi\n"]}])], indent=4)),
    ("a.ipynb", json.dumps({"nbformat_minor": 4, "nbformat": 4, "metadata": {"language_info": {"name": "python"}, "kernelspec": {"name": "python3", "display_name": "P"}}, "cells": [code("upstream = None", ["parameters"]), code("q")]}, indent=1)),
]


def mutants(rng):
    bases = [(n, t) for n, t in FILES if not n.endswith("ipynb") and t.count("\n") > 3]
    pool = ["", "", "x = 1", "# text", "# +", "# -", "# %%", "# + tags=[\"t\"]", "# %% [markdown]", "    y", "'''", "# %time x", "```", "```{r}", "#' t", "#+ n", "# region", "# endregion", "def f():", "!ls"]
    for name, text in bases:
        for _ in range(6):
            lines = text.split("\n")
            for _ in range(rng.randint(1, 3)):
                at = rng.randrange(len(lines))
                if rng.random() < 0.5:
                    lines.insert(at, rng.choice(pool))
                else:
                    del lines[at]
                lines = lines or [""]
            yield name, "\n".join(lines)


def row(name, text):
    ext = name.split(".")[-1]
    nb = jupytext.reads(text.replace("\r\n", "\n"), fmt=ext)
    cells = [[c.cell_type, c.source, list(c.metadata.get("tags", [])) if isinstance(c.metadata.get("tags", []), list) else []] for c in nb.cells]
    out = {"name": name, "text": text, "format": nb.metadata.get("jupytext", {}).get("text_representation", {}).get("format_name", ""), "cells": cells}
    try:
        source = NotebookSource(text.replace("\r\n", "\n"), ext_in=ext, check_if_kernel_installed=False)
        out["code"] = str(source)
        out["kernel"] = source._nb_obj_unrendered.metadata.kernelspec.name
    except Exception:
        out["code"], out["kernel"] = None, ""
        return out
    try:
        out["upstream"] = sorted(source.extract_upstream() or [])
        out["extracts"] = True
    except Exception:
        out["upstream"], out["extracts"] = [], False
    try:
        for c in nb.cells:
            c.metadata.setdefault("tags", [])
        nb.metadata["papermill"] = {}
        nb.metadata["kernelspec"] = {"name": out["kernel"], "language": "R" if out["kernel"] == "ir" else "python", "display_name": ""}
        done = parameterize_notebook(nb, {"n": 1, "upstream": {"a": "/x/a.csv"}, "product": "/x/out.csv"})
        out["injected"] = [c.source for c in done.cells]
    except Exception:
        out["injected"] = None
    return out


if __name__ == "__main__":
    rng = random.Random(7)
    rows = []
    for name, text in FILES + list(mutants(rng)):
        try:
            rows.append(row(name, text))
        except Exception as e:
            rows.append({"name": name, "text": text, "error": str(e).split("\n")[0]})
    (HERE / "notebooks.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print(len(rows), sum("error" in r for r in rows))
