/* Frame headers byte by byte, the client's frames and masks, the out-queue with its pongs. */
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/frame.h"
#include "wire/sender.h"

typedef struct header_case {
    const char *label;
    uint8_t bytes[10];
    size_t count;    /* bytes that decide it */
    uint64_t length; /* good ones: the payload's */
    bool good;
} header_case;

static const header_case headers[] = {
    {"empty text", {0x81, 0}, 2, 0, true},
    {"fragment", {0x01, 5}, 2, 5, true},
    {"continuation", {0x00, 5}, 2, 5, true},
    {"binary 125", {0x82, 125}, 2, 125, true},
    {"126", {0x82, 126, 0, 126}, 4, 126, true},
    {"65535", {0x82, 126, 0xff, 0xff}, 4, 65535, true},
    {"65536", {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10, 65536, true},
    {"2^62", {0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0}, 10, (uint64_t)1 << 62, true},
    {"2^63 - 1", {0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255}, 10, INT64_MAX, true},
    {"ping 125", {0x89, 125}, 2, 125, true},
    {"pong", {0x8a, 0}, 2, 0, true},
    {"close", {0x88, 2}, 2, 2, true},
    {"RSV1", {0xc1}, 1, 0, false},
    {"RSV2", {0xa1}, 1, 0, false},
    {"RSV3", {0x91}, 1, 0, false},
    {"RSV1 on a ping", {0xc9}, 1, 0, false},
    {"all RSV", {0xf2}, 1, 0, false},
    {"opcode 3", {0x83}, 1, 0, false},
    {"opcode 4", {0x84}, 1, 0, false},
    {"opcode 5", {0x85}, 1, 0, false},
    {"opcode 6", {0x86}, 1, 0, false},
    {"opcode 7", {0x87}, 1, 0, false},
    {"opcode 11", {0x8b}, 1, 0, false},
    {"opcode 12", {0x8c}, 1, 0, false},
    {"opcode 13", {0x8d}, 1, 0, false},
    {"opcode 14", {0x8e}, 1, 0, false},
    {"opcode 15", {0x8f}, 1, 0, false},
    {"fragmented ping", {0x09}, 1, 0, false},
    {"fragmented close", {0x08}, 1, 0, false},
    {"masked", {0x81, 0x80}, 2, 0, false},
    {"masked with length", {0x82, 0xfe}, 2, 0, false},
    {"ping 126", {0x89, 126}, 2, 0, false},
    {"close 127", {0x88, 127}, 2, 0, false},
    {"125 in two bytes", {0x82, 126, 0, 125}, 4, 0, false},
    {"0 in two bytes", {0x82, 126, 0, 0}, 4, 0, false},
    {"65535 in eight bytes", {0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 10, 0, false},
    {"0 in eight bytes", {0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0}, 10, 0, false},
    {"2^63", {0x82, 127, 0x80}, 3, 0, false},
    {"2^64 - 1", {0x82, 127, 0xff}, 3, 0, false},
};

START_TEST(header_byte_by_byte)
{
    const header_case *k = &headers[_i];
    upbit__frame f;
    const char *why = NULL;
    for (size_t n = 0; n < k->count; n++)
        ck_assert_msg(upbit__frame_read(&f, k->bytes, n, false, &why) == 0, "%s at %d", k->label,
                      (int)n);
    int rc = upbit__frame_read(&f, k->bytes, k->count, false, &why);
    if (k->good) {
        ck_assert_msg(rc == (int)k->count, "%s: %d", k->label, rc);
        ck_assert_msg(f.length == k->length, "%s", k->label);
        ck_assert_uint_eq(f.opcode, k->bytes[0] & 0x0f);
        ck_assert_int_eq(f.final, k->bytes[0] >> 7);
    } else {
        ck_assert_msg(rc == UPBIT_ERROR_PROTOCOL && why != NULL, "%s: %d", k->label, rc);
    }
}
END_TEST

/* A message in several frames: only the last is final. */
START_TEST(what_is_written_is_read)
{
    static const uint64_t lengths[] = {0, 125, 126, 65535, 65536, 1ull << 40};
    static const uint8_t mask[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof *lengths; i++) {
        uint8_t header[UPBIT__FRAME_HEADER_MAX];
        bool final = i % 2 == 1;
        const uint8_t opcode = (uint8_t)(final ? UPBIT__FRAME_CONTINUATION : UPBIT__FRAME_TEXT);
        size_t size = upbit__frame_write(header, final, opcode, lengths[i / 2], mask);
        ck_assert_int_eq(header[0], final ? 0x80 : UPBIT__FRAME_TEXT);
        ck_assert_int_eq(header[1] >> 7, 1);
        ck_assert(memcmp(header + size - 4, mask, 4) == 0);
        header[1] = header[1] & 0x7f; /* as a server's */
        upbit__frame f;
        const char *why = NULL;
        ck_assert_int_eq(upbit__frame_read(&f, header, size - 4, false, &why), (int)size - 4);
        ck_assert(f.final == final && f.length == lengths[i / 2]);
    }
}
END_TEST

START_TEST(mask_at_every_length_and_offset)
{
    uint8_t from[80], to[80];
    const uint8_t mask[4] = {0x12, 0x34, 0x56, 0xf8};
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 37);
    for (size_t offset = 0; offset < 9; offset++) {
        for (size_t n = 0; n + offset <= 70; n++) {
            memset(to, 0xee, sizeof to);
            upbit__frame_mask(to + offset, from, n, mask);
            for (size_t i = 0; i < n; i++)
                ck_assert_uint_eq(to[offset + i], from[i] ^ mask[i % 4]);
            ck_assert_uint_eq(to[offset + n], 0xee);
            upbit__frame_mask(to + offset, to + offset, n, mask);
            ck_assert(memcmp(to + offset, from, n) == 0);
        }
    }
}
END_TEST

/* Reads a client's frame back; returns its whole size. */
static size_t unmask(const uint8_t *frame, size_t *head, uint8_t mask[4], uint64_t *length)
{
    ck_assert_msg((frame[1] & 0x80) != 0, "not masked");
    *length = frame[1] & 0x7f;
    size_t more = *length == 126 ? 2 : *length == 127 ? 8 : 0;
    if (more > 0)
        *length = 0;
    for (size_t i = 0; i < more; i++)
        *length = *length << 8 | frame[2 + i];
    memcpy(mask, frame + 2 + more, 4);
    *head = 6 + more;
    return *head + (size_t)*length;
}

START_TEST(client_frames)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 100001};
    static uint8_t payload[100001];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7);
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        upbit__sender s = {0};
        uint8_t mask[4];
        size_t head;
        uint64_t length;
        ck_assert_int_eq(upbit__sender_frame(&s, UPBIT__FRAME_BINARY, payload, sizes[k]), 0);
        const uint8_t *frame = upbit__buffer_bytes(&s.out);
        ck_assert_uint_eq(frame[0], 0x82);
        ck_assert_uint_eq(unmask(frame, &head, mask, &length), s.out.length);
        ck_assert_uint_eq(length, sizes[k]);
        ck_assert_uint_eq(head, sizes[k] < 126 ? 6 : sizes[k] < 65536 ? 8 : 14);
        for (size_t i = 0; i < sizes[k]; i++) {
            if (frame[head + i] != (payload[i] ^ mask[i % 4]))
                ck_abort_msg("byte %d", (int)i);
        }
        upbit__sender_finish(&s);
    }
}
END_TEST

