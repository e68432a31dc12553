"""Which calls fail does not depend on the run: `failures` knows them by names, not by addresses."""
import re
import subprocess
import sys


def chosen(program, *options):
    """identity -> the functions that led to the call, of one run."""
    done = subprocess.run([program, '--session', 'replay', '--list', *options], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return dict(re.findall(r'^# (\d+), \d+ calls\n#   (.*)$', done.stdout, re.M))


def main():
    program = sys.argv[1]
    first, second = (chosen(program, '--every', '4', '--steady') for _ in range(2))
    both = [i for i in first if first[i] == second.get(i)]
    one = chosen(program, '--every', str(1 << 32), '--from', both[0]) if both else {}
    cases = [
        # All but what a thread's luck decides: a way that is mostly gone, but not always.
        ('two runs choose the same calls', len(both) > 0.8 * len({**first, **second}) > 8),
        ('a call can be chosen alone', both and one == {both[0]: first[both[0]]}),
        ('a call is told with who made it', any('upbit__' in names for names in first.values())),
    ]
    print('1..%d' % len(cases))
    for number, (title, good) in enumerate(cases, 1):
        print('%sok %d - %s' % ('' if good else 'not ', number, title))
    if not all(good for _, good in cases):
        print('# first %r\n# second %r\n# alone %r' % (first, second, one))
    return 0 if all(good for _, good in cases) else 1


if __name__ == '__main__':
    sys.exit(main())
