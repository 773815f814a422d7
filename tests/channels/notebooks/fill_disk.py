# %% [markdown]
# It writes files wherever it may until nothing more fits. What fits is memory that the room limits, never the disk.

# %%
import os

written = 0
for folder in {os.getcwd(), os.path.dirname(os.getcwd()), "/tmp", "/var/tmp", "/dev/shm", os.environ["TMPDIR"]}:
    for number in range(200):
        try:
            with open(f"{folder}/full-{number}", "wb") as file:
                while file.tell() < 60 << 20:
                    file.write(b"x" * (1 << 20))
                    file.flush()
                    written += 1
        except OSError:
            break
print("written", written, "MiB", "FOUND a disk" if written > 400 else "")
