# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Load the data
#
# from somewhere

# %% tags=["parameters"]
upstream = None
product = None
n = 5

# %%
# %matplotlib inline
x = n

# %%
print(x)
