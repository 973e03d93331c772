"""JSON bytes to Python objects, with our faults."""

from collections.abc import Iterator
from typing import Any

import msgspec

from spear_stream.transport.faults import Fault, Reason, describe


def decode_json(value: bytes) -> Any:
    """Any JSON document. Raises Fault."""
    try:
        return msgspec.json.decode(value)
    except msgspec.ValidationError as error:
        # Without a type to validate against, the range of numbers is all that is left to complain about.
        raise Fault(Reason.NUMBER_OUT_OF_RANGE, str(error)) from None
    except msgspec.DecodeError as error:
        raise Fault(Reason.NOT_JSON, str(error)) from None
    except RecursionError:
        raise Fault(Reason.TOO_DEEP, "objects and arrays are nested too deeply") from None


def as_object(found: object, where: str) -> dict[str, Any]:
    if isinstance(found, dict):
        return found
    raise Fault(Reason.WRONG_SHAPE, f"{where}: needed: an object, found {describe(found)}")


def as_array(found: object, where: str) -> list[Any]:
    if isinstance(found, list):
        return found
    raise Fault(Reason.WRONG_SHAPE, f"{where}: needed: an array, found {describe(found)}")


def items(root: object) -> Iterator[tuple[str, dict[str, Any] | Fault]]:
    """The objects of a top-level array, or the one object that the record is."""
    if isinstance(root, list):
        return objects(root, "record")
    return iter([("record", as_object(root, "record"))])


def objects(found: object, where: str) -> Iterator[tuple[str, dict[str, Any] | Fault]]:
    """The objects of an array with their places; a Fault in place of each item that is none."""
    for index, item in enumerate(as_array(found, where)):
        place = f"{where}[{index}]"
        try:
            yield place, as_object(item, place)
        except Fault as fault:
            yield place, fault
