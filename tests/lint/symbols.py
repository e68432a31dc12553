"""What the library exports is exactly what the public headers declare; and inside, every global name
says its layer: upbit_ public, upbit__ between files.

    symbols.py SOURCE_ROOT SHARED_LIBRARY STATIC_LIBRARY...
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import checks_code  # noqa: E402


def defined(path, *options):
    done = subprocess.run(['nm', '--defined-only', '--extern-only', *options, path],
                          capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    # "address kind name"; kind A is the map's version node.
    return {row[2].split('@')[0] for row in rows if len(row) == 3 and row[1] != 'A'}


def main(root, shared, *archives):
    declared = checks_code.public_functions(root)
    exported = defined(shared, '--dynamic')
    faults = ['exported but in no public header: ' + n for n in sorted(exported - declared)]
    faults += ['declared but not exported: ' + n for n in sorted(declared - exported)]
    if not declared:
        faults.append('no public function found')
    cases = [('exports are the public headers', faults)]

    inside = []
    for archive in archives:
        for name in sorted(defined(archive)):
            if name not in declared and not name.startswith('upbit__'):
                inside.append('%s: %s is neither public nor upbit__' % (os.path.basename(archive),
                                                                        name))
    cases.append(('global names say their layer', inside))

    print('1..%d' % len(cases))
    for number, (title, found) in enumerate(cases, 1):
        print('%sok %d - %s' % ('not ' if found else '', number, title))
        for fault in found:
            print('#   ' + fault)
    return 1 if any(found for _, found in cases) else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
