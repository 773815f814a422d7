# %% [markdown]
# A cell prints without end.

# %%
while True:
    print("x" * 100000)
