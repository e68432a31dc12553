/* The one thing of subscriptions.c that the server's shared header does not tell: its scratch
 * memory is given back at the end. */
#ifndef MOCK_SUBSCRIPTIONS_H
#define MOCK_SUBSCRIPTIONS_H

void mock_subs_finish(void);

#endif
