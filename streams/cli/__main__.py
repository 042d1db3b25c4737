"""`python -m streams.cli` is `sluicegate`."""

from streams.cli.main import main

main()
