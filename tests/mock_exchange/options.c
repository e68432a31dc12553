/* The command line: every option checked at once, and a help text that shows how the pieces are
 * used together. */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: upbit-mock [options]\n"
    "\n"
    "A stand-in for Upbit's WebSocket and REST, public and private, on this machine only. It "
    "prints\n"
    "one line, `listening ws://127.0.0.1:PORT/websocket/v1`, and serves on that one port\n"
    "  /websocket/v1   tickers, trades, order books and candles of a market that lives\n"
    "  /websocket/v1/private   orders and assets of test-access, key test-secret, which keep "
    "moving\n"
    "  /v1/...         market/all, ticker, orderbook, trades/ticks, candles/... of the same "
    "market,\n"
    "                  and accounts, orders/..., order, with a token\n"
    "  /mock/...       what happened (GET stats) and what shall happen (POST cut, refuse, ...)\n"
    "until SIGTERM or SIGINT.\n"
    "\n"
    "Where\n"
    "  --port N            port, 0 for a free one (default 0)\n"
    "  --host ADDRESS      a loopback address, 127.0.0.0/8 or ::1 (default 127.0.0.1)\n"
    "  --tls-cert FILE     speak TLS only (1.2 or later), with this PEM certificate chain\n"
    "  --tls-key FILE      and this PEM private key; the line then says wss://\n"
    "The market\n"
    "  --codes N           number of markets, 1..10000; four tenths KRW, four BTC (default 300)\n"
    "  --rate R            market events per second over all codes, 0..1000000 (default 300);\n"
    "                      about a third are trades, each a trade, a ticker, a book and candles\n"
    "  --seed S            the same seed, the same market (default: from the clock)\n"
    "Private\n"
    "  --keys-file FILE    the keys: a line each, ACCESS SECRET [scopes=assets,orders,trade]\n"
    "                      [ips=A,B] [expires=2027-01-01T00:00:00Z] [pocket=NAME]; without it the\n"
    "                      environment's UPBIT_MOCK_KEYS (`;` between them), or test-access\n"
    "                      test-secret\n"
    "  --private-rate R    order events per second of each pocket, 0..10000 (default 2)\n"
    "  --token-life S      end private connections after S seconds, 0 = never (default 0)\n"
    "Time\n"
    "  --idle-timeout S    cut a connection that was silent for S seconds, 0 = never (default 60)\n"
    "  --time-scale X      the exchange's clock runs X times faster: idle cut, UP frames, error\n"
    "                      delay, candle windows and all timestamps (default 1)\n"
    "  --start-ms N        that clock begins at N, in milliseconds of 1970 (default: now)\n"
    "Compression\n"
    "  --compression T     permessage-deflate for clients that offer it: on, off, or the terms to\n"
    "                      insist on, with commas: server_no_context_takeover,\n"
    "                      client_no_context_takeover, server_max_window_bits=8..15,\n"
    "                      client_max_window_bits=8..15 (default on)\n"
    "  --compression-level N  1, the quickest, to 9 (default 1)\n"
    "Replay\n"
    "  --replay FILE       play recorded messages in place of the market, once per connection "
    "from\n"
    "                      its first subscription on; FILE holds one message a line, or a wire\n"
    "                      trace of objects "
    "{\"t_ns\":..,\"dir\":\"in|out\",\"op\":..,\"text\"|\"base64\":..}\n"
    "  --replay-speed X    X times the recorded speed, 0 = without waiting (default: a trace at "
    "the\n"
    "                      speed it was recorded, bare lines without waiting)\n"
    "Tests\n"
    "  --answer-ms N       answer WebSocket requests after N ms; the exchange takes 170 (default "
    "0)\n"
    "  --journal N         remember the newest N data messages sent, for GET /mock/journal, 0 to\n"
    "                      10000000 (default 65536)\n"
    "  --scenario FILE     go wrong by a timeline: a step a line, {\"at_ms\":1500,\"do\":\"cut\"}\n"
    "  --police            enforce the limits of messages and connects, not just count\n"
    "Other\n"
    "  --parent-death      end when the process that started this one ends\n"
    "  --verbose           connections and requests on stderr\n"
    "  --help              this text\n"
    "\n"
    "Examples\n"
    "  upbit-mock --port 8766\n"
    "  curl -s http://127.0.0.1:8766/v1/market/all | head -c 300\n"
    "  curl -s http://127.0.0.1:8766/mock/stats\n"
    "  curl -s -X POST 'http://127.0.0.1:8766/mock/cut?how=rst'\n"
    "  upbit-mock --port 0 --time-scale 60 --idle-timeout 60   # idle cut after one real second\n"
    "  upbit-mock --replay session.jsonl --replay-speed 0\n"
    "docs/MOCK.md describes the rest.\n";

static bool number(double *value, const char *text, double least, double most)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && isfinite(*value) && *value >= least &&
           *value <= most;
}

static bool loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, host, &six) == 1 && memcmp(&six, &in6addr_loopback, sizeof six) == 0;
}

