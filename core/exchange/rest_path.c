/* Paths of the quotation endpoints. */
#include <stdio.h>
#include <string.h>

#include "exchange/request.h"
#include "exchange/rest_shapes.h"
#include "upbit-live/market.h"

static int put(upbit__buffer *out, const char *text)
{
    return upbit__buffer_append_text(out, text);
}

/* The NUL behind the path; what was appended by a path that failed half-way is taken back. */
static int finish(upbit__buffer *out, size_t before, int error)
{
    if (error == 0)
        error = upbit__buffer_append(out, "", 1);
    if (error == 0)
        out->length--;
    else
        out->length = before;
    return error;
}

static int codes_are_good(const char *const *codes, size_t count)
{
    if (codes == NULL || count == 0 || count > UPBIT__REST_CODES_MAX)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!upbit__code_check(codes[i]))
            return 0;
    return 1;
}

/* `head`, then the codes with commas, then `tail`. */
static int put_codes(upbit__buffer *out, const char *head, const char *const *codes, size_t count,
                     const char *tail)
{
    if (!codes_are_good(codes, count))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    size_t before = out->length;
    int error = put(out, head);
    for (size_t i = 0; error == 0 && i < count; i++) {
        if (i > 0)
            error = put(out, ",");
        if (error == 0)
            error = put(out, codes[i]);
    }
    if (error == 0)
        error = put(out, tail);
    return finish(out, before, error);
}

int upbit__rest_path_tickers(upbit__buffer *out, const char *const *codes, size_t count)
{
    return put_codes(out, "/ticker?markets=", codes, count, "");
}

int upbit__rest_path_instruments(upbit__buffer *out, const char *const *codes, size_t count)
{
    return put_codes(out, "/orderbook/instruments?markets=", codes, count, "");
}

/* Upper-case letters and digits, in parts with one comma between two. */
static int quotes_are_good(const char *quotes)
{
    size_t part = 0;
    if (quotes == NULL || strlen(quotes) > 100)
        return 0;
    for (; *quotes != '\0'; quotes++) {
        if (*quotes == ',' && part == 0)
            return 0;
        if (*quotes != ',' &&
            !((*quotes >= 'A' && *quotes <= 'Z') || (*quotes >= '0' && *quotes <= '9')))
            return 0;
        part = *quotes == ',' ? 0 : part + 1;
    }
    return part > 0;
}

int upbit__rest_path_tickers_all(upbit__buffer *out, const char *quotes)
{
    if (!quotes_are_good(quotes))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    size_t before = out->length;
    int error = put(out, "/ticker/all?quote_currencies=");
    if (error == 0)
        error = put(out, quotes);
    return finish(out, before, error);
}

int upbit__rest_path_orderbooks(upbit__buffer *out, const char *const *codes, size_t count,
                                const upbit_decimal *level, unsigned depth)
{
    char tail[UPBIT_DECIMAL_STRING_SIZE + 32];
    size_t n = 0;
    if (depth > UPBIT__REST_DEPTH_MAX ||
        (level != NULL && !upbit_decimal_is_null(level) && upbit_decimal_sign(level) < 0))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    tail[0] = '\0';
    if (level != NULL && upbit_decimal_sign(level) > 0) {
        char number[UPBIT_DECIMAL_STRING_SIZE];
        upbit_decimal_to_string(level, number, sizeof number);
        n = (size_t)snprintf(tail, sizeof tail, "&level=%s", number);
    }
    if (depth > 0)
        snprintf(tail + n, sizeof tail - n, "&count=%u", depth);
    return put_codes(out, "/orderbook?markets=", codes, count, tail);
}

int upbit__rest_path_trades(upbit__buffer *out, const char *code, unsigned count, int64_t cursor,
                            unsigned days_ago)
{
    char tail[80];
    if (count == 0 || count > UPBIT__REST_TRADES_MAX || cursor < 0 ||
        days_ago > UPBIT__REST_DAYS_MAX)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int n = snprintf(tail, sizeof tail, "&count=%u", count);
    if (cursor > 0)
        n += snprintf(tail + n, sizeof tail - (size_t)n, "&cursor=%lld", (long long)cursor);
    if (days_ago > 0)
        snprintf(tail + n, sizeof tail - (size_t)n, "&days_ago=%u", days_ago);
    return put_codes(out, "/trades/ticks?market=", &code, 1, tail);
}

/* yyyy-MM-ddTHH:mm:ssZ, seconds before 2100. */
static void write_utc(char *to, size_t size, int64_t seconds)
{
    /* Days since 0000-03-01, in eras of 400 years; years begin in March. */
    int64_t day = seconds / 86400 + 719468, second = seconds % 86400;
    int64_t era = day / 146097, of_era = day % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    snprintf(to, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)of_month,
             (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

int upbit__rest_path_candles(upbit__buffer *out, const char *code, unsigned unit, unsigned count,
                             int64_t before_ms)
{
    static const int64_t year_2100_ms = 4102444800000;
    char head[64], tail[64];
    if (upbit_candle_unit_name(unit) == NULL || count == 0 || count > UPBIT__REST_CANDLES_MAX ||
        before_ms < 0 || before_ms > year_2100_ms - 1000)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (unit == UPBIT_CANDLE_1S)
        snprintf(head, sizeof head, "/candles/seconds?market=");
    else
        snprintf(head, sizeof head, "/candles/minutes/%u?market=", unit / 60);
    int n = snprintf(tail, sizeof tail, "&count=%u", count);
    if (before_ms > 0) {
        char time[32];
        /* Windows start with a second, so rounding up leaves none out. */
        write_utc(time, sizeof time, (before_ms + 999) / 1000);
        snprintf(tail + n, sizeof tail - (size_t)n, "&to=%s", time);
    }
    return put_codes(out, head, &code, 1, tail);
}
