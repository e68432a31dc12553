"""Builds the variants, runs the suites in them and counts honestly; started by tests/run.

A variant is a build directory with its own instruments. What is counted is every case, not every
program: a TAP program reports its cases itself; one that died, or ran fewer cases than it planned,
adds a failure. Skipped cases are named on a line of their own and count as neither.

Programs over real sockets share two cores with each other. One of them whose checks failed is asked
once more, alone; passes it then, it counts so, and is named among the last lines: it is unsteady, which
is a fault of its own to be mended. Many at once are no accident and count as they are.
"""
import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import time

import analyse
import matrix
from outcomes import count, failed_cases, may_try_again

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MESON = '/usr/bin/meson'
SUITES = ('lint', 'headers', 'unit', 'integration', 'property', 'qt', 'python')

# Qt is left out under the thread instrument: it would have to be built with it. Under the address
# instrument the bridge and the models run on Debian's Qt as it is.
PLAIN = ['-Dqt=enabled', '-Dexamples=true', '-Dtests=true']
INSTRUMENTED = ['-Dqt=disabled', '-Dexamples=false', '-Dtests=true']
CODE_SUITES = ('unit', 'integration', 'property')
# Suites whose programs meet over sockets, and how many of them may be asked again in a variant.
SHARING_CORES = {'integration', 'property', 'qt', 'python'}
SECOND_TRIES = 3


class Variant:
    """One way to build and run: `setup` for meson, `suites` by default, `slow` stretches time-outs,
    `omit` are words in the names of tests that make no sense in it, `only` patterns of those that
    do. `libcurl`: it needs one with WebSocket, the system's or one beside it."""

    def __init__(self, name, directory, setup, suites, slow=1, wrapper=(), environment=(), omit=(),
                 only=(), libcurl=False):
        self.name, self.directory, self.setup = name, os.path.join(TOP, directory), setup
        self.suites, self.slow, self.omit = suites, slow, set(omit)
        self.wrapper, self.environment = wrapper, dict(environment)
        self.only, self.libcurl = only, libcurl


ADDRESS = (('ASAN_OPTIONS', 'detect_leaks=1:detect_stack_use_after_return=1'),
           ('UBSAN_OPTIONS', 'halt_on_error=1:print_stacktrace=1'))
WEBSOCKET_API = ('UPBIT_TEST_TRANSPORT', 'websocket-api')
SOCKETS = ('net *', 'client *')
# Words of those that are not about this transport: questions by REST, and what only ours can.
NOT_IT = ('rest', 'rest_faults', 'asking', 'refused', 'shapes', 'pages', 'compression', 'deflate',
          'conformance')


def variants():
    return {v.name: v for v in (
        Variant('none', 'build-tests', PLAIN, SUITES),
        Variant('address', 'build-tests-address',
                INSTRUMENTED + ['-Db_sanitize=address,undefined'], CODE_SUITES, 3,
                environment=ADDRESS, omit=('everything', 'doubles')),
        Variant('address-qt', 'build-tests-address-qt',
                ['-Dqt=enabled', '-Dexamples=false', '-Dtests=true',
                 '-Db_sanitize=address,undefined'], ('qt',), 3,
                environment=ADDRESS + (
                    ('LSAN_OPTIONS', 'print_suppressions=0:suppressions=' + os.path.join(
                        TOP, 'tests', 'support', 'qt_leaks.supp')),)),
        Variant('thread', 'build-tests-thread', INSTRUMENTED + ['-Db_sanitize=thread'],
                CODE_SUITES, 5, environment=(('TSAN_OPTIONS', 'halt_on_error=1'),),
                omit=('holes', 'doubles', 'failing', 'fuzz')),
        # Valgrind looks at the plain build's unit tests, for uninitialised memory above all. It runs one
        # thread at a time, so the stress of several would take minutes and stress nothing; and it
        # cannot follow the stacks the model of the lanes switches between. Those that look at the
        # stack and at locked pages as the kernel has them would see its own.
        Variant('valgrind', 'build-tests', PLAIN, ('unit',), 20,
                omit=('stress', 'model', 'litmus', 'jwt', 'secret', 'fuzz'), wrapper=(
            'valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full',
            '--errors-for-leak-kinds=definite', '--fair-sched=try')),
        # The stream once more over libcurl's WebSocket; and over our own, with that libcurl.
        Variant('websocket-api', 'build-tests-libcurl', INSTRUMENTED, ('integration',),
                environment=(WEBSOCKET_API,), only=SOCKETS, omit=NOT_IT, libcurl=True),
        Variant('websocket-api-address', 'build-tests-libcurl-address',
                INSTRUMENTED + ['-Db_sanitize=address,undefined'], ('integration',), 3,
                environment=ADDRESS + (WEBSOCKET_API,), only=('net *',), omit=NOT_IT, libcurl=True),
        Variant('newer-libcurl', 'build-tests-libcurl', INSTRUMENTED, ('integration',),
                only=('net *',), libcurl=True),
    )}


