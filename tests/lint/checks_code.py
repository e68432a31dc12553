"""Checks of the code: who includes whom, how numbers are read, what a public header says."""
import os
import re

import tree

CORE = {
    # module: the core modules it may include, beside itself and the public headers
    'base': (),
    'queue': ('base',),
    'wire': ('base',),
    'exchange': ('base',),
    'limits': ('base',),
    'net': ('base', 'wire'),
    'client': ('base', 'queue', 'wire', 'exchange', 'limits', 'net'),
    'tools': (),
}


def room_of(name):
    parts = name.split('/')
    if parts[0] == 'core' and len(parts) > 2:
        return 'include' if parts[1] == 'include' else 'core/' + parts[1]
    return parts[0]


def arrow_fault(room, target):
    """Why a file of this room must not include "target"; None when it may."""
    first = target.split('/')[0]
    if room == 'tests':
        return None
    if first in ('tests', 'support', 'mock_exchange') or target == 'check.h':
        return 'nothing includes tests'
    if first == 'upbit-live':
        if room == 'examples_gui' or (room == 'core/base' and target not in (
                'upbit-live/error.h', 'upbit-live/decimal.h', 'upbit-live/version.h',
                'upbit-live/event.h', 'upbit-live/log.h', 'upbit-live/options.h')):
            return 'this room does not include this public header'
        return None
    if room == 'include':
        return 'a public header includes public headers only' if '/' in target or \
            target.endswith('.h') and first not in ('stddef.h', 'stdint.h') else None
    if room.startswith('core/'):
        module = room.split('/')[1]
        if first.startswith('Q') or first == 'UpbitLive':
            return 'the core does not know Qt'
        if first in CORE and first != module and '/' in target and first not in CORE[module]:
            return '%s does not include %s' % (module, first)
        return None
    if room in ('qt_bridge', 'examples_gui') and first in CORE and '/' in target:
        return 'only public headers are included here'
    return None


def arrows(root):
    """The directions of architecture.md, section 2."""
    for name in tree.files(root):
        if not tree.is_c(name):
            continue
        text = tree.without_comments(tree.read(root, name))
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not found:
                continue
            target = found.group(1)
            room = room_of(name)
            if room != 'tests' and target.startswith('../'):
                yield '%s:%d: "%s": includes are written from the include directories' % (
                    name, number, target)
                continue
            fault = arrow_fault(room, target)
            if fault:
                yield '%s:%d: "%s": %s' % (name, number, target, fault)


FORBIDDEN_CALLS = re.compile(r'\b(strtod|strtof|strtold|atof|setlocale|newlocale|uselocale|localeconv|'
                             r'gets|strcpy|strcat|sprintf|vsprintf|strtok|alloca|abort|exit|'
                             r'system|popen)\s*\(')
FLOAT_FORMAT = re.compile(r'"(?:[^"\\\n]|\\.)*%[-+ #0]*[\d*]*(?:\.[\d*]*)?L?[aAeEfFgG]'
                          r'(?:[^"\\\n]|\\.)*"')


def numbers(root):
    """No binary floating point text conversion, no locale, no process-ending call in the core.

    Programs may end themselves; the library is a guest and may not."""
    for name in tree.files(root):
        if not tree.is_c(name) or not name.startswith('core/'):
            continue
        text = tree.read(root, name)
        bare = tree.without_comments(text, strings=False)
        for number, line in enumerate(bare.splitlines(), 1):
            for found in FORBIDDEN_CALLS.finditer(line):
                if found.group(1) in ('exit',) and name.startswith('core/tools/'):
                    continue
                yield '%s:%d: %s() is not used in the core' % (name, number, found.group(1))
        for number, line in enumerate(tree.without_comments(text).splitlines(), 1):
            if FLOAT_FORMAT.search(line):
                yield '%s:%d: a floating point format in the core' % (name, number)


def public_headers(root):
    return [n for n in tree.files(root)
            if n.startswith('core/include/upbit-live/') and n.endswith('.h')]


FUNCTION = re.compile(r'^UPBIT_API\b[^;]*?\b(upbit_\w+)\s*\(', re.M)


def public_functions(root):
    names = set()
    for header in public_headers(root):
        names |= set(FUNCTION.findall(tree.without_comments(tree.read(root, header))))
    return names


def threads(root):
    """Each public function says which threads may call it: @thread in the comment before its group of
    declarations or behind it, or once for the whole header ("All functions: @thread ...")."""
    for header in public_headers(root):
        text = tree.read(root, header)
        if re.search(r'All functions:\s+(?:\*\s+)?@thread', text):
            continue
        comment = ''
        for piece in re.finditer(r'^/\*.*?\*/|^UPBIT_API[^;]*;[^\n]*', text, re.S | re.M):
            if piece.group(0).startswith('/*'):
                comment = piece.group(0)
                continue
            declared = FUNCTION.search(piece.group(0))
            if declared and '@thread' not in comment and '@thread' not in piece.group(0):
                yield '%s: %s has no @thread' % (header, declared.group(1))


