/* Signals do not queue: one SIGCHLD may stand for many children that ended.
 * So loop until no ended child is left. WNOHANG returns 0 where the call would
 * otherwise block because the remaining children are still running.
 */
#include "server.h"

void reap(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}
