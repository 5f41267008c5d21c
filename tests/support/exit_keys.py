"""Sequences of keys, clicks and other input that people make, and whether each may fire the quick exit.

Each is pressed in Chromium, Firefox and WebKitGTK (tests/e2e/test_exit_keys.py).
"""

from tests.support.any_browser import Step


def tap(key: str = "Shift") -> list[Step]:
    return [("down", key), ("up", key)]


def holding(key: str, *steps: Step) -> list[Step]:
    return [("down", key), *steps, ("up", key)]


# WebKitGTK's driver has one Shift key and no wheel, so it cannot send these.
NOT_IN_WEBKIT = {("down", "ShiftRight"), ("wheel", "")}

LEAVES: dict[str, list[Step]] = {
    "three taps": tap() * 3,
    "three taps of the right key": tap("ShiftRight") * 3,
    "three taps of both keys in turn": [*tap("ShiftLeft"), *tap("ShiftRight"), *tap("ShiftLeft")],
    "three taps after a capital letter": [*holding("Shift", ("press", "A")), *tap() * 3],
    "three taps after a click": [("click", ""), *tap() * 3],
    "three taps after a shortcut": [*holding("Control", *tap()), *tap() * 3],
    "three taps after a composed word": [("compose", ""), ("commit", ""), *tap() * 3],
    "four taps, of which a letter follows the first": [*tap(), ("press", "a"), *tap() * 3],
}

STAYS: dict[str, list[Step]] = {
    "two taps": tap() * 2,
    "Alt held, Shift tapped: the keyboard layout": holding("Alt", *tap() * 3),
    "Alt and Shift, Shift first": holding("Shift", *tap("Alt")) * 3,
    "Control held, Shift tapped: the keyboard layout": holding("Control", *tap() * 3),
    "Control and Shift, Shift first": holding("Shift", *tap("Control")) * 3,
    "Control and Shift, released in turn": [("down", "Control"), ("down", "Shift"), ("up", "Control"), ("up", "Shift")] * 3,
    "Meta held, Shift tapped: the input source": holding("Meta", *tap() * 3),
    "one Shift held, the other tapped": holding("ShiftLeft", *tap("ShiftRight") * 3),
    "both Shifts together, three times": holding("ShiftLeft", *tap("ShiftRight")) * 3,
    "Shift with a click, to select": holding("Shift", ("click", "")) * 3,
    "a click after each tap": [*tap(), ("click", "")] * 3,
    "Shift with the wheel, to scroll sideways": holding("Shift", ("wheel", "")) * 3,
    "a turn of the wheel after each tap": [*tap(), ("wheel", "")] * 3,
    "capital letters": holding("Shift", ("press", "A")) * 3,
    "a word in capitals and small letters": [*holding("Shift", ("press", "A")), ("press", "b")] * 3,
    "a letter between the taps": [*tap() * 2, ("press", "a"), *tap()],
    "Shift and Tab, to go back": holding("Shift", ("press", "Tab")) * 3,
    "Shift and an arrow, to select": holding("Shift", ("press", "ArrowLeft")) * 3,
    "taps while a word is composed": [("compose", ""), *tap() * 3, ("commit", "")],
    "a word composed between the taps": [*tap() * 2, ("compose", ""), ("commit", ""), *tap()],
    "a word that Shift ends": [("compose", ""), ("down", "Shift"), ("commit", ""), ("up", "Shift")] * 3,
}  # fmt: skip
