"""How much of the generated tests is run: few with every change, EXAMPLES times as many in `make prove`."""

import os

TIMES = int(os.environ.get("EXAMPLES") or 1)
SEED = os.environ.get("SEED") or "1"  # the same with every change; another one finds other things
