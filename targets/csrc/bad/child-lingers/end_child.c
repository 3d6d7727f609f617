/* defect:  child-lingers
 * breaks:  termination/client-sees-eof termination/child-exits
 *          termination/child-exits-on-reset echo/half-close
 *          descriptors/no-close-wait descriptors/no-growth
 * why:     The client has left, but its child neither closes the connection
 *          nor ends: every client leaves a process behind.
 * source:  UNP 3rd ed. §4.8 and §5.7; _exit(2)
 */
#include "server.h"

_Noreturn void end_child(int connfd, int status)
{
    (void)connfd, (void)status;
    for (;;)
        pause();
}
