"""Data for the course: real data from installed packages, published data by download, and data made by a formula.

    from datasets import load_digits, load_cifar10, shapes

Sources, licences and checksums are in ``datasets.toml``.
"""

from datasets.backbone import load_backbone
from datasets.bundled import (
    Table,
    english_text,
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    split_text,
)
from datasets.cache import cache_folder
from datasets.errors import ChecksumError, DatasetError, FormatError, UnavailableError
from datasets.images import Images, load_cifar10, load_fashion_mnist, load_mnist
from datasets.pictures import Shapes, shapes
from datasets.reviews import Reviews, load_imdb
from datasets.synthetic import Pairs, adding, copying, reversing, spirals
from datasets.vowels import Series, load_japanese_vowels

__all__ = [
    "ChecksumError",
    "DatasetError",
    "FormatError",
    "Images",
    "Pairs",
    "Reviews",
    "Series",
    "Shapes",
    "Table",
    "UnavailableError",
    "adding",
    "cache_folder",
    "copying",
    "english_text",
    "load_backbone",
    "load_breast_cancer",
    "load_cifar10",
    "load_diabetes",
    "load_digits",
    "load_fashion_mnist",
    "load_imdb",
    "load_iris",
    "load_japanese_vowels",
    "load_mnist",
    "load_wine",
    "reversing",
    "shapes",
    "spirals",
    "split_text",
]
