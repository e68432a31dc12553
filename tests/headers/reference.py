"""Makes the API reference and wants no public symbol without a description: reference.py SOURCE OUTPUT"""
import os
import shutil
import subprocess
import sys
import tempfile

UNDESCRIBED = '/* Bare. */\n#define UPBIT_API\ntypedef struct upbit_bare { int a; } upbit_bare;\n'


def complaints(source, headers, output):
    """What Doxygen has to say about the headers in a directory."""
    settings = ('@INCLUDE = "%s/docs/reference/Doxyfile"\nINPUT = "%s"\nOUTPUT_DIRECTORY = "%s"\n'
                'INPUT_FILTER = "%s %s/docs/reference/filter.py"\nINCLUDE_PATH = "%s/core/include"\n'
                % (source, headers, output, sys.executable, source, source))
    done = subprocess.run(['doxygen', '-'], input=settings, text=True, check=False, cwd=source,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return done.stderr.splitlines() or ['exit status %d' % done.returncode] * (done.returncode != 0)


def main(source, output):
    if shutil.which('doxygen') is None:
        print('1..0 # SKIP no doxygen')
        return 0
    shutil.rmtree(output, ignore_errors=True)
    os.makedirs(output)
    found = complaints(source, os.path.join(source, 'core', 'include', 'upbit-live'), output)
    for line in found:
        print('# ' + line)
    print('%sok 1 - every public symbol is described' % ('not ' if found else ''))
    pages = len(os.listdir(os.path.join(output, 'html')))
    print('%sok 2 - there is a reference' % ('' if pages > 50 else 'not '))
    with tempfile.TemporaryDirectory() as bare:
        with open(os.path.join(bare, 'bare.h'), 'w', encoding='utf-8') as header:
            header.write(UNDESCRIBED)
        missed = not complaints(source, bare, bare)
    print('%sok 3 - one without a description is noticed' % ('not ' if missed else ''))
    print('1..3')
    return 1 if found or missed or pages <= 50 else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
