/* How to take the point out of a number in one step; see decimal_lanes.h. */
#include <stdint.h>

enum { SHUFFLES = 256, SCANS = 15 }; /* as in decimal_lanes.h, which not every compiler can read */
extern const uint8_t upbit__decimal_shuffle[SHUFFLES][16];
extern const uint8_t upbit__scan_constants[SCANS][64];

#define EIGHT(x) x, x, x, x, x, x, x, x
#define HALF(x)  EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x)
#define LANE                                                                                       \
    0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
#define UP(x)    (x) + 0, (x) + 1, (x) + 2, (x) + 3, (x) + 4, (x) + 5, (x) + 6, (x) + 7
#define TO_15(x) UP(x), UP((x) + 8)
#define ALL(x)                                                                                     \
    {                                                                                              \
        HALF(x), HALF(x)                                                                           \
    }
const uint8_t upbit__scan_constants[SCANS][64]
    __attribute__((aligned(64))) = {ALL('0'),
                                    ALL(9),
                                    ALL(' '),
                                    ALL('"'),
                                    ALL('\\'),
                                    ALL(','),
                                    ALL('}'),
                                    ALL(0xFE),
                                    {LANE, LANE, LANE, LANE},
                                    ALL(63),
                                    ALL(0),
                                    ALL(8),
                                    {TO_15(0), TO_15(16), TO_15(32), TO_15(48)},
                                    {TO_15(0), TO_15(0), TO_15(0), TO_15(0)},
                                    {TO_15(16), TO_15(16), TO_15(16), TO_15(16)}};

/* Byte j of the result is digit j - (16 - w - p); those from the w-th on stand behind the point.
 * 0x80 makes a zero. */
#define PLACES(w, l)  ((l) > (w) ? (l) - (w) : 0)
#define FROM(w, p, j) ((j) - (16 - (w) - (p)))
#define BYTE(w, l, j)                                                                              \
    (uint8_t)(FROM(w, PLACES(w, l), j) < 0     ? 0x80                                              \
              : FROM(w, PLACES(w, l), j) < (w) ? FROM(w, PLACES(w, l), j)                          \
                                               : FROM(w, PLACES(w, l), j) + 1)
#define FOUR(w, l, j) BYTE(w, l, j), BYTE(w, l, j + 1), BYTE(w, l, j + 2), BYTE(w, l, j + 3)
#define ROW(w, l)                                                                                  \
    {                                                                                              \
        FOUR(w, l, 0), FOUR(w, l, 4), FOUR(w, l, 8), FOUR(w, l, 12)                                \
    }
#define ROWS(w)                                                                                    \
    ROW(w, 0), ROW(w, 1), ROW(w, 2), ROW(w, 3), ROW(w, 4), ROW(w, 5), ROW(w, 6), ROW(w, 7),        \
        ROW(w, 8), ROW(w, 9), ROW(w, 10), ROW(w, 11), ROW(w, 12), ROW(w, 13), ROW(w, 14),          \
        ROW(w, 15)

const uint8_t upbit__decimal_shuffle[SHUFFLES][16] __attribute__((aligned(64))) = {
    ROWS(0), ROWS(1), ROWS(2),  ROWS(3),  ROWS(4),  ROWS(5),  ROWS(6),  ROWS(7),
    ROWS(8), ROWS(9), ROWS(10), ROWS(11), ROWS(12), ROWS(13), ROWS(14), ROWS(15),
};
