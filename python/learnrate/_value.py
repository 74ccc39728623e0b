"""Immutable values: compared, hashed, printed, copied and pickled by their fields."""

from __future__ import annotations

TYPE_CHECKING = False  # what `typing` calls so; its import takes longer than that of this package
if TYPE_CHECKING:
    from typing import Any, Generic, Never, NoReturn, Self, TypeVar, type_check_only
    from typing import final as final

    _T = TypeVar("_T", covariant=True)

    @type_check_only
    class Field(Generic[_T]):
        """What type checkers take a field for, which can be read but not written."""

        def __get__(self, value: object, owner: object) -> _T: ...
        def __set__(self, value: object, field: Never) -> None: ...
else:

    def final(cls: type) -> type:
        """`typing.final`, without that import."""
        return cls


class Value:
    """An object that is its fields: `_fields` names them, which are slots, and the class's arguments in this order."""

    __slots__ = ()
    _fields: tuple[str, ...]
    _rates: tuple[str, ...]  # those of the fields that are rates, or hold values that have some

    def _set(self, *values: Any) -> Self:
        for field, value in zip(self._fields, values, strict=True):
            object.__setattr__(self, field, value)
        return self

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, field) for field in self._fields])

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """The fields that may be left out, and what they then are."""
        new = cls.__new__
        defaults = getattr(new, "__wrapped__", new).__defaults__ or ()
        return dict(zip(cls._fields[len(cls._fields) - len(defaults) :], defaults, strict=True))

    if not TYPE_CHECKING:  # a type checker would let any name be written

        def __setattr__(self, name: str, value: object) -> NoReturn:
            raise AttributeError(f"attribute {name!r} of {type(self).__name__!r} objects is not writable")

        def __delattr__(self, name: str) -> NoReturn:
            self.__setattr__(name, None)

    def __repr__(self) -> str:
        defaults = self._defaults()
        shown = [
            f"{field}={value!r}"
            for field, value in zip(self._fields, self._values(), strict=True)
            if field not in defaults or value != defaults[field]
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _scaled(self, factor: float) -> tuple[Any, ...]:
        """The fields with each rate times a factor; values among them by their fields, as in a pickle."""
        fields = zip(self._fields, self._values(), strict=True)
        return tuple([_times(value, factor) if field in self._rates else value for field, value in fields])

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # As pickle's own NEWOBJ: whoever allows only some classes, as `torch.load` does, need not allow a function.
        from copyreg import __newobj__  # type: ignore[attr-defined]

        return __newobj__, (type(self), *map(_plain, self._values()))


def _times(field: Any, factor: float) -> Any:
    """A field that is a rate or none, a value, or a tuple of such, times a factor."""
    if isinstance(field, tuple):
        return tuple([_times(one, factor) for one in field])
    if isinstance(field, Value):
        return field._scaled(factor)
    return None if field is None else field * factor


def _plain(field: Any) -> Any:
    """A field without values in it, so that a schedule can be unpickled where its class alone is allowed."""
    if isinstance(field, tuple):
        return tuple(map(_plain, field))
    return field._values() if isinstance(field, Value) else field
