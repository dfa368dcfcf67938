"""
Light, as it is.
"""

# + tags=["parameters"]
upstream = ['load', 'book']
product = None
# -

import sys

# A paragraph that stands alone.

y = 1
print(y)
