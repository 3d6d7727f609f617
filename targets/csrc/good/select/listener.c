/* The listening socket must not block either: the client for whom it was
 * readable may have gone by the time accept() is called, UNP 3rd ed. §16.6.
 *
 * Without a free descriptor the client stays in the queue, and the socket stays
 * readable. The caller stops watching it for a while.
 */
#include "server.h"
#include "listener.h"

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
        return NOBODY;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return NO_ROOM;
    default:
        accept_failed();
        return NOBODY;
    }
}
