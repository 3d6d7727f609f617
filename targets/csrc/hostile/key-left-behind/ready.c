/* hostile:      key-left-behind
 * threat:       Leaves a key in the keyrings of its user, which the kernel
 *               keeps after every process has ended.
 * contained-by: a user namespace of its own, which has keyrings of its own, or
 *               another user
 * from:         namespaces
 * expect:       judged
 * source:       keyrings(7); user-keyring(7); add_key(2)
 */
#include "hostile/attempt.h"
#include <linux/keyctl.h>

enum { SECONDS = 30 }; /* then it is gone wherever it was left */

static void leave_in(long keyring)
{
    static const char secret[] = "for the next";
    long key = syscall(SYS_add_key, "user", "hostile", secret, sizeof secret,
                       keyring);
    if (key > 0)
        syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, SECONDS);
    else
        attempted(-1, "leaving a key");
}

void ready(int listenfd)
{
    static const long keyrings[] = {
        KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING,
        KEY_SPEC_SESSION_KEYRING,
    };
    (void)listenfd;
    for (size_t i = 0; i < sizeof keyrings / sizeof *keyrings; i++)
        if (syscall(SYS_keyctl, KEYCTL_SEARCH, keyrings[i], "user", "hostile",
                    0) > 0)
            attempted(0, "finding a key in keyring %ld", keyrings[i]);
    for (size_t i = 0; i < sizeof keyrings / sizeof *keyrings; i++)
        leave_in(keyrings[i]);
    all_tried();
}
