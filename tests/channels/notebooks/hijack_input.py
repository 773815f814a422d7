# %% [markdown]
# Every cell becomes a constant before it is executed.

# %%
get_ipython().input_transformers_cleanup.append(lambda lines: ["99.0\n"])
