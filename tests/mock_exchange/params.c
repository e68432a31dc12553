/* See params.h. The hash is over the parameters as they were sent, before the escapes of a URL: a
 * client that signs the escaped text, or another order, is refused, as there. */
#include "params.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

static bool add(struct mock_call_params *p, const char *name, size_t name_len, const char *value,
                size_t value_len)
{
    if (p->count == MOCK_CALL_PARAMS) {
        return false;
    }
    char *n = strndup(name, name_len), *v = strndup(value, value_len);
    if (n == NULL || v == NULL) {
        free(n);
        free(v);
        return false;
    }
    p->at[p->count].name = n;
    p->at[p->count++].value = v;
    return true;
}

/* a=1&b=2, of a query or of a body. */
static bool read_form(struct mock_call_params *p, const char *text, size_t len)
{
    char *raw = strndup(text, len), *blank = strndup(text, len);
    bool good = raw != NULL && blank != NULL && mock_http_decode(raw, false) &&
                mock_http_decode(blank, true);
    if (good) {
        mock_buf_puts(&p->hashed, raw);
        mock_buf_puts(&p->hashed_too, blank);
    }
    free(raw);
    free(blank);
    const char *end = text + len;
    while (good && text < end) {
        const char *amp = memchr(text, '&', (size_t)(end - text));
        const char *stop = amp != NULL ? amp : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *split = equals != NULL ? equals : stop;
        const char *value = equals != NULL ? equals + 1 : stop;
        good =
            stop == text || (add(p, text, (size_t)(split - text), value, (size_t)(stop - value)) &&
                             mock_http_decode(p->at[p->count - 1].name, true) &&
                             mock_http_decode(p->at[p->count - 1].value, true));
        text = amp != NULL ? amp + 1 : end;
    }
    return good;
}

static bool add_json(struct mock_call_params *p, const char *name, const char *suffix,
                     const struct mock_json *node)
{
    const char *text = node->type == MOCK_BOOL   ? (node->truth ? "true" : "false")
                       : node->type == MOCK_NULL ? "null"
                                                 : node->text;
    if (node->type == MOCK_ARRAY || node->type == MOCK_OBJECT) {
        return false;
    }
    mock_buf_printf(&p->hashed, "%s%s%s=%s", p->count > 0 ? "&" : "", name, suffix, text);
    return add(p, name, strlen(name), text, strlen(text));
}

static bool read_json(struct mock_call_params *p, const char *text, size_t len)
{
    struct mock_json_doc doc;
    if (!mock_json_read(&doc, text, len)) {
        return false;
    }
    bool good = doc.node[1].type == MOCK_OBJECT;
    for (const struct mock_json *m = mock_json_at(&doc, doc.node[1].child); m != NULL && good;
         m = mock_json_at(&doc, m->next)) {
        if (m->type != MOCK_ARRAY) {
            good = add_json(p, m->key, "", m);
            continue;
        }
        for (const struct mock_json *i = mock_json_at(&doc, m->child); i != NULL && good;
             i = mock_json_at(&doc, i->next)) {
            good = add_json(p, m->key, "[]", i);
        }
    }
    mock_json_finish(&doc);
    return good;
}

bool mock_call_params_read(struct mock_call_params *p, const struct mock_http_request *r)
{
    *p = (struct mock_call_params){0};
    const char *type = mock_http_header(r, "content-type");
    bool form = type != NULL && strncmp(type, "application/x-www-form-urlencoded", 33) == 0;
    bool good;
    if (r->body_len > 0) {
        good = form ? read_form(p, r->body, r->body_len) : read_json(p, r->body, r->body_len);
    } else {
        good = read_form(p, r->query, strlen(r->query));
    }
    p->any = r->body_len > 0 ? p->count > 0 : *r->query != '\0';
    mock_buf_putc(&p->hashed, '\0');
    mock_buf_putc(&p->hashed_too, '\0');
    return good && !p->hashed.failed && !p->hashed_too.failed;
}

void mock_call_params_finish(struct mock_call_params *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->at[i].name);
        free(p->at[i].value);
    }
    mock_buf_finish(&p->hashed);
    mock_buf_finish(&p->hashed_too);
    *p = (struct mock_call_params){0};
}

const char *mock_call_param(const struct mock_call_params *p, const char *name, size_t n)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < p->count; i++) {
        const char *here = p->at[i].name;
        if (strncmp(here, name, len) == 0 && (here[len] == '\0' || strcmp(here + len, "[]") == 0) &&
            n-- == 0) {
            return p->at[i].value;
        }
    }
    return NULL;
}
