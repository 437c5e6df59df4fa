"""Run the command line as ``python -m sensing_theorems``."""

import sys

from sensing_theorems.cli import main

if __name__ == "__main__":
    sys.exit(main())
