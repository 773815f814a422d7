"""Errors of data sets; each message says what to do.

DatasetError
├── UnavailableError   not in the cache, and it could not be downloaded
├── ChecksumError      the bytes are not those that were published
└── FormatError        the bytes are right, or unknown, but do not have the expected format
"""


class DatasetError(Exception):
    """A data set is not available or not usable."""


class UnavailableError(DatasetError):
    """A file is not in the cache and could not be downloaded; the message says where you can put it yourself."""


class ChecksumError(DatasetError):
    """The content of a file or a table differs from ``datasets.toml``."""


class FormatError(DatasetError):
    """A file is truncated, damaged, or in another format."""
