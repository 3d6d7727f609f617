/* Most errors of accept() concern one client, or will pass: see accept(2),
 * ERRORS and NOTES. A server that ends on them ends for all of its clients.
 *
 * Without a free descriptor or memory, accept() fails at once, again and
 * again, because the client stays in the queue. Without a pause that would be
 * a busy loop, so sleep for 50 milliseconds in between. The client keeps its
 * place and is served as soon as there is room again.
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
        poll(NULL, 0, 50);
        return;
    default:
        perror("accept");
        exit(EXIT_FAILURE);
    }
}
