"""Checks of the tree: its shape, its text, its scripts."""
import os
import re
import shutil
import subprocess

import tree

TOP = {'meson.build', 'core', 'qt_bridge', 'examples_gui', 'tests', 'subprojects', 'docs',
       'README.md', 'meson_options.txt', 'LICENSE', '.gitignore', '.clang-format', '.clang-tidy',
       '.editorconfig', '.ci', 'pyproject.toml'}
LONGEST_FILE = 500
# The formatter aims for 100 columns; the last word of a comment may hang over, no more.
LONGEST_LINE = 110
CODE = ('.c', '.h', '.cpp', '.hpp', '.py', '.sh', '.build', '.txt', '.in', '.cmake', '.map')


def top_level(root):
    """The top level holds the fixed entries and what tools insist on finding there."""
    for entry in sorted({n.split('/')[0] for n in tree.files(root)} - TOP):
        yield '%s: not one of the fixed top-level entries' % entry


def lengths(root):
    """A file is a room with one job, not more than 500 lines."""
    for name in tree.files(root):
        if tree.is_c(name) or name.endswith('.py'):
            lines = tree.read(root, name).count('\n')
            if lines > LONGEST_FILE:
                yield '%s: %d lines' % (name, lines)


def whitespace(root):
    """No tabs, no blanks at line ends, no overlong lines, a newline at the end."""
    for name in tree.files(root):
        code = name.endswith(CODE)
        if not code and not name.endswith('.md'):
            continue
        text = tree.read(root, name)
        if text and not text.endswith('\n'):
            yield '%s: no newline at the end' % name
        for number, line in enumerate(text.split('\n'), 1):
            if code and '\t' in line:
                yield '%s:%d: a tab' % (name, number)
            if line != line.rstrip():
                yield '%s:%d: blanks at the end of the line' % (name, number)
            # Messages in tests have the length they have.
            if (tree.is_c(name) or name.endswith('.py')) and len(line) > LONGEST_LINE \
                    and not (name.startswith('tests/') and '"' in line):
                yield '%s:%d: %d columns' % (name, number, len(line))


# Spelled in pieces, or this file would be the first to be reported.
# "Not Implemented" with capitals is HTTP's own word for 501.
UNFINISHED = re.compile(r'\b((?i:TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK|for n' r'ow|st' r'ub|st' r'ubs)|'
                        r'not impl' r'emented)\b')


def words(root):
    """No unfinished work in the tree: what is missing is in the issues, not in comments."""
    for name in tree.files(root):
        if not name.endswith(CODE + ('.md',)):
            continue
        for number, line in enumerate(tree.read(root, name).splitlines(), 1):
            found = UNFINISHED.search(line)
            if found:
                yield '%s:%d: "%s"' % (name, number, found.group(0))


def links(root):
    """What the documents link to inside the tree is there."""
    for name in tree.files(root):
        if not name.endswith('.md'):
            continue
        # A C++ lambda in a printed program looks like a link.
        text = re.sub(r'^```.*?^```', '', tree.read(root, name), flags=re.S | re.M)
        for target in re.findall(r'\]\(([^)#\s]+)[^)]*\)', text):
            path = os.path.normpath(os.path.join(root, os.path.dirname(name), target))
            if '://' not in target and not os.path.exists(path):
                yield '%s: no %s' % (name, target)


def named_tests(root):
    """A test that a table of docs/TESTING.md names as what shows something is there."""
    page = 'docs/TESTING.md'
    if page not in tree.files(root):
        return
    rows = '\n'.join(re.findall(r'^\|.*$', tree.read(root, page), re.M))
    names = set(re.findall(r'\b[a-z0-9]+(?:_[a-z0-9]+){2,}\b', rows))
    for name in tree.files(root):
        if name.startswith('tests/') and (tree.is_c(name) or name.endswith('.py')):
            names -= set(re.findall(r'\w+', tree.read(root, name)))
    for name in sorted(names):
        yield '%s: there is no %s' % (page, name)


def openings(root):
    """A source file opens by saying why it exists; for a .c its header may say it."""
    names = tree.files(root)
    headers = {os.path.basename(n) for n in names if n.endswith(('.h', '.hpp'))}
    for name in names:
        text = None
        if tree.is_c(name) and os.path.splitext(os.path.basename(name))[0] + '.h' not in headers - {
                os.path.basename(name)}:
            text = tree.read(root, name)
            good = text.lstrip().startswith(('/*', '//'))
        elif name.endswith('.py'):
            text = re.sub(r'\A#!.*\n', '', tree.read(root, name))
            good = text.lstrip().startswith(('"""', '#', 'r"""'))
        if text is not None and not good:
            yield '%s: does not open with why it exists' % name


def scripts(root):
    """Shell scripts pass shellcheck (where it is installed) and can be started."""
    shellcheck = shutil.which('shellcheck')
    for name in tree.files(root):
        if not tree.is_script(root, name):
            continue
        path = os.path.join(root, name)
        if not os.access(path, os.X_OK):
            yield '%s: not executable' % name
        if shellcheck:
            done = subprocess.run([shellcheck, '--format=gcc', path], capture_output=True, text=True,
                                  check=False)
            for line in done.stdout.splitlines():
                yield os.path.relpath(line, root) if line.startswith('/') else line


def commands(root):
    """The two commands and the continuous integration's can be started."""
    for name in ('examples_gui/run', 'tests/run', '.ci/run', 'subprojects/packages.sh'):
        path = os.path.join(root, name)
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            yield '%s: missing or not executable' % name


CHECKS = (top_level, lengths, whitespace, words, links, named_tests, openings, scripts, commands)
