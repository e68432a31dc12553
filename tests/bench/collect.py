"""Runs the benchmarks of a build directory one after the other, prints their tables and writes
benchmarks.json into it: what each has found (the lines of JSON it prints), the machine, and what else the
machine had to do. collect.py BUILD [NAME ...]"""
import json
import os
import platform
import re
import subprocess
import sys
import time


def benchmarks_of(build):
    told = subprocess.run(['meson', 'introspect', build, '--benchmarks'], capture_output=True, text=True,
                          check=True)
    return json.loads(told.stdout)


def first_line(*command):
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        return told.stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def processor():
    with open('/proc/cpuinfo', encoding='utf-8') as lines:
        found = re.search(r'^model name\s*:\s*(.*)$', lines.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def machine(build):
    here = os.path.dirname(os.path.abspath(__file__))
    return {
        'processor': processor(),
        'processors': os.cpu_count(),
        'kernel': platform.release(),
        'compiler': first_line('cc', '--version'),
        'openssl': first_line('openssl', 'version'),
        'libcurl': first_line('pkg-config', '--modversion', 'libcurl'),
        'commit': first_line('git', '-C', here, 'rev-parse', 'HEAD'),
        'build': os.path.abspath(build),
    }


def findings(text):
    """The lines of JSON in what a benchmark printed."""
    for line in text.splitlines():
        if line.startswith('{'):
            try:
                yield json.loads(line)
            except ValueError:
                print('collect.py: this is no JSON: ' + line[:100], file=sys.stderr)


def run(benchmark):
    begin = time.time()
    load = os.getloadavg()[0]
    try:
        command = subprocess.Popen(benchmark['cmd'], env={**os.environ, **benchmark['env']},
                                   stdout=subprocess.PIPE, text=True, cwd=benchmark['workdir'])
    except OSError as error:
        print(error)
        return {'status': -1, 'seconds': 0, 'load': load, 'results': []}
    text = ''
    for line in command.stdout:
        text += line
        if not line.startswith('{'):
            print(line, end='', flush=True)
    status = command.wait()
    return {'status': status, 'seconds': round(time.time() - begin, 1), 'load': load,
            'results': list(findings(text))}


def main(build, names):
    known = benchmarks_of(build)
    missing = set(names) - {one['name'] for one in known}
    if missing:
        print('collect.py: no benchmark %s; there are: %s' % (
            ', '.join(sorted(missing)), ', '.join(one['name'] for one in known)), file=sys.stderr)
        return 2
    report = {'begun': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'machine': machine(build),
              'benchmarks': {}}
    failed = []
    for one in known:
        if names and one['name'] not in names:
            continue
        print('\n== ' + one['name'], flush=True)
        got = run(one)
        report['benchmarks'][one['name']] = got
        if got['status'] != 0 or not got['results']:
            failed.append(one['name'])
            print('collect.py: %s: status %d, %d results' % (one['name'], got['status'], len(got['results'])),
                  file=sys.stderr)
    path = os.path.join(build, 'benchmarks.json')
    with open(path, 'w', encoding='utf-8') as out:
        json.dump(report, out, indent=1)
        out.write('\n')
    print('\n%s: %d benchmarks, %d failed%s' % (path, len(report['benchmarks']), len(failed),
                                               ': ' + ', '.join(failed) if failed else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))
