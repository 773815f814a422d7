# %% [markdown]
# It sends SIGKILL to every process that it may.

# %%
import os, signal
os.kill(-1, signal.SIGKILL)