/* One mask for all frames was a fault of a well-known client. */
START_TEST(masks_are_fresh)
{
    upbit__sender s = {0};
    uint8_t masks[64][4];
    for (int i = 0; i < 64; i++) {
        ck_assert_int_eq(upbit__sender_frame(&s, UPBIT__FRAME_TEXT, "x", 1), 0);
        memcpy(masks[i], upbit__buffer_bytes(&s.out) + 2, 4);
        ck_assert_int_eq(upbit__sender_gone(&s, s.out.length), 0);
        for (int j = 0; j < i; j++)
            ck_assert(memcmp(masks[i], masks[j], 4) != 0);
    }
    upbit__sender_finish(&s);
}
END_TEST

/* Takes the next frame from the front; returns its opcode. */
static int take(upbit__sender *s, char *payload)
{
    uint8_t mask[4];
    size_t head;
    uint64_t length;
    const uint8_t *frame = upbit__buffer_bytes(&s->out);
    size_t size = unmask(frame, &head, mask, &length);
    upbit__frame_mask((uint8_t *)payload, frame + head, (size_t)length, mask);
    payload[length] = '\0';
    int opcode = frame[0] & 0x0f;
    ck_assert_int_ge(upbit__sender_gone(s, size), 0);
    return opcode;
}

START_TEST(ten_pings_in_a_row)
{
    upbit__sender s = {0};
    char text[126];
    for (int i = 0; i < 10; i++) {
        uint8_t payload = (uint8_t)('0' + i);
        ck_assert_int_eq(upbit__sender_pong(&s, &payload, 1), 1);
    }
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(take(&s, text), UPBIT__FRAME_PONG);
        ck_assert_int_eq(text[0], '0' + i);
    }
    ck_assert_uint_eq(s.out.length, 0);
    upbit__sender_finish(&s);
}
END_TEST

