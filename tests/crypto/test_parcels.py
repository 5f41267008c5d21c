"""Parcels that this program writes. The vectors test what a reader refuses."""

from crypto import parcel
from crypto.parcel import File


def test_the_files_of_a_parcel_follow_its_json_in_the_order_of_their_sizes() -> None:
    packed = parcel.pack({"request": File(b"\0\n"), "grants": [{"member": "sam", "file": File(b"key")}]})
    assert packed == b'{"request":{"bytes":2},"grants":[{"member":"sam","file":{"bytes":3}}]}\n\0\nkey'


def test_a_reader_gets_the_files_in_their_places() -> None:
    packed = parcel.pack({"request": File(b"\0\n"), "grants": [File(b"key"), File(b"")]})
    assert parcel.unpack(packed) == {"request": b"\0\n", "grants": [b"key", b""]}


def test_a_value_without_files_is_a_parcel_of_its_json_alone() -> None:
    assert parcel.pack({"case": "x"}) == b'{"case":"x"}\n'
