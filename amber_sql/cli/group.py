"""A group of commands whose help says each one's whole first sentence, where click would cut it."""

from __future__ import annotations

import click

WHOLE = 1000


class WholeSentences(click.Group):
    """Lists its commands uncut."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line or two for each command."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(WHOLE))
                    for name in self.list_commands(ctx)
                    if (command := self.get_command(ctx, name))
                ]
            )
