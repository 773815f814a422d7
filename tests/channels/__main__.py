"""``python -m tests.channels``."""

import sys

from tests.channels.run import main

sys.exit(main())
