# %% [markdown]
# It starts processes without end.

# %%
import os, time
for _ in range(5000):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    except OSError as error:
        print("refused", error.errno)
        break
