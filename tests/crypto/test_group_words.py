"""A names file's group words: the newest first, and without what no member signed. docs/reference/format.md, Group words."""

from crypto import group_words
from crypto.encoding import GroupId, MemberId, new_id
from crypto.group_words import GroupWords
from crypto.labels import Label
from crypto.signing import Signed, SigningKey

GROUP = GroupId(new_id())
SAM = MemberId(new_id())
KEY, STRANGERS = SigningKey.generate(), SigningKey.generate()
HEAD = "A" * 43
LAST = 9  # the number of the names file


def words(number: int, key: SigningKey = KEY, group: GroupId = GROUP) -> Signed:
    fields = GroupWords(
        format=Label.GROUP_WORDS.value, group=group, number=number, author=SAM, day="2026-11-20", head=HEAD,
        templates=[], tags=[], statuses={"done": f"Done {number}"},
    )  # fmt: skip
    return group_words.sign(fields, key)


def numbers(served: list[Signed]) -> list[int]:
    present = group_words.present(served, GROUP, LAST, lambda *_: KEY.verifying_key)
    return [each.number for each in present]


def test_the_newest_words_come_first() -> None:
    assert numbers([words(3), words(7), words(5)]) == [7, 5, 3]


def test_words_that_a_stranger_signed_are_left_out_and_the_others_stay() -> None:
    assert numbers([words(8, STRANGERS), words(3)]) == [3]


def test_words_of_another_group_or_newer_than_their_file_are_left_out() -> None:
    assert numbers([words(4, group=GroupId(new_id())), words(LAST + 1), words(LAST)]) == [LAST]