START_TEST(ping_flood_is_bounded)
{
    upbit__sender s = {0};
    uint8_t payload[UPBIT__CONTROL_MAX] = {0};
    char text[126];
    int last = 0;
    ck_assert_int_eq(upbit__sender_frame(&s, UPBIT__FRAME_TEXT, "first", 5), 0);
    for (int i = 0; i < 1000000; i++) {
        memcpy(payload, &i, sizeof i);
        ck_assert_int_ge(upbit__sender_pong(&s, payload, sizeof payload), 0);
    }
    ck_assert_msg(s.out.length < UPBIT__PONG_ROOM + 200, "%d bytes", (int)s.out.length);
    ck_assert_int_eq(take(&s, text), UPBIT__FRAME_TEXT);
    int pongs = 0;
    while (s.out.length > 0) {
        ck_assert_int_eq(take(&s, text), UPBIT__FRAME_PONG);
        memcpy(&last, text, sizeof last);
        pongs++;
    }
    ck_assert_int_eq(last, 999999); /* the latest is answered in the end */
    ck_assert_int_gt(pongs, 100);
    ck_assert_int_eq(upbit__sender_pong(&s, payload, 0), 1); /* and room is there again */
    upbit__sender_finish(&s);
}
END_TEST

START_TEST(nothing_after_a_close_frame)
{
    upbit__sender s = {0};
    char text[126];
    char reason[200];
    memset(reason, 'r', sizeof reason);
    memcpy(reason + 122, "\xed\x95\x9c",
           3); /* a character across the 123rd byte is left out whole */
    ck_assert_int_eq(upbit__sender_close(&s, 1002, reason, sizeof reason), 0);
    ck_assert_int_eq(upbit__sender_frame(&s, UPBIT__FRAME_TEXT, "x", 1), UPBIT_ERROR_CLOSED);
    ck_assert_int_eq(upbit__sender_pong(&s, (const uint8_t *)"x", 1), 0);
    ck_assert_int_eq(upbit__sender_close(&s, 1000, "", 0), UPBIT_ERROR_CLOSED);
    ck_assert_int_eq(take(&s, text), UPBIT__FRAME_CLOSE);
    ck_assert_int_eq((uint8_t)text[0] << 8 | (uint8_t)text[1], 1002);
    ck_assert_uint_eq(strlen(text + 2), 122);
    ck_assert_uint_eq(s.out.length, 0);
    upbit__sender_finish(&s);
}
END_TEST

START_TEST(empty_close_frame)
{
    upbit__sender s = {0};
    ck_assert_int_eq(upbit__sender_close(&s, 0, NULL, 0), 0);
    ck_assert_uint_eq(s.out.length, 6);
    ck_assert_uint_eq(upbit__buffer_bytes(&s.out)[0], 0x88);
    ck_assert_uint_eq(upbit__buffer_bytes(&s.out)[1], 0x80);
    upbit__sender_finish(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire frame");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, header_byte_by_byte, 0, (int)(sizeof headers / sizeof headers[0]));
    tcase_add_test(t, what_is_written_is_read);
    tcase_add_test(t, mask_at_every_length_and_offset);
    tcase_add_test(t, client_frames);
    tcase_add_test(t, masks_are_fresh);
    tcase_add_test(t, ten_pings_in_a_row);
    tcase_add_test(t, ping_flood_is_bounded);
    tcase_add_test(t, nothing_after_a_close_frame);
    tcase_add_test(t, empty_close_frame);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
