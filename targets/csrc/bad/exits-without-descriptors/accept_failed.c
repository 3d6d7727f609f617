/* defect:  exits-without-descriptors
 * breaks:  faults/accept-emfile faults/accept-enfile
 * why:     It ends when it has no free descriptor, and with it the service
 *          for all clients. Descriptors are free again when clients leave.
 * source:  accept(2), EMFILE and ENFILE
 * cause:   The server ends when it has no free descriptor (EMFILE, ENFILE).
 * fix:     when accept fails with EMFILE or ENFILE, wait a moment and go on:
 *          descriptors are free again when clients leave
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
    case ENOBUFS:           /* no memory for the socket */
    case ENOMEM:
        poll(NULL, 0, 50);
        return;
    default:
        perror("accept");
        exit(EXIT_FAILURE);
    }
}
