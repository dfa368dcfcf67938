# %% tags=["parameters"]
upstream = None
product = {'nb': 'out/a.ipynb', 'data': 'out/a.csv'}

# %%
1
