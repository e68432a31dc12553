"""The last line of tests/run must not lie: how run_suites counts what a test program left behind."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))

import run_suites  # noqa: E402

# (what it is, meson's result, the program's output, expected passed, failed, skipped)
CASES = [
    ('a plain program that passed', 'OK', 'hello\n', 1, 0, 0),
    ('a plain program that failed', 'FAIL', '', 0, 1, 0),
    ('a plain program that skipped', 'SKIP', '', 0, 0, 1),
    ('a plain program that hung', 'TIMEOUT', '', 0, 1, 0),
    ('three cases', 'OK', '1..3\nok 1\nok 2\nok 3\n', 3, 0, 0),
    ('one of three failed', 'FAIL', '1..3\nok 1\nnot ok 2 - x\nok 3\n', 2, 1, 0),
    ('the plan at the end', 'OK', 'ok 1\nok 2\n1..2\n', 2, 0, 0),
    ('died after the first case', 'ERROR', '1..3\nok 1\n', 1, 1, 0),
    ('ran fewer cases than planned, status 0', 'OK', '1..3\nok 1\n', 1, 1, 0),
    ('all passed, but the leak check failed at the end', 'ERROR', '1..1\nok 1\n', 1, 1, 0),
    ('died before it could say anything', 'ERROR', '', 0, 1, 0),
    ('a skipped case', 'OK', '1..2\nok 1\nok 2 - y # SKIP no clang\n', 1, 0, 1),
    ('QtTest', 'FAIL', '********* Start testing of T *********\nPASS   : T::initTestCase()\n'
     'PASS   : T::one()\nFAIL!  : T::two() no\nSKIP   : T::three() x\nPASS   : T::rows(a b)\n'
     'PASS   : T::cleanupTestCase()\nTotals: 4 passed, 1 failed, 1 skipped\n', 2, 1, 1),
    ('QtTest that crashed', 'FAIL', '********* Start testing of T *********\nPASS   : T::one()\n',
     1, 1, 0),
    ('everything skipped', 'SKIP', '1..0 # SKIP no clang\n', 0, 0, 1),
]


def main():
    print('1..%d' % len(CASES))
    failed = 0
    for number, (title, result, output, *wanted) in enumerate(CASES, 1):
        got = list(run_suites.count({'result': result, 'stdout': output}))
        failed += got != wanted
        print('%sok %d - %s' % ('' if got == wanted else 'not ', number, title))
        if got != wanted:
            print('#   wanted %r, got %r' % (wanted, got))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
