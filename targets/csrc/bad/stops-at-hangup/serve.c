/* defect:  stops-at-hangup
 * breaks:  echo/half-close
 * why:     The client has ended its side, not the connection: it still waits
 *          for its answer. POLLRDHUP means only that a FIN has arrived.
 * source:  poll(2), POLLRDHUP; UNP 3rd ed. §6.6
 * cause:   The server closes when the client's FIN arrives, and does not
 *          answer what it still owes.
 * fix:     read until read returns 0 and write all of it before close;
 *          POLLRDHUP is not the end of the data
 * python:  recv until it returns b"" and send all of it before close()
 * seen:    client-ended
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
