"""What can go wrong with data, in words that say what to do.

DatasetError
├── UnavailableError   not in the cache, and it could not be downloaded
├── ChecksumError      the bytes are not those that were published
└── FormatError        the bytes are right, or unknown, but cannot be read as what they should be
"""


class DatasetError(Exception):
    """A data set could not be had."""


class UnavailableError(DatasetError):
    """A file is not in the cache and could not be downloaded; the message says where to put it by hand."""


class ChecksumError(DatasetError):
    """A file's or a table's content differs from what ``datasets.toml`` says."""


class FormatError(DatasetError):
    """A file is truncated, damaged or of another format."""
