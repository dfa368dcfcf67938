"""Writes cells.json: the code cells that Ploomber executes for the project in
peer/, by task. ROOT stands for the folder of the project.

    python peer.py
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))

with tempfile.TemporaryDirectory() as folder:
    root = os.path.join(os.path.realpath(folder), "p")
    shutil.copytree(os.path.join(here, "peer"), root)
    ploomber = os.path.join(os.path.dirname(sys.executable), "ploomber")
    subprocess.run([ploomber, "build"], cwd=root, check=True, stdin=subprocess.DEVNULL)
    cells = {}
    for name in sorted(os.listdir(os.path.join(root, "out"))):
        stem, suffix = os.path.splitext(name)
        if suffix != ".ipynb":
            continue
        with open(os.path.join(root, "out", name)) as file:
            notebook = json.load(file)
        cells[stem] = ["".join(c["source"]).replace(root, "ROOT") for c in notebook["cells"] if c["cell_type"] == "code"]

with open(os.path.join(here, "cells.json"), "w") as file:
    json.dump(cells, file, indent=1)
    file.write("\n")
