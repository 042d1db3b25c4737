"""The strings inside a value, however deep: what checks of an action's words go over."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel


def strings(value: object) -> Iterator[str]:
    """Yield every string in a model, mapping or sequence; of a mapping the keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from strings(getattr(value, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (*strings(key), *strings(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
