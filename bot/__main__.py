"""The command line: ``python -m bot COMMAND``. Each command's code is imported only when it is used."""

import argparse
import importlib
import os
import sys
from typing import NoReturn

COMMANDS = {
    "run": ("run", "run the platforms whose tokens are set, or the console stage"),
    "try": ("try_script", "play a dialogue from a file on the console stage and print it"),
    "doctor": ("doctor", "check settings, tokens, database, key and time-zone data"),
    "migrate": ("migrate", "prepare the database: its schema up to date, the key where there is none"),
    "backup": ("backup", "write a copy of the database into a file, while the bot runs"),
    "restore": ("restore", "bring a backup back into an empty database"),
    "plan": ("plan", "print the plan of tests for given rounds, with no chat at all"),
    "triage": ("triage", "say of messages what triage would do, without storing or sending anything"),
    "faq": ("faq", "check, search, export and import the curated answers"),
    "read-date": ("read_date", "read dates as people type them"),
}


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one plain line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: list[str]) -> int:
    """Run one command and return the process's exit status."""
    parser = _Parser(prog="python -m bot", description="Roundtable: dates, reminders and pointers to people.")
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    name = next((word for word in argv if not word.startswith("-")), "")
    for command, (module, help_text) in COMMANDS.items():
        one = parsers.add_parser(command, help=help_text, description=help_text)
        if command == name:
            importlib.import_module(f"bot.cli.{module}").add_arguments(one)
    arguments = parser.parse_args(argv)
    status = importlib.import_module(f"bot.cli.{COMMANDS[arguments.command][0]}").main(arguments)
    return int(status)


if __name__ == "__main__":
    # NumPy's threads wait for each other by turning in circles: on a busy machine of two cores, one message then takes
    # a hundred times as long. It reads this when it is first imported, which nothing above does.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, for example `| head`
        sys.exit(0)
