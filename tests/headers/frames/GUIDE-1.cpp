// What the reader of the guide has around its test.
#include <QtTest/QtTest>
@SNIPPET@
