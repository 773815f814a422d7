"""Data, metrics, weights and logs of the individual project: the same for everybody, and no part of what you submit."""
