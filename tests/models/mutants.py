"""The named mutants of core/queue: each rule taken out once, for the explorer to find.

    mutants.py list                       a line per mutant: name, litmus program, source, what the fault says
    mutants.py make NAME TOP OUTPUT       writes the litmus program with the changed source in it

core/queue itself has no switch for any of this. A mutant is a textual change of a header or source, made
at build time; when its text is no longer found exactly as often as said, the build fails, and whoever
changed the source looks at the mutant again.
"""
import collections
import os
import sys

Mutant = collections.namedtuple('Mutant', 'litmus file fault edits')

RACE, ORDER, WOKEN = 'data race', 'assertion', 'lost wake-up'
ACQ_REL, ACQUIRE, RELEASE, RELAXED = ('memory_order_' + w for w in
                                      ('acq_rel', 'acquire', 'release', 'relaxed'))


def order(before, was, after, to):
    """One memory order: `was` between the texts `before` and `after` becomes `to`."""
    return (before + was + after, before + to + after)


POP_ONE = '''    upbit__link *top = atomic_load_explicit(&s->top, memory_order_acquire);
    while (top != (upbit__link *)0 &&
           !atomic_compare_exchange_weak_explicit(&s->top, &top, upbit__link_next(top),
                                                  memory_order_acquire, memory_order_acquire))
        continue;
    if (top != (upbit__link *)0)
        upbit__link_set_next(top, (upbit__link *)0);
    return top;
'''

