"""Faults of the kernel's own making, in a network namespace of this test: packets that are lost or
dropped, resets out of nowhere, a link that is down, a server that is stopped. upbit-tail streams
through all of it; the mock's list of trades says what it must have. Trades are what it prints, what
happened to the connection it tells on stderr.

Where user namespaces are not allowed, or a tool is missing, the cases are skipped with the reason."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from urllib.request import urlopen

MOCK, TAIL = sys.argv[1:3]
PATIENCE = 40
CASES = ('nothing_wrong', 'packets_lost', 'a_narrow_link', 'a_black_hole', 'resets', 'the_link_is_down',
         'the_server_is_stopped', 'what_was_told_is_all')


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE,
                          env={**os.environ, 'XTABLES_LOCKFILE': LOCK})


def must(*command):
    done = run(*command)
    assert done.returncode == 0, (command, done.stderr)


class Session:
    """The mock, and upbit-tail on it; every line it prints is kept."""

    def __init__(self):
        self.mock = subprocess.Popen(
            [MOCK, '--port', '0', '--parent-death', '--codes', '3', '--rate', '150'],
            stdout=subprocess.PIPE, text=True)
        self.url = self.mock.stdout.readline().split()[1]
        self.port = re.search(r':(\d+)/', self.url).group(1)
        quick = {'PING_INTERVAL_MS': '100', 'PONG_TIMEOUT_MS': '1500', 'CONNECT_TIMEOUT_MS': '1000',
                 'UPGRADE_TIMEOUT_MS': '1000', 'BACKOFF_FIRST_MS': '50'}
        self.tail = subprocess.Popen(
            [TAIL, '--url', self.url, '--stats', 'trade', 'KRW-BTC'], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **{'UPBIT_' + k: v for k, v in quick.items()}})
        self.trades, self.told = [], []
        for stream, lines in ((self.tail.stdout, self.trades), (self.tail.stderr, self.told)):
            threading.Thread(target=self.read, args=(stream, lines), daemon=True).start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line)

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, 'no %s: %s' % (what, self.told[-3:])
            assert self.tail.poll() is None, self.told[-3:]
            time.sleep(0.01)

    def more(self, count):
        """So many trades from now on."""
        have = len(self.trades)
        self.until(lambda: len(self.trades) >= have + count, '%d more trades' % count)

    def outlives(self, begin, end):
        """The connection is lost by it, which is told; and is back when it is over."""
        at = len(self.told)
        begin()
        try:
            self.until(lambda: len(self.told) > at, 'word of it')
        finally:
            end()
        over = time.monotonic()
        self.until(lambda: any('connected again' in line for line in self.told[at:]), 'way back')
        self.more(3)
        print('# told as: %s# back %.2f s after its end' % (self.told[at], time.monotonic() - over))

    def close(self):
        self.tail.send_signal(signal.SIGINT)
        self.tail.wait(PATIENCE)
        self.mock.terminate()
        self.mock.wait(PATIENCE)


def nothing_wrong(s):
    s.more(5)
    assert not s.told, s.told


def filtered(*rule):
    """For the stream's packets, both ways, and for REST's: they have one port."""
    return ['iptables', '-w', '5', '-A', 'INPUT', '-p', 'tcp', *rule]


def unfiltered():
    must('iptables', '-w', '5', '-F')


def needs_iptables():
    if shutil.which('iptables') is None:
        return 'iptables is not installed'
    done = run('iptables', '-w', '5', '-L', '-n')
    return None if done.returncode == 0 else 'iptables: ' + done.stderr.strip().split('\n')[0]


def packets_lost(s):
    must(*filtered('-m', 'statistic', '--mode', 'random', '--probability', '0.1', '-j', 'DROP'))
    s.more(30)
    unfiltered()
    s.more(3)


def needs_tbf():
    done = run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', 'rate', '1mbit', 'burst', '16k',
               'limit', '32k') if shutil.which('tc') else None
    if done is None or done.returncode != 0:
        return 'tc: ' + (done.stderr.strip().split('\n')[0] if done else 'not installed')
    must('tc', 'qdisc', 'del', 'dev', 'lo', 'root')
    return None


def a_narrow_link(s):
    """What does not fit through is dropped, and TCP sends it again."""
    must('ip', 'link', 'set', 'lo', 'mtu', '1500')
    must('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', 'rate', '400kbit', 'burst', '2k', 'limit',
         '4k')
    s.more(30)
    must('tc', 'qdisc', 'del', 'dev', 'lo', 'root')
    must('ip', 'link', 'set', 'lo', 'mtu', '65536')


def a_black_hole(s):
    s.outlives(lambda: must(*filtered('-j', 'DROP')), unfiltered)


def resets(s):
    s.outlives(lambda: must(*filtered('-j', 'REJECT', '--reject-with', 'tcp-reset')), unfiltered)


def the_link_is_down(s):
    s.outlives(lambda: must('ip', 'link', 'set', 'lo', 'down'),
               lambda: must('ip', 'link', 'set', 'lo', 'up'))


def the_server_is_stopped(s):
    s.outlives(lambda: s.mock.send_signal(signal.SIGSTOP), lambda: s.mock.send_signal(signal.SIGCONT))


def what_was_told_is_all(s):
    """Each trade of the market between the first and the last is there, once, or in a GAP."""
    s.more(1)
    with urlopen('http://127.0.0.1:%s/mock/trades?code=KRW-BTC&limit=4096' % s.port) as answer:
        happened = [t['id'] for t in json.load(answer)['trades']]
    got = [json.loads(line)['sequential_id'] for line in s.trades]
    assert len(got) == len(set(got)), 'a trade twice'
    assert got == sorted(got), 'out of order'
    holes = [tuple(map(int, re.findall(r'between (\d+) and (\d+)', line)[0]))
             for line in s.told if 'may be missing' in line]
    missing = [n for n in happened if got[0] < n < got[-1] and n not in set(got)]
    for number in missing:                    # an id of the mock's is a time
        assert any(after <= number // 10000 <= before for after, before in holes), \
            '%d is missing, and nothing tells it' % number
    print('# %d trades, %d missing and told in %d holes' % (len(got), len(missing), len(holes)))


NEEDS = {'packets_lost': needs_iptables, 'a_black_hole': needs_iptables, 'resets': needs_iptables,
         'a_narrow_link': needs_tbf}


def inside():
    must('ip', 'link', 'set', 'lo', 'up')
    print('1..%d' % len(CASES))
    s = Session()
    failed = 0
    for number, name in enumerate(CASES, 1):
        why = NEEDS[name]() if name in NEEDS else None
        if why is not None:
            print('ok %d - %s # SKIP %s' % (number, name, why))
            continue
        begin = time.monotonic()
        try:
            globals()[name](s)
            print('ok %d - %s\n# in %.2f s' % (number, name, time.monotonic() - begin))
        except Exception as wrong:  # pylint: disable=broad-except
            failed += 1
            print('not ok %d - %s\n# %s' % (number, name, wrong))
            traceback.print_exc()
        sys.stdout.flush()
    s.close()
    return failed != 0


def main():
    for tool in ('unshare', 'ip'):
        if shutil.which(tool) is None:
            print('1..0 # SKIP %s is not installed' % tool)
            return 0
    tried = run('unshare', '-Urn', 'ip', 'link', 'set', 'lo', 'up')
    if tried.returncode != 0:
        print('1..0 # SKIP no namespaces here: %s' % tried.stderr.strip().split('\n')[0])
        return 0
    return subprocess.call(['unshare', '-Urn', sys.executable, __file__, MOCK, TAIL, 'inside'])


LOCK = os.path.join(tempfile.gettempdir(), 'upbit-namespace-%d' % os.getppid())
if __name__ == '__main__':
    sys.exit(inside() if sys.argv[3:] == ['inside'] else main())
