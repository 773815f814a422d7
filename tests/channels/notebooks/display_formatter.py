# %% [markdown]
# Every value is displayed as a large number.

# %%
get_ipython().display_formatter.formatters["text/plain"].for_type(float, lambda v, p, c: p.text("99.0"))
