/* Lines of recordings: frames, messages, and what is neither. */
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/recording.h"

typedef struct line_case {
    const char *line;
    const char *data; /* NULL: nothing stands in it */
    int opcode;
    int64_t t_ns;
    bool out;
} line_case;

static const line_case good[] = {
    {"{\"t_ns\":1700000000180000000,\"dir\":\"in\",\"op\":2,\"text\":\"{\\\"a\\\":1}\"}",
     "{\"a\":1}", 2, 1700000000180000000, false},
    {" { \"op\" : 1 , \"text\" : \"x\" , \"dir\" : \"in\" } \r", "x", 1, 0, false},
    {"{\"t_ns\":-5,\"dir\":\"out\",\"op\":1,\"text\":\"[]\"}", "[]", 1, -5, true},
    {"{\"dir\":\"in\",\"op\":9}", "", 9, 0, false},
    {"{\"dir\":\"in\",\"op\":8,\"base64\":\"A+g=\"}", "\x03\xe8", 8, 0, false},
    {"{\"dir\":\"in\",\"op\":2,\"base64\":\"aGk=\"}", "hi", 2, 0, false},
    {"{\"dir\":\"in\",\"op\":2,\"base64\":\"aA==\"}", "h", 2, 0, false},
    {"{\"dir\":\"in\",\"op\":2,\"base64\":\"aGVsbG8+\"}", "hello>", 2, 0, false},
    {"{\"dir\":\"in\",\"op\":2,\"base64\":\"\"}", "", 2, 0, false},
    {"{\"dir\":\"in\",\"op\":2,\"text\":\"\\u00e9\\ud83d\\ude00\\n\\/\\\\\\t\\u20AC\"}",
     "\xc3\xa9\xf0\x9f\x98\x80\n/\\\t\xe2\x82\xac", 2, 0, false},
    {"{\"note\":{\"a\":[1,\"}\",{}]},\"more\":[],\"yes\":true,\"dir\":\"in\",\"op\":2,\"text\":"
     "\"x\"}",
     "x", 2, 0, false},
    {"", NULL, 0, 0, false},
    {"  \t ", NULL, 0, 0, false},
};

static int read_line(upbit__recorded *out, upbit__recording_kind *kind, const char *text,
                     const char **why)
{
    static char line[512]; /* the frame points into it */
    size_t length = strlen(text);
    memset(line, 'X', sizeof line); /* nothing behind the line is looked at */
    memcpy(line, text, length);
    *why = NULL;
    return upbit__recording_read(out, kind, line, length, why);
}

START_TEST(frames_of_a_trace)
{
    const line_case *k = &good[_i];
    upbit__recording_kind kind = UPBIT__RECORDING_UNKNOWN;
    upbit__recorded r;
    const char *why;
    int rc = read_line(&r, &kind, k->line, &why);
    ck_assert_msg(rc == (k->data != NULL), "%s: %d %s", k->line, rc, why != NULL ? why : "");
    if (k->data == NULL) {
        ck_assert_int_eq(kind, UPBIT__RECORDING_UNKNOWN);
        return;
    }
    ck_assert_int_eq(kind, UPBIT__RECORDING_TRACE);
    ck_assert_msg(r.length == strlen(k->data) && memcmp(r.data, k->data, r.length) == 0, "%s",
                  k->line);
    ck_assert_int_eq(r.opcode, k->opcode);
    ck_assert_int_eq(r.t_ns, k->t_ns);
    ck_assert(r.in != k->out);
}
END_TEST

static const char *const bad[] = {
    "{\"dir\":\"in\",\"op\":3}",
    "{\"dir\":\"in\",\"op\":\"2\"}",
    "{\"dir\":\"in\",\"op\":2.5}",
    "{\"dir\":\"up\",\"op\":2}",
    "{\"dir\":\"in\",\"op\":2,\"t_ns\":1e9}",
    "{\"dir\":\"in\",\"op\":2,\"t_ns\":99999999999999999999}",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"a\",\"base64\":\"aGk=\"}",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"\\x\"}",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"\\ud800\"}",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"\\udc00\"}",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"\\u12\"}",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"\\u00g0\"}",
    "{\"dir\":\"in\",\"op\":1,\"text\":\"\xff\"}",
    "{\"dir\":\"in\",\"op\":2,\"base64\":\"aGk\"}",
    "{\"dir\":\"in\",\"op\":2,\"base64\":\"a-k=\"}",
    "{\"dir\":\"in\",\"op\":2,\"base64\":\"====\"}",
    "{\"dir\":\"in\",\"op\":9,\"text\":"
    "\"0123456789012345678901234567890123456789012345678901234567890"
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890\"}",
    "{\"dir\":\"in\",\"op\":2",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"a",
    "{\"dir\":\"in\",\"op\":2,\"text\":\"a\\",
    "{\"dir\":\"in\",\"op\":2} {",
    "{\"dir\":\"in\",\"op\":2,\"note\":[}",
    "{\"dir\":\"in\"}",
    "{\"op\":2}",
    "[]",
    "x",
};

START_TEST(broken_lines_of_a_trace)
{
    upbit__recording_kind kind = UPBIT__RECORDING_TRACE;
    upbit__recorded r;
    const char *why;
    ck_assert_msg(read_line(&r, &kind, bad[_i], &why) == UPBIT_ERROR_PROTOCOL, "%s", bad[_i]);
    ck_assert_msg(why != NULL, "%s", bad[_i]);
}
END_TEST

START_TEST(bare_messages)
{
    upbit__recording_kind kind = UPBIT__RECORDING_UNKNOWN;
    upbit__recorded r;
    const char *why;
    ck_assert_int_eq(read_line(&r, &kind, "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\"}\r", &why), 1);
    ck_assert_int_eq(kind, UPBIT__RECORDING_BARE);
    ck_assert_uint_eq(r.length, 29);
    ck_assert(memcmp(r.data, "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\"}", r.length) == 0);
    ck_assert(r.in && r.opcode == 2 && r.t_ns == 0);
    ck_assert_int_eq(read_line(&r, &kind, "[{\"ty\":\"trade\"}]", &why), 1);
    /* The first line decides. */
    ck_assert_int_eq(read_line(&r, &kind, "{\"dir\":\"in\",\"op\":3}", &why), 1);
    ck_assert_int_eq(read_line(&r, &kind, "nonsense", &why), UPBIT_ERROR_PROTOCOL);
    ck_assert_ptr_nonnull(why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire recording");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, frames_of_a_trace, 0, (int)(sizeof good / sizeof good[0]));
    tcase_add_loop_test(t, broken_lines_of_a_trace, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(t, bare_messages);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
