#!/usr/bin/python3
"""Lines and branches of core that the tests reached: coverage.py BUILD-DIRECTORY [--missed [FILE...]]

The directory was made with -Db_coverage=true and its tests have run. Branches that the compiler makes for
calls that may throw do not count. A file that is compiled twice (exchange's wide half) counts once: what
either reached.
"""
import collections
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(directory):
    """file -> line -> [hits, [branch hits]]"""
    data = []
    for where, _, names in os.walk(os.path.join(directory, 'core')):
        data += [os.path.join(where, name) for name in names if name.endswith('.gcda')]
    if not data:
        sys.exit('coverage.py: nothing has run in ' + directory)
    files = collections.defaultdict(dict)
    for path in data:
        done = subprocess.run(['gcov', '--branch-probabilities', '--json-format', '--stdout',
                               os.path.abspath(path)], cwd=directory, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for report in done.stdout.splitlines():
            for found in json.loads(report)['files']:
                name = os.path.normpath(os.path.join(directory, found['file']))
                name = os.path.relpath(name, TOP)
                if name.startswith('core/') and not name.startswith('core/tools'):
                    merge(files[name], found['lines'])
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


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    files = read(sys.argv[1])
    if '--missed' in sys.argv:
        wanted = sys.argv[sys.argv.index('--missed') + 1:]
        for name in sorted(files):
            if wanted and not any(w in name for w in wanted):
                continue
            text = open(os.path.join(TOP, name), encoding='utf-8').read().splitlines()
            for number, (hits, branches) in sorted(files[name].items()):
                if hits == 0 or not all(branches):
                    print('%s:%d: %s %s' % (name, number, 'never' if hits == 0 else
                                            'branch %s' % ''.join('+' if b else '-' for b in branches),
                                            text[number - 1].strip()))
        return
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, lines in sorted(files.items()):
        numbers = count(lines)
        print('%s  %s  %s' % (share(*numbers[:2]), share(*numbers[2:]), name))
        for room in (os.path.dirname(name), 'core'):
            rooms[room] = [a + b for a, b in zip(rooms[room], numbers)]
    print('\n   lines  branches')
    for room, numbers in sorted(rooms.items()):
        print('%s  %s  %s' % (share(*numbers[:2]), share(*numbers[2:]), room))


if __name__ == '__main__':
    main()
