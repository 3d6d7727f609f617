/* defect:  exits-on-network-error
 * breaks:  faults/accept-eproto
 * why:     On Linux accept() reports errors that the network has already
 *          raised for the new connection. They concern only that connection,
 *          yet the server ends.
 * source:  accept(2), Error handling; MisterTea/EternalTerminal#756
 * cause:   The server ends when accept reports an error of the new
 *          connection's network (EPROTO).
 * fix:     when accept fails, continue: only EBADF, EINVAL and the like are
 *          the server's own mistakes
 * python:  catch OSError around accept() and continue
 * seen:    ended
 */
#include "server.h"

void accept_failed(void)
{
    switch (errno) {
    case EINTR:             /* a signal handler ran */
    case ECONNABORTED:      /* the client left while it was queued */
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
