/* The command queue in one thread: order, bound, bell, seal. */
#include "queue/command.h"

#include <stdlib.h>

#include "support/check_main.h"

typedef struct order {
    upbit__command command;
    uint32_t value;
} order;

static uint32_t value_of(upbit__command *c)
{
    return UPBIT__LINK_OWNER(c, order, command)->value;
}

START_TEST(first_in_first_out)
{
    upbit__command_queue q;
    order o[5];
    upbit__command_queue_init(&q);
    ck_assert_ptr_null(upbit__command_take_all(&q));
    for (uint32_t i = 0; i < 5; i++) {
        o[i].value = i;
        ck_assert_int_eq(upbit__command_push(&q, &o[i].command), i == 0); /* rings once */
    }
    upbit__command *c = upbit__command_take_all(&q);
    for (uint32_t i = 0; i < 5; i++, c = upbit__command_next(c))
        ck_assert_uint_eq(value_of(c), i);
    ck_assert_ptr_null(c);
    ck_assert_ptr_null(upbit__command_take_all(&q));
}
END_TEST

START_TEST(it_rings_only_for_a_sleeper)
{
    upbit__command_queue q;
    order o[4];
    upbit__command_queue_init(&q);
    ck_assert_int_eq(upbit__command_push(&q, &o[0].command), 1);
    ck_assert_int_eq(upbit__command_arm(&q), 0); /* something waits: do not sleep */
    ck_assert_ptr_nonnull(upbit__command_take_all(&q));
    ck_assert_int_eq(upbit__command_push(&q, &o[1].command), 0); /* awake */
    ck_assert_ptr_nonnull(upbit__command_take_all(&q));
    ck_assert_int_eq(upbit__command_arm(&q), 1);
    ck_assert_int_eq(upbit__command_push(&q, &o[2].command), 1);
    ck_assert_int_eq(upbit__command_push(&q, &o[3].command), 0);
    ck_assert_ptr_nonnull(upbit__command_take_all(&q));
}
END_TEST

START_TEST(it_is_bounded_but_for_what_must_go_through)
{
    upbit__command_queue q;
    order *o = calloc(UPBIT__COMMANDS_MAX + 2, sizeof *o);
    ck_assert_ptr_nonnull(o);
    upbit__command_queue_init(&q);
    for (uint32_t i = 0; i < UPBIT__COMMANDS_MAX; i++)
        ck_assert_int_ge(upbit__command_push(&q, &o[i].command), 0);
    order *last = &o[UPBIT__COMMANDS_MAX];
    ck_assert_int_eq(upbit__command_push(&q, &last->command), UPBIT_ERROR_COMMAND_FULL);
    ck_assert_int_eq(upbit__command_push_always(&q, &last->command), 0);
    uint32_t n = 0;
    for (upbit__command *c = upbit__command_take_all(&q); c != NULL; c = upbit__command_next(c))
        n++;
    ck_assert_uint_eq(n, UPBIT__COMMANDS_MAX + 1);
    ck_assert_int_ge(upbit__command_push(&q, &last[1].command), 0);
    free(o);
}
END_TEST

START_TEST(sealed_it_takes_nothing_more)
{
    upbit__command_queue q;
    order o[4] = { { .value = 0 }, { .value = 1 } };
    upbit__command_queue_init(&q);
    upbit__command_push(&q, &o[0].command);
    upbit__command_push(&q, &o[1].command);
    upbit__command *c = upbit__command_seal(&q);
    ck_assert_uint_eq(value_of(c), 0);
    ck_assert_uint_eq(value_of(upbit__command_next(c)), 1);
    ck_assert_ptr_null(upbit__command_next(upbit__command_next(c)));
    ck_assert_int_eq(upbit__command_push(&q, &o[2].command), UPBIT_ERROR_CLOSED);
    ck_assert_int_eq(upbit__command_push_always(&q, &o[2].command), UPBIT_ERROR_CLOSED);
    ck_assert_ptr_null(upbit__command_seal(&q));
    ck_assert_ptr_null(upbit__command_take_all(&q));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue command");
    TCase *t = tcase_create("command");
    tcase_add_test(t, first_in_first_out);
    tcase_add_test(t, it_rings_only_for_a_sleeper);
    tcase_add_test(t, it_is_bounded_but_for_what_must_go_through);
    tcase_add_test(t, sealed_it_takes_nothing_more);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
