"""Checks a Promela model with Spin, and that each of its named mutants is caught: TAP, a case each.

    run_spin.py MODEL.pml

A mutant is a -D switch of the model. It is caught when Spin reports the assertion said here; the model
itself is right when all of it was searched and nothing was found. Skipped where Spin is not installed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

WOKEN = r'\(shown\[0\]==taken\[0\]\)'
MUTANTS = {
    'wake': {
        'COMMIT_AFTER_WAKING': WOKEN,
        'NO_LOOK_AFTER_IDLE': WOKEN,
        'NO_LOOK_AFTER_ARMING': WOKEN,
        'EVENTFD_READ_AFTER_ARMING': WOKEN,
        'EVENTFD_READ_FIRST': WOKEN,
        'DISARMED_WITHOUT_NOTIFYING': WOKEN,
        'UNSET_PASSES_NOTHING_ON': WOKEN,
        'IDLE_BEFORE_UNLINKING': r'on_ready\[',
    },
    'counts': {
        'EMPTY_BY_INEQUALITY': r'\(got\[0\]>last\)',
        'CLAIMED_BY_STORE': 'fate',
        'DROPPED_BY_STORE': 'fate',
        'NO_REFUSAL': 'out<=',
        'REFUSED_WITHOUT_A_NUMBER': 'number==meant',
    },
    'control': {
        'PROMISED_WITHOUT_CAS': r'promised==0|tail-head',
        'PLACE_GIVEN_BACK_FIRST': 'tail-head',
        'PUT_NOT_REPLACE': 'told==',
    },
}
MEGABYTES, SECONDS = 900, 100


def search(model, switches):
    """What Spin's checker says about the model with these switches."""
    # A mutant is found at once: most of its time would be the compiler's.
    effort = '-O0' if switches else '-O2'
    with tempfile.TemporaryDirectory() as room:
        for step in (['spin', '-a'] + ['-D' + s for s in switches] + [model],
                     ['gcc', effort, '-w', '-DSAFETY', '-DMEMLIM=%d' % MEGABYTES, '-o', 'pan',
                      'pan.c'],
                     ['./pan', '-m100000']):
            try:
                done = subprocess.run(step, cwd=room, stdout=subprocess.PIPE, text=True,
                                      stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
            except subprocess.TimeoutExpired:
                return '%s took more than %d s' % (step[0], SECONDS)
            if done.returncode != 0:
                return '%s failed:\n%s' % (step[0], done.stdout)
        return done.stdout


def is_right(said):
    return 'errors: 0' in said and not re.search(
        r'not completed|too small|out of memory|max search depth|aborted', said, re.I)


def main(path):
    model = os.path.abspath(path)
    name = os.path.splitext(os.path.basename(model))[0]
    if shutil.which('spin') is None or shutil.which('gcc') is None:
        print('1..0 # SKIP spin or gcc is not installed')
        return 0
    mutants = MUTANTS[name]
    print('1..%d' % (1 + len(mutants)))
    said = search(model, [])
    failed = not is_right(said)
    print('%sok 1 - %s' % ('not ' if failed else '', name))
    if failed:
        print('\n'.join('# ' + line for line in said.splitlines()))
    for number, (switch, fault) in enumerate(mutants.items(), 2):
        said = search(model, [switch])
        caught = re.search(r'assertion violated.*(%s)' % fault, said)
        failed |= not caught
        print('%sok %d - %s without a rule: %s is caught' %
              ('' if caught else 'not ', number, name, switch), flush=True)
        if not caught:
            print('\n'.join('# ' + line for line in said.splitlines()))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
