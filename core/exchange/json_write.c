#include "exchange/json_write.h"

const char *upbit__json_escape(char c, char buffer[8])
{
    static const char hex[] = "0123456789abcdef";
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        break;
    }
    if ((unsigned char)c >= 0x20) {
        buffer[0] = '\0';
        return buffer;
    }
    buffer[0] = '\\';
    buffer[1] = 'u';
    buffer[2] = buffer[3] = '0';
    buffer[4] = hex[(unsigned char)c >> 4];
    buffer[5] = hex[c & 15];
    buffer[6] = '\0';
    return buffer;
}
