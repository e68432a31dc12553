/* Prints a token for a verifier written in another language:
 *     jwt_print HS512|HS256 ACCESS SECRET [QUERY] */
#include <stdio.h>
#include <string.h>

#include "exchange/jwt.h"

int main(int count, char **arguments)
{
    char token[UPBIT__JWT_SIZE], nonce[UPBIT__NONCE_SIZE];
    if (count < 4 || upbit__nonce(nonce) != 0)
        return 2;
    int n = upbit__jwt_build(
        token, sizeof token,
        strcmp(arguments[1], "HS256") == 0 ? UPBIT__JWT_HS256 : UPBIT__JWT_HS512, arguments[2],
        nonce, count > 4 ? arguments[4] : NULL, arguments[3], strlen(arguments[3]));
    if (n < 0)
        return 1;
    puts(token);
    return 0;
}
