# %% tags=["parameters"]
upstream = ['a']
product = 'out/b.ipynb'

# %%
1