def version(root):
    """meson.build and version.h say the same."""
    built = re.search(r"^\s*version: '([\d.]+)'", tree.read(root, 'meson.build'), re.M)
    text = tree.read(root, 'core/include/upbit-live/version.h')
    parts = [re.search(r'#define UPBIT_VERSION_%s (\d+)' % p, text)
             for p in ('MAJOR', 'MINOR', 'PATCH')]
    string = re.search(r'#define UPBIT_VERSION_STRING "([^"]*)"', text)
    if not built or not string or not all(parts):
        yield 'the version cannot be read'
        return
    header = '.'.join(p.group(1) for p in parts)
    if not built.group(1) == header == string.group(1):
        yield 'meson.build says %s, version.h %s and "%s"' % (built.group(1), header,
                                                              string.group(1))


def umbrella(root):
    """upbit-live.h includes every public header."""
    text = tree.read(root, 'core/include/upbit-live/upbit-live.h')
    for header in public_headers(root):
        short = os.path.basename(header)
        if short != 'upbit-live.h' and '"upbit-live/%s"' % short not in text:
            yield 'upbit-live.h does not include ' + short


# How an error comes, in the words of each page, and in the table that the tests go by.
WAYS = (('docs/ERRORS.md', {'return': 'RETURN', 'REPLY': 'REPLY', 'ERROR': 'EVENT', 'counted': 'COUNTED'}),
        ('docs/ERRORS.ko.md', {'반환값': 'RETURN', 'REPLY': 'REPLY', 'ERROR': 'EVENT', '통계': 'COUNTED'}))


def error_ways(root):
    """Both pages of errors say of each error that it comes as tests/support/ways.h has it, which `every error`
    goes through."""
    path = 'tests/support/ways.h'
    if path not in tree.files(root):
        return
    known = {name: set(re.findall(r'WAY_(\w+)', ways))
             for name, ways in re.findall(r'\bX\((\w+), (WAY_[\w| ]+)\)', tree.read(root, path))}
    for page, words in WAYS:
        for name, ways in re.findall(r'^\| `(\w+)` -\d+ \| ([^|]*) \|', tree.read(root, page), re.M):
            told = {words.get(word, word) for word in ways.split(', ')}
            if told != known.get(name):
                yield '%s: %s comes as %s, and as %s in %s' % (
                    page, name, ', '.join(sorted(told)), ', '.join(sorted(known.get(name, ()))), path)


def error_reference(root):
    """Each page of errors, in either language, has a row for each error of error.h, with its number, and no
    other."""
    path = 'core/include/upbit-live/error.h'
    if path not in tree.files(root):
        return
    declared = dict(re.findall(r'\bX\((\w+), (-\d+),', tree.read(root, path)))
    for page in ('docs/ERRORS.md', 'docs/ERRORS.ko.md'):
        text = tree.read(root, page) if page in tree.files(root) else ''
        described = dict(re.findall(r'^\| `(\w+)` (-\d+) \|', text, re.M))
        for name in sorted(declared.keys() | described.keys()):
            if declared.get(name) != described.get(name):
                yield '%s: %s is %s, and %s in error.h' % (
                    page, name, described.get(name, 'missing'), declared.get(name, 'missing'))


# What only Linux has, and the one place for each need: who brings the library to another system rewrites
# these files and no others (docs/ARCHITECTURE.md).
LINUX = {
    r'\b(epoll|timerfd)_\w+\(|<sys/(epoll|timerfd)\.h>': ('core/net/loop.c', 'core/net/loop.h'),
    r'\beventfd\(|<sys/eventfd\.h>': ('core/net/loop.c', 'core/queue/waiter.c',
                                                'core/client/signals.c'),
    r'\bsignalfd\(|<sys/signalfd\.h>': ('core/tools/stopping.c',),
    r'\bpthread_\w+_np\(|\bsched_\w*affinity': ('core/client/thread.c',),
    r'\bCLOCK_BOOTTIME\b|\bCLOCK_THREAD_CPUTIME_ID\b': ('core/base/clock.c',),
    r'\bgetrandom\(': ('core/base/random.c',),
    r'\bmadvise\(|\bmlock\(|\bMADV_': ('core/base/secret.c',),
    r'\bF_OFD_|"/proc/': ('core/limits/ledger.c',),
    r'\brenameat2\(': ('core/tools/recorder.c',),
    r'\b(inotify_init1?|memfd_create|prctl|syscall)\(': (),
}


def linux(root):
    """What only Linux has is called in one file per need."""
    for name in tree.files(root):
        if not tree.is_c(name) or not name.startswith(('core/', 'qt_bridge/')):
            continue
        text = tree.without_comments(tree.read(root, name))
        for pattern, files in LINUX.items():
            found = re.search(pattern, text)
            if found and name not in files:
                yield '%s: %s belongs into %s' % (name, found.group(0),
                                                  ' or '.join(files) or 'a file of its own')


CHECKS = (arrows, numbers, threads, version, umbrella, linux, error_reference, error_ways)
