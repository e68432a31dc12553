"""The last line of tests/run must not lie: how outcomes counts what a test program left behind."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))

import outcomes  # noqa: E402

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

ENDED = '1..2\nok 1\nnot ok 2 - x\n'
QT_ENDED = ('********* Start testing of T *********\nFAIL!  : T::two() no\n'
            'Totals: 4 passed, 1 failed, 0 skipped\n')
# (what it is, meson's result, exit status, output, what stood in stderr, may it be asked again)
AGAIN = [
    ('a check failed, asked again', 'ERROR', 1, ENDED, '', True),
    ('died on the way, not asked again', 'ERROR', -11, '1..2\nnot ok 1 - x\n', '', False),
    ('died at the end, not asked again', 'ERROR', -11, ENDED, '', False),
    ('hung, not asked again', 'TIMEOUT', 1, ENDED, '', False),
    ('a leak, not asked again', 'ERROR', 1, '1..1\nok 1\n', 'ERROR: LeakSanitizer: 8', False),
    ('a race, not asked again', 'ERROR', 1, ENDED, 'WARNING: ThreadSanitizer: data race', False),
    ('undefined, not asked again', 'ERROR', 1, ENDED, 'x.c:1:2: runtime error: shift', False),
    ('a plain program, not asked again', 'FAIL', 1, '', '', False),
    ('QtTest, a check failed, asked again', 'FAIL', 1, QT_ENDED, '', True),
    ('QtTest, crashed, not asked again', 'FAIL', -6, QT_ENDED.split('Totals')[0], '', False),
]

MANY = '\n'.join('%d' % n for n in range(50))
# (what it is, stdout, stderr, its last four lines)
ENDINGS = [
    ('half of stdout, half of stderr', MANY, MANY, ['48', '49', '48', '49']),
    ('stderr alone', '', MANY, ['46', '47', '48', '49']),
    ('stdout alone', MANY, None, ['46', '47', '48', '49']),
    ('more of stdout where stderr is short', MANY, 'why\n', ['47', '48', '49', 'why']),
    ('more of stderr where stdout is short', 'not ok 1\n', MANY, ['not ok 1', '47', '48', '49']),
    ('no cases that passed', 'not ok 1\nok 2\n# why\nok 3\n', '', ['not ok 1', '# why']),
    ('no QtTest cases that passed', 'FAIL!  : T::a()\nPASS   : T::b()\n', '', ['FAIL!  : T::a()']),
    ('no map of memory', '', 'SUMMARY: x\nShadow bytes around the buggy address:\n  0x0c08: fa fa\n'
     '=>0x0c10: fa[fa]\nShadow byte legend:\n  Addressable:           00\n'
     '  Partially addressable: 01 02\n  Heap left redzone:       fa\n==7==ABORTING\n',
     ['SUMMARY: x', '==7==ABORTING']),
    ('a line of bounded length', 'x' * 1000, '', ['x' * outcomes.LONGEST_LINE]),
    ('nothing at all', None, None, []),
]


def main():
    print('1..%d' % (len(CASES) + len(AGAIN) + len(ENDINGS)))
    failed = 0
    for number, (title, result, output, *wanted) in enumerate(CASES, 1):
        got = list(outcomes.count({'result': result, 'stdout': output}))
        failed += got != wanted
        print('%sok %d - %s' % ('' if got == wanted else 'not ', number, title))
        if got != wanted:
            print('#   wanted %r, got %r' % (wanted, got))
    for number, (title, result, status, output, errors, wanted) in enumerate(AGAIN, len(CASES) + 1):
        got = outcomes.may_try_again({'result': result, 'returncode': status, 'stdout': output,
                                      'stderr': errors})
        failed += got != wanted
        print('%sok %d - %s' % ('' if got == wanted else 'not ', number, title))
    for number, (title, output, errors, wanted) in enumerate(ENDINGS, len(CASES) + len(AGAIN) + 1):
        got = outcomes.ending({'stdout': output, 'stderr': errors}, 4)
        failed += got != wanted
        print('%sok %d - the end of it: %s' % ('' if got == wanted else 'not ', number, title))
        if got != wanted:
            print('#   wanted %r, got %r' % (wanted, got))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
