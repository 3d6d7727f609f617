/* defect:  handler-not-rearmed
 * breaks:  reaping/sequential
 * why:     With SA_RESETHAND, or System V signal(), the handler runs for one
 *          signal only. From then on SIGCHLD has its default disposition
 *          again, and the children become zombies.
 * source:  sigaction(2), SA_RESETHAND; signal(2), Portability; UNP 3rd ed.
 *          §5.8
 * cause:   The SIGCHLD handler runs once only: from the second child on,
 *          zombies stay.
 * fix:     use sigaction without SA_RESETHAND; System V signal() has to be
 *          called again in the handler
 * seen:    default-sigchld
 */
#include "server.h"

static void on_sigchld(int signo)
{
    (void)signo;
    int saved = errno;
    reap();
    errno = saved;
}

void on_signal(void)
{
    struct sigaction action = {.sa_handler = on_sigchld};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP | SA_RESETHAND;
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
