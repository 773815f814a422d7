# %% [markdown]
# A cell never ends.

# %%
while True:
    pass
