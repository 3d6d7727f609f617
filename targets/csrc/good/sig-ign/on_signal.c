/* variant: sig-ign
 * model:   forking
 * why:     Ignores SIGCHLD: the kernel then keeps no zombies, and there is
 *          nothing to wait for. Common in short servers that do not care how
 *          a child ended.
 * source:  sigaction(2), NOTES; POSIX.1-2017 XSH 2.4.3; TLPI §26.3.3
 */
#include "server.h"

void on_signal(void)
{
    signal(SIGCHLD, SIG_IGN);
}
