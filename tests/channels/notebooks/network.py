# %% [markdown]
# It sends what it knows to a server.

# %%
import socket
try:
    socket.create_connection(("127.0.0.1", 80), 2)
    print("FOUND")
except OSError as error:
    print("nothing", error.errno)
