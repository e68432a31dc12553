// What a program would do with libwebsockets, as its minimal client examples do, and the fastest
// tree parser that Debian 12 has: simdjson's DOM (yyjson is not packaged there). peer_lws URL CA
// COUNT
#include <libwebsockets.h>
#include <simdjson.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <vector>

#include "peer.h"

namespace
{
struct Client {
    Taken taken;
    std::vector<char> message; // with the room simdjson wants behind it
    std::size_t length = 0;
    simdjson::dom::parser parser;
    int status = -1; // >= 0: over
};

bool take(Client *c)
{
    simdjson::dom::element message;
    if (c->parser.parse(c->message.data(), c->length, false).get(message) != simdjson::SUCCESS)
        return false;
    std::string_view type, code;
    std::uint64_t timestamp = 0;
    double price = 0;
    if (message["type"].get(type) != simdjson::SUCCESS ||
        message["code"].get(code) != simdjson::SUCCESS ||
        message["timestamp"].get(timestamp) != simdjson::SUCCESS ||
        (message["trade_price"].get(price) != simdjson::SUCCESS &&
         message["orderbook_units"].at(0)["ask_price"].get(price) != simdjson::SUCCESS))
        return false;
    c->taken.add(type, code, timestamp, price);
    return true;
}

int received(lws *wsi, Client *c, const void *in, std::size_t length)
{
    if (lws_is_first_fragment(wsi))
        c->length = 0;
    if (c->message.size() < c->length + length + simdjson::SIMDJSON_PADDING)
        c->message.resize(2 * (c->length + length) + simdjson::SIMDJSON_PADDING);
    std::memcpy(c->message.data() + c->length, in, length);
    c->length += length;
    if (!lws_is_final_fragment(wsi))
        return 0;
    if (!take(c))
        c->status = 97;
    else if (c->taken.done())
        c->status = c->taken.verdict("peer_lws");
    return c->status >= 0 ? -1 : 0;
}

int callback(lws *wsi, lws_callback_reasons reason, void *, void *in, std::size_t length)
{
    auto *const c = static_cast<Client *>(lws_context_user(lws_get_context(wsi)));
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE: {
        const char ask[] = R"([{"ticket":"x"},{"type":"ticker"}])";
        unsigned char bytes[LWS_PRE + sizeof ask];
        std::memcpy(bytes + LWS_PRE, ask, sizeof ask);
        return lws_write(wsi, bytes + LWS_PRE, sizeof ask - 1, LWS_WRITE_TEXT) < 0 ? -1 : 0;
    }
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return received(wsi, c, in, length);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
        if (c->status < 0) {
            std::fprintf(stderr, "peer_lws: %s\n",
                         in != nullptr ? static_cast<const char *>(in) : "closed");
            c->status = 99;
        }
        return 0;
    default:
        return 0;
    }
}
} // namespace

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    const char *const colon = std::strrchr(argv[1], ':');
    if (colon == nullptr)
        return 2;
    Client client;
    client.taken.wanted = std::strtoull(argv[3], nullptr, 10);
    lws_set_log_level(LLL_ERR, nullptr);
    lws_protocols protocols[2] = {};
    protocols[0].name = "market";
    protocols[0].callback = callback;
    protocols[0].rx_buffer_size = 65536;
    lws_context_creation_info info = {};
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.client_ssl_ca_filepath = argv[2];
    info.pt_serv_buf_size = 65536;
    info.user = &client;
    lws_context *const context = lws_create_context(&info);
    if (context == nullptr)
        return 99;
    lws_client_connect_info to = {};
    to.context = context;
    to.address = "127.0.0.1";
    to.port = std::atoi(colon + 1);
    to.path = "/websocket/v1";
    to.host = to.origin = "localhost";
    to.ssl_connection = LCCSCF_USE_SSL;
    if (lws_client_connect_via_info(&to) == nullptr && client.status < 0)
        client.status = 99;
    while (client.status < 0 && lws_service(context, 0) >= 0)
        continue;
    // Without goodbye: the server answers no close frame.
    _exit(client.status < 0 ? 99 : client.status);
}
