"""Data minimisation: find questions that a form should not ask, and measure how hard its English is to read.

The word list finds what people write without thinking. A form that passes it may still ask too much.
"""

import re
from dataclasses import dataclass
from functools import cache

import pyphen

from intake.site.form_file import Kind, Question, Text

READING_AGE = 11  # years; a reading age that people in trouble can manage
_MIN_WORDS = 12  # words. With fewer, the formula means nothing
# Flesch and Kincaid 1975: a school grade from words per sentence and syllables per word. Children are five years older than
# their grade.
_SENTENCE, _SYLLABLE, _CONSTANT, _SCHOOL = 0.39, 11.8, 15.59, 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A question's fault: its name for `override`, the line's key, and the reason."""

    name: str
    key: str
    words: str


# ruff: noqa: E501 -- lists of words
# Word beginnings in languages that groups write their own questions in. `\b` where a shorter word hides in others.
_WORDS = {
    "immigration": (
        "immigration status has put people in danger wherever it was kept",
        r"immigra(tion|nt)|migra(tory|torio|toria)\b|\bvisas?\b|undocumented|citizenship|asylum|residen(ce|cy) permit|green card"
        r"|papeles|ciudadan[ií]a|sin documentos|titre de s[eé]jour|sans[- ]papiers|nationalit[éy]|nacionalidad"
        r"|الهجرة|الإقامة|اللجوء|الجنسية|आप्रवास|वीज़ा|वीजा|नागरिकता|پناهندگ|مهاجرت|移民|签证|簽證|гражданств|громадянств|виз[аы]\b",
    ),
    "government-id": (
        "a number that the state gave leads straight to a person",
        r"social security|\bssn\b|passport|national id\b|\bid (card|number)|driver'?s licen[cs]e|tax (id|number)|\bitin\b|\baadhaar\b"
        r"|pasaporte|seguro social|carte d'identit[eé]|passeport|pièce d'identit[eé]|جواز|الهوية|رقم وطني|आधार|पासपोर्ट|گذرنامه|паспорт|护照|護照|身份证",
    ),
    "birth-date": (
        "a full birth date names a person; an age range does for almost everything",
        r"birth ?da(te|y)|date of birth|\bdob\b|born on|fecha de nacimiento|date de naissance|data de nascimento|تاريخ (الميلاد|الولادة)|जन्म ?(तिथि|तारीख)"
        r"|تاریخ تولد|дата рождения|дата народження|出生日期|data urodzenia",
    ),
    "ethnicity": (
        "ethnicity and religion help nobody to help, and harm in other hands",
        r"ethnic|\brace\b|racial|skin colou?r|religio|\btribe\b|\bcaste\b|\betnia|\braza\b|origine ethnique|العرق|الديانة|الدين\b|الطائفة|जाति|धर्म|قومیت|مذهب|национальност|вероисповед|民族|种族",
    ),
    "address": (
        "an area or the nearest crossing does, and leads nobody to a door",
        r"(home|street|full|your|exact|postal|mailing) address|\baddress\b|house number|\bapartment\b|direcci[óo]n|domicilio|adresse|endere[cç]o|عنوان(ك)?\b|पता\b|آدرس|адрес|地址",
    ),
}
_NOBODY = "nobody says who uses it"
NAMES = [*_WORDS, "no-use"]


def refused(question: Question) -> list[Refusal]:
    """Return the faults of a question."""
    refusals = [
        Refusal(name, "text", why)
        for name, (why, words) in _WORDS.items()
        if re.search(words, _question_texts(question), re.IGNORECASE) and not (name == "address" and question.kind is Kind.AREA)
    ]
    if not all(_texts_of(text) and all(word.strip() for word in _texts_of(text)) for text in (question.why, question.who)):
        refusals.append(Refusal("no-use", "text", f"{_NOBODY}: why it is asked and who will see it are missing"))
    return refusals


def reading_age(question: Question) -> int:
    """Return the reading age of a question's English in years, or 0 if there is too little text."""
    sentences = [_english(text) for text in (question.text, question.hint, question.why, question.who)]
    words = re.findall(r"[A-Za-z']+", " ".join(sentences))
    if len(words) < _MIN_WORDS:
        return 0
    count = sum(max(1, len(re.findall(r"[.!?]+", sentence))) for sentence in sentences if sentence)
    syllables = sum(len(_hyphens().inserted(word.lower()).split("-")) for word in words)
    grade = _SENTENCE * len(words) / count + _SYLLABLE * syllables / len(words) - _CONSTANT
    return round(grade + _SCHOOL)


def _question_texts(question: Question) -> str:
    """Return the question's texts in all languages, but not the hint, which may say what not to write."""
    headings, options = [group.text for group in question.groups], [option.text for option in question.listed]
    texts: list[Text] = [question.text, *headings, *options]
    return " ".join([question.id.replace("-", " "), *(word for text in texts for word in _texts_of(text))])


def _texts_of(text: Text) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def _english(text: Text) -> str:
    return text if isinstance(text, str) else text.get("en", "")


@cache
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US", left=1, right=1)
