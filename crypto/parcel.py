"""Parcels: a line of JSON, then age files as they are. docs/reference/format.md, Parcels.

A parcel is a quarter smaller than JSON with its files in base64, and nobody decodes it field by field.
"""

import msgspec

from crypto.encoding import Shape, Whole, from_json
from crypto.errors import EncodingError

MEDIA_TYPE = "application/octet-stream"


class Size(Shape, frozen=True):
    """The size of a file in bytes. The JSON contains it in place of the file."""

    bytes: Whole


class File:
    """A file in a value that is packed. The JSON gets its `Size`."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Files:
    """The files of a parcel, one after the other, in the order of their sizes in the JSON."""

    __slots__ = ("_data", "_next")

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._next = start

    def take(self, size: Size) -> bytes:
        """Return the next file.

        Raises:
            EncodingError: the parcel ends before it does.
        """
        start, self._next = self._next, self._next + size.bytes
        if self._next > len(self._data):
            raise EncodingError("a parcel that is cut off")
        return self._data[start : self._next]

    def end(self) -> None:
        """Check that every byte was taken.

        Raises:
            EncodingError: bytes follow the last file.
        """
        if self._next != len(self._data):
            raise EncodingError("a parcel with bytes after its last file")


def split(data: bytes) -> tuple[bytes, Files]:
    """Return the JSON and the files of a parcel.

    Raises:
        EncodingError: no line feed ends the JSON.
    """
    end = data.find(b"\n")
    if end < 0:
        raise EncodingError("a parcel without a line of JSON")
    return data[:end], Files(data, end + 1)


def pack(value: object) -> bytes:
    """Encode a value, with the `File`s in it, as a parcel."""
    files: list[bytes] = []

    def size_of(file: File) -> dict[str, int]:
        files.append(file.data)
        return {"bytes": len(file.data)}

    header = msgspec.json.encode(value, enc_hook=size_of)
    return b"".join((header, b"\n", *files))


def unpack(data: bytes) -> object:
    """Return the JSON of a parcel, with bytes where the files were.

    Raises:
        EncodingError: the data is not a parcel.
    """
    header, files = split(data)

    def place(value: object) -> object:
        if isinstance(value, list):
            return [place(item) for item in value]
        if isinstance(value, float):
            raise EncodingError("not the JSON of this shape")
        if not isinstance(value, dict):
            return value
        if value.keys() == {"bytes"}:
            try:
                return files.take(msgspec.convert(value, Size))
            except msgspec.ValidationError:
                raise EncodingError("not the JSON of this shape") from None
        return {name: place(member) for name, member in value.items()}

    value = place(from_json(object, header))
    files.end()
    return value
