/* defect:  spins-without-descriptors
 * breaks:  faults/accept-emfile-idle
 * why:     The client stays in the queue, so accept() fails again at once:
 *          a busy loop until a descriptor is free.
 * source:  accept(2), EMFILE; oven-sh/bun#32705
 * cause:   Without a free descriptor the server calls accept again at once,
 *          for ever.
 * fix:     when accept fails with EMFILE, wait a moment, or until a child
 *          ends, before the next accept
 * python:  when accept() raises EMFILE, wait a moment before the next one
 * seen:    parent-spins
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
    case ENOBUFS:           /* no memory for the socket */
    case ENOMEM:
        return;
    default:
        perror("accept");
        exit(EXIT_FAILURE);
    }
}
