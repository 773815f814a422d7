# %% [markdown]
# A process outlives the kernel and writes a gradebook later.

# %%
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(2)
    open("{home}/daemon-was-here", "w").write("x")
    os._exit(0)
