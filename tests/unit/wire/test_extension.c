/* permessage-deflate in the upgrade: what is offered, and each answer that must or must not be
 * taken (RFC 7692 section 7.1, RFC 6455 section 9.1). */
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/extension.h"

#define P "permessage-deflate"

/* The usual offer, and one that asks for everything. */
static const upbit__deflate_offer usual = {.on = true, .client_max_window_bits = true};
static const upbit__deflate_offer bare = {.on = true};
static const upbit__deflate_offer all = {.on = true,
                                         .client_max_window_bits = true,
                                         .client_no_context_takeover = true,
                                         .server_no_context_takeover = true,
                                         .server_max_window_bits = 10};
static const upbit__deflate_offer none = {0};

START_TEST(offers)
{
    char text[UPBIT__DEFLATE_TEXT_SIZE];
    upbit__deflate_offer_write(text, &usual);
    ck_assert_str_eq(text, P "; client_max_window_bits");
    upbit__deflate_offer_write(text, &bare);
    ck_assert_str_eq(text, P);
    upbit__deflate_offer_write(text, &all);
    ck_assert_str_eq(text, P "; server_no_context_takeover; client_no_context_takeover; "
                             "server_max_window_bits=10; client_max_window_bits");
    upbit__deflate_offer_write(text, &none);
    ck_assert_str_eq(text, "");
}
END_TEST

typedef struct good {
    const upbit__deflate_offer *offer;
    const char *answer;
    const char *terms; /* as they are told to people */
    int server_bits, client_bits;
} good;

static const good goods[] = {
    {&usual, P, P, 15, 15},
    {&bare, P, P, 15, 15},
    {&usual, " " P "\t", P, 15, 15},
    {&usual, P ";server_no_context_takeover", P "; server_no_context_takeover", 15, 15},
    {&usual, P " ; client_no_context_takeover", P "; client_no_context_takeover", 15, 15},
    {&usual, P "; server_max_window_bits=8", P "; server_max_window_bits=8", 8, 15},
    {&usual, P "; server_max_window_bits=9", P "; server_max_window_bits=9", 9, 15},
    {&usual, P "; server_max_window_bits=10", P "; server_max_window_bits=10", 10, 15},
    {&usual, P "; server_max_window_bits=11", P "; server_max_window_bits=11", 11, 15},
    {&usual, P "; server_max_window_bits=12", P "; server_max_window_bits=12", 12, 15},
    {&usual, P "; server_max_window_bits=13", P "; server_max_window_bits=13", 13, 15},
    {&usual, P "; server_max_window_bits=14", P "; server_max_window_bits=14", 14, 15},
    {&usual, P "; server_max_window_bits=15", P, 15, 15},
    {&usual, P "; client_max_window_bits=8", P "; client_max_window_bits=8", 15, 8},
    {&usual, P "; client_max_window_bits=15", P, 15, 15},
    {&usual, P "; server_max_window_bits=\"12\"", P "; server_max_window_bits=12", 12, 15},
    {&usual, P "; server_max_window_bits=\"1\\2\"", P "; server_max_window_bits=12", 12, 15},
    {&usual, P "; server_max_window_bits = 9 ; client_max_window_bits=10",
     P "; server_max_window_bits=9; client_max_window_bits=10", 9, 10},
    {&all, P "; server_no_context_takeover; server_max_window_bits=10",
     P "; server_no_context_takeover; server_max_window_bits=10", 10, 15},
    {&all, P "; server_max_window_bits=8; server_no_context_takeover",
     P "; server_no_context_takeover; server_max_window_bits=8", 8, 15},
};

START_TEST(answers_that_are_taken)
{
    const good *g = &goods[_i];
    upbit__deflate_terms terms;
    const char *why = NULL;
    char text[UPBIT__DEFLATE_TEXT_SIZE];
    ck_assert_msg(upbit__deflate_answer_read(&terms, g->offer, g->answer, &why) == 0, "%s: %s",
                  g->answer, why);
    ck_assert(terms.on);
    ck_assert_int_eq(terms.server_max_window_bits, g->server_bits);
    ck_assert_int_eq(terms.client_max_window_bits, g->client_bits);
    upbit__deflate_terms_write(text, &terms);
    ck_assert_str_eq(text, g->terms);
}
END_TEST

typedef struct bad {
    const upbit__deflate_offer *offer;
    const char *answer, *says;
} bad;

