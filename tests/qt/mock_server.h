// upbit-mock as a child of a Qt test: what users' tests get, too.
#ifndef TESTS_QT_MOCK_SERVER_H
#define TESTS_QT_MOCK_SERVER_H

#include <UpbitLive/testing/mockexchange.h>

using MockServer = UpbitLive::MockExchange;

#endif
