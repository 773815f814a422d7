# %% [markdown]
# A cell never ends and takes no interrupt.

# %%
while True:
    try:
        while True:
            pass
    except KeyboardInterrupt:
        pass
