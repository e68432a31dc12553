"""Runs every lint check over the tree given and reports in TAP, one case a check."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import checks_code  # noqa: E402
import checks_tree  # noqa: E402

CHECKS = checks_tree.CHECKS + checks_code.CHECKS


def main(root):
    print('1..%d' % len(CHECKS))
    failed = 0
    for number, check in enumerate(CHECKS, 1):
        faults = list(check(root))
        failed += bool(faults)
        print('%sok %d - %s' % ('not ' if faults else '', number, check.__name__))
        for fault in faults:
            print('#   ' + fault)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
