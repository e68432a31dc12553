/* Damaged messages: whatever comes of them, nothing is read or written where it should not be (that is
 * the sanitizers' part), refused messages have a reason and events can be printed. Seeded and bounded. */
#include "rig.h"
#include "samples.h"

static uint64_t seed = 1;

static uint64_t next(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static const char *const pieces[] = {"{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "-", "0E-8",
                                     "1e400", "99999999999999999999999999999999999999999", "\\ud83d", "\xED\xA0",
                                     "\xF0\x9F\x98\x80", "\"type\":\"trade\",", "\"type\":\"orderbook\",", "\0",
                                     "{\"error\":{}}", " ", "\"code\":\"KRW-BTC\",", "1.7E12"};

static size_t mutate(char *text, size_t length, size_t room)
{
    for (uint64_t i = 1 + next(4); i > 0; i--) {
        size_t at = next(length + 1);
        const char *piece = pieces[next(sizeof pieces / sizeof pieces[0])];
        size_t n = strlen(piece);
        switch (next(5)) {
        case 0: /* a byte changes */
            if (at < length)
                text[at] = (char)next(256);
            break;
        case 1: /* some are lost */
            n = next(20) < length - at ? next(20) : 0;
            n = n < length - at ? n : 0;
            memmove(text + at, text + at + n, length - at - n);
            length -= n;
            break;
        case 2: /* some come in */
            if (length + n > room)
                break;
            memmove(text + at + n, text + at, length - at);
            memcpy(text + at, piece, n);
            length += n;
            break;
        case 3: { /* some are repeated */
            n = next(60);
            if (at + n > length || length + n > room)
                break;
            memmove(text + at + n, text + at, length - at);
            length += n;
            break;
        }
        default: /* cut off */
            if (next(8) == 0)
                length = at;
            break;
        }
        if (length == 0)
            break;
    }
    return length;
}

START_TEST(damaged_messages_do_no_harm)
{
    const char *given = getenv("UPBIT_FUZZ_ROUNDS");
    long rounds = given != NULL ? atol(given) : 60000;
    unsigned good = 0, bad = 0;
    for (long i = 0; i < rounds; i++) {
        char text[8192];
        size_t length = 0;
        if (i % 7 == 0) {
            length = (size_t)snprintf(text, sizeof text, "[%s,%s]", samples[next(SAMPLES)], samples[next(SAMPLES)]);
        } else {
            length = (size_t)snprintf(text, sizeof text, "%s", samples[next(SAMPLES)]);
        }
        length = mutate(text, length, sizeof text);
        decoded d = {0};
        rig_decode_bytes(&d, text, length);
        if (d.result < 0) {
            ck_assert_int_eq(d.result, UPBIT_ERROR_DECODE);
            ck_assert_msg(d.reason[0] != '\0', "%.*s", (int)length, text);
            bad++;
        } else {
            good++;
        }
        for (unsigned k = 0; k < d.count; k++) {
            free(rig_json(d.events[k]));
            upbit_event *copy = upbit__event_copy(d.events[k], rig_allocate, NULL);
            free(copy);
        }
        rig_free(&d);
    }
    ck_assert_uint_gt(bad, 0);
    ck_assert_uint_gt(good, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mutations");
    TCase *t = tcase_create("mutations");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, damaged_messages_do_no_harm);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
