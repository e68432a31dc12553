/* See request.h. The order of the checks decides which error a request with several faults gets:
 * shape first, then the ticket, then each type object from left to right. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "market.h"

static const char wrong_format[] = "Format 이 맞지 않습니다.";
static const char no_ticket[] = "티켓이 존재하지 않거나, 유효하지 않습니다.";
static const char no_type[] = "type 필드가 존재하지 않습니다.";
static const char no_codes[] = "codes 필드가 존재하지 않습니다.";
static const char invalid_auth[] = "인증 정보가 올바르지 않습니다.";

static const char *const format_names[] = {"DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"};

void mock_error_frame(struct mock_buf *out, const char *name, const char *message)
{
    /* Seen on the wire: the message first, except in NO_TICKET. */
    bool name_first = strcmp(name, "NO_TICKET") == 0;
    mock_buf_puts(out, name_first ? "{\"error\":{\"name\":" : "{\"error\":{\"message\":");
    const char *first = name_first ? name : message;
    mock_buf_json_string(out, first, strlen(first));
    mock_buf_puts(out, name_first ? ",\"message\":" : ",\"name\":");
    const char *second = name_first ? message : name;
    mock_buf_json_string(out, second, strlen(second));
    mock_buf_puts(out, "}}");
}

/* Every name the exchange or its documentation knows. Of the last three nobody recorded the text.
 */
static const struct {
    const char *name, *text;
} errors[] = {{"WRONG_FORMAT", wrong_format},
              {"NO_TICKET", no_ticket},
              {"NO_TYPE", no_type},
              {"NO_CODES", no_codes},
              {"INVALID_PARAM", " 은 지원하지 않는 타입입니다."},
              {"INVALID_AUTH", invalid_auth},
              {"TOO_MANY_REQUEST", "요청 수 제한을 초과했습니다."},
              {"Too Many Requests", "요청 수 제한을 초과했습니다."},
              {"I'm a teapot", "요청이 일시적으로 차단되었습니다."}};

const char *mock_error_text(const char *name)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].text;
        }
    }
    return NULL;
}

static int unsupported(struct mock_buf *error, const char *what, const char *kind)
{
    struct mock_buf message = {0};
    mock_buf_printf(&message, "%.200s 은 지원하지 않는 %s입니다.", what, kind);
    mock_buf_putc(&message, '\0');
    if (!message.failed) {
        mock_error_frame(error, "INVALID_PARAM", message.data);
    }
    mock_buf_finish(&message);
    return -1;
}

static int fail(struct mock_buf *error, const char *name, const char *message)
{
    mock_error_frame(error, name, message);
    return -1;
}

static const char *const kind_names[MOCK_ALL_KINDS] = {
    "ticker",     "trade",       "orderbook",  "candle.1s",  "candle.1m",
    "candle.3m",  "candle.5m",   "candle.10m", "candle.15m", "candle.30m",
    "candle.60m", "candle.240m", "myOrder",    "myAsset",    "announcement"};

