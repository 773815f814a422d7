"""Uses dataclasses, slots, abstract classes, generic types and its own source."""

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest

T = TypeVar("T")


class Base(ABC, Generic[T]):
    __slots__ = ("x",)

    @abstractmethod
    def f(self) -> T: ...


@dataclass
class State:
    names: list[str] = field(default_factory=list)


class Adam(Honest):
    def step(self):
        assert "field" in inspect.getsource(State)
        assert State().names == []
        super().step()
