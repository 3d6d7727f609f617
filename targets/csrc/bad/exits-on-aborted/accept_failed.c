/* defect:  exits-on-aborted
 * breaks:  faults/accept-econnaborted
 * why:     A client left before it was accepted. That concerns no other
 *          client, yet the server ends.
 * source:  accept(2), ECONNABORTED; UNP 3rd ed. §5.11;
 *          tiny-http/tiny-http#283
 * cause:   The server ends when a client leaves before it is accepted
 *          (ECONNABORTED).
 * fix:     when accept fails, continue: only EBADF, EINVAL and the like are
 *          the server's own mistakes
 * python:  catch ConnectionAbortedError around accept() and continue
 * seen:    ended
 */
#include "server.h"

void accept_failed(void)
{
    switch (errno) {
    case EINTR:             /* a signal handler ran */
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
