/* defect:  stops-at-hangup
 * breaks:  echo/half-close
 * why:     The client has ended its side, not the connection: it still waits
 *          for its answer. POLLRDHUP means only that a FIN has arrived.
 * source:  poll(2), POLLRDHUP; UNP 3rd ed. §6.6
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        struct pollfd client = {.fd = connfd, .events = POLLRDHUP};
        if (poll(&client, 1, 0) > 0)
            return 0;
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}
