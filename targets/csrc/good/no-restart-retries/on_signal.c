/* variant: no-restart-retries
 * model:   forking
 * why:     Installs the handler without SA_RESTART: every child that ends
 *          interrupts accept(), which is simply called again. What UNP does
 *          on systems where calls do not restart.
 * source:  UNP 3rd ed. §5.9; signal(7)
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
    action.sa_flags = SA_NOCLDSTOP;
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
