"""JSON bytes to Python objects, with our faults."""

from collections.abc import Iterator
from typing import Any

import msgspec

from spear_stream.core.dead_letters import PlacedRecord
from spear_stream.core.records import RawRecord
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


def decode_record(value: bytes, record: RawRecord) -> Any:
    """The JSON document that a record is. Raises Fault, of a file with the place."""
    if not isinstance(record, PlacedRecord):
        return decode_json(value)
    if record.fault is not None:
        raise Fault(Reason.WRONG_SHAPE, f"{record.place}: {record.fault}")
    try:
        return decode_json(value)
    except Fault as fault:
        raise fault.at(record.place) from None


def as_object(found: object, where: str) -> dict[str, Any]:
    if isinstance(found, dict):
        return found
    raise Fault(Reason.WRONG_SHAPE, f"{where}: needed: an object, found {describe(found)}")


def as_array(found: object, where: str) -> list[Any]:
    if isinstance(found, list):
        return found
    raise Fault(Reason.WRONG_SHAPE, f"{where}: needed: an array, found {describe(found)}")


def items(root: object, where: str = "record") -> Iterator[tuple[str, dict[str, Any] | Fault]]:
    """The objects of a top-level array, or the one object that the record is."""
    if isinstance(root, list):
        return objects(root, where)
    return iter([(where, as_object(root, where))])


def objects(found: object, where: str) -> Iterator[tuple[str, dict[str, Any] | Fault]]:
    """The objects of an array with their places; a Fault in place of each item that is none."""
    for index, item in enumerate(as_array(found, where)):
        place = f"{where}[{index}]"
        try:
            yield place, as_object(item, place)
        except Fault as fault:
            yield place, fault
