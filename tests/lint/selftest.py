"""The lint's own test: each check accepts a good tree and complains about the one thing broken in it."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import lint  # noqa: E402

GOOD = {
    'meson.build': "project('x', 'c',\n  version: '1.2.3')\n",
    'README.md': 'What it is: [code](core/base/clock.h), [host](https://docs.upbit.com).\n',
    'core/base/clock.h': '/* Time. */\n#include <time.h>\n',
    'core/base/clock.c': '#include "base/clock.h"\n',
    'core/net/loop.c': '/* The loop. */\n#include "base/clock.h"\n#include "net/loop.h"\n',
    'core/tools/tail.c': '/* A tool. */\n#include "upbit-live/upbit-live.h"\n',
    'core/include/upbit-live/version.h':
        '/* The version. */\n#define UPBIT_VERSION_MAJOR 1\n#define UPBIT_VERSION_MINOR 2\n'
        '#define UPBIT_VERSION_PATCH 3\n#define UPBIT_VERSION_STRING "1.2.3"\n'
        '/* @thread any. */\nUPBIT_API int upbit_a(void);\nUPBIT_API int upbit_b(int a,\n'
        '                      int b);\n',
    'core/include/upbit-live/upbit-live.h': '/* All. */\n#include "upbit-live/version.h"\n'
        '#include "upbit-live/error.h"\n',
    'core/include/upbit-live/error.h': '/* Errors. */\n#define L(X) X(BAD, -1, "bad")\n',
    'docs/ERRORS.md': '| `BAD` -1 | return, ERROR | it was bad |\n',
    'docs/ERRORS.ko.md': '| `BAD` -1 | 반환값, ERROR | it was bad |\n',
    'tests/support/ways.h': '/* Ways. */\n#define W(X) X(BAD, WAY_RETURN | WAY_EVENT)\n',
    'examples_gui/main.cpp': '// A window.\n#include <UpbitLive/Proxy>\n',
    'tests/unit/test_a.c': '/* A test. */\n#include "client/session.h"\n',
}
RUN = '#!/bin/sh\nexit 0\n'

# (the check that must complain, a file, what is put there)
BAD = [
    ('top_level', 'notes.txt', 'hello\n'),
    ('lengths', 'core/base/long.c', '/* Long. */\n' + 'int x;\n' * 500),
    ('whitespace', 'core/base/tab.c', '/* Tab. */\n\tint x;\n'),
    ('whitespace', 'core/base/blank.c', '/* Blank. */ \n'),
    ('whitespace', 'core/base/end.c', '/* End. */'),
    ('whitespace', 'core/base/wide.c', '/* ' + 'w' * 120 + ' */\n'),
    ('words', 'core/base/word.c', '/* TO' 'DO: later. */\n'),
    ('words', 'docs/GUIDE.md', 'This is a st' 'ub.\n'),
    ('links', 'docs/GUIDE.md', 'See [this](NOWHERE.md).\n'),
    ('named_tests', 'docs/TESTING.md', '| a cut | cuts: a_cut_is_healed |\n'),
    ('openings', 'core/base/silent.c', 'int x;\n'),
    ('openings', 'core/base/silent.h', 'int x;\n'),
    ('scripts', 'tests/tool.sh', RUN),
    ('commands', 'tests/run', None),
    ('arrows', 'core/base/up.c', '/* Up. */\n#include "queue/fifo.h"\n'),
    ('arrows', 'core/base/up.c', '/* Up. */\n#include "upbit-live/proxy.h"\n'),
    ('arrows', 'core/queue/side.c', '/* Side. */\n#include "wire/frame.h"\n'),
    ('arrows', 'core/wire/up.c', '/* Up. */\n#  include "net/loop.h"\n'),
    ('arrows', 'core/net/side.c', '/* Side. */\n#include "exchange/json.h"\n'),
    ('arrows', 'core/limits/up.c', '/* Up. */\n#include "client/session.h"\n'),
    ('arrows', 'core/tools/in.c', '/* In. */\n#include "base/clock.h"\n'),
    ('arrows', 'core/client/test.c', '/* Test. */\n#include <check.h>\n'),
    ('arrows', 'core/client/rel.c', '/* Rel. */\n#include "../net/loop.h"\n'),
    ('arrows', 'core/client/qt.c', '/* Qt. */\n#include <QObject>\n'),
    ('arrows', 'core/include/upbit-live/version.h', '/* V. */\n#include "base/clock.h"\n'),
    ('arrows', 'qt_bridge/in.cpp', '// In.\n#include "client/session.h"\n'),
    ('arrows', 'examples_gui/in.cpp', '// In.\n#include <upbit-live/proxy.h>\n'),
    ('numbers', 'core/exchange/n.c', '/* N. */\ndouble f(char *s) { return strtod(s, 0); }\n'),
    ('numbers', 'core/exchange/n.c', '/* N. */\nvoid f(void) { printf("%5.2f", 1.0); }\n'),
    ('numbers', 'core/client/n.c', '/* N. */\nvoid f(void) { exit(1); }\n'),
    ('linux', 'core/client/n.c', '/* N. */\nvoid f(void) { mlock(0, 1); }\n'),
    ('linux', 'core/net/n.c', '/* N. */\n#include <sys/signalfd.h>\n'),
    ('threads', 'core/include/upbit-live/bare.h', '/* Bare. */\nUPBIT_API int upbit_c(void);\n'),
    ('version', 'meson.build', "project('x', 'c',\n  version: '1.2.4')\n"),
    ('error_reference', 'docs/ERRORS.md', '| `BAD` -2 | it was bad |\n'),
    ('error_reference', 'docs/ERRORS.md', '| `BAD` -1 | bad |\n| `WORSE` -2 | worse |\n'),
    ('error_reference', 'docs/ERRORS.ko.md', '| `WORSE` -1 | it was bad |\n'),
    ('error_ways', 'docs/ERRORS.md', '| `BAD` -1 | return | it was bad |\n'),
    ('error_ways', 'docs/ERRORS.ko.md', '| `BAD` -1 | 반환값, ERROR, 통계 | it was bad |\n'),
    ('error_ways', 'docs/ERRORS.md', '| `BAD` -1 | return, letter | it was bad |\n'),
    ('umbrella', 'core/include/upbit-live/extra.h', '/* Not included. */\n'),
]


def put(root, name, text, mode=0o644):
    path = os.path.join(root, name)
    if text is None:
        os.remove(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as target:
        target.write(text)
    os.chmod(path, mode)


def complaints(name=None, text=None):
    with tempfile.TemporaryDirectory() as root:
        for good, content in GOOD.items():
            put(root, good, content)
        for run in ('tests/run', 'examples_gui/run', '.ci/run', 'subprojects/packages.sh'):
            put(root, run, RUN, 0o755)
        if name:
            put(root, name, text)
        return {check.__name__: list(check(root)) for check in lint.CHECKS}


def main():
    print('1..%d' % (len(BAD) + 2))
    wrong = {n: f for n, f in complaints().items() if f}
    print('%sok 1 - a good tree passes' % ('not ' if wrong else ''))
    if wrong:
        print('#   %r' % wrong)
    failed = bool(wrong)
    for number, (check, name, text) in enumerate(BAD, 2):
        good = bool(complaints(name, text)[check])
        failed |= not good
        print('%sok %d - %s complains about %s' % ('' if good else 'not ', number, check, name))
    untested = {c.__name__ for c in lint.CHECKS} - {b[0] for b in BAD}
    print('%sok %d - every check has a bad tree' % ('not ' if untested else '', len(BAD) + 2))
    return 1 if failed or untested else 0


if __name__ == '__main__':
    sys.exit(main())
