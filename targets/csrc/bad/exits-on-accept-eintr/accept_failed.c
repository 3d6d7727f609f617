/* defect:  exits-on-accept-eintr
 * breaks:  faults/accept-eintr
 * why:     It relies on SA_RESTART alone. Linux then restarts accept(); any
 *          other handler, or one that a library installs, interrupts it, and
 *          the server treats that as a failure.
 * source:  UNP 3rd ed. §5.9; signal(7), Interruption of system calls
 * cause:   The server ends when a signal interrupts accept (EINTR).
 * fix:     if (connfd < 0 && errno == EINTR) continue;
 * python:  catch InterruptedError around accept() and continue
 * seen:    ended advice
 */
#include "server.h"

void accept_failed(void)
{
    switch (errno) {
    case ECONNABORTED:      /* the client left while it was queued */
        return;
    case EPROTO:            /* the network failed the new connection */
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:             /* a firewall forbids it */
        return;
    case EMFILE:            /* no free descriptor in this process */
    case ENFILE:            /* nor in the whole system */
    case ENOBUFS:           /* no memory for the socket */
    case ENOMEM:
        poll(NULL, 0, 50);
        return;
    default:
        perror("accept");
        exit(EXIT_FAILURE);
    }
}
