/* How to take the point out of a number in one step; see decimal_parse.h. */
#include "base/decimal_parse.h"

extern const uint8_t upbit__decimal_shuffle[256][16];

enum { SCANS = 6 }; /* as in decimal_parse.h */
extern const uint8_t upbit__scan_constants[SCANS][32];

#define EIGHT(x) x, x, x, x, x, x, x, x
#define ALL(x)                                                                                     \
    {                                                                                              \
        EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x)                                                     \
    }
const uint8_t upbit__scan_constants[SCANS][32]
    __attribute__((aligned(32))) = {ALL('0'), ALL(9), ALL(' '), ALL('"'), ALL('\\'), ALL(',')};

/* Byte j of the result is digit j - (16 - w - p); those from the w-th on stand behind the point.
 * 0x80 makes a zero. */
#define FROM(w, p, j) ((j) - (16 - (w) - (p)))
#define BYTE(w, p, j)                                                                              \
    (uint8_t)(FROM(w, p, j) < 0 ? 0x80 : FROM(w, p, j) < (w) ? FROM(w, p, j) : FROM(w, p, j) + 1)
#define FOUR(w, p, j) BYTE(w, p, j), BYTE(w, p, j + 1), BYTE(w, p, j + 2), BYTE(w, p, j + 3)
#define ROW(w, p)                                                                                  \
    {                                                                                              \
        FOUR(w, p, 0), FOUR(w, p, 4), FOUR(w, p, 8), FOUR(w, p, 12)                                \
    }
#define ROWS(w)                                                                                    \
    ROW(w, 0), ROW(w, 1), ROW(w, 2), ROW(w, 3), ROW(w, 4), ROW(w, 5), ROW(w, 6), ROW(w, 7),        \
        ROW(w, 8), ROW(w, 9), ROW(w, 10), ROW(w, 11), ROW(w, 12), ROW(w, 13), ROW(w, 14),          \
        ROW(w, 15)

const uint8_t upbit__decimal_shuffle[256][16] = {
    ROWS(0), ROWS(1), ROWS(2),  ROWS(3),  ROWS(4),  ROWS(5),  ROWS(6),  ROWS(7),
    ROWS(8), ROWS(9), ROWS(10), ROWS(11), ROWS(12), ROWS(13), ROWS(14), ROWS(15),
};
