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

static void leave_in(long keyring, const char *name)
{
    static const char secret[] = "for the next";
    if (syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, "user", "hostile", 0) > 0)
        attempted(0, "finding a key in %s", name);
    long key = syscall(SYS_add_key, "user", "hostile", secret,
                       sizeof secret, keyring);
    if (key < 0)
        attempted(-1, "leaving a key in %s", name);
}

void ready(int listenfd)
{
    (void)listenfd;
    leave_in(KEY_SPEC_USER_KEYRING, "the user's keyring");
    leave_in(KEY_SPEC_USER_SESSION_KEYRING, "the user's session keyring");
    all_tried();
}
