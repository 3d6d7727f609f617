/* defect:   web-waits-once
 * of:       web-server
 * like:     exits-on-eintr
 * breaks:   launch/serves-again reaping/one-of-two signals/survives-sigchld
 *           signals/spurious-sigchld signals/storm
 * why:      The fourth step: a handler waits, and the accept that it interrupts
 *           is taken for an error.
 * source:   UNP 3rd ed. §5.8, §5.9
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
    connfd = accept(listenfd, NULL, NULL);  /* EINTR ends it */
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
