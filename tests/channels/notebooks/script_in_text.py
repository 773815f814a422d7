# %% [markdown]
# Its text has HTML and JavaScript for the person who marks.
#
# <script>alert(41)</script> <img src=x onerror=alert(42)> [here](javascript:alert(43)) &#106;avascript:alert(44)
