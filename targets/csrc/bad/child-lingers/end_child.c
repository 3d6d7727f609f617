/* defect:  child-lingers
 * breaks:  termination/client-sees-eof termination/child-exits
 *          termination/child-exits-on-reset echo/half-close
 *          descriptors/no-close-wait descriptors/no-growth
 *          faults/read-econnreset
 * why:     The client has left, but its child neither closes the connection
 *          nor ends: every client leaves a process behind.
 * source:  UNP 3rd ed. §4.8 and §5.7; _exit(2)
 * cause:   The child does not end when its client leaves: it keeps the
 *          connection and the process.
 * fix:     when read returns 0, close the connection and call exit in the
 *          child
 * python:  when recv returns b"", close the connection and call os._exit(0) in
 *          the child
 * seen:    child-idles
 */
#include "server.h"

_Noreturn void end_child(int connfd, int status)
{
    (void)connfd, (void)status;
    for (;;)
        pause();
}
