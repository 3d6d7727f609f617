/* defect:  wait-loop
 * breaks:  reaping/one-of-two signals/spurious-sigchld signals/storm
 *          signals/broken-pipe faults/read-econnreset
 * why:     The loop ends only when there is no child left at all: with one
 *          client gone and another still connected, the server waits in its
 *          handler for the second one to leave.
 * source:  UNP 3rd ed. §5.10; waitpid(2), WNOHANG
 */
#include "server.h"

void reap(void)
{
    while (wait(NULL) > 0)
        ;
}
