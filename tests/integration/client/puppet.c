#include "puppet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void puppet_lock(puppet *p)
{
    pthread_mutex_lock(&p->mutex);
}

void puppet_unlock(puppet *p)
{
    pthread_mutex_unlock(&p->mutex);
}

void puppet_word(puppet *p, char *field, const char *word)
{
    puppet_lock(p);
    snprintf(field, sizeof p->poison, "%s", word);
    puppet_unlock(p);
}

int puppet_count(puppet *p, const int *field)
{
    puppet_lock(p);
    int value = *field;
    puppet_unlock(p);
    return value;
}

static void doze(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

int puppet_wait(puppet *p, const int *field, int least, double seconds)
{
    double end = stream_now() + seconds;
    int value;
    while ((value = puppet_count(p, field)) < least && stream_now() < end)
        doze(5);
    return value;
}

bool puppet_asked(puppet *p, const char *text)
{
    puppet_lock(p);
    bool held = strstr(p->last, text) != NULL;
    puppet_unlock(p);
    return held;
}

static void say(peer *to, const char *text)
{
    peer_frame(to, 0x82, text, strlen(text));
}

static void send_trade(peer *to, const char *code)
{
    static long long id = 17000000000000000;
    char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"trade\",\"code\":\"%s\",\"timestamp\":1730336862082,\"trade_date\":"
             "\"2024-10-31\",\"trade_time\":\"01:07:42\",\"trade_timestamp\":1730336862047,"
             "\"trade_price\":100473000.0,\"trade_volume\":0.00014208,\"ask_bid\":\"BID\","
             "\"prev_closing_price\":100571000.0,\"change\":\"FALL\",\"change_price\":"
             "98000.0,\"sequential_id\":%lld,\"stream_type\":\"SNAPSHOT\"}",
             code, id++);
    say(to, text);
}

static void send_book(peer *to, const char *code)
{
    static long long time = 1730336862000;
    char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"orderbook\",\"code\":\"%s\",\"timestamp\":%lld,\"total_ask_size\":9,"
             "\"total_bid_size\":9,\"orderbook_units\":[{\"ask_price\":101.0,\"bid_price\":100.0,"
             "\"ask_size\":1,\"bid_size\":2}],\"stream_type\":\"SNAPSHOT\",\"level\":0}",
             code, time++);
    say(to, text);
}

/* Calls `each` for every (type, code without its suffix) of the last request. */
static void each_code(puppet *p,
                      void (*each)(puppet *p, void *context, const char *type, const char *code,
                                   bool new_type),
                      void *context)
{
    for (const char *at = p->last; (at = strstr(at, "{\"type\":\"")) != NULL;) {
        at += strlen("{\"type\":\"");
        char type[24] = "", code[32];
        sscanf(at, "%23[^\"]", type);
        at = strstr(at, "[");
        bool new_type = true;
        while (at != NULL && *at != ']') {
            at++;
            if (sscanf(at, "\"%31[^\"]", code) != 1)
                break;
            at += strlen(code) + 2;
            code[strcspn(code, ".")] = '\0';
            each(p, context, type, code, new_type);
            new_type = false;
        }
        if (at == NULL)
            return;
    }
}

static void answer_code(puppet *p, void *context, const char *type, const char *code, bool new_type)
{
    (void)new_type;
    p->in_last++;
    if (strcmp(code, p->silent) == 0)
        return;
    if (strcmp(type, "trade") == 0)
        send_trade(context, code);
    else if (strcmp(type, "orderbook") == 0)
        send_book(context, code);
}

static void list_code(puppet *p, void *context, const char *type, const char *code, bool new_type)
{
    char *text = context;
    size_t n = strlen(text);
    if (new_type)
        n += (size_t)snprintf(text + n, 8192 - n, "%s{\"ty\":\"%s\",\"cds\":[", n > 60 ? "]}," : "",
                              type);
    if (strcmp(code, p->forgotten) != 0)
        snprintf(text + n, 8192 - n, "%s\"%s\"", text[n - 1] != '[' ? "," : "", code);
}

