/* variant: epoll
 * model:   event
 * uses:    nonblocking
 * why:     One process, one loop, like the select variant, but the kernel
 *          keeps the list of descriptors. epoll_wait() returns EINTR after
 *          SIGCONT even without a handler, so it is called again.
 * source:  epoll(7), Questions and answers; epoll_wait(2); signal(7),
 *          Interruption of system calls by stop signals
 */
#include "server.h"
#include "nonblocking/client.h"
#include "nonblocking/listener.h"
#include <sys/epoll.h>

#define EVENTS 64

/* client is NULL for the listening socket. */
static int watch(int epfd, int operation, int fd, uint32_t events,
                 struct client *client)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    return epoll_ctl(epfd, operation, fd, &event);
}

/* close() alone removes a descriptor from the list only when no other process
 * has the file open: a forked child may, and for a moment a reader of
 * /proc/PID/fd. epoll_wait() would then return a client that is freed. */
static void forget(int epfd, struct client *client)
{
    watch(epfd, EPOLL_CTL_DEL, client->fd, 0, NULL);
    drop_client(client);
}

/* Returns 1 when there is no room for the client that waits. */
static int welcome(int epfd, int listenfd)
{
    int connfd = accept_now(listenfd);
    if (connfd < 0)
        return connfd == NO_ROOM;
    struct client *client = new_client(connfd);
    if (client == NULL) {
        close(connfd);
        return 0;
    }
    if (watch(epfd, EPOLL_CTL_ADD, connfd, EPOLLIN, client) < 0)
        drop_client(client);
    return 0;
}

static void serve_client(int epfd, struct client *client)
{
    size_t owed = client->held;
    if (!move(client)) {
        forget(epfd, client);
        return;
    }
    if ((owed > 0) != (client->held > 0))
        watch(epfd, EPOLL_CTL_MOD, client->fd,
              client->held > 0 ? EPOLLOUT : EPOLLIN, client);
}

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    stop_blocking(listenfd);
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    if (epfd < 0 || watch(epfd, EPOLL_CTL_ADD, listenfd, EPOLLIN, NULL) < 0) {
        perror("epoll");
        exit(EXIT_FAILURE);
    }
    ready(listenfd);

    int full = 0;       /* no room: leave the listener alone for a while */
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epfd, events, EVENTS, full ? 100 : -1);
        if (n < 0 && errno != EINTR) {
            perror("epoll_wait");
            exit(EXIT_FAILURE);
        }
        if (full)
            watch(epfd, EPOLL_CTL_MOD, listenfd, EPOLLIN, NULL);
        full = 0;
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr != NULL)
                serve_client(epfd, events[i].data.ptr);
            else
                full = welcome(epfd, listenfd);
        }
        if (full)
            watch(epfd, EPOLL_CTL_MOD, listenfd, 0, NULL);
    }
}
