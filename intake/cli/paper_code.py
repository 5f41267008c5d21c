"""A newcomer enters their new paper code once, at a terminal, as in the browser (docs/adr/0038)."""

import typer

from crypto.digits import GROUP, in_groups, plain
from intake.cli.consoles import out


def prove(code: str) -> None:
    """Show a new paper code, and ask for it until it is entered as it is. An empty entry shows the code again.

    Both happen on a terminal's second screen, which keeps no lines. A newcomer who stops with Ctrl-C has sent nothing.
    """
    with out.screen(hide_cursor=False):
        show(code)
        while True:
            entered = typer.prompt(
                f"The {len(code)} digits on your paper (only Enter shows the code again)", default="", show_default=False
            )
            different = differing_groups(entered, code)
            if not entered.strip():
                show(code)
            elif different:
                groups = ", ".join(map(str, different))
                out.print(f"Look at your paper again. Different from the code that was shown: group {groups}.")
            else:
                return


def show(code: str) -> None:
    """Show the code until a key is pressed."""
    out.clear()
    out.print("Your paper code, the second way to sign in. Write it down and keep it offline:\n")
    out.print(f"  {in_groups(code)}\n")
    out.print("You enter it once on the next screen. Nothing is sent before. Ctrl-C stops.")
    typer.prompt("Press Enter when you have written it down", default="", show_default=False, prompt_suffix=" ")
    out.clear()


def differing_groups(entered: str, code: str) -> list[int]:
    """Return which groups of four digits differ from the code's, counted from 1."""
    digits, last = plain(entered), len(code) // GROUP
    ends = {number: number * GROUP for number in range(1, last)} | {last: None}
    return [number for number, end in ends.items() if digits[(number - 1) * GROUP : end] != code[(number - 1) * GROUP : end]]
