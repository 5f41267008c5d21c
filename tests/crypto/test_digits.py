"""Digits of other scripts, in texts that people typed. The vectors test the codes themselves."""

from crypto import digits


def test_digits_of_any_script_become_ascii_and_the_text_around_them_stays() -> None:
    assert digits.to_ascii("خبز ٤٢, चावल ७, １２ kg") == "خبز 42, चावल 7, 12 kg"
