/* defect:  loop-blocks-in-write
 * model:   event
 * of:      select
 * breaks:  concurrency/slow-reader
 * why:     The connected sockets block: when one client does not read, send()
 *          sleeps until it does, and with it the loop that serves all others.
 * source:  UNP 3rd ed. §6.8, Denial-of-Service Attacks; §16.2
 * cause:   One client that does not read blocks the loop, and all others with
 *          it.
 * fix:     make every connected socket non-blocking, and keep what does not go
 *          out until select says that it can be written
 * python:  conn.setblocking(False), and keep what send() does not take
 * seen:    client-open
 */
#include "server.h"
#include "nonblocking/client.h"
#include "nonblocking/listener.h"
#include <sys/select.h>

static struct client *clients[FD_SETSIZE];     /* by descriptor */

/* Returns 1 when there is no room for the client that waits. */
static int welcome(int listenfd)
{
    int connfd = accept_now(listenfd);
    if (connfd < 0)
        return connfd == NO_ROOM;
    fcntl(connfd, F_SETFL, 0);
    if (connfd < FD_SETSIZE)
        clients[connfd] = new_client(connfd);
    if (connfd >= FD_SETSIZE || clients[connfd] == NULL)
        close(connfd);
    return 0;
}

/* Fills the sets and returns the number of descriptors to look at. */
static int wait_set(fd_set *readable, fd_set *writable)
{
    int end = 0;
    FD_ZERO(readable);
    FD_ZERO(writable);
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        if (clients[fd] == NULL)
            continue;
        FD_SET(fd, clients[fd]->held > 0 ? writable : readable);
        end = fd + 1;
    }
    return end;
}

static void serve_clients(int end, fd_set *readable, fd_set *writable)
{
    for (int fd = 0; fd < end; fd++) {
        if (!FD_ISSET(fd, readable) && !FD_ISSET(fd, writable))
            continue;
        if (clients[fd] != NULL && !move(clients[fd])) {
            drop_client(clients[fd]);
            clients[fd] = NULL;
        }
    }
}

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    stop_blocking(listenfd);
    ready(listenfd);

    int full = 0;       /* no room: leave the listener alone for a while */
    for (;;) {
        fd_set readable, writable;
        int end = wait_set(&readable, &writable);
        if (!full) {
            FD_SET(listenfd, &readable);
            end = end > listenfd ? end : listenfd + 1;
        }
        struct timeval pause = {.tv_usec = 100000};
        int n = select(end, &readable, &writable, NULL, full ? &pause : NULL);
        if (n < 0 && errno != EINTR) {
            perror("select");
            exit(EXIT_FAILURE);
        }
        full = 0;
        if (n <= 0)
            continue;
        serve_clients(end, &readable, &writable);
        if (FD_ISSET(listenfd, &readable))
            full = welcome(listenfd);
    }
}
