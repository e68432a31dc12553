"""Builds the variants, runs the suites in them and counts honestly; started by tests/run.

What is counted is every case, not every program: a TAP program reports its cases itself; one that
died, or ran fewer cases than it planned, adds a failure. Skipped cases are named on a line of their own
and count as neither.

Tests over sockets mostly wait, so those of two variants run beside the builds and beside what
computes, which give way to them. One of them whose checks failed is asked once more, alone, when all
else is done; passes it then, it counts so, and is named among the last lines: it is unsteady, which is
a fault of its own to be mended. Many at once are no accident and count as they are.
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import analyse
import matrix
from outcomes import LONGEST_LINE, count, ending, failed_cases, may_try_again
from variants import MESON, SOCKET_SUITES, SUITES, TOP, Variant, libcurl_setup, suites_of, variants

SECOND_TRIES = 3  # how many programs may be asked again in a variant
VARIANTS_OVER_SOCKETS = 2  # whose tests run at a time
# Who keeps only the end of all this has to find there why something failed.
LINES_OF_ALL, LINES_OF_ONE, LINES_AT_LEAST = 90, 25, 6
REMARKS, ENDINGS = [], []
GIVE_WAY = ['nice', '-n', '10'] if shutil.which('nice') else []


def put(text):
    sys.stdout.write(text + '\n')  # one write a line: several threads do
    sys.stdout.flush()


def say(text):
    put('tests/run: ' + text)


def prepare_cache():
    """What is the same in several variants is compiled once, where ccache is; debugging information
    names paths relative to the build directory, and all lie side by side."""
    os.environ.setdefault('CCACHE_NOHASHDIR', '1')
    if 'CCACHE_DIR' not in os.environ and not os.access(os.path.expanduser('~'), os.W_OK):
        os.environ['CCACHE_DIR'] = os.path.join(TOP, 'build-cache')


def without_address_randomisation():
    """TSan of gcc 12 needs its shadow at fixed places; newer kernels scatter more than it can take."""
    command = ['setarch', '-R']
    if shutil.which('setarch') and subprocess.run(command + ['true'], capture_output=True,
                                                  check=False).returncode == 0:
        return command
    return []


def step_done(step):
    done = subprocess.run(GIVE_WAY + step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors='replace', check=False)
    if done.returncode != 0:
        put(done.stdout)
        say('failed: ' + ' '.join(step))
        ENDINGS.append(('failed: ' + ' '.join(step)[:LONGEST_LINE], {'stdout': done.stdout}))
        return False
    warnings = [line for line in done.stdout.splitlines() if ': warning: ' in line]
    if warnings:
        put('\n'.join(warnings))
    return True


def set_up(variant, options):
    """The build directory, with these options; one that was made with others is made anew."""
    told = os.path.join(variant.directory, 'set-up-with')
    if os.path.exists(told):
        with open(told, encoding='utf-8') as file:
            if file.read().split('\n') == options:
                return step_done(['/usr/bin/ninja', '-C', variant.directory, 'build.ninja'])
    shutil.rmtree(variant.directory, ignore_errors=True)
    if not step_done([MESON, 'setup', variant.directory, TOP] + options):
        return False
    with open(told, 'w', encoding='utf-8') as file:
        file.write('\n'.join(options))
    return True


class Result:
    """What came of a variant; `tests` are those it is to run."""

    def __init__(self, variant):
        self.variant, self.numbers, self.tests = variant, [0, 0, 0], []
        self.failed, self.begun, self.ended = [], time.monotonic(), time.monotonic()
        self.lock = threading.Lock()  # two parts of it may end at a time

    def add(self, numbers):
        with self.lock:
            self.numbers = [a + b for a, b in zip(self.numbers, numbers)]

    def take(self, records):
        for record in records:
            numbers = count(record)
            if numbers[1]:
                self.failed.append(record)
                continue
            self.add(numbers)
            if numbers[2]:
                say('skipped %d in %s' % (numbers[2], record['name']))


def build(result, suites, patterns):
    """Whether there is something to run now; else the result says why."""
    variant = result.variant
    libcurl, reason = libcurl_setup() if variant.libcurl else ([], None)
    if reason:
        say(reason)
        say('skipped: no libcurl with WebSocket here')
        result.add((0, 0, 1))
        return False
    built = set_up(variant, variant.setup + libcurl)
    if built:
        result.tests = variant.tests(suites, patterns)
        if not result.tests:
            say('no test of that name in variant ' + variant.name)
        built = bool(result.tests) and step_done(
            ['/usr/bin/ninja', '-C', variant.directory]
            + ([] if variant.whole else variant.needed(result.tests) or ['build.ninja']))
    if not built:
        result.add((0, 1, 0))
    return built


def test_command(variant, logbase, jobs):
    command = [MESON, 'test', '-C', variant.directory, '--no-rebuild', '--print-errorlogs',
               '--num-processes', str(jobs), '--logbase', logbase,
               '--timeout-multiplier', str(variant.slow)]
    if variant.name == 'thread':
        command = without_address_randomisation() + command
    if variant.wrapper:
        command += ['--wrapper', ' '.join(variant.wrapper)]
    return command


def follow(command, label, environment):
    """Runs it; with a label each of its lines has that before it. Returns the exit status."""
    if label is None:
        return subprocess.run(command, env=environment, check=False).returncode
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, errors='replace') as program:
        for line in program.stdout:
            if line.strip():
                put(label + ': ' + line.rstrip())
    return program.returncode


def run_part(result, kind, names, label, before=()):
    """Runs some tests of a variant that is built, and puts into the result what came of them."""
    variant = result.variant
    logbase = 'run-' + variant.name + '-' + kind
    command = list(before) + test_command(variant, logbase, max(1, min(4, os.cpu_count() or 1)))
    environment = dict(os.environ, CK_FORK='no', **variant.environment)
    log = os.path.join(variant.directory, 'meson-logs', '-'.join((logbase,) + variant.wrapper[:1]) + '.json')
    if os.path.exists(log):
        os.remove(log)
    status = follow(command + names, label, environment)
    records = read_log(log)
    result.take(records)
    result.ended = time.monotonic()
    if len(records) < len(names):
        say('of %d tests %d ran in variant %s' % (len(names), len(records), variant.name))
        result.add((0, 1, 0))
    elif status != 0 and not any(count(record)[1] for record in records):
        say('meson test ended with status %d though no case failed' % status)
        result.add((0, 1, 0))


def read_log(log):
    if not os.path.exists(log):
        return []
    with open(log, encoding='utf-8', errors='replace') as lines:
        return [json.loads(line) for line in lines if line.strip()]


def names_over_sockets(result):
    return [test['name'] for test in result.tests if suites_of(test) <= SOCKET_SUITES]


def judge_failed(result):
    """The failed ones: asked once more, alone, when they are few, all by checks alone, over sockets."""
    sharing = set(names_over_sockets(result))
    again = len(result.failed) <= SECOND_TRIES and all(
        may_try_again(r) and short_name(r) in sharing for r in result.failed)
    for record in result.failed:
        if again:
            record = try_again(result.variant, record)
        numbers = count(record)
        result.add(numbers)
        if numbers[1]:
            remember('failed', result.variant, record)
    result.failed = []


def short_name(record):
    return record['name'].split(' / ', 1)[-1]


def try_again(variant, record):
    """The record of the second try where that passed, else the first."""
    logbase = 'again-' + variant.name
    say('once more, alone: ' + short_name(record))
    subprocess.run(test_command(variant, logbase, 1) + [short_name(record)], check=False,
                   env=dict(os.environ, CK_FORK='no', **variant.environment))
    records = read_log(os.path.join(variant.directory, 'meson-logs', logbase + '.json'))
    if len(records) != 1 or count(records[0])[1]:
        return record
    remember('unsteady', variant, record)
    return records[0]


def run_variants(chosen, suites, patterns):
    """Builds one after the other; as soon as one is built, its tests over sockets run beside whatever
    else there is to do, at last what computes. Returns a result each."""
    results, computing, waiting = [], [], []
    with concurrent.futures.ThreadPoolExecutor(VARIANTS_OVER_SOCKETS) as sockets:
        for variant in chosen:
            say('variant %s: %s' % (variant.name, ' '.join(suites or variant.suites)))
            result = Result(variant)
            results.append(result)
            if not build(result, suites or variant.suites, patterns):
                continue
            over_sockets = names_over_sockets(result)
            others = [t['name'] for t in result.tests if t['name'] not in over_sockets]
            alone = len(chosen) == 1 and not (over_sockets and others)
            label = None if alone else variant.name
            if over_sockets:
                waiting.append(sockets.submit(run_part, result, 'sockets', over_sockets, label))
            if others:
                computing.append((result, 'computing', others, label, GIVE_WAY))
        for part in computing:
            run_part(*part)
        for part in waiting:
            part.result()
    for result in results:
        judge_failed(result)
        say('variant %s: %d passed, %d failed, %d skipped, %d s'
            % ((result.variant.name,) + tuple(result.numbers) + (result.ended - result.begun,)))
    return results


def run_unit_of_matrix(name, directory, names):
    result = Result(Variant('matrix', directory, [], ('unit',), 1))
    run_part(result, name, names, None)
    judge_failed(result)
    return tuple(result.numbers)


def others(options):
    """What is built or read and is no variant, when it is asked for."""
    if options.matrix:
        yield matrix.run_all(say, run_unit_of_matrix)
    if options.analyse:
        plain = variants()['none']
        built = set_up(plain, plain.setup) and step_done(['/usr/bin/ninja', '-C', plain.directory])
        yield analyse.analyse(plain.directory, say) if built else (0, 1, 0)


def remember(what, variant, record):
    title = '%s: variant %s, %s' % (what, variant.name, short_name(record))
    ENDINGS.append((title, record))
    for line in failed_cases(record):
        REMARKS.append(title + ': ' + line)


def tell_remembered():
    """What failed said last, then all that failed, a line each."""
    lines = max(LINES_AT_LEAST, min(LINES_OF_ONE, LINES_OF_ALL // max(1, len(ENDINGS))))
    for title, record in ENDINGS:
        say(title + ', its last lines:')
        for line in ending(record, lines):
            put('    ' + line)
    for remark in REMARKS:
        say(remark)


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
    prepare_cache()
    started = time.monotonic()
    counted = [result.numbers for result in run_variants(
        [v for v in known.values() if v.name in chosen], options.suite, options.name)]
    counted += list(others(options))
    total = [sum(numbers) for numbers in zip((0, 0, 0), *counted)]
    tell_remembered()
    say('%d skipped, %d s' % (total[2], time.monotonic() - started))
    sys.stdout.flush()
    print('%d passed, %d failed' % (total[0], total[1]), flush=True)
    return 1 if total[1] else 0


if __name__ == '__main__':
    sys.exit(main())
