#!/usr/bin/python3
"""Lines and branches of core that the tests reach.

    coverage.py DIRECTORY --run         builds, runs the tests and shows the table
    coverage.py DIRECTORY               the table of what has run there
    coverage.py DIRECTORY --missed [FILE...]    each line that lacks something

--run makes the build directory, or sets it right, forgets what ran in it before, and runs unit (models
apart, stress a little), integration, and `failures` over all its ways.

Nothing is inlined and nothing optimised there (-Doptimization=0): else the compiler counts each inlined
copy of a question as branches of its own, and joins branches that stand in the source. Asserts are left
out (-Db_ndebug=true): they have a side that nobody may reach. A file that is compiled several times
(exchange's wide halves, headers, queue/ in the model that steps through it) counts once: what any reached.
"""
import argparse
import collections
import json
import os
import subprocess
import sys

from variants import MESON, TOP, Variant

SETUP = ['-Db_coverage=true', '-Doptimization=0', '-Db_ndebug=true', '-Dqt=disabled', '-Dexamples=false',
         '-Dpython=disabled', '-Dc_args=-DTEST_COVERAGE']
# Where copies of core lie. Those of tests/models are left out: some are mutants.
COUNTED = ('core', 'tests/unit')
# Words in the names of tests that run for long, or nothing of core.
OMITTED = {'model', 'litmus', 'bench', 'packages', 'consumer', 'ccxt'}


def counters(directory, parts=('',)):
    """The files in which programs leave how often they came where."""
    for part in parts:
        for where, _, names in os.walk(os.path.join(directory, part)):
            yield from (os.path.join(where, name) for name in names if name.endswith('.gcda'))


def run(directory):
    """Everything once. What fails is said by the tests themselves, and does not end it."""
    fresh = not os.path.exists(os.path.join(directory, 'build.ninja'))
    subprocess.run([MESON, 'setup', directory, TOP] + SETUP if fresh else
                   [MESON, 'configure', directory] + SETUP, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', directory, 'build.ninja'], check=True, stdout=subprocess.DEVNULL)
    for path in counters(directory):
        os.remove(path)
    variant = Variant('coverage', directory, SETUP, ('unit', 'integration'), omit=OMITTED)
    tests = variant.tests(variant.suites, ()) + variant.tests(('unit',), ('queue model',))
    failures, mock = 'tests/failures/failures', 'tests/mock_exchange/upbit-mock'
    subprocess.run(['ninja', '-C', directory, failures, mock] + variant.needed(tests), check=True)
    environment = dict(os.environ, UPBIT_STRESS='0.3', UPBIT_MOCK=os.path.join(directory, mock))
    subprocess.run([MESON, 'test', '-C', directory, '--no-rebuild', '--num-processes', '2',
                    '--timeout-multiplier', '5'] + [test['name'] for test in tests],
                   env=environment, check=False)
    subprocess.run([os.path.join(directory, failures), '--jobs', '2'], env=environment, check=False)


def read(directory):
    """file -> line -> [hits, [branch hits]]"""
    files = collections.defaultdict(dict)
    for path in counters(directory, COUNTED):
        done = subprocess.run(['gcov', '--branch-probabilities', '--json-format', '--stdout', path],
                              cwd=directory, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        for report in done.stdout.splitlines():
            for found in json.loads(report)['files']:
                name = os.path.normpath(os.path.join(directory, found['file']))
                name = os.path.relpath(name, TOP)
                if name.startswith('core/') and not name.startswith('core/tools'):
                    merge(files[name], found['lines'])
    if not files:
        sys.exit('coverage.py: nothing has run in ' + directory)
    return files


def merge(lines, found):
    for line in found:
        branches = [b['count'] for b in line['branches'] if not b['throw']]
        before = lines.get(line['line_number'])
        if before is None:
            lines[line['line_number']] = [line['count'], branches]
            continue
        before[0] += line['count']
        if len(before[1]) == len(branches):
            before[1] = [a + b for a, b in zip(before[1], branches)]
        elif sum(map(bool, branches)) * len(before[1]) > sum(map(bool, before[1])) * len(branches):
            before[1] = branches


def share(part, whole):
    return '%6.1f %%' % (100.0 * part / whole) if whole else '     -  '


def count(lines):
    branches = [b for _, several in lines.values() for b in several]
    return [sum(hits > 0 for hits, _ in lines.values()), len(lines), sum(map(bool, branches)),
            len(branches)]


def show_missed(files, wanted):
    for name in sorted(files):
        if wanted and not any(w in name for w in wanted):
            continue
        text = open(os.path.join(TOP, name), encoding='utf-8').read().splitlines()
        for number, (hits, branches) in sorted(files[name].items()):
            if hits == 0 or not all(branches):
                print('%s:%d: %s %s' % (name, number, 'never' if hits == 0 else
                                        'branch %s' % ''.join('+' if b else '-' for b in branches),
                                        text[number - 1].strip()))


def show_table(files):
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, lines in sorted(files.items()):
        numbers = count(lines)
        print('%s  %s  %s' % (share(*numbers[:2]), share(*numbers[2:]), name))
        for room in (os.path.dirname(name), 'core'):
            rooms[room] = [a + b for a, b in zip(rooms[room], numbers)]
    print('\n   lines  branches')
    for room, numbers in sorted(rooms.items()):
        print('%s  %s  %s' % (share(*numbers[:2]), share(*numbers[2:]), room))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('directory', help='the build directory')
    parser.add_argument('--run', action='store_true', help='run the tests first')
    parser.add_argument('--missed', nargs='*', metavar='FILE',
                        help='lines that lack something, of files whose path has one of these in it')
    chosen = parser.parse_args()
    directory = os.path.abspath(chosen.directory)
    if chosen.run:
        run(directory)
    files = read(directory)
    if chosen.missed is None:
        show_table(files)
    else:
        show_missed(files, chosen.missed)


if __name__ == '__main__':
    main()
