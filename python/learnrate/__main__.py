"""`python -m learnrate`: the command `learnrate`."""

import sys

from .cli import main

sys.exit(main())
