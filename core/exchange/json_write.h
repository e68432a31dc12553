/* JSON out: text with what must be escaped escaped. */
#ifndef UPBIT_EXCHANGE_JSON_WRITE_H
#define UPBIT_EXCHANGE_JSON_WRITE_H

#include <stddef.h>

/* The escape of the character, "" when it needs none; buffer of 8 bytes. */
const char *upbit__json_escape(char c, char buffer[8]);

#endif
