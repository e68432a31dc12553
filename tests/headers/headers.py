"""Each public header compiles alone, with every warning an error; a TAP case a header.

    headers.py c|cpp COMPILER STANDARD DIRECTORY [FLAGS...]

DIRECTORY/NAME is included as <PARENT/NAME>, as a user would, from a file with nothing else in it.
A missing compiler is a skip.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Werror']
C_WARNINGS = ['-Wstrict-prototypes', '-Wmissing-prototypes']


def headers(directory):
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if os.path.isfile(path) and (name.endswith('.h') or re.fullmatch(r'[A-Z]\w*', name)):
            yield name


def main(language, compiler, standard, directory, *flags):
    program = shutil.which(compiler)
    names = list(headers(directory)) if os.path.isdir(directory) else []
    if program is None:
        print('1..0 # SKIP no %s here' % compiler)
        return 0
    print('1..%d' % max(1, len(names)))
    if not names:
        print('not ok 1 - no header in %s' % directory)
        return 1
    directory = os.path.abspath(directory)
    parent, above = os.path.basename(directory), os.path.dirname(directory)
    warnings = WARNINGS + (C_WARNINGS if language == 'c' else ['-Wold-style-cast'])
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        for number, name in enumerate(names, 1):
            source = os.path.join(work, 'alone.' + language)
            with open(source, 'w', encoding='utf-8') as target:
                # Twice: a header without a guard fails here.
                target.write('#include <%s/%s>\n' % (parent, name) * 2)
                target.write('int alone(void);\nint alone(void) { return 0; }\n')
            done = subprocess.run([program, '-x', 'c' if language == 'c' else 'c++',
                                   '-std=' + standard, *warnings, '-I' + above, *flags,
                                   '-fsyntax-only', source],
                                  capture_output=True, text=True, check=False)
            bad = done.returncode != 0
            failed += bad
            print('%sok %d - <%s/%s> as %s by %s' % ('not ' if bad else '', number, parent, name,
                                                     standard, compiler))
            for line in (done.stdout + done.stderr).splitlines() if bad else ():
                print('#   ' + line)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
