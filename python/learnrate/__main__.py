"""`python -m learnrate`: the command `learnrate`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
