/* defect:   web-goes-on
 * of:       web-server
 * like:     wait-once
 * breaks:   reaping/five-at-once reaping/many-at-once signals/spurious-sigchld
 *           signals/storm
 * why:      The fifth step: EINTR is handled, and the handler waits for one
 *           child.
 * source:   UNP 3rd ed. §5.9, §5.10
 */
#include "web.h"

static void on_child(int signo)
{
    (void)signo;
    int saved = errno;
    wait(NULL);
    errno = saved;
}

void watch_children(void)
{
    struct sigaction action = {.sa_handler = on_child,
                               .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGCHLD, &action, NULL);
}

int next_client(int listenfd)
{
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();                    /* goes on after EINTR */
    return connfd;
}

void serve_in_child(int listenfd, int connfd)
{
    if (fork() == 0) {
        close(listenfd);
        serve(connfd);
        _exit(0);
    }
    close(connfd);
}
