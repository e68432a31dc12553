"""The tree the lint checks look at: which files there are, and C text without its comments."""
import os
import re
import subprocess


def files(root):
    """Paths relative to root, of everything that is or would be committed."""
    if os.path.exists(os.path.join(root, '.git')):
        try:
            # In somebody else's clone (sudo, a container) git refuses without the safe.directory.
            done = subprocess.run(['git', '-c', 'safe.directory=*', '-C', root, 'ls-files', '-z',
                                   '--cached', '--others', '--exclude-standard'],
                                  capture_output=True, check=True)
            names = set(done.stdout.decode().split('\0')) - {''}
            return sorted(n for n in names if os.path.isfile(os.path.join(root, n)))
        except (OSError, subprocess.CalledProcessError):
            pass
    found = []
    for directory, below, names in os.walk(root):
        below[:] = [d for d in below if d not in ('.git', '__pycache__')
                    and not d.startswith('build')]
        found += [os.path.relpath(os.path.join(directory, n), root) for n in names]
    return sorted(found)


def read(root, name):
    with open(os.path.join(root, name), encoding='utf-8', errors='replace') as source:
        return source.read()


TOKEN = re.compile(r'''/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*\'''', re.S)


def without_comments(text, strings=True):
    """Comments become blanks, line for line; string and character literals too unless kept."""
    def blank(match):
        token = match.group(0)
        if token[0] != '/' and strings:
            return token
        return re.sub(r'[^\n]', ' ', token)
    return TOKEN.sub(blank, text)


def is_c(name):
    return name.endswith(('.c', '.h', '.cpp', '.hpp'))


def is_script(root, name):
    if name.endswith('.sh'):
        return True
    with open(os.path.join(root, name), 'rb') as source:
        return re.match(rb'#! ?\S*(/sh|/bash|env bash|env sh|/dash)\b', source.readline()) is not None