def libcurl_setup():
    """What meson needs to find a libcurl with WebSocket: nothing where the system's has it; None
    where there is none to be had, and the reason has been said."""
    if subprocess.run(['pkg-config', '--atleast-version=8.14', 'libcurl'], check=False).returncode == 0:
        return []
    directory = os.path.join(TOP, 'build-libcurl')
    done = subprocess.run([os.path.join(TOP, 'subprojects', 'libcurl.sh'), directory], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          errors='replace')
    if done.returncode != 0:
        say((done.stderr.strip().splitlines() or ['libcurl.sh failed'])[-1])
        return None
    return ['-Dpkg_config_path=' + os.path.join(directory, 'pkgconfig')]


def say(text):
    print('tests/run: ' + text, flush=True)


def without_address_randomisation():
    """TSan of gcc 12 needs its shadow at fixed places; newer kernels scatter more than it can take."""
    command = ['setarch', '-R']
    if shutil.which('setarch') and subprocess.run(command + ['true'], capture_output=True,
                                                  check=False).returncode == 0:
        return command
    return []


def introspect(variant, what):
    done = subprocess.run([MESON, 'introspect', what, variant.directory], text=True,
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def needed(variant):
    """What of a build directory the tests of a variant that runs few of them need."""
    files = {target['id']: target['filename'][0] for target in introspect(variant, '--targets')}
    return sorted({os.path.relpath(files[i], variant.directory)
                   for test in introspect(variant, '--tests')
                   if any(fnmatch.fnmatch(test['name'], p) for p in variant.only)
                   and {s.split(':')[-1] for s in test['suite']} & set(variant.suites)
                   for i in test['depends'] if i in files})


def build(variant, libcurl):
    fresh = not os.path.exists(os.path.join(variant.directory, 'build.ninja'))
    steps = []
    if fresh:
        steps.append([MESON, 'setup', variant.directory, TOP] + variant.setup + libcurl)
    if variant.only: # what there is to build is asked of a build directory that is up to date
        steps.append(['/usr/bin/ninja', '-C', variant.directory, 'build.ninja'])
    steps.append(['/usr/bin/ninja', '-C', variant.directory])
    for step in steps:
        if variant.only and step is steps[-1]:
            step += needed(variant)
        done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace', check=False)
        if done.returncode != 0:
            sys.stdout.write(done.stdout)
            say('failed: ' + ' '.join(step))
            return False
        warnings = [line for line in done.stdout.splitlines() if ': warning: ' in line]
        if warnings:
            print('\n'.join(warnings), flush=True)
    return True


def chosen_names(variant, suites, patterns):
    """Of the suites' tests those that match a pattern, or without patterns all the variant wants;
    Meson 1.0 itself matches whole names only."""
    return [test['name'] for test in introspect(variant, '--tests')
            if {s.split(':')[-1] for s in test['suite']} & set(suites)
            and (any(fnmatch.fnmatch(test['name'], p) for p in patterns) if patterns
                 else not variant.omit & set(test['name'].split()))
            and (not variant.only or any(fnmatch.fnmatch(test['name'], p) for p in variant.only))]


def run(variant, suites, names):
    """Runs what was asked for in one variant; returns (passed, failed, skipped)."""
    libcurl = libcurl_setup() if variant.libcurl else []
    if libcurl is None:
        say('skipped: no libcurl with WebSocket here')
        return 0, 0, 1
    if not build(variant, libcurl):
        return 0, 1, 0
    return run_built(variant, suites, names)


def run_built(variant, suites, names):
    logbase = 'run-' + variant.name
    command = [MESON, 'test', '-C', variant.directory, '--no-rebuild', '--print-errorlogs',
               '--num-processes', str(max(1, min(4, os.cpu_count() or 1))),
               '--logbase', logbase, '--timeout-multiplier', str(variant.slow)]
    if variant.name == 'thread':
        command = without_address_randomisation() + command
    if variant.wrapper:
        command += ['--wrapper', ' '.join(variant.wrapper)]
    for suite in suites:
        command += ['--suite', suite]
    if variant.omit or variant.only or names:
        names = chosen_names(variant, suites, names)
        if not names:
            say('no test of that name in variant ' + variant.name)
            return 0, 1, 0
    environment = dict(os.environ, CK_FORK='no', **variant.environment)
    if variant.wrapper:
        logbase += '-' + variant.wrapper[0]
    log = os.path.join(variant.directory, 'meson-logs', logbase + '.json')
    if os.path.exists(log):
        os.remove(log)
    status = subprocess.run(command + names, env=environment, check=False).returncode
    records = read_log(log)
    if not records:
        say('no test ran in variant ' + variant.name)
        return 0, 1, 0
    failed = [record for record in records if count(record)[1]]
    if status != 0 and not failed:
        say('meson test ended with status %d though no case failed' % status)
        return 0, 1, 0
    if again_allowed(variant, failed):
        records = [try_again(variant, command, environment, r) if r in failed else r for r in records]
    total = [0, 0, 0]
    for record in records:
        numbers = count(record)
        total = [a + b for a, b in zip(total, numbers)]
        if numbers[2]:
            say('skipped %d in %s' % (numbers[2], record['name']))
        if numbers[1]:
            remember('failed', variant, record)
    return tuple(total)


def read_log(log):
    if not os.path.exists(log):
        return []
    with open(log, encoding='utf-8', errors='replace') as lines:
        return [json.loads(line) for line in lines if line.strip()]


def again_allowed(variant, failed):
    """Whether those that failed may be asked once more: few, all by checks alone, over sockets."""
    sharing = {test['name'] for test in introspect(variant, '--tests')
               if {s.split(':')[-1] for s in test['suite']} & SHARING_CORES}
    return 0 < len(failed) <= SECOND_TRIES and all(
        may_try_again(r) and short_name(r) in sharing for r in failed)


def short_name(record):
    return record['name'].split(' / ', 1)[-1]


def try_again(variant, command, environment, record):
    """The record of the second try where that passed, else the first."""
    logbase = 'again-' + variant.name
    command = command[:]
    command[command.index('--logbase') + 1] = logbase
    command[command.index('--num-processes') + 1] = '1'
    say('once more, alone: ' + short_name(record))
    subprocess.run(command + [short_name(record)], env=environment, check=False)
    records = read_log(os.path.join(variant.directory, 'meson-logs', logbase + '.json'))
    if len(records) != 1 or count(records[0])[1]:
        return record
    remember('unsteady', variant, record)
    return records[0]


def others(options):
    """What is built or read and is no variant, when it is asked for."""
    if options.matrix:
        yield matrix.run_all(say, lambda name, directory, names: run_built(
            Variant('matrix', directory, [], ('unit',)), ('unit',), names))
    if options.analyse:
        plain = variants()['none']
        yield analyse.analyse(plain.directory, say) if build(plain, []) else (0, 1, 0)


REMARKS = []


def remember(what, variant, record):
    for line in failed_cases(record):
        REMARKS.append('%s: variant %s, %s: %s' % (what, variant.name, short_name(record), line))


def main():
    known = variants()
    parser = argparse.ArgumentParser(prog='tests/run', description='Builds and runs the tests.',
                                     epilog='Without options: every suite, then unit, '
                                     'integration and a little of property under both sanitizers '
                                     'and qt under one, unit under valgrind, then the stream '
                                     'over libcurl\'s WebSocket.')
    parser.add_argument('--suite', action='append', choices=SUITES, help='only this suite')
    parser.add_argument('--sanitize', action='append', choices=list(known),
                        help='only this variant: ' + ', '.join(known))
    parser.add_argument('--matrix', action='store_true', help='only: gcc and clang, debug and '
                        'release, minimal and full, warnings as errors, and the unit tests in each')
    parser.add_argument('--analyse', action='store_true',
                        help='only: clang-tidy, cppcheck and gcc -fanalyzer')
    parser.add_argument('name', nargs='*', help='only tests whose name matches, e.g. "wire*"')
    options = parser.parse_args()

    chosen = options.sanitize or (['none'] if options.suite or options.name else
                                  [] if options.matrix or options.analyse else list(known))
    total, started = [0, 0, 0], time.monotonic()
    for name in chosen:
        variant = known[name]
        suites = options.suite or variant.suites
        say('variant %s: %s' % (name, ' '.join(suites)))
        begun = time.monotonic()
        numbers = run(variant, suites, options.name)
        say('variant %s: %d passed, %d failed, %d skipped, %d s'
            % ((name,) + numbers + (time.monotonic() - begun,)))
        total = [a + b for a, b in zip(total, numbers)]
    for numbers in others(options):
        total = [a + b for a, b in zip(total, numbers)]
    for remark in REMARKS:
        say(remark)
    say('%d skipped, %d s' % (total[2], time.monotonic() - started))
    sys.stdout.flush()
    print('%d passed, %d failed' % (total[0], total[1]), flush=True)
    return 1 if total[1] else 0


if __name__ == '__main__':
    sys.exit(main())
