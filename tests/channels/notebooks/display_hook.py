# %% [markdown]
# What a cell returns is replaced as it is shown.

# %%
import sys
sys.displayhook.write_format_data = lambda *a, **k: None
