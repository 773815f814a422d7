# %% [markdown]
# Its outputs are HTML, SVG and JavaScript for the person who marks.

# %%
from IPython.display import HTML, SVG, Javascript, display
display(HTML("<script>alert(41)</script>"))
display(Javascript("alert(42)"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(43)'></svg>"))
