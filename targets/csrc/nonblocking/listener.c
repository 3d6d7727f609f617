/* The listening socket must not block either: the client that made it readable
 * may be gone when accept() is called, UNP 3rd ed. §16.6.
 *
 * Without a free descriptor the client stays in the queue, and the socket stays
 * readable. The caller stops watching it for a while.
 */
#include "server.h"
#include "nonblocking/listener.h"

void stop_blocking(int listenfd)
{
    fcntl(listenfd, F_SETFL, fcntl(listenfd, F_GETFL) | O_NONBLOCK);
}

int accept_now(int listenfd)
{
    int connfd = accept4(listenfd, NULL, NULL, SOCK_NONBLOCK);
    if (connfd >= 0)
        return connfd;
    switch (errno) {
    case EAGAIN:
        return NO_CLIENT;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return NO_ROOM;
    default:
        accept_failed();
        return NO_CLIENT;
    }
}
