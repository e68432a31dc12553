"""What a test program left behind, as a line of meson's testlog.json: its cases counted, the failed ones
named, and whether they may be asked again."""
import re

# What an instrument of the compiler says when it found a fault; such a fault is never asked again.
FAULT = re.compile(r'\w+Sanitizer|runtime error:')
# What no ending needs: cases that passed, and the map of memory behind AddressSanitizer's summary.
NO_HELP = re.compile(r'(ok|PASS)\b|Shadow byte|(=>|  )0x\w+: |  [A-Z][^:]*: +\w\w( |$)')
LONGEST_LINE = 240  # of an ending


def count_qttest(result, output):
    """The same for a QtTest program; its set-up and clean-up are no cases unless they fail."""
    lines = re.findall(r'^(PASS|FAIL!|XPASS|SKIP)\s*: \w+::(\w+)', output, re.M)
    good = sum(kind == 'PASS' and name not in ('initTestCase', 'cleanupTestCase')
               for kind, name in lines)
    bad = sum(kind in ('FAIL!', 'XPASS') for kind, _ in lines)
    skipped = sum(kind == 'SKIP' for kind, _ in lines)
    if bad == 0 and result not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
        bad = 1
    return good, bad, skipped


def count(record):
    """(passed, failed, skipped) cases of one line of meson's testlog.json."""
    result, output = record['result'], record.get('stdout') or ''
    good = bad = skipped = 0
    plan = None
    if '********* Start testing of ' in output:
        return count_qttest(result, output)
    for line in output.splitlines():
        case = re.match(r'(not )?ok\b', line)
        if case:
            if re.search(r'#\s*skip', line, re.I):
                skipped += 1
            elif case.group(1):
                bad += 1
            else:
                good += 1
        found = re.match(r'1\.\.(\d+)', line)
        if found:
            plan = int(found.group(1))
    if plan is None:
        # Not TAP, or a TAP program that died before it could say anything.
        if result == 'SKIP':
            return 0, 0, 1
        return (1, 0, 0) if result in ('OK', 'EXPECTEDFAIL') else (0, 1, 0)
    if plan == 0:
        skipped = max(skipped, 1)
    if bad == 0 and (result not in ('OK', 'SKIP', 'EXPECTEDFAIL') or plan != good + skipped
                     and plan != 0):
        bad = 1
    return good, bad, skipped


def failed_cases(record):
    """The lines with which the program named what failed; its end where it could name nothing."""
    lines = re.findall(r'^(?:not ok\b.*|FAIL!.*)', record.get('stdout') or '', re.M)
    return lines or ['%s, exit status %s' % (record['result'], record.get('returncode'))]


def ending(record, most):
    """The last lines of what a program said, `most` of them: half of stdout, half of stderr; more of
    one where the other has less."""
    said, errors = ([line for line in (record.get(where) or '').splitlines() if not NO_HELP.match(line)]
                    for where in ('stdout', 'stderr'))
    said = said[-max(most - len(errors), most // 2):]
    return [line[:LONGEST_LINE] for line in said + errors[-(most - len(said)):]]


def may_try_again(record):
    """Only checks failed: the program ran to the end of its plan, and no instrument found a fault.
    One that crashed, hung, leaked or raced gets no second chance."""
    output = record.get('stdout') or ''
    if FAULT.search(output) or FAULT.search(record.get('stderr') or ''):
        return False
    if record['result'] == 'TIMEOUT':
        return False
    if '********* Start testing of ' in output:
        return 'FAIL!' in output and 'Totals: ' in output
    plan = re.search(r'^1\.\.(\d+)', output, re.M)
    cases = re.findall(r'^(?:not )?ok\b', output, re.M)
    return (record.get('returncode') == 1 and plan is not None and 'not ok' in cases
            and len(cases) == int(plan.group(1)))