/* In the spelling of SIMPLE, whatever was asked: the test looks at the question. */
static void answer_list(puppet *p, peer *to, const char *question)
{
    char text[8192] = "{\"mthd\":\"LIST_SUBSCRIPTIONS\",\"rslt\":[{\"ty\":\"trade\",\"cds\":[\"";
    char ticket[64] = "";
    sscanf(question, "[{\"ticket\":\"%63[^\"]", ticket);
    snprintf(text, sizeof text, "{\"mthd\":\"LIST_SUBSCRIPTIONS\",\"rslt\":[");
    each_code(p, list_code, text);
    size_t n = strlen(text);
    if (text[n - 1] != '[' || strstr(text, "cds") != NULL)
        n += (size_t)snprintf(text + n, sizeof text - n, "]}");
    if (p->extra[0] != '\0')
        n += (size_t)snprintf(text + n, sizeof text - n, "%s{\"ty\":\"trade\",\"cds\":[\"%s\"]}",
                              text[n - 1] != '[' ? "," : "", p->extra);
    snprintf(text + n, sizeof text - n, "],\"tckt\":\"%s\"}",
             p->list == PUPPET_OTHER_TICKET ? "somebody-else" : ticket);
    say(to, text);
}

/* False: it has closed. */
static bool refuse(puppet *p, peer *to)
{
    char text[256];
    snprintf(text, sizeof text, "{\"error\":{\"name\":\"%s\",\"message\":\"no, says the puppet\"}}",
             p->error);
    say(to, text);
    if (p->stays)
        return true;
    doze(20);
    static const uint8_t normal[2] = {0x03, 0xe8};
    peer_frame(to, 0x88, normal, 2);
    return false;
}

static bool take_text(puppet *p, peer *from, const char *text)
{
    puppet_lock(p);
    bool open = true;
    if (strstr(text, "LIST_SUBSCRIPTIONS") != NULL) {
        p->lists++;
        snprintf(p->last_list, sizeof p->last_list, "%s", text);
        if (p->list == PUPPET_REFUSE)
            open = refuse(p, from);
        else if (p->list != PUPPET_MUTE && p->list != PUPPET_LATE)
            answer_list(p, from, text);
        p->late = p->list == PUPPET_LATE;
    } else {
        if (p->late)
            answer_list(p, from, p->last_list);
        p->late = false;
        snprintf(p->last, sizeof p->last, "%s", text);
        p->requests++;
        p->in_last = 0;
        if (p->poison[0] != '\0' && strstr(text, p->poison) != NULL) {
            open = refuse(p, from);
        } else {
            if (p->requests > 1 && !p->stubborn)
                p->forgotten[0] = '\0';
            each_code(p, answer_code, from);
        }
    }
    puppet_unlock(p);
    return open;
}

static void serve(peer *from, void *context)
{
    puppet *p = context;
    if (!peer_upgrade(from))
        return;
    puppet_lock(p);
    p->connections++;
    puppet_unlock(p);
    bool open = true;
    while (open) {
        uint8_t *payload;
        size_t length;
        int opcode = peer_read_frame(from, &payload, &length);
        if (opcode < 0)
            return;
        puppet_lock(p);
        bool deaf = p->deaf;
        puppet_unlock(p);
        if (opcode == 1)
            open = take_text(p, from, (const char *)payload);
        else if (opcode == 9 && !deaf)
            peer_frame(from, 0x8a, payload, length);
        else if (opcode == 8)
            peer_frame(from, 0x88, payload, length);
        open = open && opcode != 8;
        free(payload);
    }
}

void puppet_start(puppet *p)
{
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->mutex, NULL);
    snprintf(p->error, sizeof p->error, "WRONG_FORMAT");
    server_start(&p->server, NULL, serve, p);
    p->address.port = p->server.port;
    snprintf(p->address.url, sizeof p->address.url, "ws://127.0.0.1:%d/websocket/v1",
             p->server.port);
}

void puppet_stop(puppet *p)
{
    server_stop(&p->server);
    pthread_mutex_destroy(&p->mutex);
}

static void (*also)(upbit_options *options);

static void no_rest(upbit_options *options)
{
    options->rest_url = "http://127.0.0.1:1/v1";
    if (also != NULL)
        also(options);
}

upbit_manager *puppet_manager(puppet *p, void (*change)(upbit_options *options))
{
    also = change;
    return stream_manager(&p->address, no_rest);
}
