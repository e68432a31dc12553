/* upbit-live/credentials.h - API keys, for what needs them: my orders, my assets, announcements.
 *
 * Three ways to give a manager its keys; what comes later replaces what was there:
 *   - the environment, UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY: the default manager, and others with
 *     options.environment_keys = UPBIT_ON;
 *   - options.credentials: a function that asks a keyring or the like, when keys are first needed;
 *   - upbit_manager_set_credentials, at any time.
 *
 * The library holds keys in memory that is locked, left out of core dumps and empty in a forked
 * child, signs with them itself, and wipes them when they are replaced and when the manager ends.
 * They go to no log, error text or argument list (docs/GUIDE.md, Keys). What you hold of them
 * yourself is yours to wipe (explicit_bzero).
 *
 * The environment is another matter: other programs of the same user can read it in
 * /proc/PID/environ, children inherit it, and a core dump has it. A library cannot safely take it
 * back: another thread may be reading it. A program can, as its first act, before it has threads:
 *
 *     int main(void) { upbit_environment_take_keys(); ...
 *
 * What the keys may be allowed to do at the exchange: "view assets" for assets, "view orders" for
 * orders, nothing for announcements. This library never places an order and never withdraws: give
 * it a key that cannot. */
#ifndef UPBIT_LIVE_CREDENTIALS_H
#define UPBIT_LIVE_CREDENTIALS_H

#include "upbit-live/manager.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gives new keys, copied at once; NULL and NULL: no keys any more. The private connection is made
 * anew with them, waiting requests use them; requests already under way end with the old ones, which
 * are wiped as soon as the I/O thread has the new ones.
 * access_key: 1..128 visible ASCII characters without quotes and backslash; secret_key: 1..256
 * visible ASCII characters.
 * @thread any. Returns 0, INVALID_ARGUMENT (upbit_error_detail says which one and what is wrong,
 * never what it is), CLOSED, NO_MEMORY, ILLEGAL_STATE. */
UPBIT_API int upbit_manager_set_credentials(upbit_manager *m, const char *access_key,
                                            const char *secret_key);

/* Copies UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY into safe memory, overwrites both where they stand,
 * /proc/PID/environ included, and unsets them. From then on managers that use the environment's
 * keys use these. Repeating is harmless; without the variables nothing changes.
 * @thread the only one: nobody else may run or read the environment. Returns 1: there were keys;
 * 0: there were none; INVALID_ARGUMENT: they are no keys (they are gone from the environment all
 * the same); NO_MEMORY. */
UPBIT_API int upbit_environment_take_keys(void);

/* Wipes what upbit_environment_take_keys took; managers keep what they have. Once your managers are
 * made, nothing needs it but a default manager that is made anew. @thread any. */
UPBIT_API void upbit_environment_drop_keys(void);

#ifdef __cplusplus
}
#endif
#endif