# file, fault and edits as they are; litmus: the program, for fifo.c and inbox.c with their scene.
MUTANTS = {
    # ---- FIFO lane ----
    'slot_not_atomic': Mutant('fifo', 'fifo.h', RACE, [
        ('    _Atomic(const void *) event;', '    const void *event;'),
        ('atomic_store_explicit(&upbit__fifo_slots(where)[at].event, '
         'upbit__fifo_marked(event, mark),\n' + 26 * ' ' + 'memory_order_relaxed)',
         'upbit__fifo_slots(where)[at].event = upbit__fifo_marked(event, mark)'),
        ('atomic_store_explicit(&slots[(at + count) & mask].event, events[i], memory_order_relaxed)',
         'slots[(at + count) & mask].event = events[i]'),
        ('return atomic_load_explicit(&slot->event, memory_order_relaxed);', 'return slot->event;'),
        ('atomic_store_explicit(&slot->event, event, memory_order_relaxed)', 'slot->event = event'),
        ('atomic_load_explicit(&old[i & was].event, memory_order_relaxed)', 'old[i & was].event'),
        ('atomic_store_explicit(&slots[i & mask].event, event, memory_order_relaxed)',
         'slots[i & mask].event = event'),
        ('oldest = atomic_load_explicit(&slot->event, memory_order_relaxed)', 'oldest = slot->event')]),
    'refused_and_not_marked': Mutant('fifo', 'fifo.h', ORDER, [
        ('    f->number++;\n    upbit__fifo_mark(f);', '    f->number++;')]),
    'mark_lost_with_the_dropped': Mutant('fifo', 'fifo.h', ORDER, [
        ('        f->odd += head == f->odd; /* the next one has to tell it then */\n', '')]),
    'marked_once_only': Mutant('fifo', 'fifo.h', ORDER, [
        ('return f->hseen <= f->odd;', 'return f->ptail == f->odd;')]),
    'number_read_after_the_claim': Mutant('fifo often', 'fifo.h', ORDER, [
        ('    if (marks & 1U)\n        for (unsigned i = 0; i < count; i++)\n'
         '            if (events[i] != upbit__fifo_unmarked(events[i]))\n'
         '                numbers[i] = atomic_load_explicit(&upbit__fifo_numbers(where)[(at + i) & mask],\n'
         + 50 * ' ' + 'memory_order_relaxed);\n', ''),
        ('    upbit__fifo_count(f, *head, count, events, numbers);\n',
         '    for (unsigned i = 0; i < count; i++)\n'
         '        numbers[i] = atomic_load_explicit(&upbit__fifo_numbers(where)[(at + i) & mask],\n'
         '                                          memory_order_relaxed);\n'
         '    upbit__fifo_count(f, *head, count, events, numbers);\n')]),
    'claim_cas_without_release': Mutant('fifo', 'fifo.h', ORDER, [
        order('', ACQ_REL, ',  /* refresh, drop */', ACQUIRE)]),
    'head_load_without_acquire': Mutant('fifo', 'fifo.h', ORDER, [
        order('&f->head, ', ACQUIRE, ')); /* claim */', RELAXED)]),
    'drop_failing_without_acquire': Mutant('fifo', 'fifo.h', ORDER, [
        order('', ACQUIRE, ')) { /* claim, either way */', RELAXED)]),
    'commit_without_release': Mutant('fifo', 'fifo.h', ORDER, [
        order('&f->tail, f->ptail, ', RELEASE, '', RELAXED)]),
    'commit_before_put': Mutant('fifo', 'fifo.h', ORDER, [
        ('    atomic_store_explicit(&f->tail, f->ptail, memory_order_release);', '    (void)f;'),
        ('    atomic_store_explicit(&upbit__fifo_slots(where)[at].event, ',
         '    atomic_store_explicit(&f->tail, f->ptail + 1, memory_order_release);\n'
         '    atomic_store_explicit(&upbit__fifo_slots(where)[at].event, ')]),
    'tail_load_without_acquire': Mutant('fifo', 'fifo.h', ORDER, [
        order('&f->tail, ', ACQUIRE, ') - head)', RELAXED)]),
    'emptiness_by_inequality': Mutant('fifo', 'fifo.h', ORDER, [
        ('(int64_t)(atomic_load_explicit(&f->tail, memory_order_acquire) - head)',
         'atomic_load_explicit(&f->tail, memory_order_acquire) != head')]),
    'grown_without_release': Mutant('fifo', 'fifo.h', ORDER, [
        order('&f->where, where, ', RELEASE, '); /* upbit__fifo_claim */', RELAXED)]),
    'grown_unseen': Mutant('fifo', 'fifo.h', ORDER, [
        order('&f->where, ', ACQUIRE, '); /* point */', RELAXED)]),
    'grown_before_it_is_copied': Mutant('fifo', 'fifo.h', ORDER, [
        ('    for (uint64_t i = f->hseen; i != f->ptail; i++) {\n',
         '    upbit__fifo_point(f, slots, capacity);\n'
         '    for (uint64_t i = f->hseen; i != f->ptail; i++) {\n'),
        ('    }\n    upbit__fifo_point(f, slots, capacity);\n', '    }\n')]),
    'old_ring_used_again': Mutant('fifo', 'fifo.h', ORDER, [
        ('    upbit__fifo_point(f, slots, capacity);\n    return old;',
         '    upbit__fifo_point(f, slots, capacity);\n'
         '    atomic_store_explicit(&old[0].event, (const void *)0, memory_order_relaxed);\n'
         '    return old;')]),
    # ---- latest lane ----
    'clear_by_null': Mutant('latest', 'latest.h', 'the list has no end', [
        ('return upbit__latest_put(fresh, c, l->tomb);',
         '(void)l;\n    (void)fresh;\n    return atomic_exchange_explicit(&c->val, (const void *)0, '
         'memory_order_acq_rel);')]),
    'put_without_release': Mutant('latest', 'latest.h', RACE, [
        order('&c->val, value, ', ACQ_REL, ');', ACQUIRE)]),
    'put_without_acquire': Mutant('latest', 'latest.h', ORDER, [
        order('&c->val, value, ', ACQ_REL, ');', RELEASE)]),
    'empty_cell_seen_without_acquire': Mutant('latest', 'latest.h', ORDER, [
        order('&c->val, ', ACQUIRE, ') == (const void *)0) { /* pop */', RELAXED)]),
    'full_cell_overwritten': Mutant('latest', 'latest.h', RACE, [
        ('        const void *old = atomic_exchange_explicit(&c->val, value, '
         'memory_order_acq_rel); /* pop */',
         '        const void *old = atomic_load_explicit(&c->val, memory_order_acquire);\n'
         '        atomic_store_explicit(&c->val, value, memory_order_release);')]),
    'chain_shown_by_its_oldest': Mutant('latest', 'latest.h', ORDER, [
        ('fresh->newest, fresh->oldest, (', 'fresh->oldest, fresh->oldest, (')]),
    'chain_shown_twice': Mutant('latest', 'latest.h', 'the list has no end', [
        ('(upbit__link *)0);\n    fresh->newest = (upbit__link *)0;', '(upbit__link *)0);')]),
    'pop_without_release': Mutant('latest', 'latest.h', ORDER, [
        order('(const void *)0, ', ACQ_REL, '); /* put */', ACQUIRE)]),
    'pop_without_acquire': Mutant('latest', 'latest.h', RACE, [
        order('(const void *)0, ', ACQ_REL, '); /* put */', RELEASE)]),
    'link_read_after_the_exchange': Mutant('latest', 'latest.h', ORDER, [
        ('    l->own = upbit__link_next(l->own); /* before', '    /* before'),
        ('    return atomic_exchange_explicit(&c->val, (const void *)0, memory_order_acq_rel); /* put */',
         '    const void *value = atomic_exchange_explicit(&c->val, (const void *)0, '
         'memory_order_acq_rel);\n    l->own = upbit__link_next(l->own);\n    return value;')]),
    'tomb_is_delivered': Mutant('latest', 'latest.h', ORDER, [
        ('        if (value != l->tomb)\n            return value;', '        return value;')]),
    # ---- the stack below all lists ----
    'push_cas_without_release': Mutant('stack', 'stack.h', RACE, [
        order('', RELEASE, ', /* take */', RELAXED)]),
    'take_without_acquire': Mutant('stack', 'stack.h', RACE, [
        order('(upbit__link *)0, ', ACQUIRE, '); /* pushes */', RELAXED)]),
    'popped_one_by_one': Mutant('stack', 'stack.h', ORDER, [
        ('    return atomic_exchange_explicit(&s->top, (upbit__link *)0, memory_order_acquire); '
         '/* pushes */\n', POP_ONE)]),
    # ---- wake-up ----
    'arming_by_store': Mutant('wake', 'flag.h', WOKEN, [
        ('(void)atomic_exchange_explicit(&f->on, 1U, memory_order_acq_rel)',
         'atomic_store_explicit(&f->on, 1U, memory_order_seq_cst)')]),
    'arming_without_acquire': Mutant('wake', 'flag.h', WOKEN, [
        order('1U, ', ACQ_REL, ')', RELEASE)]),
    'waking_without_release': Mutant('wake', 'flag.h', WOKEN, [
        order('0U, ', ACQ_REL, ')', ACQUIRE)]),
    'flag_tested_before_it_is_taken': Mutant('wake', 'flag.h', WOKEN, [
        ('    return (int)atomic_exchange',
         '    if (atomic_load_explicit(&f->on, memory_order_relaxed) == 0U)\n        return 0;\n'
         '    return (int)atomic_exchange')]),
    # ---- return list ----
    'unref_without_acquire': Mutant('returns', 'pool.c', RACE, [
        order('->refs, n, ', ACQ_REL, '); /* itself', RELEASE)]),
    'unref_without_release': Mutant('returns', 'pool.c', RACE, [
        order('->refs, n, ', ACQ_REL, '); /* itself', ACQUIRE)]),
    'seal_without_release': Mutant('returns', 'pool.c', 'leak', [
        order('&p->seal, ', ACQ_REL, ')', ACQUIRE)]),
    'seal_met_without_acquire': Mutant('returns', 'pool.c', 'leak', [
        order('&p->returns.top, ', ACQUIRE, ')', RELAXED)]),
    'left_without_order': Mutant('returns', 'pool.c', RACE, [
        order('&p->left, 1, ', ACQ_REL, ')', RELAXED)]),
    # ---- command queue ----
    'commands_armed_without_a_look': Mutant('command', 'command.c', WOKEN, [
        ('    if (atomic_load_explicit(&q->stack.top, memory_order_acquire) == NULL) /* push */\n',
         '    if (1)\n')]),
    'commands_not_reversed': Mutant('command', 'command.c', ORDER, [
        ('upbit__link *oldest = upbit__link_reverse(newest);', 'upbit__link *oldest = newest;')]),
    'command_bell_before_push': Mutant('command', 'command.c', WOKEN, [
        ('    if (!upbit__stack_push_unless(',
         '    int rings = upbit__flag_take(&q->armed);\n    if (!upbit__stack_push_unless('),
        ('    return upbit__flag_take(&q->armed);\n', '    return rings;\n')]),
    # ---- control ring and barriers ----
    'ring_push_without_release': Mutant('barrier', 'ring.h', RACE, [
        order('&r->tail, r->ptail, ', RELEASE, ')', RELAXED)]),
    'ring_pop_without_release': Mutant('barrier', 'ring.h', ORDER, [
        order('&r->head, r->phead, ', RELEASE, ')', RELAXED)]),
    'ring_room_without_acquire': Mutant('barrier', 'ring.h', ORDER, [
        order('&r->head, ', ACQUIRE, ') > r->mask', RELAXED)]),
    # ---- the whole inbox ----
    'lane_opened_without_release': Mutant('inbox two_lanes', 'inbox_push.c', 'null pointer', [
        order('', RELEASE, "); /* the consumer's load of open */", RELAXED)]),
    'closed_without_release': Mutant('inbox full', 'inbox_control.c', RACE, [
        order('&in->closed, e, ', RELEASE, '', RELAXED)]),
    'closed_seen_without_acquire': Mutant('inbox control', 'inbox_take.c', RACE, [
        order('&in->closed, ', ACQUIRE, ');\n', RELAXED)]),
    'inbox_unref_without_order': Mutant('inbox leaving', 'inbox.c', RACE, [
        order('&in->refs, 1, ', ACQ_REL, ')', RELAXED)]),
    'answer_before_its_barrier': Mutant('inbox barrier', 'inbox_take.c', ORDER, [
        ('    if (!is_reached(in, upbit__ring_barrier(&in->ring, 0)))\n        return 0;\n',
         '    (void)is_reached;\n')]),
    'overflow_wakes_nobody': Mutant('inbox lossless', 'inbox_push.c', ORDER, [
        ('memory_order_release); /* take */\n    upbit__inbox_touch(in);',
         'memory_order_release); /* take */')]),
    'inbox_laid_to_rest_unseen': Mutant('inbox two_lanes', 'waiter.c', ORDER, [
        ('upbit__inbox_any(in) && upbit__flag_take(&in->idle)', '0')]),
}