int mock_kind_of(const char *type)
{
    for (int i = 0; i < MOCK_ALL_KINDS; i++) {
        if (strcmp(type, kind_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

const char *mock_kind_name(int kind)
{
    return kind_names[kind];
}

/* A flag under its name of today or its name of before 2025. False: it is no boolean. */
static bool read_flag(bool *flag, const struct mock_json_doc *doc, const struct mock_json *object,
                      const char *name, const char *old_name)
{
    const struct mock_json *member = mock_json_member(doc, object, name);
    if (member == NULL) {
        member = mock_json_member(doc, object, old_name);
    }
    if (member == NULL || member->type == MOCK_NULL) {
        return true;
    }
    *flag = member->truth;
    return member->type == MOCK_BOOL;
}

/* The strings of a list into the want. */
static int read_codes(struct mock_want *want, struct mock_buf *error,
                      const struct mock_json_doc *doc, const struct mock_json *list)
{
    size_t count = 0;
    if (list->type != MOCK_ARRAY) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    for (const struct mock_json *c = mock_json_at(doc, list->child); c != NULL;
         c = mock_json_at(doc, c->next)) {
        if (c->type != MOCK_STRING) {
            return fail(error, "WRONG_FORMAT", wrong_format);
        }
        count++;
    }
    want->codes = calloc(count + 1, sizeof(char *));
    for (const struct mock_json *c = mock_json_at(doc, list->child);
         c != NULL && want->codes != NULL; c = mock_json_at(doc, c->next)) {
        want->codes[want->count] = strdup(c->text);
        if (want->codes[want->count] == NULL) {
            break;
        }
        want->count++;
    }
    return want->count != count ? fail(error, "INTERNAL_ERROR", "out of memory") : 0;
}

static bool is_category(const char *name)
{
    static const char *const known[] = {"notice",        "trade", "wallet",  "maintenance",
                                        "digital_asset", "nft",   "service", "event"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* What a private type object says beyond its type. Without codes or categories it means all. */
static int read_private(struct mock_want *want, struct mock_buf *error,
                        const struct mock_json_doc *doc, const struct mock_json *object)
{
    bool announcement = want->kind == MOCK_ANNOUNCEMENT;
    const struct mock_json *list =
        mock_json_member(doc, object, announcement ? "categories" : "codes");
    if (want->kind == MOCK_MY_ASSET && list != NULL) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    if (list != NULL && list->type != MOCK_NULL && read_codes(want, error, doc, list) != 0) {
        return -1;
    }
    for (size_t i = 0; announcement && i < want->count; i++) {
        if (!is_category(want->codes[i])) {
            return unsupported(error, want->codes[i], "카테고리");
        }
    }
    return read_flag(&want->include_body, doc, object, "include_body", "includeBody")
               ? 0
               : fail(error, "WRONG_FORMAT", wrong_format);
}

static int read_want(struct mock_request *request, struct mock_buf *error,
                     const struct mock_json_doc *doc, const struct mock_json *object,
                     bool private_stream)
{
    const struct mock_json *type = mock_json_member(doc, object, "type");
    if (type == NULL || type->type == MOCK_NULL) {
        return fail(error, "NO_TYPE", no_type);
    }
    if (type->type != MOCK_STRING) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    int kind = mock_kind_of(type->text);
    if (kind < 0 || (kind >= MOCK_KINDS) != private_stream) {
        return unsupported(error, type->text, "타입");
    }
    const struct mock_json *codes = mock_json_member(doc, object, "codes");
    if (!private_stream && (codes == NULL || codes->type == MOCK_NULL)) {
        return fail(error, "NO_CODES", no_codes);
    }
    if (!private_stream && codes->type == MOCK_ARRAY && codes->child == 0) {
        return fail(error, "NO_CODES", no_codes);
    }
    struct mock_want *want = &request->wants[request->count++];
    *want = (struct mock_want){.kind = kind};
    if ((private_stream ? read_private(want, error, doc, object)
                        : read_codes(want, error, doc, codes)) != 0) {
        return -1;
    }
    const struct mock_json *level = mock_json_member(doc, object, "level");
    if (kind == MOCK_BOOK && level != NULL && level->type != MOCK_NULL) {
        /* A value that no price grid has is as unsupported as any other: silence. */
        want->has_level = true;
        if ((level->type != MOCK_NUMBER && level->type != MOCK_STRING)) {
            return fail(error, "WRONG_FORMAT", wrong_format);
        }
        if (!mock_parse_units(&want->level, level->text)) {
            if (level->type == MOCK_STRING) {
                return fail(error, "WRONG_FORMAT", wrong_format);
            }
            want->level = -1;
        }
    }
    if (!read_flag(&want->only_snapshot, doc, object, "is_only_snapshot", "isOnlySnapshot") ||
        !read_flag(&want->only_realtime, doc, object, "is_only_realtime", "isOnlyRealtime")) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    return 0;
}

static int read_format(struct mock_request *request, struct mock_buf *error,
                       const struct mock_json *format)
{
    if (format->type != MOCK_STRING) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    for (int f = 0; f < 4; f++) {
        if (strcmp(format->text, format_names[f]) == 0) {
            request->format = (enum mock_format)f;
            return 0;
        }
    }
    return unsupported(error, format->text, "포맷");
}

static int read_array(struct mock_request *request, struct mock_buf *error,
                      const struct mock_json_doc *doc, bool private_stream)
{
    const struct mock_json *root = &doc->node[1];
    if (root->type != MOCK_ARRAY) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    size_t objects = 0;
    const struct mock_json *ticket = NULL;
    for (const struct mock_json *c = mock_json_at(doc, root->child); c != NULL;
         c = mock_json_at(doc, c->next), objects++) {
        if (c->type != MOCK_OBJECT) {
            return fail(error, "WRONG_FORMAT", wrong_format);
        }
        const struct mock_json *t = mock_json_member(doc, c, "ticket");
        ticket = t != NULL && ticket == NULL ? t : ticket;
    }
    if (ticket == NULL || ticket->type != MOCK_STRING || ticket->len == 0) {
        return fail(error, "NO_TICKET", no_ticket);
    }
    request->ticket = strdup(ticket->text);
    request->wants = calloc(objects, sizeof *request->wants);
    if (request->ticket == NULL || request->wants == NULL) {
        return fail(error, "INTERNAL_ERROR", "out of memory");
    }
    for (const struct mock_json *c = mock_json_at(doc, root->child); c != NULL;
         c = mock_json_at(doc, c->next)) {
        const struct mock_json *format = mock_json_member(doc, c, "format");
        const struct mock_json *method = mock_json_member(doc, c, "method");
        const struct mock_json *type = mock_json_member(doc, c, "type");
        int bad = 0;
        if (method != NULL) {
            if (method->type != MOCK_STRING || strcmp(method->text, "LIST_SUBSCRIPTIONS") != 0) {
                return unsupported(error, method->type == MOCK_STRING ? method->text : "method",
                                   "메소드");
            }
            request->list = true;
        } else if (format != NULL && type == NULL) {
            bad = read_format(request, error, format);
        } else if (mock_json_member(doc, c, "ticket") == NULL || type != NULL) {
            bad = read_want(request, error, doc, c, private_stream);
        }
        if (bad != 0) {
            return bad;
        }
    }
    if (request->count == 0 && !request->list) {
        return fail(error, "NO_TYPE", no_type);
    }
    return 0;
}

int mock_request_read(struct mock_request *request, struct mock_buf *error, const char *text,
                      size_t len, bool private_stream)
{
    *request = (struct mock_request){0};
    struct mock_json_doc doc;
    if (!mock_json_read(&doc, text, len)) {
        return fail(error, "WRONG_FORMAT", wrong_format);
    }
    int bad = read_array(request, error, &doc, private_stream);
    mock_json_finish(&doc);
    if (bad != 0) {
        mock_request_finish(request);
    }
    return bad;
}

void mock_request_finish(struct mock_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        for (size_t n = 0; n < request->wants[i].count; n++) {
            free(request->wants[i].codes[n]);
        }
        free(request->wants[i].codes);
    }
    free(request->wants);
    free(request->ticket);
    *request = (struct mock_request){0};
}

void mock_list_frame(struct mock_buf *out, const struct mock_request *running, const char *ticket,
                     enum mock_format format)
{
    bool simple = format == MOCK_SIMPLE || format == MOCK_SIMPLE_LIST;
    bool list = format == MOCK_JSON_LIST || format == MOCK_SIMPLE_LIST;
    mock_buf_printf(out, "%s{\"%s\":\"LIST_SUBSCRIPTIONS\",\"%s\":[", list ? "[" : "",
                    simple ? "mthd" : "method", simple ? "rslt" : "result");
    for (size_t i = 0; running != NULL && i < running->count; i++) {
        const struct mock_want *w = &running->wants[i];
        mock_buf_printf(out, "%s{\"%s\":\"%s\"", i > 0 ? "," : "", simple ? "ty" : "type",
                        kind_names[w->kind]);
        if (w->count == 0 && w->kind >= MOCK_KINDS) {
            mock_buf_putc(out, '}');
            continue;
        }
        mock_buf_printf(out, ",\"%s\":[",
                        w->kind == MOCK_ANNOUNCEMENT ? "categories"
                        : simple                     ? "cds"
                                                     : "codes");
        for (size_t n = 0; n < w->count; n++) {
            if (n > 0) {
                mock_buf_putc(out, ',');
            }
            mock_buf_json_string(out, w->codes[n], strlen(w->codes[n]));
        }
        mock_buf_putc(out, ']');
        if (w->kind == MOCK_BOOK) {
            mock_buf_printf(out, ",\"%s\":", simple ? "lv" : "level");
            mock_put_stripped(out, w->level, 8, 0);
        }
        mock_buf_putc(out, '}');
    }
    mock_buf_printf(out, "],\"%s\":", simple ? "tckt" : "ticket");
    mock_buf_json_string(out, ticket, strlen(ticket));
    mock_buf_puts(out, list ? "}]" : "}");
}
