"""clang-tidy, cppcheck and gcc's -fanalyzer over a built tree, and no finding wanted.

`tests/run --analyse` builds the plain variant and calls this; by hand: analyse.py BUILD-DIRECTORY.
What each is asked and what it is not asked, and why, stands in .clang-tidy and tests/lint/cppcheck.txt
and below. A program that is not installed is skipped.
"""
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JOBS = max(1, min(4, os.cpu_count() or 1))

# gcc 12's analyzer loses sight of memory that is handed to a structure behind another pointer and
# calls it leaked. Leaks are looked for by AddressSanitizer, valgrind and the failing calls.
FANALYZER = ['-fanalyzer', '-Wno-analyzer-malloc-leak', '-Wno-analyzer-too-complex']
KIND = re.compile(r'-DUPBIT__KIND=(\w+)')


def units(directory, *rooms):
    """What the compile database has of these rooms, each source once; decoders once for each kind."""
    with open(os.path.join(directory, 'compile_commands.json'), encoding='utf-8') as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        name = os.path.relpath(os.path.join(entry['directory'], entry['file']), TOP)
        if name.startswith(rooms):
            found.setdefault((name, ''.join(KIND.findall(entry['command']))), entry)
    return [(name, entry) for (name, _), entry in sorted(found.items())]


def sources(directory, *rooms):
    return sorted({name for name, _ in units(directory, *rooms)})


def each(work, items):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(work, items))


def run(command, cwd=TOP):
    done = subprocess.run(command, cwd=cwd, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace')
    return re.sub(r'\x1b\[[0-9;]*[mK]', '', done.stdout), done.returncode


def findings(texts):
    """Warnings and errors of ours, once each, by where they are."""
    found = {}
    for text in texts:
        for line in text.splitlines():
            place = re.match(r'(\S+?):(\d+):(\d+:)? *(warning|error|style|performance|portability): ',
                             line)
            if not place:
                continue
            parts = re.split(r'(?:^|/)(core|qt_bridge)/', place.group(1), maxsplit=1)
            if len(parts) == 3:
                name = parts[1] + '/' + parts[2]
                found.setdefault((name, int(place.group(2)), line[place.end():]), None)
    return ['%s:%d: %s' % key for key in sorted(found)]


def clang_tidy(directory):
    def one(name):  # it takes each command of the database by itself
        return run(['clang-tidy', '--quiet', '-p', directory, os.path.join(TOP, name)])[0]
    return findings(each(one, sources(directory, 'core/', 'qt_bridge/src/', 'qt_bridge/tools/')))


def cppcheck(directory):
    """By its own preprocessor: a list of the sources and the options that never change."""
    with open(os.path.join(TOP, 'tests', 'lint', 'cppcheck.txt'), encoding='utf-8') as file:
        options = [line.strip() for line in file if line.strip() and not line.startswith('#')]
    text, status = run(['cppcheck', '--quiet', '-j%d' % JOBS] + options +
                       sources(directory, 'core/'))
    found = findings([text])
    return found if found or status == 0 else [text.strip()[-2000:]]


def fanalyzer(directory):
    def one(item):
        command = shlex.split(item[1]['command'])
        if os.path.basename(command[0]) == 'ccache':
            command = command[1:]
        drop = {'-MQ': 2, '-MF': 2, '-o': 2, '-MD': 1, '-c': 1}
        kept, i = ['gcc'], 1
        while i < len(command):
            if command[i] not in drop:
                kept.append(command[i])
            i += drop.get(command[i], 1)
        return run(kept + ['-O2', '-g0', '-S', '-o', os.devnull] + FANALYZER,
                   item[1]['directory'])[0]
    return findings(each(one, units(directory, 'core/')))


def analyse(directory, say):
    """(passed, failed, skipped), a case for each program."""
    total = [0, 0, 0]
    for program, look in (('clang-tidy', clang_tidy), ('cppcheck', cppcheck), ('gcc', fanalyzer)):
        if not shutil.which(program):
            say('skipped: there is no %s here' % program)
            total[2] += 1
            continue
        begun = time.monotonic()
        found = look(directory)
        print(''.join(line + '\n' for line in found), end='', flush=True)
        say('%s: %d findings, %d s' % ('gcc -fanalyzer' if program == 'gcc' else program,
                                       len(found), time.monotonic() - begun))
        total[1 if found else 0] += 1
    return tuple(total)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(1 if analyse(os.path.abspath(sys.argv[1]), print)[1] else 0)
