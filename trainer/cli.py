"""The command line of the trainer. Importing it loads no torch: each command imports what it needs."""

from __future__ import annotations

import typer

from trainer.commands.evaluate import evaluate
from trainer.commands.export import export
from trainer.commands.finetune import finetune
from trainer.commands.fit import fit
from trainer.commands.plan import plan
from trainer.commands.serve import serve
from trainer.commands.split import split

COMMANDS = (plan, split, fit, finetune, evaluate, export, serve)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Train, fine-tune, judge, export and serve segmentation networks."
)
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Entry point `polyp-trainer`."""
    app()


if __name__ == "__main__":
    main()
