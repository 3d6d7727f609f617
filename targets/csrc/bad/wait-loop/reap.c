/* defect:  wait-loop
 * breaks:  reaping/one-of-two signals/spurious-sigchld signals/storm
 *          signals/broken-pipe faults/read-econnreset
 * why:     The loop ends only when there is no child left at all: with one
 *          client gone and another still connected, the server waits in its
 *          handler for the second one to leave.
 * source:  UNP 3rd ed. §5.10; waitpid(2), WNOHANG
 * cause:   The SIGCHLD handler waits for running children, too: it blocks
 *          until the last client leaves.
 * fix:     waitpid(-1, NULL, WNOHANG) in the loop, not wait(NULL): it returns
 *          0 when children are left but none has ended
 * python:  os.waitpid(-1, os.WNOHANG), not os.wait(): it returns pid 0 when
 *          children are left but none has ended
 * seen:    parent-waits
 */
#include "server.h"

void reap(void)
{
    while (wait(NULL) > 0)
        ;
}
