# %% tags=["parameters"]
upstream = ('light',)
product = None
x = None

# %%
from pathlib import Path
Path(product).write_text(str(x))
