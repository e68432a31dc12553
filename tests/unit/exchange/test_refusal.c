/* What the names of error frames mean. */
#include "exchange/refusal.h"
#include "support/check_main.h"

static const struct {
    const char *name;
    int meaning;
} names[] = {
    {"WRONG_FORMAT", UPBIT__REFUSAL_WANT},
    {"NO_TYPE", UPBIT__REFUSAL_WANT},
    {"NO_CODES", UPBIT__REFUSAL_WANT},
    {"INVALID_PARAM", UPBIT__REFUSAL_WANT},
    {"invalid param", UPBIT__REFUSAL_WANT},
    {"Wrong Format", UPBIT__REFUSAL_WANT},
    {"TOO_MANY_REQUEST", UPBIT__REFUSAL_RATE},
    {"Too Many Requests", UPBIT__REFUSAL_RATE},
    {"too_many_requests", UPBIT__REFUSAL_RATE},
    {"I'm a teapot", UPBIT__REFUSAL_BAN},
    {"IM_A_TEAPOT", UPBIT__REFUSAL_BAN},
    {"INVALID_AUTH", UPBIT__REFUSAL_AUTH},
    {"NO_TICKET", UPBIT__REFUSAL_OTHER}, /* our fault, not a want's */
    {"WRONG_FORMAT_2", UPBIT__REFUSAL_OTHER},
    {"WRONG", UPBIT__REFUSAL_OTHER},
    {"INTERNAL_ERROR", UPBIT__REFUSAL_OTHER},
    {"", UPBIT__REFUSAL_OTHER},
    {"___", UPBIT__REFUSAL_OTHER},
};

START_TEST(a_name_has_a_meaning_however_it_is_spelled)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg((int)upbit__refusal_of(names[i].name) == names[i].meaning, "%s",
                      names[i].name);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("refusal");
    TCase *t = tcase_create("refusal");
    tcase_add_test(t, a_name_has_a_meaning_however_it_is_spelled);
    suite_add_tcase(s, t);
    return check_main(s);
}
