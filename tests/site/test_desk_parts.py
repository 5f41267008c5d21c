"""The desk's scripts: how much a desk loads before it shows a case, and that each part names the next by its hash."""

import re
from hashlib import sha256

import pytest

from intake.site.assets import File
from intake.site.languages import languages
from tests.support.rendered import rendered

CODE = 120_000  # bytes, compressed with gzip
LAZY_VIEWS = "desk_lazy_views"


def of(name: str) -> tuple[str, File]:
    """Return the address and the file of a script."""
    return next((address, file) for address, file in rendered().files.items() if re.match(rf"/s/{name}\.\w+\.js$", address))


def size(name: str) -> int:
    """Return a script's size on the wire, in bytes."""
    return len(of(name)[1].encodings["gzip"])


def test_the_code_that_a_desk_loads_to_work_on_cases_fits_120_kb() -> None:
    first, later = size("desk") + size("desk_chunk"), size(LAZY_VIEWS)
    workers = size("worker") + size("argon2id")
    print(f"\nbytes of gzip: at first {first:,}, in workers {workers:,}, for group and keys {later:,}")
    assert first <= CODE


@pytest.mark.parametrize("code", list(languages()))
def test_a_desk_page_loads_the_two_first_parts_together_and_not_the_lazy_one(code: str) -> None:
    page = rendered().files[f"/{code}/desk/"].body.decode()
    loaded = set(re.findall(r'(?:src|href)="(/s/[^"]+\.js)" integrity="sha256-', page))
    assert loaded == {of("desk")[0], of("desk_chunk")[0]}


@pytest.mark.parametrize(("importer", "part"), [("desk", "desk_chunk"), ("desk", LAZY_VIEWS), (LAZY_VIEWS, "desk_chunk")])
def test_a_part_is_imported_by_the_address_that_contains_its_hash(importer: str, part: str) -> None:
    address, file = of(part)
    assert sha256(file.body).hexdigest().startswith(address.split(".")[1])
    assert f'"{address}"'.encode() in of(importer)[1].body
