/* defect:  spoils-errno
 * breaks:  signals/keeps-errno
 * why:     waitpid() ends the loop with ECHILD when no child is left. When
 *          the handler runs after a call that was interrupted, and before
 *          errno is tested, the server reads ECHILD instead of EINTR and
 *          ends. That is a matter of a few instructions: it happens once in
 *          a thousand runs.
 * source:  signal-safety(7); UNP 3rd ed. §5.9, §5.10
 * cause:   The handler of SIGCHLD changes errno: it does not restore what the
 *          interrupted code is about to test.
 * fix:     int saved = errno; first thing in the handler, errno = saved; last
 * seen:    ended
 */
#include "server.h"

static void on_sigchld(int signo)
{
    (void)signo;
    reap();
}

void on_signal(void)
{
    struct sigaction action = {.sa_handler = on_sigchld};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
