/* variant: sa-nocldwait
 * model:   forking
 * why:     Keeps the default disposition of SIGCHLD and sets SA_NOCLDWAIT:
 *          children that end do not become zombies.
 * source:  sigaction(2), SA_NOCLDWAIT
 */
#include "server.h"

void on_signal(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
