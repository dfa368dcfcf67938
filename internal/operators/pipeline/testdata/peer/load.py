# + tags=["parameters"]
upstream = None
product = None
n = None
# -

# ## Data
#
# It is only a number.

# +
from pathlib import Path

Path(product["data"]).write_text(str(n))
print(s, f, m, none, unset)
