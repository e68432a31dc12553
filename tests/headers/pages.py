"""The code printed in the pages compiles, warnings being errors: each fenced block of the language asked for
is a whole program, or it stands in a frame of frames/ that says what is around it.

    pages.py c|cpp COMPILER FRAMES PAGES... -- FLAGS...

The frame of the second C++ block of QT.md, and of its translation QT.ko.md, is FRAMES/QT-2.cpp. Its line
@SNIPPET@ is replaced by the block, whose own #include lines go to the top. Framed blocks are compiled, whole
programs are linked, too.
A frame nobody needs any more fails.
"""
import os
import re
import subprocess
import sys
import tempfile


def blocks(text, language):
    return re.findall(r'^```%s\n(.*?)^```$' % language, text, re.S | re.M)


def framed(block, frame):
    includes = ''.join(line + '\n' for line in block.splitlines() if line.startswith('#include'))
    rest = ''.join(line + '\n' for line in block.splitlines() if not line.startswith('#include'))
    return includes + frame.replace('@SNIPPET@\n', rest)


def programs(language, frames, pages):
    """(name, source, whether it is a whole program); source None: a frame without its block."""
    there = {name for name in os.listdir(frames) if name.endswith('.' + language)}
    left = set(there)
    for page in pages:
        with open(page, encoding='utf-8') as source:
            for number, block in enumerate(blocks(source.read(), language), 1):
                page_name = os.path.basename(page).split('.')
                name = '%s-%d.%s' % ('.'.join(page_name[:-1]), number, language)
                frame_name = '%s-%d.%s' % (page_name[0], number, language)
                if frame_name not in there:
                    yield name, block, True
                    continue
                left.discard(frame_name)
                with open(os.path.join(frames, frame_name), encoding='utf-8') as frame:
                    yield name, framed(block, frame.read()), False
    for name in sorted(left):
        yield name, None, False


def main(language, compiler, frames, *rest):
    pages, flags = rest[:rest.index('--')], rest[rest.index('--') + 1:]
    found = list(programs(language, frames, pages))
    if not found:
        print('1..1\nnot ok 1 - no %s in the pages' % language)
        return 1
    print('1..%d' % len(found))
    failed = 0
    for number, (name, source, whole) in enumerate(found, 1):
        text = 'frames/%s: the page has no such block' % name
        bad = source is None
        if not bad:
            with tempfile.TemporaryDirectory() as work:
                file = os.path.join(work, name)
                with open(file, 'w', encoding='utf-8') as target:
                    target.write(source)
                done = subprocess.run(
                    [compiler, '-Wall', '-Wextra', '-Werror', '-I' + frames,
                     '-std=' + ('c11' if language == 'c' else 'c++17'), file] +
                    (['-o', os.path.join(work, 'program')] if whole else ['-fsyntax-only']) +
                    list(flags), capture_output=True, text=True, check=False)
            bad, text = done.returncode != 0, done.stdout + done.stderr
        failed += bad
        print('%sok %d - %s' % ('not ' if bad else '', number, name))
        for line in text.splitlines() if bad else ():
            print('#   ' + line)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