static const bad bads[] = {
    {&none, P, "not asked for"},
    {&usual, "", "not asked for"},
    {&usual, "x-webkit-deflate-frame", "not asked for"},
    {&usual, "permessage-bzip2", "not asked for"},
    {&usual, "permessage-deflatex", "not asked for"},
    {&usual, "Permessage-Deflate", "not asked for"},
    {&usual, P ", " P, "second"},
    {&usual, P "; server_no_context_takeover, x", "second"},
    {&usual, P ",", "second"},
    {&usual, "," P, "not asked for"},
    {&usual, "x, " P, "not asked for"},
    {&usual, P "; mux", "unknown"},
    {&usual, P "; server_max_window_bitsx=10", "unknown"},
    {&usual, P "; Server_No_Context_Takeover", "unknown"},
    {&usual, P ";", "unknown"},
    {&usual, P "; ; server_no_context_takeover", "unknown"},
    {&usual, P "; server_no_context_takeover;", "unknown"},
    {&usual, P "; server_no_context_takeover; server_no_context_takeover", "twice"},
    {&usual, P "; client_no_context_takeover; client_no_context_takeover", "twice"},
    {&usual, P "; server_max_window_bits=10; server_max_window_bits=10", "twice"},
    {&usual, P "; client_max_window_bits=10; client_max_window_bits=11", "twice"},
    {&usual, P "; server_max_window_bits=7", "8 to 15"},
    {&usual, P "; server_max_window_bits=16", "8 to 15"},
    {&usual, P "; server_max_window_bits=0", "8 to 15"},
    {&usual, P "; server_max_window_bits=08", "8 to 15"},
    {&usual, P "; server_max_window_bits=010", "8 to 15"},
    {&usual, P "; server_max_window_bits=1010", "8 to 15"},
    {&usual, P "; server_max_window_bits=100000000000000000000000000015", "8 to 15"},
    {&usual, P "; server_max_window_bits=-9", "8 to 15"},
    {&usual, P "; server_max_window_bits=+9", "8 to 15"},
    {&usual, P "; server_max_window_bits=0x9", "8 to 15"},
    {&usual, P "; server_max_window_bits=9.0", "8 to 15"},
    {&usual, P "; server_max_window_bits=ten", "8 to 15"},
    {&usual, P "; client_max_window_bits=7", "8 to 15"},
    {&usual, P "; client_max_window_bits=16", "8 to 15"},
    {&usual, P "; server_max_window_bits", "without its size"},
    {&usual, P "; client_max_window_bits", "without its size"},
    {&usual, P "; server_max_window_bits=", "malformed value"},
    {&usual, P "; server_max_window_bits=\"\"", "malformed value"},
    {&usual, P "; server_max_window_bits=\"10", "malformed value"},
    {&usual, P "; server_max_window_bits=\" 10\"", "malformed value"},
    {&usual, P "; server_max_window_bits=\"10\\", "malformed value"},
    {&usual, P "; server_max_window_bits=\"1,0\"", "malformed value"},
    {&usual, P "; server_max_window_bits=\"010\"", "8 to 15"},
    {&usual, P "; server_max_window_bits=10\"", "malformed list"},
    {&usual, P "; server_max_window_bits=10 11", "malformed list"},
    {&usual, P " server_no_context_takeover", "malformed list"},
    {&usual, P "=1", "malformed list"},
    {&usual, P "; server_no_context_takeover=true", "value where none"},
    {&usual, P "; client_no_context_takeover=\"1\"", "value where none"},
    {&bare, P "; client_max_window_bits=15", "was not offered"},
    {&bare, P "; client_max_window_bits=10", "was not offered"},
    {&all, P, "was asked for"},
    {&all, P "; server_max_window_bits=10", "server_no_context_takeover was asked for"},
    {&all, P "; server_no_context_takeover", "server_max_window_bits was asked for"},
    {&all, P "; server_no_context_takeover; server_max_window_bits=11", "larger window"},
};

START_TEST(answers_that_are_refused)
{
    const bad *b = &bads[_i];
    upbit__deflate_terms terms;
    const char *why = NULL;
    ck_assert_msg(upbit__deflate_answer_read(&terms, b->offer, b->answer, &why) ==
                      UPBIT_ERROR_UPGRADE,
                  "taken: %s", b->answer);
    ck_assert_msg(strstr(why, b->says) != NULL, "%s: %s", b->answer, why);
}
END_TEST

/* No answer, however it is cut off or changed, is read beyond its end (the sanitizers watch), and
 * none makes a window that is none. */
START_TEST(mutations)
{
    char text[96];
    for (size_t n = 0; n < sizeof goods / sizeof goods[0]; n++) {
        size_t length = strlen(goods[n].answer);
        for (size_t i = 0; i <= length; i++) {
            for (int c = 0; c < 128; c++) {
                upbit__deflate_terms terms;
                const char *why = NULL;
                memcpy(text, goods[n].answer, length + 1);
                text[i] = (char)c;
                text[i == length ? i + 1 : length] = '\0';
                if (upbit__deflate_answer_read(&terms, &usual, text, &why) == 0)
                    ck_assert(terms.on && terms.server_max_window_bits >= 8 &&
                              terms.server_max_window_bits <= 15 &&
                              terms.client_max_window_bits >= 8 &&
                              terms.client_max_window_bits <= 15);
                else
                    ck_assert_ptr_nonnull(why);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("extension");
    TCase *tests = tcase_create("extension");
    tcase_add_test(tests, offers);
    tcase_add_loop_test(tests, answers_that_are_taken, 0, (int)(sizeof goods / sizeof goods[0]));
    tcase_add_loop_test(tests, answers_that_are_refused, 0, (int)(sizeof bads / sizeof bads[0]));
    tcase_add_test(tests, mutations);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
