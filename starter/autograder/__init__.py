"""Grade from-scratch deep learning code: right, unforgeable, fast."""

__version__ = "0.2.0"
