# %% [markdown]
# It asks for sixteen gigabytes.

# %%
data = b"x" * (16 << 30)
print(len(data))