int mock_options_read(struct mock_options *o, int *status, int argc, char **argv)
{
    enum {
        PORT = 256,
        HOST,
        CERT,
        KEY,
        CODES,
        RATE,
        SEED,
        IDLE,
        SCALE,
        START,
        REPLAY,
        SPEED,
        COMPRESSION,
        LEVEL,
        ANSWER,
        JOURNAL,
        SCENARIO,
        KEYS,
        PRIVATE_RATE,
        TOKEN_LIFE,
        POLICE,
        PARENT,
        VERBOSE,
        HELP
    };
    static const struct option longs[] = {
        {"port", required_argument, NULL, PORT},
        {"host", required_argument, NULL, HOST},
        {"tls-cert", required_argument, NULL, CERT},
        {"tls-key", required_argument, NULL, KEY},
        {"codes", required_argument, NULL, CODES},
        {"rate", required_argument, NULL, RATE},
        {"seed", required_argument, NULL, SEED},
        {"idle-timeout", required_argument, NULL, IDLE},
        {"time-scale", required_argument, NULL, SCALE},
        {"start-ms", required_argument, NULL, START},
        {"replay", required_argument, NULL, REPLAY},
        {"replay-speed", required_argument, NULL, SPEED},
        {"compression", required_argument, NULL, COMPRESSION},
        {"compression-level", required_argument, NULL, LEVEL},
        {"answer-ms", required_argument, NULL, ANSWER},
        {"journal", required_argument, NULL, JOURNAL},
        {"scenario", required_argument, NULL, SCENARIO},
        {"keys-file", required_argument, NULL, KEYS},
        {"private-rate", required_argument, NULL, PRIVATE_RATE},
        {"token-life", required_argument, NULL, TOKEN_LIFE},
        {"police", no_argument, NULL, POLICE},
        {"parent-death", no_argument, NULL, PARENT},
        {"verbose", no_argument, NULL, VERBOSE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    *o = (struct mock_options){.host = "127.0.0.1",
                               .codes = 300,
                               .rate = 300,
                               .idle_timeout = 60,
                               .time_scale = 1,
                               .replay_speed = -1,
                               .compression = {.on = true},
                               .compression_level = 1,
                               .private_rate = 2,
                               .journal = 65536};
    bool seeded = false;
    *status = 2;
    int which, at = 0;
    while ((which = getopt_long(argc, argv, "", longs, &at)) != -1) {
        double value = 0;
        bool good = true;
        const char *want = "";
        switch (which) {
        case PORT:
            good = number(&value, optarg, 0, 65535) && value == floor(value);
            want = "a port number, 0 to 65535";
            o->port = (int)value;
            break;
        case HOST:
            good = loopback(optarg);
            want = "a loopback address: this program is for one machine only";
            o->host = optarg;
            break;
        case CERT:
            o->tls_cert = optarg;
            break;
        case KEY:
            o->tls_key = optarg;
            break;
        case CODES:
            good = number(&value, optarg, 1, 10000) && value == floor(value);
            want = "a whole number, 1 to 10000";
            o->codes = (int)value;
            break;
        case RATE:
            good = number(&o->rate, optarg, 0, 1e6);
            want = "events per second, 0 to 1000000";
            break;
        case SEED: {
            char *end;
            errno = 0;
            o->seed = strtoull(optarg, &end, 0);
            good = end != optarg && *end == '\0' && errno == 0;
            want = "a whole number";
            seeded = true;
            break;
        }
        case IDLE:
            good = number(&o->idle_timeout, optarg, 0, 1e6);
            want = "seconds, 0 for never";
            break;
        case SCALE:
            good = number(&o->time_scale, optarg, 0.01, 10000);
            want = "a factor, 0.01 to 10000";
            break;
        case START:
            good = number(&value, optarg, 1e12, 4e12) && value == floor(value);
            want = "milliseconds since 1970, 1000000000000 (2001) to 4000000000000 (2096)";
            o->start_ms = (int64_t)value;
            break;
        case REPLAY:
            o->replay = optarg;
            break;
        case SPEED:
            good = number(&o->replay_speed, optarg, 0, 1e9);
            want = "a factor, 0 for no waiting";
            break;
        case COMPRESSION:
            good = mock_terms_read(&o->compression, optarg);
            want = "on, off or terms like server_max_window_bits=10,client_no_context_takeover";
            break;
        case LEVEL:
            good = number(&value, optarg, 1, 9) && value == floor(value);
            want = "a whole number, 1 to 9";
            o->compression_level = (int)value;
            break;
        case ANSWER:
            good = number(&value, optarg, 0, 60000) && value == floor(value);
            want = "a whole number of ms, 0 to 60000";
            o->answer_ms = (int)value;
            break;
        case JOURNAL:
            good = number(&value, optarg, 0, 1e7) && value == floor(value);
            want = "a whole number, 0 to 10000000";
            o->journal = (int)value;
            break;
        case SCENARIO:
            o->scenario = optarg;
            break;
        case KEYS:
            o->keys_file = optarg;
            break;
        case PRIVATE_RATE:
            good = number(&o->private_rate, optarg, 0, 10000);
            want = "events per second, 0 to 10000";
            break;
        case TOKEN_LIFE:
            good = number(&o->token_life, optarg, 0, 1e6);
            want = "seconds, 0 for ever";
            break;
        case POLICE:
            o->police = true;
            break;
        case PARENT:
            o->parent_death = true;
            break;
        case VERBOSE:
            o->verbose = true;
            break;
        case HELP:
            fputs(help, stdout);
            *status = 0;
            return -1;
        default:
            fprintf(stderr, "upbit-mock: try --help\n");
            return -1;
        }
        if (!good) {
            fprintf(stderr, "upbit-mock: --%s %s: expected %s\n", longs[at].name, optarg, want);
            return -1;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "upbit-mock: %s: no arguments expected; try --help\n", argv[optind]);
        return -1;
    }
    if ((o->tls_cert == NULL) != (o->tls_key == NULL)) {
        fprintf(stderr, "upbit-mock: --tls-cert and --tls-key belong together\n");
        return -1;
    }
    if (!seeded) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        o->seed = (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec;
    }
    return 0;
}
