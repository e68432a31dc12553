"""The library built in every way its users build it: gcc and clang, debug and release, minimal (core
and its tools) and full (Qt, Python, examples), warnings as errors; and the unit suite in each.

`tests/run --matrix` does all eight; with a cold cache that is half an hour, so no everyday run does.
"""
import itertools
import json
import os
import re
import shutil
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MESON = '/usr/bin/meson'
COMPILERS = {'gcc': 'g++', 'clang': 'clang++'}
SIZES = {
    'minimal': ['-Dqt=disabled', '-Dpython=disabled', '-Dexamples=false'],
    'full': ['-Dqt=enabled', '-Dpython=enabled', '-Dexamples=true'],
}
PROGRESS = re.compile(r'\[\d+/\d+\] ')  # of ninja
# Long, and about core/queue or about input rather than about a compiler.
SLOW = {'stress', 'model', 'litmus', 'fuzz'}


def built(command, say):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors='replace', check=False)
    if done.returncode != 0:
        # What failed may lie far above: ninja goes on with the rest.
        told = [line for line in done.stdout.splitlines() if not PROGRESS.match(line)]
        print('\n'.join(told)[:8000], flush=True)
        say('failed: ' + ' '.join(command))
    return done.returncode == 0


def introspect(directory, what):
    return json.loads(subprocess.run([MESON, 'introspect', what, directory], text=True, check=True,
                                     stdout=subprocess.PIPE).stdout)


def setup(name, say):
    """The build directory of 'gcc-debug-full', ready for ninja; None: it could not be made."""
    compiler, kind, size = name.split('-')
    directory = os.path.join(TOP, 'build-matrix', name)
    if os.path.exists(os.path.join(directory, 'build.ninja')):
        return directory
    cached = 'ccache ' if shutil.which('ccache') else ''
    environment = ['env', 'CC=' + cached + compiler, 'CXX=' + cached + COMPILERS[compiler]]
    done = built(environment + [MESON, 'setup', directory, TOP, '--buildtype=' + kind,
                                '--werror', '-Dtests=true'] + SIZES[size], say)
    return directory if done else None


def products(directory, tests):
    """Files to build: all that is no test, and the programs of the tests by these names."""
    targets = introspect(directory, '--targets')
    wanted = {i for test in introspect(directory, '--tests') if test['name'] in tests
              for i in test['depends']}
    inside = os.path.join(TOP, 'tests') + os.sep
    return sorted({os.path.relpath(name, directory) for target in targets
                   if target['id'] in wanted or target['installed'] or (target['build_by_default']
                                                 and not target['defined_in'].startswith(inside))
                   for name in target['filename']})


def unit_tests(directory):
    return [test['name'] for test in introspect(directory, '--tests')
            if 'unit' in {s.split(':')[-1] for s in test['suite']}
            and not SLOW & set(test['name'].split())]


def build(name, say):
    """Returns the names of the tests that can run, None if it does not build."""
    directory = setup(name, say)
    if directory is None:
        return None
    names = unit_tests(directory)
    # Warnings of linkers and generators are no errors to --werror: none is meant to be seen.
    done = built(['/usr/bin/ninja', '-k', '0', '-C', directory] + products(directory, set(names)), say)
    return names if done else None


def run_all(say, run_tests):
    """All eight; run_tests(name, directory, names) returns what it counted. (passed, failed,
    skipped): a build counts as a case."""
    total = [0, 0, 0]
    for size, compiler, kind in itertools.product(SIZES, COMPILERS, ('debug', 'release')):
        name, begun = '-'.join((compiler, kind, size)), time.monotonic()
        needed = [compiler] + ([COMPILERS[compiler]] if size == 'full' else [])
        if not all(map(shutil.which, needed)):
            say('skipped: %s: there is no %s here' % (name, ' or no '.join(needed)))
            total[2] += 1
            continue
        names = build(name, say)
        numbers = [1, 0, 0] if names is not None else [0, 1, 0]
        seconds = time.monotonic() - begun
        if names:
            counted = run_tests(name, os.path.join(TOP, 'build-matrix', name), names)
            numbers = [a + b for a, b in zip(numbers, counted)]
        say('%s: built in %d s, %d passed, %d failed, %d skipped'
            % ((name, seconds) + tuple(numbers)))
        total = [a + b for a, b in zip(total, numbers)]
    return tuple(total)
