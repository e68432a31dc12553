/* Around the example of MOCK.md: a test program of the reader's that has libcurl. */
#include <curl/curl.h>
#include <stdbool.h>

@SNIPPET@

bool cut(CURL *curl);
bool cut(CURL *curl)
{
    return order(curl, "http://127.0.0.1:8766/mock/cut?how=silence");
}
