"""The library as a user gets it: installed into an empty prefix, moved, found by pkg-config (Meson) and
by its CMake package, built against and run; and removed from sight, not found.

    test_consumer.py BUILD_ROOT PREFIX CONSUMER_PROJECT LIBDIR
"""
import os
import shutil
import subprocess
import sys
import tempfile

CASES = []


def case(function):
    CASES.append(function)
    return function


class Failed(Exception):
    """One step did not end as it should; the text says how."""


class Stage:
    """The scratch directory and the environment all cases share."""

    def __init__(self, work, build, prefix, project, libdir):
        self.work, self.build, self.project = work, build, project
        self.destdir = os.path.join(work, 'destdir')
        self.staged = self.destdir + prefix
        self.tree = os.path.join(work, 'moved tree')
        self.lib = os.path.join(self.tree, libdir)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(('MESON', 'DESTDIR'))}
        self.environment = dict(clean, LD_LIBRARY_PATH=self.lib,
                                PKG_CONFIG_PATH=os.path.join(self.lib, 'pkgconfig'))

    def run(self, *command, **changes):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=dict(self.environment, **changes), check=False, timeout=120)
        if done.returncode != 0:
            raise Failed('%s\n%s(status %d)' % (' '.join(command), done.stdout, done.returncode))
        return done.stdout

    def programs_run(self, directory):
        text = self.run(os.path.join(directory, 'consumer-c'))
        if text != 'KRW-BTC 116539000\n':
            raise Failed('consumer-c printed %r' % text)
        if ' 0.3\n' not in self.run(os.path.join(directory, 'consumer-cpp')):
            raise Failed('consumer-cpp printed something else')
        if os.path.exists(os.path.join(self.lib, 'libupbit-live-qt5.so')):
            text = self.run(os.path.join(directory, 'consumer-qt'))
            if '1,234,567\n' not in text:
                raise Failed('consumer-qt printed %r' % text)
            # The fixture finds the installed mock by PATH.
            text = self.run(os.path.join(directory, 'consumer-test'), UPBIT_MOCK='',
                            PATH=os.path.join(self.tree, 'bin') + ':' + os.environ['PATH'])
            if text != '77210000 77211000\n':
                raise Failed('consumer-test printed %r' % text)
        if os.path.exists(os.path.join(self.lib, 'libupbit-live-qt5widgets.so')):
            text = self.run(os.path.join(directory, 'consumer-widgets'), QT_QPA_PLATFORM='offscreen')
            if not text.endswith('30 1,234,567\n'):
                raise Failed('consumer-widgets printed %r' % text)


@case
def installs(stage):
    stage.run('/usr/bin/meson', 'install', '-C', stage.build, '--destdir', stage.destdir,
              '--no-rebuild', '--quiet')
    # Moved, and to a name with a blank: package files must not remember where they were made.
    os.rename(stage.staged, stage.tree)
    missing = [name for name in (
        'include/upbit-live/upbit-live.h', 'bin/upbit-tail', 'bin/upbit-decode', 'bin/upbit-mock')
        if not os.path.exists(os.path.join(stage.tree, name))]
    missing += [name for name in ('libupbit-live.so', 'libupbit-live.so.0',
                                  'pkgconfig/upbit-live.pc',
                                  'cmake/upbit-live/upbit-live-config.cmake')
                if not os.path.exists(os.path.join(stage.lib, name))]
    if missing:
        raise Failed('not installed: ' + ' '.join(missing))


@case
def pkg_config_builds_and_runs(stage):
    directory = os.path.join(stage.work, 'by-meson')
    stage.run('/usr/bin/meson', 'setup', directory, stage.project)
    stage.run('/usr/bin/ninja', '-C', directory)
    stage.programs_run(directory)


@case
def cmake_builds_and_runs(stage):
    directory = os.path.join(stage.work, 'by-cmake')
    if shutil.which('cmake') is None:
        return 'no cmake here'
    stage.run('cmake', '-S', stage.project, '-B', directory, '-G', 'Ninja',
              '-DCMAKE_PREFIX_PATH=' + stage.tree)
    stage.run('cmake', '--build', directory)
    stage.programs_run(directory)
    return None


@case
def cmake_refuses_another_major_version(stage):
    if shutil.which('cmake') is None:
        return 'no cmake here'
    project = os.path.join(stage.work, 'too-new')
    shutil.copytree(stage.project, project)
    name = os.path.join(project, 'CMakeLists.txt')
    with open(name, encoding='utf-8') as source:
        text = source.read().replace('upbit-live 0.1', 'upbit-live 9.1')
    with open(name, 'w', encoding='utf-8') as target:
        target.write(text)
    try:
        stage.run('cmake', '-S', project, '-B', os.path.join(project, 'out'), '-G', 'Ninja',
                  '-DCMAKE_PREFIX_PATH=' + stage.tree)
    except Failed as fault:
        if 'not accepted' not in str(fault):  # any other failure proves nothing
            raise
        return None
    raise Failed('version 9.1 was accepted')


@case
def tools_start_from_the_installed_tree(stage):
    decoded = subprocess.run([os.path.join(stage.tree, 'bin/upbit-decode')], input='{"status":"UP"}\n',
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env=stage.environment, check=False, timeout=60)
    if decoded.returncode != 0 or '"UP"' not in decoded.stdout:
        raise Failed('upbit-decode: %d %s' % (decoded.returncode, decoded.stdout))


def main(build, prefix, project, libdir):
    print('1..%d' % len(CASES))
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        stage = Stage(work, build, prefix, project, libdir)
        for number, check in enumerate(CASES, 1):
            try:
                skip = check(stage)
                print('ok %d - %s%s' % (number, check.__name__, ' # SKIP ' + skip if skip else ''))
            except (Failed, OSError, subprocess.TimeoutExpired) as fault:
                failed += 1
                print('not ok %d - %s' % (number, check.__name__))
                for line in str(fault).splitlines():
                    print('#   ' + line)
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
