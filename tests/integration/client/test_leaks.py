#!/usr/bin/python3
"""Where keys are found in a program that uses them: nowhere but in the library's safe memory, and
after its end nowhere at all. Looks at everything it wrote, its arguments and environment as the
kernel shows them, all of its memory, and a core file where gdb can make one.

Arguments: the programs leak_subject, upbit-mock and upbit-tail. Prints TAP.
"""
import base64
import os
import random
import re
import shutil
import string
import subprocess
import sys
import tempfile

SUBJECT, MOCK, TAIL = sys.argv[1:4]
PIECE = 16 << 20  # bytes read at a time
LETTERS = string.ascii_letters + string.digits
ACCESS = ''.join(random.choices(LETTERS, k=40))
SECRET = ''.join(random.choices(LETTERS, k=40))


def words_swapped(data, size):
    """As a hash keeps its message in registers and on the stack: words, the other way round."""
    data = data[:len(data) // size * size]
    return b''.join(data[i:i + size][::-1] for i in range(0, len(data), size))


def forms(access, secret):
    """What would give a key away: itself, most of itself, and what is computed on the way."""
    s = secret.encode()
    found = {'access key': access.encode(), 'access key, most of it': access[1:-1].encode(),
             'secret key': s, 'secret key, most of it': s[1:-1],
             'secret key in UTF-16': secret.encode('utf-16-le'),
             'secret key in base64': base64.b64encode(s)[:-4],
             'secret key in hex': s.hex().encode()}
    for name, pad in (('inner', 0x36), ('outer', 0x5c)):
        padded = bytes(c ^ pad for c in s)
        found['secret key, %s pad' % name] = padded
        for size in (4, 8):
            found['secret key, %s pad, words of %d' % (name, size)] = words_swapped(padded, size)
    return found


FORMS = forms(ACCESS, SECRET)
# What is written down has no token either: each begins like this.
ANYWHERE = dict(FORMS, **{'a token': b'eyJhbGciOi', 'a header': b'Bearer '})
failed = 0
number = 0


def check(good, name, why=''):
    global failed, number
    number += 1
    failed += not good
    told = why and (not good or why.startswith('SKIP'))
    print('%s %d - %s%s' % ('ok' if good else 'not ok', number, name,
                            ' # ' + why.replace('\n', ' ') if told else ''))


def hits(data, what=None):
    return [name for name, form in (what or FORMS).items() if form in data]


def mappings(pid):
    """(from, to, safe) of everything that can be read; safe: left out of core dumps."""
    found = []
    with open('/proc/%d/smaps' % pid, encoding='ascii', errors='replace') as smaps:
        for line in smaps:
            m = re.match(r'([0-9a-f]+)-([0-9a-f]+) (....)', line)
            if m:
                found.append([int(m[1], 16), int(m[2], 16), False, m[3], line])
            elif line.startswith('VmFlags:') and found:
                found[-1][2] = ' dd' in line
    return [m for m in found if m[3][0] == 'r' and '[vvar' not in m[4] and '[vsyscall' not in m[4]]


def memory(pid):
    with open('/proc/%d/mem' % pid, 'rb', buffering=0) as mem:
        for start, end, safe, _, line in mappings(pid):
            mem.seek(start)
            data = bytearray()
            while len(data) < end - start:
                try:
                    piece = mem.read(min(end - start - len(data), PIECE))
                except OSError:
                    break
                if not piece:
                    break
                data += piece
            yield data, safe, line.strip()


def look_into(pid, name, safe_counts):
    inside, outside = [], []
    try:
        for data, safe, line in memory(pid):
            for hit in hits(data):
                (inside if safe and not safe_counts else outside).append('%s in %s' % (hit, line))
    except PermissionError:
        check(True, name, 'SKIP this machine lets nobody look into a process')
        return
    check(not outside, name, '; '.join(outside))
    if not safe_counts: # or the test looks for the wrong thing
        check(any('secret key in' in i for i in inside), 'the keys are where they should be')


def core_of(pid, folder):
    if shutil.which('gcore') is None:
        return None
    subprocess.run(['gcore', '-o', os.path.join(folder, 'core'), str(pid)], capture_output=True,
                   check=False)
    path = os.path.join(folder, 'core.%d' % pid)
    if not os.path.exists(path):
        return None
    with open(path, 'rb') as core:
        return core.read()


def proc(pid, name):
    with open('/proc/%d/%s' % (pid, name), 'rb') as f:
        return f.read()


def environment():
    clean = {k: v for k, v in os.environ.items() if not k.startswith('UPBIT_')}
    return dict(clean, UPBIT_ACCESS_KEY=ACCESS, UPBIT_SECRET_KEY=SECRET)


def subject(url, folder):
    with open(os.path.join(folder, 'log'), 'w+b') as log, subprocess.Popen(
            [SUBJECT, url, os.path.join(folder, 'trace')], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log, env=environment(), bufsize=0) as p:
        said = p.stdout.readline()
        log.seek(0)
        written = log.read()
        check(said == b'READY\n', 'keys of the environment work', written.decode()[-300:])
        check(b'jwt_verification' in written and b'invalid_access_key' in written,
              'refusals are told by name')
        check(not hits(proc(p.pid, 'cmdline')), 'arguments')
        check(not hits(proc(p.pid, 'environ')), 'environment, as the kernel shows it')
        look_into(p.pid, 'memory outside of the safe one', False)
        core = core_of(p.pid, folder)
        if core is None:
            check(True, 'core file', 'SKIP gdb makes none here')
        else:
            check(b'READY' in core or len(core) > 100000, 'core file is one')
            check(not hits(core), 'core file', ', '.join(hits(core)))
        p.stdin.write(b'\n')
        check(p.stdout.readline() == b'CLOSED\n', 'it ends')
        look_into(p.pid, 'all memory after the end', True)
        p.stdin.write(b'\n')
        check(p.wait(30) == 0, 'and well')
        log.seek(0)
        written = log.read() + said
        check(not hits(written, ANYWHERE), 'everything it wrote', ', '.join(hits(written, ANYWHERE)))
    traces = [name for name in os.listdir(folder) if name.startswith('trace')]
    check(len(traces) == 2, 'both streams were traced', ' '.join(traces))
    for name in traces:
        with open(os.path.join(folder, name), 'rb') as file:
            trace = file.read()
        check(len(trace) > 1000 and not hits(trace, ANYWHERE), name, ', '.join(hits(trace, ANYWHERE)))


def tail(url):
    """Our own programs take the keys out of their environment before anything else."""
    done = subprocess.run([TAIL, '--verbose', '--url', url, 'snapshot', 'myAsset', '-'],
                          capture_output=True, env=environment(), timeout=60, check=False)
    check(done.returncode == 0 and b'"currency":"KRW"' in done.stdout, 'upbit-tail with keys',
          done.stderr.decode()[-300:])
    check(not hits(done.stdout + done.stderr), 'what upbit-tail wrote')
    with subprocess.Popen([TAIL, '--verbose', '--url', url, 'ticker', 'KRW-BTC'],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env=environment()) as p:
        p.stdout.readline() # it lives
        check(not hits(proc(p.pid, 'environ')), 'environment of upbit-tail')
        p.terminate()


def main():
    keys = dict(os.environ, UPBIT_MOCK_KEYS='%s %s' % (ACCESS, SECRET))
    with subprocess.Popen([MOCK, '--port', '0', '--parent-death', '--codes', '5'],
                          stdout=subprocess.PIPE, text=True, env=keys) as mock:
        try:
            url = mock.stdout.readline().split()[1]
            with tempfile.TemporaryDirectory(prefix='upbit-leaks-') as folder:
                subject(url, folder)
            tail(url)
        finally:
            mock.terminate()
    print('1..%d' % number)
    return failed != 0


sys.exit(main())
