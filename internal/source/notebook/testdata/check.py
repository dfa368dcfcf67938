"""Reads [[suffix, text], ...] and writes the cells that jupytext sees in each."""
import json
import sys
import warnings

import jupytext

warnings.simplefilter("ignore")
out = []
for ext, text in json.load(sys.stdin):
    try:
        nb = jupytext.reads(text, fmt=ext)
    except Exception as e:
        out.append({"error": str(e)})
        continue
    cells = [[c.cell_type, c.source, list(c.metadata.get("tags", []))] for c in nb.cells]
    out.append({"cells": cells, "manual": nb.metadata.get("ploomber", {}).get("injected_manually", False)})
json.dump(out, sys.stdout)
