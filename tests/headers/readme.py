"""The programs printed in README.md compile and link, warnings being errors: each fenced block of the
language asked for is a whole program. The Korean and the English half show the same text once.

    readme.py c|cpp COMPILER README FLAGS...
"""
import os
import re
import subprocess
import sys
import tempfile


def blocks(text, language):
    return re.findall(r'^```%s\n(.*?)^```$' % language, text, re.S | re.M)


def main(language, compiler, readme, *flags):
    with open(readme, encoding='utf-8') as source:
        programs = blocks(source.read(), language)
    if not programs:
        print('1..1\nnot ok 1 - no %s program in the README' % language)
        return 1
    print('1..%d' % len(programs))
    failed = 0
    for number, program in enumerate(programs, 1):
        with tempfile.TemporaryDirectory() as work:
            name = os.path.join(work, 'program.' + language)
            with open(name, 'w', encoding='utf-8') as target:
                target.write(program)
            done = subprocess.run([compiler, '-Wall', '-Wextra', '-Werror',
                                   '-std=' + ('c11' if language == 'c' else 'c++17'), name,
                                   '-o', os.path.join(work, 'program'), *flags],
                                  capture_output=True, text=True, check=False)
        bad = done.returncode != 0
        failed += bad
        print('%sok %d - %s program, %d lines' % ('not ' if bad else '', number, language,
                                                  program.count('\n')))
        for line in (done.stdout + done.stderr).splitlines() if bad else ():
            print('#   ' + line)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
