"""The consoles that commands print on. They print each text as it is: `[b]` is no style, and `:x:` is no picture."""

from rich.console import Console

out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)
