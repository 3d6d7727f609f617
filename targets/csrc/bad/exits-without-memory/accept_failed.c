/* defect:  exits-without-memory
 * breaks:  faults/accept-enobufs faults/accept-enomem
 * why:     It ends when there is no memory for a socket. That shortage
 *          passes; the end of the server does not.
 * source:  accept(2), ENOBUFS and ENOMEM
 * cause:   The server ends when there is no memory for a connection (ENOBUFS,
 *          ENOMEM).
 * fix:     when accept fails with ENOBUFS or ENOMEM, wait a moment and go on
 * python:  catch OSError around accept(), wait a moment and go on
 * seen:    ended
 */
#include "server.h"

void accept_failed(void)
{
    switch (errno) {
    case EINTR:             /* a signal handler ran */
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
        poll(NULL, 0, 50);
        return;
    default:
        perror("accept");
        exit(EXIT_FAILURE);
    }
}
