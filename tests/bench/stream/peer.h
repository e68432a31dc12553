// What every C++ peer counts and sums: that it took each message, once, and read its main fields.
#ifndef TESTS_BENCH_STREAM_PEER_H
#define TESTS_BENCH_STREAM_PEER_H

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

// The fields every peer takes out of a message.
struct Taken {
    std::uint64_t count = 0, wanted = 0, stamps = 0, letters = 0;
    double price = 0;

    void add(std::string_view type, std::string_view code, std::uint64_t timestamp, double value)
    {
        stamps += timestamp % 1000000000;
        letters += type.size() + code.size();
        price += value;
        ++count;
    }
    bool done() const
    {
        return count >= wanted;
    }
    // The exit status: the server stamps message i with i, so their sum tells a lost or a doubled
    // one.
    int verdict(const char *name) const
    {
        if (count == wanted && stamps == wanted * (wanted + 1) / 2 && letters > 0 && price > 0)
            return 0;
        std::fprintf(stderr, "%s: took %llu of %llu messages, or not each of them once\n", name,
                     static_cast<unsigned long long>(count),
                     static_cast<unsigned long long>(wanted));
        return 98;
    }
};

#endif
