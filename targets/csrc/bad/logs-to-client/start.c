/* defect:  logs-to-client
 * breaks:  faults/closed-stdio
 * why:     Started without descriptors 0 to 2, it has a connection as its
 *          descriptor 1, and what it prints goes to the client.
 * source:  open(2); execve(2); UNP 3rd ed. §13.4
 * cause:   Started without standard descriptors, the server prints its
 *          messages to a client.
 * fix:     open /dev/null until the descriptor is above 2, first thing in main
 * seen:    answer-wrong
 */
#include "server.h"

void start(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}
