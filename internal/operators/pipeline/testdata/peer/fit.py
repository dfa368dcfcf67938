# %% tags=["parameters"]
upstream = ["fn-*"]
product = None

# %% [markdown]
# A markdown cell

# %%
# %cd -q .
from pathlib import Path

x = int(Path(upstream["fn-*"]["fn-0"]).read_text())

# %% language="bash"
# echo from bash

# %%
x + 1
