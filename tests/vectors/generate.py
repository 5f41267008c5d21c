"""Make the vectors: `python -m tests.vectors.generate`. Files are encrypted again, so each run gives other bytes."""

from tests.vectors import cases, follow_ups, group_words, parsing, refusals, signatures, stored, world
from tests.vectors.entries import entry_vectors, request
from tests.vectors.expiry import expiry_vectors
from tests.vectors.grants import grant_vectors
from tests.vectors.holds import hold_vectors
from tests.vectors.on_behalf import on_behalf_vectors
from tests.vectors.people import people_vectors
from tests.vectors.texts import text_vectors


def main() -> None:
    """Write every vector."""
    for old in world.HERE.glob("*.json"):
        old.unlink()
    text_vectors()
    expiry_vectors()
    entry_vectors()
    grant_vectors()
    people_vectors()
    hold_vectors()
    on_behalf_vectors()
    parsing.write(request())
    refusals.write()
    signatures.write()
    stored.write()
    cases.write()
    follow_ups.write()
    group_words.write()


if __name__ == "__main__":
    main()
    print(len(list(world.HERE.glob("*.json"))), "vectors")