def changed(name, top):
    mutant = MUTANTS[name]
    path = os.path.join(top, 'core', 'queue', mutant.file)
    with open(path, encoding='utf-8') as source:
        text = source.read()
    for old, new in mutant.edits:
        if text.count(old) != 1:
            sys.exit('mutants.py: %s: in %s this is there %d times, not once:\n%s' %
                     (name, path, text.count(old), old))
        text = text.replace(old, new)
    return '#line 1 "%s"\n%s' % (mutant.file, text)


def make(name, top, output):
    """A header goes first, and its guard keeps the real one out; a source takes its own place."""
    mutant = MUTANTS[name]
    program, _, scene = mutant.litmus.partition(' ')
    path = os.path.join(top, 'tests', 'models', 'litmus', program + '.c')
    with open(path, encoding='utf-8') as source:
        litmus = '#line 1 "%s.c"\n%s' % (program, source.read())
    if scene:
        litmus = '#define SCENE %s\n%s' % (scene, litmus)
    text = changed(name, top)
    if mutant.file.endswith('.h'):
        whole = text + litmus
    else:
        include = '#include "queue/%s"\n' % mutant.file
        if litmus.count(include) != 1:
            sys.exit('mutants.py: %s does not include %s' % (path, mutant.file))
        before, after = litmus.split(include)
        line = before.count('\n') + (0 if scene else 1)
        whole = before + text + '#line %d "%s.c"\n' % (line, program) + after
    with open(output, 'w', encoding='utf-8') as out:
        out.write(whole)


if __name__ == '__main__':
    if sys.argv[1:] == ['list']:
        for each, what in MUTANTS.items():
            print('%s:%s:%s:%s' % (each, what.litmus.split()[0], what.file, what.fault))
    elif len(sys.argv) == 5 and sys.argv[1] == 'make':
        make(*sys.argv[2:])
    else:
        sys.exit(__doc__)
