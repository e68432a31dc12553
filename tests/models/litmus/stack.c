/* The stack below all lists: two threads that push, take whole and push again what they took, one
 * by one or as a chain.
 *
 * Promises: a link is always on the list or in one thread's hand, never in two, never lost; what
 * was written before the push is seen by whoever took it. Taking one by one would not do: a link
 * that comes back while another thread is between reading `next` and its CAS makes that CAS succeed
 * with a `next` that is no longer true (ABA). */
#include "queue/stack.h"
#include "litmus.h"

enum { LINKS = 3, ROUNDS = 2 };

static upbit__stack stack;
static struct item {
    upbit__link link;
    unsigned uses; /* plain: the holder's */
} items[LINKS];

/* As a chain, which is the other way round then. */
static void take_and_return_all(unsigned most)
{
    upbit__link *oldest = upbit__stack_take(&stack);
    for (upbit__link *l = oldest; l != NULL; l = upbit__link_next(l)) {
        assert(most-- > 0 && "the list has no end");
        UPBIT__LINK_OWNER(l, struct item, link)->uses++;
    }
    if (oldest != NULL)
        upbit__stack_push_chain(&stack, upbit__link_reverse(oldest), oldest, NULL);
}

static void take_and_return(unsigned most)
{
    upbit__link *l = upbit__stack_take(&stack);
    for (upbit__link *next; l != NULL; l = next) {
        next = upbit__link_next(l);
        assert(most-- > 0 && "the list has no end");
        UPBIT__LINK_OWNER(l, struct item, link)->uses++;
        upbit__stack_push(&stack, l);
    }
}

static void *worker(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        if (i == 0)
            take_and_return(LINKS);
        else
            take_and_return_all(LINKS);
    return unused;
}

int main(void)
{
    upbit__stack_init(&stack);
    LITMUS_NAME(stack.top);
    for (unsigned i = 0; i < LINKS; i++) {
        items[i].uses = 0;
        LITMUS_NAME(items[i].link.next);
        upbit__link_set_next(&items[i].link, NULL);
        upbit__stack_push(&stack, &items[i].link);
    }
    pthread_t a = litmus_start(worker), b = litmus_start(worker);
    litmus_join(a);
    litmus_join(b);

    unsigned left = 0;
    upbit__link *l = upbit__stack_take(&stack);
    for (; l != NULL && left <= LINKS; l = upbit__link_next(l))
        left++;
    assert(left == LINKS);
    return 0;
}
