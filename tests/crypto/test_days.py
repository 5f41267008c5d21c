"""Day roots, rows and certificates: what a thief of the store can read before and after a puncture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import certificate, dayroot, rows
from crypto.certificate import Certificate
from crypto.dayroot import DayRoot, DeletionKeyName, LeafDraw, LeafReader
from crypto.encoding import new_id
from crypto.errors import PuncturedError, RowError, SignatureError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import SigningKey

STORE = new_id()
LOCK = Secret(b"l" * 32)
NAME = DeletionKeyName(STORE, "day 2026-12-20", 3)
ROW = rows.RowName(STORE, "entries", new_id(), "shared/0", "2026-12-20", 5)
LEAVES = st.integers(0, 2**32 - 1)


@given(st.sets(LEAVES, max_size=20), st.sets(LEAVES, max_size=20))
def test_punctured_leaves_are_unreadable_and_their_neighbours_are_not(gone: set[int], kept: set[int]) -> None:
    whole = DayRoot.generate()
    punctured = DayRoot.from_bytes(whole.puncture(gone).to_bytes())
    for leaf in gone:
        assert not punctured.covers(leaf)
        with pytest.raises(PuncturedError):
            punctured.evaluate(leaf)
    for leaf in kept - gone:
        assert punctured.covers(leaf)
        assert punctured.evaluate(leaf) == whole.evaluate(leaf)
    assert punctured.puncture(gone).to_bytes() == punctured.to_bytes()


def test_leaves_have_different_keys() -> None:
    root = DayRoot.generate()
    assert len({root.evaluate(leaf).reveal() for leaf in range(300)}) == 300


def test_10_000_dense_punctures_stay_small() -> None:
    root = DayRoot.generate().puncture(range(0, 20_000, 2))
    assert len(root.to_bytes()) < 400_000


def test_the_last_leaf_leaves_nothing() -> None:
    root = DayRoot({(32, 7): Secret(b"x" * 32)}).puncture([7])
    assert root.to_bytes() == b""
    assert DayRoot.from_bytes(b"").nodes == {}


def test_a_damaged_root_is_refused() -> None:
    good = DayRoot.generate().puncture([0, 1]).to_bytes()
    for bad in (good[:-1], good[37:] + good[:37], b"\x21" + good[1:], bytes([0, 1]) + good[2:37]):
        with pytest.raises(RowError):
            DayRoot.from_bytes(bad)


def test_a_sealed_root_opens_only_under_its_own_name() -> None:
    root = DayRoot.generate()
    sealed = dayroot.seal(root, LOCK, NAME)
    assert dayroot.open_(sealed, LOCK, NAME).to_bytes() == root.to_bytes()
    others = (
        DeletionKeyName(new_id(), NAME.purpose, 3),
        DeletionKeyName(STORE, "day 2026-12-21", 3),
        DeletionKeyName(STORE, NAME.purpose, 4),
    )
    for name in others:
        with pytest.raises(RowError):
            dayroot.open_(sealed, LOCK, name)
    with pytest.raises(RowError):
        dayroot.open_(sealed, Secret(b"m" * 32), NAME)
    with pytest.raises(RowError):
        dayroot.open_(b"", LOCK, NAME)


def test_a_free_leaf_is_drawn_from_a_range_that_doubles() -> None:
    root = DayRoot.generate().puncture([3])
    taken = set(range(8)) - {3}
    for _ in range(50):
        leaves = drawn(root, taken, ever_taken=8, count=3)
        assert len(set(leaves)) == 3
        assert all(8 <= leaf < 32 for leaf in leaves)


@pytest.mark.parametrize(
    "moved",
    [
        rows.RowName(STORE, "grants", ROW.case, ROW.item, ROW.day, ROW.leaf),
        rows.RowName(STORE, "entries", new_id(), ROW.item, ROW.day, ROW.leaf),
        rows.RowName(STORE, "entries", ROW.case, "shared/1", ROW.day, ROW.leaf),
        rows.RowName(STORE, "entries", ROW.case, ROW.item, "2026-12-21", ROW.leaf),
        rows.RowName(new_id(), "entries", ROW.case, ROW.item, ROW.day, ROW.leaf),
        rows.RowName(STORE, "entries", ROW.case, ROW.item, ROW.day, ROW.leaf + 1),
    ],
)
def test_a_row_moved_elsewhere_does_not_open(moved: rows.RowName) -> None:
    leaf_key = DayRoot.generate().evaluate(5)
    sealed = rows.seal(b"age file", ROW, leaf_key)
    assert rows.open_(sealed, ROW, leaf_key) == b"age file"
    with pytest.raises(RowError):
        rows.open_(sealed, moved, leaf_key)


def test_a_grant_needs_its_epoch_lock_as_well() -> None:
    leaf_key = DayRoot.generate().evaluate(5)
    sealed = rows.seal(b"grant", ROW, leaf_key, LOCK)
    assert rows.open_(sealed, ROW, leaf_key, LOCK) == b"grant"
    for lock in (None, Secret(b"m" * 32)):
        with pytest.raises(RowError):
            rows.open_(sealed, ROW, leaf_key, lock)
    with pytest.raises(RowError):
        rows.open_(b"short", ROW, leaf_key)


def test_certificates_chain_and_no_one_else_can_write_one() -> None:
    key = SigningKey.generate()
    fields = {"format": Label.CERTIFICATE.value, "store": STORE, "day": "2026-11-20", "days": ["2026-11-19"]}
    first = Certificate(**fields, number=0, previous="", cases=3, withdrawn=1, keys=["k"], scrub="clean")  # type: ignore[arg-type]
    text, signature = certificate.sign(first, key)
    assert certificate.verify(text, signature, key.verifying_key, None) == first
    with pytest.raises(SignatureError):
        certificate.verify(text, signature, key.verifying_key, b"another before it")
    with pytest.raises(SignatureError):
        certificate.verify(text, signature, SigningKey.generate().verifying_key, None)
    rubbish = key.sign(Label.CERTIFICATE, b"{}")
    with pytest.raises(SignatureError):
        certificate.verify(b"{}", rubbish, key.verifying_key, None)


def test_a_leaf_is_found_even_if_the_number_ever_taken_was_forgotten() -> None:
    root = dayroot.DayRoot.generate().puncture(range(16))
    assert drawn(root, set(), ever_taken=0, count=1)[0] >= 16


@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 40), max_size=20), st.sets(st.integers(0, 40), max_size=6))
def test_leaves_evaluated_on_a_walk_are_the_same(leaves: list[int], punctured: set[int]) -> None:
    root = DayRoot.generate().puncture(punctured)
    walk = LeafReader(root)
    for leaf in leaves:
        if leaf in punctured:
            with pytest.raises(PuncturedError):
                walk.evaluate(leaf)
        else:
            assert walk.evaluate(leaf) == root.evaluate(leaf)


def drawn(root: DayRoot, taken: set[int], ever_taken: int, count: int) -> list[int]:
    draw = LeafDraw(root, ever_taken, count)
    while candidates := draw.candidates():
        draw.keep(candidates, taken)
    return draw.leaves
