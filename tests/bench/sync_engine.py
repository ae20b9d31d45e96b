"""The command `oneroster-sync` with the arguments given, and what it spent; its modules are loaded beforehand."""

import sys

from oneroster_operator.sync.main import main
from tests.bench.spent import told

if __name__ == "__main__":
    with told():
        code = main()
    sys.exit(code)
