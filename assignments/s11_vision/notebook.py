# %% [markdown]
# # s11_vision: A title
#
# Replace this: a walk-through with plots. Run it with your own code. Before you have written it, the first cell raises
# NotImplementedError.

# %%
import matplotlib.pyplot as plt
import numpy as np

from models.vision import double

x = np.linspace(-1.0, 1.0, 50)
plt.plot(x, double(x))
plt.xlabel("x")
plt.ylabel("double(x)")
plt.show()
