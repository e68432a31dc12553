"""The Debian packages of what was built here: every installed file in exactly one of them, what they depend
on, what they look like unpacked, and that the programs run from there.

    test_deb.py BUILD_ROOT PREFIX SOURCE_ROOT
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools'))

from harness import CLEAN, main  # noqa: E402

BUILD, PREFIX, SOURCE = sys.argv[1:4]
WORK = tempfile.TemporaryDirectory()
PACKAGES = {}


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                          check=False, **more)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def files(root):
    return {os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(root) for name in names}


def path(name):
    return os.path.join(WORK.name, name)


def make(out):
    """Packages what meson installs, moved to /usr, where packages put it."""
    options = []
    if not [f for f in files(path('tree')) if 'libupbit-live-qt5.so' in f]:
        options.append('--no-qt')
    if not [f for f in files(path('tree')) if '_core.' in f]:
        options.append('--no-python')
    run(os.path.join(SOURCE, 'subprojects', 'deb.sh'), '--installed', path('tree'), '--out', path(out),
        *options, env={**CLEAN, 'DEB_COMPRESSION': 'gzip'})
    return sorted(os.listdir(path(out)))


def test_packages_are_made():
    if shutil.which('dpkg-shlibdeps') is None:
        return 'no dpkg-dev here'
    clean = {k: v for k, v in CLEAN.items() if not k.startswith(('MESON', 'DESTDIR'))}
    run('/usr/bin/meson', 'install', '-C', BUILD, '--destdir', path('dest'), '--no-rebuild', '--quiet',
        env=clean)
    os.mkdir(path('tree'))
    os.rename(path('dest') + PREFIX, path('tree/usr'))
    for name in ('chart', 'desk', 'orderbook'):  # a package is built without the example windows
        if os.path.exists(path('tree/usr/bin/upbit-' + name)):
            os.remove(path('tree/usr/bin/upbit-' + name))
    for name in make('out'):
        PACKAGES[name.split('_')[0]] = os.path.join(path('out'), name)
    assert {'libupbit-live0', 'libupbit-live-dev', 'upbit-live-tools'} <= set(PACKAGES), PACKAGES
    return None


def test_every_file_is_in_one_package():
    seen = {}
    os.mkdir(path('unpacked'))
    for name, package in PACKAGES.items():
        run('dpkg-deb', '-x', package, path('unpacked/' + name))
        run('dpkg-deb', '-e', package, path('unpacked/' + name + '/DEBIAN'))
        for file in files(path('unpacked/' + name)):
            if not file.startswith(('DEBIAN', 'usr/share/doc')):
                assert file not in seen, (file, seen[file], name)
                seen[file] = name
    normal = {re.sub(r'python3[.\d]*/(site|dist)-packages', 'python3/dist-packages', f)
              for f in files(path('tree')) if '__pycache__' not in f}
    packed = {re.sub(r'(man\d/.*)\.gz$', r'\1', f) for f in seen}
    assert normal == packed or not PACKAGES, normal ^ packed


def test_what_they_say_of_themselves():
    for name, package in PACKAGES.items():
        control = run('dpkg-deb', '-f', package)
        root = path('unpacked/' + name)
        assert f'Package: {name}\n' in control and '${' not in control, control
        assert re.search(r'^Version: \d+\.\d+\.\d+-1$', control, re.M), control
        assert re.search(r'^Description: .{20,80}\n .+', control, re.M), control
        assert os.path.exists(f'{root}/usr/share/doc/{name}/copyright')
        assert os.path.exists(f'{root}/usr/share/doc/{name}/changelog.Debian.gz')
        with open(f'{root}/DEBIAN/md5sums', encoding='utf-8') as sums:
            for line in sums:
                digest, file = line.rstrip('\n').split('  ')
                with open(os.path.join(root, file), 'rb') as content:
                    assert hashlib.md5(content.read()).hexdigest() == digest, file
        for line in run('dpkg-deb', '-c', package).splitlines():
            assert ' root/root ' in line, line
            assert line[0] == 'l' or (line[5] != 'w' and line[8] != 'w'), line
    if PACKAGES:
        library = run('dpkg-deb', '-f', PACKAGES['libupbit-live0'], 'Depends')
        assert 'libcurl4' in library and 'libssl3' in library and 'libupbit' not in library, library
        tools = run('dpkg-deb', '-f', PACKAGES['upbit-live-tools'], 'Depends')
        assert re.match(r'libupbit-live0 \(= [\d.]+-1\), .*libc6', tools), tools


def test_programs_run_as_unpacked():
    if not PACKAGES:
        return
    lib = [f for f in files(path('unpacked/libupbit-live0')) if f.endswith('.so.0')][0]
    folder = os.path.dirname(os.path.join(path('unpacked/libupbit-live0'), lib))
    environment = {**CLEAN, 'LD_LIBRARY_PATH': folder}
    folder = path('unpacked/upbit-live-tools/usr/bin')
    for name in sorted(os.listdir(folder)):
        assert 'Exit' in run(os.path.join(folder, name), '--help', env=environment) or name == 'upbit-mock'
        assert os.path.exists(path(f'unpacked/upbit-live-tools/usr/share/man/man1/{name}.1.gz')), name
    run(os.path.join(folder, 'upbit-config'), env=environment)


def test_the_same_build_makes_the_same_bytes():
    if not PACKAGES:
        return
    for name in make('again'):
        with open(path('out/' + name), 'rb') as one, open(path('again/' + name), 'rb') as other:
            assert one.read() == other.read(), name


if __name__ == '__main__':
    main(dict(globals()))
