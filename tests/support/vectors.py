"""Read the vectors of docs/reference/format.md."""

from pathlib import Path

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))
