"""The variants: a variant is a build directory with its own instruments, and the tests that run in it."""
import fnmatch
import functools
import json
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MESON = '/usr/bin/meson'
SUITES = ('lint', 'headers', 'unit', 'integration', 'property', 'qt', 'python')
CODE_SUITES = ('unit', 'integration', 'property')
# Suites whose programs meet over sockets: most of their time they wait.
SOCKET_SUITES = {'integration', 'property', 'qt', 'python'}

PLAIN = ['-Dqt=enabled', '-Dexamples=true', '-Dtests=true']
# Qt is left out under the thread instrument: it would have to be built with it. Under the address
# instrument the bridge and the models run on Debian's Qt as it is.
WITHOUT_QT = ['-Dqt=disabled', '-Dexamples=false', '-Dtests=true']
# Half the time to compile, and reports need lines only; how long a text can be is seen with -O2.
INSTRUMENT = ['-Doptimization=1', '-Dc_args=-g1 -Wno-format-truncation', '-Dcpp_args=-g1']
ADDRESS_BUILD = INSTRUMENT + ['-Db_sanitize=address,undefined']
ADDRESS_QT_BUILD = ['-Dqt=enabled', '-Dexamples=false', '-Dtests=true'] + ADDRESS_BUILD


class Variant:
    """One way to build and run: `setup` for meson, `suites` by default, `slow` stretches time-outs,
    `omit` are words in the names of tests that make no sense in it, `only` patterns of those that
    do. `libcurl`: it needs one with WebSocket, the system's or one beside it. `whole`: all there is
    is built, not only what its tests need."""

    def __init__(self, name, directory, setup, suites, slow=3, wrapper=(), environment=(), omit=(),
                 only=(), libcurl=False, whole=False):
        self.name, self.directory, self.setup = name, os.path.join(TOP, directory), setup
        self.suites, self.slow, self.omit = suites, slow, set(omit)
        self.wrapper, self.environment = wrapper, dict(environment)
        self.only, self.libcurl, self.whole = only, libcurl, whole

    def introspect(self, what):
        done = subprocess.run([MESON, 'introspect', what, self.directory], text=True,
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def tests(self, suites, patterns):
        """Of the suites' tests, as meson describes them, those that match a pattern, or without
        patterns all the variant wants; meson itself, 1.0, matches whole names only."""
        return [test for test in self.introspect('--tests')
                if suites_of(test) & set(suites)
                and (matches(test['name'], patterns) if patterns
                     else not self.omit & set(test['name'].split()))
                and (not self.only or matches(test['name'], self.only))]

    def needed(self, tests):
        """What of the build directory these tests need."""
        files = {target['id']: target['filename'][0] for target in self.introspect('--targets')}
        return sorted({os.path.relpath(files[i], self.directory)
                       for test in tests for i in test['depends'] if i in files})


def suites_of(test):
    return {suite.split(':')[-1] for suite in test['suite']}


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


ADDRESS = (('ASAN_OPTIONS', 'detect_leaks=1:detect_stack_use_after_return=1'),
           ('UBSAN_OPTIONS', 'halt_on_error=1:print_stacktrace=1'))
WEBSOCKET_API = ('UPBIT_TEST_TRANSPORT', 'websocket-api')
SOCKETS = ('net *', 'client *')
# Words of those that are not about this transport: questions by REST, and what only ours can.
NOT_IT = ('rest', 'rest_faults', 'asking', 'refused', 'shapes', 'pages', 'compression', 'deflate',
          'conformance')


def variants():
    """In the order in which they are built: what waits long and is built soon comes first."""
    return {v.name: v for v in (
        Variant('thread', 'build-tests-thread', WITHOUT_QT + INSTRUMENT + ['-Db_sanitize=thread'],
                CODE_SUITES, 5, environment=(('TSAN_OPTIONS', 'halt_on_error=1'),),
                omit=('holes', 'doubles', 'failing', 'fuzz')),
        Variant('address', 'build-tests-address', ADDRESS_QT_BUILD, CODE_SUITES, 3,
                environment=ADDRESS, omit=('everything', 'doubles')),
        Variant('none', 'build-tests', PLAIN, SUITES, whole=True),
        Variant('address-qt', 'build-tests-address', ADDRESS_QT_BUILD, ('qt',), 3,
                environment=ADDRESS + (
                    ('LSAN_OPTIONS', 'print_suppressions=0:suppressions=' + os.path.join(
                        TOP, 'tests', 'support', 'qt_leaks.supp')),)),
        # The stream once more over libcurl's WebSocket; and over our own, with that libcurl.
        Variant('websocket-api', 'build-tests-libcurl', WITHOUT_QT, ('integration',),
                environment=(WEBSOCKET_API,), only=SOCKETS, omit=NOT_IT, libcurl=True),
        Variant('websocket-api-address', 'build-tests-libcurl-address', WITHOUT_QT + ADDRESS_BUILD,
                ('integration',), 3, environment=ADDRESS + (WEBSOCKET_API,), only=('net *',),
                omit=NOT_IT, libcurl=True),
        Variant('newer-libcurl', 'build-tests-libcurl', WITHOUT_QT, ('integration',),
                only=('net *',), libcurl=True),
        # Valgrind looks at the plain build's unit tests, for uninitialised memory above all. It runs one
        # thread at a time, so the stress of several would take minutes and stress nothing; and it
        # cannot follow the stacks the model of the lanes switches between. Those that look at the
        # stack and at locked pages as the kernel has them would see its own. Of tests in Python it would
        # watch the interpreter; the command `upbit-decode` itself is watched as their child.
        Variant('valgrind', 'build-tests', PLAIN, ('unit',), 20,
                omit=('stress', 'model', 'litmus', 'jwt', 'secret', 'fuzz', 'differential'), wrapper=(
            'valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full',
            '--errors-for-leak-kinds=definite', '--fair-sched=try', '--trace-children=yes')),
    )}


@functools.lru_cache(maxsize=None)
def libcurl_setup():
    """What meson needs to find a libcurl with WebSocket: nothing where the system's has it; else the
    reason why there is none to be had. (options, reason)."""
    if subprocess.run(['pkg-config', '--atleast-version=8.14', 'libcurl'], check=False).returncode == 0:
        return [], None
    directory = os.path.join(TOP, 'build-libcurl')
    done = subprocess.run([os.path.join(TOP, 'subprojects', 'libcurl.sh'), directory], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          errors='replace')
    if done.returncode != 0:
        return [], (done.stderr.strip().splitlines() or ['libcurl.sh failed'])[-1]
    return ['-Dpkg_config_path=' + os.path.join(directory, 'pkgconfig')], None
