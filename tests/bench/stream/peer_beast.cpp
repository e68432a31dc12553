// What a C++ program would do with Boost, as Beast's own examples do: the asynchronous client over
// TLS with the suggested time-outs, or the blocking one, which can do nothing else while it waits;
// and a RapidJSON document per message. (With memory of the program's own, as its manual shows, a
// document costs the same here.) peer_beast URL CA COUNT [blocking]
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <rapidjson/document.h>

#include <cstdlib>
#include <exception>
#include <unistd.h>

#include "peer.h"

namespace beast = boost::beast;
namespace net = boost::asio;

namespace
{
std::string_view text(const rapidjson::Value &of, const char *name)
{
    const auto member = of.FindMember(name);
    return member != of.MemberEnd() && member->value.IsString()
               ? std::string_view(member->value.GetString(), member->value.GetStringLength())
               : std::string_view();
}

double priceOf(const rapidjson::Value &message)
{
    const auto price = message.FindMember("trade_price");
    if (price != message.MemberEnd())
        return price->value.GetDouble();
    const auto units = message.FindMember("orderbook_units");
    return units != message.MemberEnd() && !units->value.Empty()
               ? units->value[0]["ask_price"].GetDouble()
               : 0;
}

bool take(Taken *taken, const beast::flat_buffer &buffer)
{
    rapidjson::Document message;
    message.Parse(static_cast<const char *>(buffer.data().data()), buffer.size());
    if (message.HasParseError() || !message.IsObject())
        return false;
    taken->add(text(message, "type"), text(message, "code"), message["timestamp"].GetUint64(),
               priceOf(message));
    return true;
}

class Client
{
  public:
    Client(net::io_context &io, net::ssl::context &trust, std::uint64_t count)
        : m_stream(net::make_strand(io), trust)
    {
        m_taken.wanted = count;
    }
    // Connecting is not what is measured: one step after the other, and the same for both ways.
    void connect(const std::string &port)
    {
        net::ip::tcp::resolver resolver(m_stream.get_executor());
        beast::get_lowest_layer(m_stream).connect(resolver.resolve("127.0.0.1", port));
        m_stream.next_layer().set_verify_callback(net::ssl::host_name_verification("127.0.0.1"));
        m_stream.next_layer().handshake(net::ssl::stream_base::client);
        m_stream.handshake("127.0.0.1:" + port, "/websocket/v1");
        m_stream.write(net::buffer(std::string(R"([{"ticket":"x"},{"type":"ticker"}])")));
    }
    int runBlocking()
    {
        while (m_status < 0) {
            m_stream.read(m_buffer);
            onMessage();
        }
        return m_status;
    }
    int run(net::io_context &io)
    {
        m_stream.set_option(
            beast::websocket::stream_base::timeout::suggested(beast::role_type::client));
        read();
        while (m_status < 0 && io.run_one() > 0)
            continue;
        return m_status;
    }

  private:
    void read()
    {
        m_stream.async_read(m_buffer, beast::bind_front_handler(&Client::onRead, this));
    }
    void onRead(beast::error_code error, std::size_t)
    {
        if (error)
            throw beast::system_error(error);
        onMessage();
        if (m_status < 0)
            read();
    }
    void onMessage()
    {
        if (!take(&m_taken, m_buffer))
            m_status = 97;
        else if (m_taken.done())
            m_status = m_taken.verdict("peer_beast");
        m_buffer.consume(m_buffer.size());
    }

    beast::websocket::stream<beast::ssl_stream<beast::tcp_stream>> m_stream;
    beast::flat_buffer m_buffer;
    Taken m_taken;
    int m_status = -1; // >= 0: over
};

int run(const std::string &port, const char *ca, std::uint64_t count, bool blocking)
{
    net::io_context io;
    net::ssl::context trust(net::ssl::context::tls_client);
    trust.load_verify_file(ca);
    trust.set_verify_mode(net::ssl::verify_peer);
    Client client(io, trust, count);
    client.connect(port);
    return blocking ? client.runBlocking() : client.run(io);
}
} // namespace

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const std::string url = argv[1];
    const std::size_t colon = url.rfind(':'), slash = url.find('/', colon);
    try {
        // Without goodbye: the server answers no close frame.
        _exit(run(url.substr(colon + 1, slash - colon - 1), argv[2],
                  std::strtoull(argv[3], nullptr, 10), argc > 4));
    } catch (const std::exception &error) {
        std::fprintf(stderr, "peer_beast: %s\n", error.what());
    }
    return 99;
}
