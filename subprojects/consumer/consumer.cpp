// A user's C++ program: the headers are C++ too, and exact decimals add up.
#include <cstring>
#include <iostream>
#include <string>

#include <upbit-live/upbit-live.h>

static upbit_decimal decimal(const std::string &text)
{
    upbit_decimal value;
    if (upbit_decimal_parse(&value, text.data(), text.size()) < 0) {
        std::cerr << text << ": " << upbit_error_detail() << '\n';
    }
    return value;
}

int main()
{
    const upbit_decimal a = decimal("0.1"), b = decimal("2.0E-1");
    upbit_decimal sum;
    char text[UPBIT_DECIMAL_STRING_SIZE];
    if (upbit_decimal_add(&sum, &a, &b) < 0) {
        return 1;
    }
    upbit_decimal_to_string(&sum, text, sizeof text);
    std::cout << upbit_version_string() << ' ' << text << '\n';
    return std::strcmp(text, "0.3") == 0 ? 0 : 1;
}
